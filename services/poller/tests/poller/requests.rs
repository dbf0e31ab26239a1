//! An operator's requests: poll now, clear the backoff.

use crate::server::{Response, Server};
use crate::service::{Service, config, rss};
use jiff::{SignedDuration, Timestamp};
use proto::{
    time,
    topic::{Names, Topic},
    v1::{Feed, FeedState},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use stream::embedded::Embedded;

fn start(folder: &std::path::Path) -> Service {
    let log = Arc::new(Embedded::open(folder).unwrap());
    Service::start_with("0", log, Names::default(), config(SignedDuration::from_hours(1)))
}

fn now(feed: &mut Feed, set: fn(&mut Feed) -> &mut Option<proto::Timestamp>) {
    feed.added_at = Some(time::to_wire(Timestamp::UNIX_EPOCH));
    *set(feed) = Some(time::to_wire(Timestamp::now()));
}

#[test]
fn a_feed_is_polled_when_it_is_requested_and_keeps_its_state() {
    let server = Server::start(|request| match request.path.as_str() {
        "/feed" if request.header("if-none-match") == "\"v\"" => Response::new(304, ""),
        "/feed" => Response::new(200, rss(&[("a", "One")], 0)).with("ETag", "\"v\""),
        _ => Response::new(404, ""),
    });
    let (folder, url) = (tempfile::tempdir().unwrap(), server.url("/feed"));
    let service = start(folder.path());
    service.add(&url, |_| {});
    service.until_status(&url, "OK");
    for poll in 2..=3 {
        service.add(&url, |feed| now(feed, |feed| &mut feed.poll_requested_at));
        server.until("/feed", poll, |_| true);
        service.until(Topic::FeedHealth, "a poll", || {
            service.health(&url).is_some_and(|health| health.polls.len() == poll)
        });
    }
    assert!(server.requests("/feed").iter().skip(1).all(|request| request.header("if-none-match") == "\"v\""));
    assert_eq!(service.items().len(), 1);
    drop(service.stop());

    // A restart does not repeat the request.
    let service = start(folder.path());
    service.add(&server.url("/other"), |_| {});
    server.until("/other", 1, |_| true);
    assert_eq!(server.requests("/feed").len(), 3);
    service.stop();
}

#[test]
fn a_cleared_backoff_ends_a_block_and_forgets_failures() {
    let is_open = Arc::new(AtomicBool::new(false));
    let shown = Arc::clone(&is_open);
    let server = Server::start(move |request| match request.path.as_str() {
        "/feed" if shown.load(Ordering::Relaxed) => Response::new(500, ""),
        "/feed" => Response::new(429, "").with("Retry-After", "86400"),
        _ => Response::new(404, ""),
    });
    let (folder, url) = (tempfile::tempdir().unwrap(), server.url("/feed"));
    let service = start(folder.path());
    service.add(&url, |_| {});
    service.until_status(&url, "FAILING");
    is_open.store(true, Ordering::Relaxed);
    service.add(&url, |feed| now(feed, |feed| &mut feed.backoff_cleared_at));
    server.until("/feed", 2, |_| true);
    let state = || service.table::<FeedState>(Topic::FeedState).into_values().flatten().next().unwrap();
    service.until(Topic::FeedState, "the second failure", || {
        service.health(&url).is_some_and(|health| health.polls.len() == 2)
    });
    // The second failure counts as the first.
    assert_eq!((state().failures, state().first_polled_at), (1, None));
    service.stop();
}
