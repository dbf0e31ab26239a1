//! `kill -9` at random moments, with restarts.

use crate::{
    feed::Feed,
    newswire::{Log, Newswire},
};
use std::{collections::BTreeMap, time::Duration};
use test_support::{publisher::opml, wait::within};

crate::on_both_logs! {
    each_item_is_published_once_across_kills_at_random_moments
}

fn each_item_is_published_once_across_kills_at_random_moments(log: &Log) {
    // `make chaos` sets 50.
    let kills: usize = std::env::var("NEWSWIRE_KILLS").map_or(10, |text| text.parse().unwrap());
    let seed = std::env::var("NEWSWIRE_SEED").map_or_else(|_| fastrand::u64(..), |text| text.parse().unwrap());
    eprintln!("{kills} kills on {log:?}, NEWSWIRE_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut feeds: Vec<Feed> = (0..4).map(|_| Feed::new(5)).collect();
    let list: Vec<(String, String)> = feeds.iter().map(|feed| (String::new(), feed.url())).collect();
    let mut newswire = Newswire::new(log, &opml(&list));
    newswire.start();
    newswire.wait_for(1);
    for _ in 0..kills {
        feeds.iter_mut().for_each(|feed| feed.add(5));
        // The kill hits the start, a poll or a transaction: the process has done a random amount of work, or is idle.
        let work = Duration::from_millis(random.u64(50..2_500));
        within(Duration::from_secs(3), || newswire.process().computed() >= work);
        newswire.kill();
        newswire.start();
    }
    let items: Vec<_> = feeds.iter().flat_map(|feed| &feed.items).collect();
    let records = newswire.wait_for(items.len());
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for record in &records {
        *counts.entry(record["url"].as_str().unwrap()).or_default() += 1;
    }
    for item in &items {
        assert_eq!(counts.get(item.link.as_str()), Some(&1), "{}, seed {seed}", item.link);
    }
    assert_eq!(records.len(), items.len(), "seed {seed}");
    newswire.stop();
}
