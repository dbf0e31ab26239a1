//! Two pollers that share the feeds, on a broker: the embedded log has one member per stage.

use crate::server::{Response, Server};
use crate::service::{PARTITIONS, Service, numbered};
use jiff::{SignedDuration, Timestamp};
use proto::{
    partition,
    topic::{Names, Topic},
};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use stream::kafka::{Kafka, KafkaConfig};

/// Hosts with one feed each, enough for every partition to have one.
const HOSTS: usize = 9;

fn start_poller(broker: &str, replica: &str, prefix: &str) -> Service {
    let log = Kafka::new(KafkaConfig::new(broker)).unwrap();
    Service::start_as(replica, Arc::new(log), Names::new(prefix), SignedDuration::from_millis(100))
}

/// One server per host, whose feed shows the first `shown` items.
fn start_servers(shown: &Arc<AtomicUsize>) -> Vec<Server> {
    let hosts: Vec<String> = (0..HOSTS).map(|n| format!("127.0.0.{}", n + 11)).collect();
    let used: HashSet<i32> = hosts.iter().map(|host| partition::of_host(host, PARTITIONS)).collect();
    assert_eq!(used.len(), 3, "the hosts are on all partitions");
    let start = |host: &String| {
        let (prefix, shown, polls) = (host.clone(), Arc::clone(shown), AtomicUsize::new(0));
        Server::start_at(host, move |request| match request.path.as_str() {
            "/feed" => {
                let poll = polls.fetch_add(1, Ordering::Relaxed);
                Response::new(200, numbered(&prefix, shown.load(Ordering::Relaxed), poll))
            }
            _ => Response::new(404, ""),
        })
    };
    hosts.iter().map(start).collect()
}

fn assigned(service: &Service) -> i64 {
    service.runtime.metrics.partitions.with_label_values(&["poller"]).get()
}

fn distinct_items(service: &Service) -> usize {
    let ids: HashSet<String> = service.items().into_iter().map(|item| item.article_id).collect();
    ids.len()
}

/// Adds items until `condition` holds, so that polls are in flight during the rebalance. Then waits for all items.
fn publish_until(service: &Service, shown: &AtomicUsize, what: &str, condition: impl Fn() -> bool) {
    service.until(Topic::Raw, what, || {
        shown.fetch_add(1, Ordering::Relaxed);
        condition()
    });
    let expected = HOSTS * shown.load(Ordering::Relaxed);
    service.until(Topic::Raw, "all items", || distinct_items(service) == expected);
}

#[test]
fn each_entry_is_published_once_while_a_poller_joins_and_another_leaves() {
    let name = "each_entry_is_published_once_while_a_poller_joins_and_another_leaves";
    let Some(broker) = test_support::kafka::named(name) else { return };
    let shown = Arc::new(AtomicUsize::new(3));
    let servers = start_servers(&shown);
    let prefix = format!("poller-rebalance-{}.", Timestamp::now().as_millisecond());
    let all = i64::from(PARTITIONS);

    let first = start_poller(&broker, "a", &prefix);
    for server in &servers {
        first.add(&server.url("/feed"), |feed| feed.backfill = "all".into());
    }
    first.until(Topic::Raw, "the first items", || distinct_items(&first) == HOSTS * 3);
    assert_eq!(assigned(&first), all);

    let second = start_poller(&broker, "b", &prefix);
    publish_until(&second, &shown, "the second poller has partitions", || {
        assigned(&second) > 0 && assigned(&first) + assigned(&second) == all
    });
    let leaving = std::thread::spawn(move || drop(first.stop()));
    publish_until(&second, &shown, "the second poller has all partitions", || assigned(&second) == all);
    leaving.join().unwrap();
    let last = shown.fetch_add(1, Ordering::Relaxed) + 1;
    second.until(Topic::Raw, "the last item of each feed", || distinct_items(&second) == HOSTS * last);

    assert_eq!(second.items().len(), HOSTS * last, "each item is published once");
    second.stop();
}
