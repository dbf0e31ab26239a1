//! Polls that publish more than the stages behind get through.

use crate::server::{Response, Server};
use crate::service::{Service, config};
use jiff::SignedDuration;
use poller::Config;
use proto::topic::{Names, Topic};
use std::{collections::HashSet, sync::Arc, time::Duration};
use stream::embedded::Embedded;

const ITEMS: usize = 150;

fn large() -> String {
    let text = "The tide was high. ".repeat(1_000);
    let items: String = (0..ITEMS)
        .map(|n| {
            format!(
                "<item><guid isPermaLink='false'>{n}</guid><title>t{n}</title><description>{text}</description></item>"
            )
        })
        .collect();
    format!("<rss version='2.0'><channel><title>t</title>{items}</channel></rss>")
}

/// No stage reads, and none is waited for: a part is published now and then.
fn start(folder: &std::path::Path) -> Service {
    let config = Config { pace: Some(Duration::ZERO), ..config(SignedDuration::from_mins(5)) };
    Service::start_with("0", Arc::new(Embedded::open(folder).unwrap()), Names::default(), config)
}

#[test]
fn a_large_poll_is_published_in_parts_and_recorded_once_and_a_small_one_does_not_wait() {
    let (document, folder) = (large(), tempfile::tempdir().unwrap());
    let server = Server::start(move |request| match request.path.as_str() {
        "/large" => Response::new(200, document.clone()).with("ETag", "\"v\""),
        "/small" => Response::new(200, "<rss><channel><item><guid>1</guid><title>t</title></item></channel></rss>"),
        _ => Response::new(404, ""),
    });
    let service = start(folder.path());
    let (large, small) = (server.url("/large"), server.url("/small"));
    service.add(&large, |feed| feed.backfill = "all".into());
    service.until(Topic::Raw, "the first part", || !service.items().is_empty());
    service.add(&small, |feed| feed.backfill = "all".into());
    service.until(Topic::FeedHealth, "the small feed", || service.health(&small).is_some());
    assert!(service.health(&large).is_none(), "the large poll is not over");
    service.until(Topic::FeedHealth, "the large feed", || service.health(&large).is_some());

    let items = service.items();
    let guids: HashSet<&str> = items.iter().map(|item| item.guid.as_str()).collect();
    assert_eq!((items.len(), guids.len()), (ITEMS + 1, ITEMS), "one guid is in both feeds");
    assert!(items.iter().all(|item| item.backfill), "all parts are of the first poll");
    let polls = service.health(&large).unwrap().polls;
    let [poll] = polls.as_slice() else { panic!("one poll: {polls:?}") };
    assert_eq!((poll.outcome.as_str(), poll.new_entries), ("NEW_ENTRIES", i32::try_from(ITEMS).unwrap()));
    let (state, entries) = service.states().remove(&proto::id::feed_id(large.as_str())).unwrap();
    assert_eq!((state.etag.as_str(), entries.len()), ("\"v\"", ITEMS));
    assert_eq!(server.requests("/large").len(), 1, "the parts are of one document");
    let runtime = service.stop();
    let count = |name: &str| {
        let families = runtime.registry.gather();
        let family = families.iter().find(|family| family.name() == name).unwrap();
        family.get_metric().iter().map(|metric| metric.get_counter().get_value()).sum::<f64>()
    };
    assert_eq!(count("newswire_polls_total"), 2.0);
    assert_eq!(count("newswire_entries_seen_total"), (ITEMS + 1) as f64);
    assert_eq!(count("newswire_entries_total"), (ITEMS + 1) as f64);
}
