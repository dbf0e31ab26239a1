//! A fault of one feed costs that feed only. Failpoints are the process's, so these tests have one of their own.
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, not the functions that they call")]

#[path = "poller/server.rs"]
#[expect(dead_code, reason = "shared with the other tests")]
mod server;
#[path = "poller/service.rs"]
#[expect(dead_code, reason = "shared with the other tests")]
mod service;

use proto::topic::Topic;
use server::{Response, Server};
use service::{PARTITIONS, Service, rss};
use stream::Outgoing;

fn publisher() -> Server {
    Server::start(|request| match request.path.as_str() {
        "/feed" | "/other" | "/fault" => Response::new(200, rss(&[("a", "One"), ("b", "Two")], 0)),
        _ => Response::new(404, ""),
    })
}

#[test]
fn a_panic_and_an_error_in_one_feeds_poll_fail_that_feed_by_name_and_no_other() {
    for (fault, named) in [("panic", "panic"), ("return", "unencodable")] {
        fail::cfg("poller::stage", fault).unwrap();
        let (server, folder) = (publisher(), tempfile::tempdir().unwrap());
        let service = Service::start(folder.path());
        service.add(&server.url("/fault"), |_| {});
        service.until_status(&server.url("/fault"), "FAILING");
        let health = service.health(&server.url("/fault")).unwrap();
        let poll = health.polls.first().unwrap();
        assert!(poll.outcome == "UNREADABLE" && poll.error.starts_with(named), "{poll:?}");
        service.add(&server.url("/feed"), |_| {});
        service.until_status(&server.url("/feed"), "OK");
        fail::remove("poller::stage");
        // The items of the failed poll are not lost.
        service.until_status(&server.url("/fault"), "OK");
        assert!(service.items().iter().any(|item| item.feed_url == server.url("/fault").as_str()));
        service.stop();
    }
}

#[test]
fn an_undecodable_state_costs_no_other_feed_and_no_entry() {
    let (server, folder) = (publisher(), tempfile::tempdir().unwrap());
    let service = Service::start(folder.path());
    let urls = [server.url("/feed"), server.url("/other")];
    urls.iter().for_each(|url| service.add(url, |_| {}));
    urls.iter().for_each(|url| service.until_status(url, "OK"));
    let runtime = service.stop();
    let key = Topic::FeedState.key(&proto::id::feed_id(urls[0].as_str())).unwrap();
    let garbage = Outgoing {
        topic: runtime.names.of(Topic::FeedState),
        partition: poller::definition::partition_of(&urls[0], PARTITIONS),
        value: Some(vec![0xff; 40]),
        headers: vec![("content-type".into(), b"application/protobuf".to_vec())],
        key,
    };
    runtime.log.append(vec![garbage]).unwrap();
    drop(runtime);

    let service = Service::start(folder.path());
    for url in &urls {
        server.until(url.path(), server.requests(url.path()).len() + 2, |_| true);
        service.until(Topic::FeedHealth, "OK", || service.health(url).is_some_and(|health| health.failures == 0));
    }
    let ids: std::collections::HashSet<(String, String)> =
        service.items().into_iter().map(|item| (item.feed_url, item.guid)).collect();
    assert_eq!(ids.len(), 4);
    service.stop();
}
