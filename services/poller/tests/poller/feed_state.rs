//! The two records of a feed's state, when one of them is lost or of an earlier version. On both logs.

use crate::server::{Response, Server};
use crate::service::{Service, records, rss};
use jiff::Timestamp;
use proto::{
    topic::{Names, Topic},
    v1::{FeedEntries, FeedState},
    wire::Encoding::Protobuf,
};
use std::sync::Arc;
use stream::{Log, Outgoing, kafka::Kafka, kafka::KafkaConfig};

/// Runs a test on the embedded log, and on a broker if there is one. It gets a function that opens the log.
fn on_both_logs(name: &str, test: impl Fn(&dyn Fn() -> Service)) {
    let folder = tempfile::tempdir().unwrap();
    test(&|| Service::start(folder.path()));
    let Some(broker) = test_support::kafka::named(name) else { return };
    let prefix = format!("{name}-{}.", Timestamp::now().as_millisecond());
    test(&|| {
        let log: Arc<dyn Log> = Arc::new(Kafka::new(KafkaConfig::new(&broker)).unwrap());
        Service::start_on(log, Names::new(&prefix))
    });
}

/// A feed of two items that answers 304 to its validator.
fn server() -> Server {
    Server::start(|request| match request.path.as_str() {
        "/feed" if request.header("if-none-match") == "\"v\"" => Response::new(304, ""),
        "/feed" => Response::new(200, rss(&[("a", "One"), ("b", "Two")], 0)).with("ETag", "\"v\""),
        _ => Response::new(404, ""),
    })
}

/// Polls the feed, stops the poller, replaces the feed's records by those that `change` returns (`None` deletes one), and
/// polls again. Returns the validator of the first request after that, and the service.
fn polled_after(
    start: &dyn Fn() -> Service,
    server: &Server,
    change: impl Fn(FeedState, FeedEntries) -> (Option<FeedState>, Option<FeedEntries>),
) -> (String, Service) {
    let service = start();
    service.add(&server.url("/feed"), |_| {});
    server.until("/feed", 3, |_| true);
    let id = proto::id::feed_id(server.url("/feed").as_str());
    let runtime = service.stop();
    let before = server.requests("/feed").len();

    let records = records(&runtime, Topic::FeedState);
    let last = |key: [u8; 16]| records.iter().rfind(|record| record.key == key).unwrap().clone();
    let state = last(proto::key::to_bytes(&id).unwrap());
    let entries = last(proto::key::of_entries(&id).unwrap());
    let (new_state, new_entries) = change(state.decode().unwrap(), entries.decode().unwrap());
    let values = [
        (state, new_state.map(|state| Protobuf.encode(&state).unwrap())),
        (entries, new_entries.map(|entries| Protobuf.encode(&entries).unwrap())),
    ];
    let outgoing = values.map(|(record, value)| Outgoing {
        topic: record.topic,
        partition: record.partition,
        key: record.key,
        value,
        headers: record.headers,
    });
    runtime.log.append(outgoing.to_vec()).unwrap();
    drop(runtime);

    let service = start();
    server.until("/feed", before + 2, |_| true);
    let request = server.requests("/feed").swap_remove(before);
    (request.header("if-none-match").to_owned(), service)
}

#[test]
fn a_feed_whose_entries_are_missing_is_polled_as_for_the_first_time() {
    on_both_logs("a_feed_whose_entries_are_missing_is_polled_as_for_the_first_time", |start| {
        let server = server();
        let (validator, service) = polled_after(start, &server, |state, _| (Some(state), None));
        is_polled_as_for_the_first_time(&validator, service);
    });
}

#[test]
fn entries_of_another_generation_are_not_those_of_the_state() {
    on_both_logs("entries_of_another_generation_are_not_those_of_the_state", |start| {
        let server = server();
        let other = |state, entries: FeedEntries| {
            (Some(state), Some(FeedEntries { generation: entries.generation + 1, ..entries }))
        };
        let (validator, service) = polled_after(start, &server, other);
        is_polled_as_for_the_first_time(&validator, service);
    });
}

fn is_polled_as_for_the_first_time(validator: &str, service: Service) {
    assert_eq!(validator, "");
    service.until(Topic::Raw, "the items again", || service.items().len() == 4);
    assert!(service.items().iter().all(|item| !item.known && item.backfill));
    service.until(Topic::FeedState, "state and entries that belong together", || {
        service.states().values().all(|(_, entries)| entries.len() == 2)
    });
    let families = service.runtime.registry.gather();
    let lost = families.iter().find(|family| family.name() == "newswire_poller_entries_lost_total").unwrap();
    assert!((lost.get_metric()[0].get_counter().get_value() - 1.0).abs() < 0.1);
    service.stop();
}

#[test]
fn a_state_of_an_earlier_version_is_read_and_written_in_two_records() {
    on_both_logs("a_state_of_an_earlier_version_is_read_and_written_in_two_records", |start| {
        let server = server();
        let old = |state, entries: FeedEntries| {
            (Some(FeedState { entries_generation: 0, packed_entries: entries.packed, ..state }), None)
        };
        let (validator, service) = polled_after(start, &server, old);
        assert_eq!(validator, "\"v\"");
        service.until(Topic::FeedState, "two records", || {
            service.states().values().all(|(state, entries)| state.packed_entries.is_empty() && entries.len() == 2)
        });
        assert_eq!(service.items().len(), 2, "nothing is published again");
        service.stop();
    });
}
