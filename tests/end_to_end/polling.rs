//! The same feed again and again.

use crate::journey::{Log, Newswire};
use std::time::Duration;
use test_support::publisher::{Item, Publisher, opml, rss};

#[test]
fn ten_polls_of_the_same_feed_give_one_record_an_item() {
    for log in Log::all() {
        let publisher = Publisher::start(1);
        let base = publisher.base(0);
        let items: Vec<Item> = (0..5)
            .map(|at| Item {
                guid: format!("item-{at}"),
                link: format!("{base}/item/{at}"),
                title: format!("Harbour report number {at}"),
                body: "<p>The tide was high, and three ships came in.</p>".to_owned(),
                published: jiff::Timestamp::now(),
            })
            .collect();
        let mut newswire = Newswire::new(&log, &opml(&[("Harbour".to_owned(), format!("{base}/feed"))]));
        // A new validator each time: the document comes whole at every poll, with the same entries in another order.
        let serve = |turn: usize| {
            let rotated = items.iter().cycle().skip(turn % items.len()).take(items.len());
            publisher.put("/feed", "application/rss+xml", rss("Harbour", &base, rotated));
        };
        serve(0);
        newswire.start();
        newswire.wait_for(items.len(), Duration::from_secs(60));
        for turn in 1..10 {
            let before = publisher.requests("/feed");
            serve(turn);
            let polled = test_support::wait::within(Duration::from_secs(30), || publisher.requests("/feed") > before);
            assert!(polled, "poll {turn}: {}", newswire.process().last_words());
        }
        // One more poll has begun only when the tenth had been worked off.
        let before = publisher.requests("/feed");
        test_support::wait::eventually(Duration::from_secs(30), "an eleventh poll", || {
            publisher.requests("/feed") > before
        });
        assert_eq!(newswire.enriched().len(), items.len(), "on {log:?}");
        assert_eq!(newswire.read("raw.v1").len(), items.len(), "on {log:?}");
        assert!(newswire.process().stop(Duration::from_secs(20)).success());
    }
}
