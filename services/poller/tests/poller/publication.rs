//! What is published, written and kept across restarts.

use crate::failing_commits::failing;
use crate::server::{Response, Server};
use crate::service::{PARTITIONS, Service, numbered, rss};
use jiff::{SignedDuration, Timestamp};
use poller::definition;
use proto::{
    topic::{Names, Topic},
    v1::FeedHealth,
};
use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use stream::embedded::Embedded;

#[test]
fn each_entry_is_published_once_across_polls_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    publish_and_restart(|| Service::start(folder.path()));
}

/// The same on a real broker, if `NEWSWIRE_TEST_KAFKA` names one.
#[test]
fn each_entry_is_published_once_across_polls_and_a_restart_on_kafka() {
    let Some(broker) = test_support::kafka::named("each_entry_is_published_once_across_polls_and_a_restart_on_kafka")
    else {
        return;
    };
    let prefix = format!("poller-test-{}.", Timestamp::now().as_millisecond());
    publish_and_restart(|| {
        let kafka = stream::kafka::Kafka::new(stream::kafka::KafkaConfig::new(&broker)).unwrap();
        Service::start_on(Arc::new(kafka), Names::new(&prefix))
    });
}

fn publish_and_restart(start: impl Fn() -> Service) {
    let items: Arc<Mutex<Vec<(&str, &str)>>> = Arc::new(Mutex::new(vec![("a", "One"), ("b", "Two"), ("a", "One")]));
    let (served, polls) = (Arc::clone(&items), AtomicUsize::new(0));
    let server = Server::start(move |request| match request.path.as_str() {
        "/feed" => Response::new(200, rss(&served.lock().unwrap(), polls.fetch_add(1, Ordering::Relaxed))),
        _ => Response::new(404, ""),
    });
    let service = start();
    service.add(&server.url("/feed"), |feed| feed.tags = vec!["test".into()]);
    let polled = |times: usize| server.until("/feed", times, |_| true);

    polled(10);
    let first = service.items();
    assert_eq!(first.len(), 2, "{first:#?}");
    let item = first.iter().find(|item| item.guid == "a").unwrap();
    assert_eq!(item.canonical_url, "http://news.example/a");
    assert_eq!(item.article_id, proto::id::article_id("http://news.example/a"));
    assert_eq!((item.feed_title.as_str(), item.feed_tags.len()), ("Example News", 1));
    assert!(item.backfill && item.published_at.is_some());

    // A new entry is published, and a changed one again under its id.
    items.lock().unwrap().push(("c", "Three"));
    service.until(Topic::Raw, "the new item", || service.items().len() == 3);
    items.lock().unwrap()[1] = ("b", "Two, corrected");
    service.until(Topic::Raw, "the changed item", || service.items().len() == 4);
    let all = service.items();
    assert_eq!(all.iter().map(|item| &item.article_id).collect::<HashSet<_>>().len(), 3);
    assert!(!all.iter().find(|item| item.guid == "c").unwrap().backfill);

    // State and items are written in one transaction.
    let (state, remembered) = service.states().into_values().next().unwrap();
    assert!(state.entries_generation > 0 && state.packed_entries.is_empty());
    let known: HashSet<String> = remembered.iter().map(|entry| format!("{:032x}", entry.article_id)).collect();
    assert_eq!(known, all.iter().map(|item| item.article_id.clone()).collect());
    let records = service.records(Topic::Raw);
    let ids: HashSet<_> = records.iter().map(|record| record.header("ce_id").unwrap()).collect();
    assert_eq!(ids.len(), records.len());
    for record in &records {
        assert_eq!(record.partition, proto::partition::of(&record.key, PARTITIONS));
        assert_eq!(record.header("traceparent").map(str::len), Some(55));
    }
    let health = service.table::<FeedHealth>(Topic::FeedHealth);
    let health = health.values().next().unwrap().as_ref().unwrap();
    assert_eq!((health.status.as_str(), health.polls.len()), ("OK", 10));
    drop(service.stop());

    let before = server.requests("/feed").len();
    let service = start();
    polled(before + 4);
    assert_eq!(service.items().len(), 4);
    service.stop();
}

#[test]
fn entries_are_written_only_if_they_change() {
    let count = Arc::new(AtomicUsize::new(400));
    let (served, polls) = (Arc::clone(&count), AtomicUsize::new(0));
    let server = Server::start(move |request| {
        if request.path != "/feed" {
            return Response::new(404, "");
        }
        let poll = polls.fetch_add(1, Ordering::Relaxed);
        Response::new(200, numbered("item", served.load(Ordering::Relaxed), poll)).with("ETag", &format!("\"{poll}\""))
    });
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    service.add(&server.url("/feed"), |feed| feed.backfill = "all".into());
    server.until("/feed", 8, |_| true);
    // Each poll writes the small record.
    let small = |service: &Service| service.records(Topic::FeedState).len() - service.entries_records().len();
    service.until(Topic::FeedState, "the state of several polls", || small(&service) >= 5);
    let entries = service.entries_records();
    assert_eq!(entries.len(), 1);
    assert!(entries.iter().all(|record| record.value.as_ref().unwrap().len() > 400 * 48));
    let states = service.records(Topic::FeedState);
    assert!(
        states.iter().filter(|record| record.key != entries[0].key).all(|one| one.value.as_ref().unwrap().len() < 400)
    );
    // After the first poll, and after the first without new entries.
    assert_eq!(service.records(Topic::FeedHealth).len(), 2);
    for (number, request) in server.requests("/feed").iter().enumerate().skip(1) {
        assert_eq!(request.header("if-none-match"), format!("\"{}\"", number - 1), "the newest validator");
    }
    count.store(401, Ordering::Relaxed);
    service.until(Topic::Raw, "the new item", || service.items().len() == 401);
    assert_eq!(service.entries_records().len(), 2);
    drop(service.stop());

    let before = server.requests("/feed").len();
    let service = Service::start(folder.path());
    server.until("/feed", before + 3, |_| true);
    // The first health after a restart has the poll records before it.
    let health = service.table::<FeedHealth>(Topic::FeedHealth);
    let polls = &health.values().next().unwrap().as_ref().unwrap().polls;
    assert!(polls.len() >= 9 && polls.iter().any(|poll| poll.new_entries == 1), "{polls:#?}");
    for record in service.records(Topic::FeedHealth) {
        assert_eq!(record.partition, definition::partition_of(&server.url("/feed"), PARTITIONS));
    }
    assert!(!server.requests("/feed").get(before).unwrap().header("if-none-match").is_empty());
    assert_eq!((service.items().len(), service.entries_records().len()), (401, 2));
    service.stop();
}

#[test]
fn a_restart_and_a_changed_definition_keep_the_schedule() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => Response::new(404, ""),
        path => Response::new(200, rss(&[(path.trim_start_matches('/'), "One")], 0)),
    });
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let log = Arc::new(Embedded::open(folder.path()).unwrap());
        Service::start_as("0", log, Names::default(), SignedDuration::from_hours(1))
    };
    let added = Some(proto::time::to_wire(Timestamp::now()));
    let service = start();
    service.add(&server.url("/old"), |feed| feed.added_at = added);
    service.until(Topic::Raw, "the first poll", || service.items().len() == 1);
    drop(service.stop());

    let service = start();
    // A changed definition with the same `added_at`.
    service.add(&server.url("/old"), |feed| {
        feed.added_at = added;
        feed.title = "Another".into();
    });
    service.add(&server.url("/new"), |_| {});
    service.until(Topic::Raw, "the new feed", || service.items().len() == 2);
    assert_eq!(server.requests("/old").len(), 1);
    // A feed that is added again is due at once.
    service.add(&server.url("/old"), |_| {});
    server.until("/old", 2, |_| true);
    service.stop();
}

#[test]
fn each_entry_is_published_once_across_aborted_and_lost_transactions() {
    let served = Arc::new(AtomicUsize::new(0));
    let polls = Arc::clone(&served);
    let server = Server::start(move |request| {
        if request.path == "/robots.txt" {
            return Response::new(404, "");
        }
        // One more item at every poll, in each of four feeds.
        let count = polls.fetch_add(1, Ordering::Relaxed) / 4 + 1;
        Response::new(200, numbered(request.path.trim_start_matches('/'), count.min(30), count))
    });
    let folder = tempfile::tempdir().unwrap();
    let (log, commits) = failing(Embedded::open(folder.path()).unwrap());
    let service = Service::start_on(log, Names::default());
    for path in ["/a", "/b", "/c", "/d"] {
        service.add(&server.url(path), |_| {});
    }
    service.until(Topic::Raw, "all items", || {
        let ids: HashSet<String> = service.items().into_iter().map(|item| item.article_id).collect();
        ids.len() == 4 * 30
    });
    let (aborted, lost) = commits.faults();
    assert!(aborted >= 5 && lost >= 2, "{aborted} aborted, {lost} lost");
    assert_eq!(service.items().len(), 4 * 30);
    service.stop();
}

/// Some servers answer 304 to anything, whatever there is.
#[test]
fn a_feed_that_answers_304_to_anything_is_requested_without_validators_now_and_then() {
    let polls = AtomicUsize::new(0);
    let server = Server::start(move |request| match request.path.as_str() {
        "/feed" if !request.header("if-modified-since").is_empty() => Response::new(304, ""),
        "/feed" => {
            let names = ["a", "b"];
            let items: Vec<(&str, &str)> =
                names.iter().take(polls.fetch_add(1, Ordering::Relaxed) + 1).map(|name| (*name, "T")).collect();
            Response::new(200, rss(&items, 0)).with("Last-Modified", "Tue, 01 Jan 2041 00:00:00 GMT")
        }
        _ => Response::new(404, ""),
    });
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    service.add(&server.url("/feed"), |feed| feed.backfill = "all".into());
    service.until(Topic::Raw, "the second item", || service.items().len() == 2);
    service.stop();
}
