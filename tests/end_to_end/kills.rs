//! `kill -9` at random moments, with restarts.

use crate::journey::{Log, Newswire};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use test_support::publisher::{Item, Publisher, opml, rss};

const FEEDS: usize = 4;

#[test]
fn killed_at_random_moments_everything_comes_once() {
    // `make chaos` asks for fifty.
    let kills: usize = std::env::var("NEWSWIRE_KILLS").map_or(10, |text| text.parse().unwrap());
    let seed = std::env::var("NEWSWIRE_SEED").map_or_else(|_| fastrand::u64(..), |text| text.parse().unwrap());
    for log in Log::all() {
        eprintln!("{kills} kills on {log:?}, NEWSWIRE_SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let publisher = Publisher::start(2);
        let mut items: Vec<Vec<Item>> = vec![Vec::new(); FEEDS];
        let publish = |items: &mut Vec<Vec<Item>>, count: usize| {
            for (feed, items) in items.iter_mut().enumerate() {
                let base = publisher.base(feed);
                for _ in 0..count {
                    let at = items.len();
                    items.push(Item {
                        guid: format!("{feed}-{at}"),
                        link: format!("{base}/{feed}/{at}"),
                        title: format!("Notice {at} of office {feed}"),
                        body: format!("<p>Office {feed} gives notice number {at} to everybody in the town.</p>"),
                        published: jiff::Timestamp::now(),
                    });
                }
                publisher.put(&format!("/feed/{feed}"), "application/rss+xml", rss("Notices", &base, items.iter()));
            }
        };
        let feeds: Vec<_> =
            (0..FEEDS).map(|feed| (String::new(), format!("{}/feed/{feed}", publisher.base(feed)))).collect();
        publish(&mut items, 5);
        let mut newswire = Newswire::new(&log, &opml(&feeds));
        newswire.start();
        newswire.wait_for(1, Duration::from_secs(60));
        for _ in 0..kills {
            publish(&mut items, 5);
            // The moment of the fault, drawn from the seed: within start-up, a poll, or a transaction.
            let moment = Instant::now() + Duration::from_millis(random.u64(50..2_500));
            while Instant::now() < moment {
                std::thread::sleep(Duration::from_millis(5));
            }
            newswire.kill();
            newswire.start();
        }
        let total: usize = items.iter().map(Vec::len).sum();
        let records = newswire.wait_for(total, Duration::from_secs(90));
        let mut times: BTreeMap<&str, usize> = BTreeMap::new();
        for record in &records {
            *times.entry(record["url"].as_str().unwrap()).or_default() += 1;
        }
        for item in items.iter().flatten() {
            assert_eq!(times.get(item.link.as_str()), Some(&1), "{} on {log:?}, seed {seed}", item.link);
        }
        assert_eq!(records.len(), total, "on {log:?}, seed {seed}");
        assert!(newswire.process().stop(Duration::from_secs(20)).success());
    }
}
