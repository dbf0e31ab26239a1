//! The same feed, polled again and again.

use crate::{
    feed::Feed,
    newswire::{LIMIT, Log, Newswire},
};
use test_support::wait::within;

crate::on_both_logs! {
    ten_polls_of_a_feed_publish_each_item_once
}

fn ten_polls_of_a_feed_publish_each_item_once(log: &Log) {
    let feed = Feed::new(5);
    let mut newswire = feed.newswire(log);
    newswire.start();
    newswire.wait_for(5);
    for turn in 1..10 {
        // Another ETag and another order, so that each poll fetches the whole document.
        let rotated = feed.items.iter().cycle().skip(turn % 5).take(5);
        feed.serve(feed.document(rotated));
        await_poll(&feed, &mut newswire);
    }
    // The next poll starts after the tenth has been committed.
    await_poll(&feed, &mut newswire);
    assert_eq!(newswire.enriched().len(), 5);
    assert_eq!(newswire.read("raw.v1").len(), 5);
    newswire.stop();
}

fn await_poll(feed: &Feed, newswire: &mut Newswire) {
    let before = feed.publisher.requests("/feed");
    let polled = within(LIMIT, || feed.publisher.requests("/feed") > before);
    assert!(polled, "no poll: {}", newswire.process().log_tail());
}
