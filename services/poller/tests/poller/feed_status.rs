//! Definitions, and the status of their feeds.

use crate::server::{Response, Server};
use crate::service::{PARTITIONS, Service, rss};
use poller::definition;
use proto::{topic::Topic, v1::Feed};
use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A server with a feed at `/feed`, and `response` elsewhere.
fn server(response: impl Fn() -> Response + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/robots.txt" => Response::new(404, ""),
        "/feed" if request.header("if-none-match") == "\"v\"" => Response::new(304, ""),
        "/feed" => Response::new(200, rss(&[("a", "One")], 0)).with("ETag", "\"v\""),
        _ => response(),
    })
}

#[test]
fn a_feed_that_is_gone_is_polled_until_that_is_confirmed() {
    let (server, folder) = (server(|| Response::new(410, "")), tempfile::tempdir().unwrap());
    let service = Service::start(folder.path());
    service.add(&server.url("/gone"), |_| {});
    service.until_status(&server.url("/gone"), "FAILING");
    service.until_status(&server.url("/gone"), "GONE");
    service.add(&server.url("/feed"), |_| {});
    server.until("/feed", 3, |_| true);
    assert_eq!(server.requests("/gone").len(), 3);
    service.stop();
}

#[test]
fn a_web_page_is_unreadable() {
    let page = "<!DOCTYPE html><html><body>not a feed</body></html>";
    let (server, folder) = (server(move || Response::new(200, page)), tempfile::tempdir().unwrap());
    let service = Service::start(folder.path());
    service.add(&server.url("/page"), |_| {});
    service.until_status(&server.url("/page"), "FAILING");
    assert_eq!(service.health(&server.url("/page")).unwrap().polls.first().unwrap().outcome, "UNREADABLE");
    service.stop();
}

#[test]
fn a_feed_in_which_all_is_new_at_each_poll_is_churning() {
    let polls = AtomicUsize::new(0);
    let tokens = move || {
        let poll = polls.fetch_add(1, Ordering::Relaxed);
        let names = ["a", "b"].map(|name| format!("{name}-{poll}"));
        Response::new(200, rss(&[(&names[0], "One"), (&names[1], "Two")], poll))
    };
    let (server, folder) = (server(tokens), tempfile::tempdir().unwrap());
    let service = Service::start(folder.path());
    service.add(&server.url("/tokens"), |_| {});
    service.until_status(&server.url("/tokens"), "CHURNING");
    service.stop();
}

#[test]
fn an_unmodified_feed_is_ok() {
    let (server, folder) = (server(|| Response::new(404, "")), tempfile::tempdir().unwrap());
    let url = server.url("/feed");
    let service = Service::start(folder.path());
    service.add(&url, |_| {});
    service.until_status(&url, "OK");
    service.until(Topic::FeedHealth, "a poll with 304", || {
        service.health(&url).is_some_and(|health| health.polls.iter().any(|poll| poll.outcome == "NOT_MODIFIED"))
    });
    assert_eq!(service.items().len(), 1);
    service.stop();
}

#[test]
fn a_removed_feed_is_no_longer_polled() {
    let (server, folder) = (server(|| Response::new(500, "")), tempfile::tempdir().unwrap());
    let url = server.url("/feed");
    let service = Service::start(folder.path());
    service.add(&url, |_| {});
    service.until(Topic::Raw, "the item", || service.items().len() == 1);
    service.remove(&url);
    service.until(Topic::FeedState, "the tombstones of state and entries", || {
        let records = service.records(Topic::FeedState);
        let keys: HashSet<&[u8]> = records.iter().map(|record| record.key.as_slice()).collect();
        keys.len() == 2 && records.iter().filter(|record| record.value.is_none()).count() == 2
    });
    let polls = server.requests("/feed").len();
    service.add(&server.url("/other"), |_| {});
    server.until("/other", 2, |_| true);
    assert!(server.requests("/feed").len() <= polls + 1, "at most the poll in flight");
    service.stop();
}

#[test]
fn an_invalid_definition_is_a_dead_letter() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    let invalid = Feed { feed_id: "x".into(), url: "http://news.example/".into(), ..Feed::default() };
    let mut record = definition::tombstone("http://news.example/", PARTITIONS, &service.runtime.names).unwrap();
    record.value = Some(proto::wire::Encoding::Json.encode(&invalid).unwrap());
    service.runtime.log.append(vec![record]).unwrap();
    service.until(Topic::DeadLetter, "the dead letter", || service.records(Topic::DeadLetter).len() == 1);
    service.stop();
}
