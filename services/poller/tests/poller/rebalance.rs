use crate::server::{Answer, Server};
use crate::service::{PARTITIONS, Service, rss};
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

const HOSTS: usize = 9;

fn partitions_of(service: &Service) -> i64 {
    service.runtime.metrics.partitions.with_label_values(&["poller"]).get()
}

/// A second poller comes while the first one works, and the first one leaves: every item comes once. On a real broker,
/// where `NEWSWIRE_TEST_KAFKA` names one; the embedded log has one member of a stage.
#[test]
fn two_pollers_share_the_feeds_and_one_leaves() {
    let Some(broker) = test_support::kafka::named("two pollers that share the feeds") else { return };
    // What every feed shows, and how often it was asked for since.
    let shown = Arc::new(AtomicUsize::new(3));
    let salt = Arc::new(AtomicUsize::new(0));
    let hosts: Vec<String> = (0..HOSTS).map(|n| format!("127.0.0.{}", n + 11)).collect();
    let used: HashSet<i32> = hosts.iter().map(|host| partition::of_host(host, PARTITIONS)).collect();
    assert_eq!(used.len(), 3, "the hosts are on all partitions");
    let servers: Vec<Server> = hosts
        .iter()
        .map(|host| {
            let (host_name, shown, salt) = (host.clone(), Arc::clone(&shown), Arc::clone(&salt));
            Server::start_at(host, move |request| {
                if request.path != "/feed" {
                    return Answer::new(404, "");
                }
                let names: Vec<String> =
                    (0..shown.load(Ordering::Relaxed)).map(|n| format!("{host_name}-{n}")).collect();
                let items: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "Title")).collect();
                Answer::new(200, rss(&items, salt.fetch_add(1, Ordering::Relaxed)))
            })
        })
        .collect();
    let prefix = format!("poller-rebalance-{}.", Timestamp::now().as_millisecond());
    let start = |replica: &str| {
        let kafka = stream::kafka::Kafka::new(stream::kafka::KafkaConfig::new(&broker)).unwrap();
        Service::start_as(replica, Arc::new(kafka), Names::new(&prefix), SignedDuration::from_millis(100))
    };
    let distinct = |service: &Service| {
        let ids: HashSet<String> = service.items().into_iter().map(|item| item.article_id).collect();
        ids.len()
    };
    // One more item at a time, so that something is always under way while the partitions move.
    let goes_on = |what: &str, service: &Service, done: &dyn Fn() -> bool| {
        service.until(Topic::Raw, what, || {
            shown.fetch_add(1, Ordering::Relaxed);
            done()
        });
        let expected = HOSTS * shown.load(Ordering::Relaxed);
        service.until(Topic::Raw, "all that is shown", || distinct(service) == expected);
    };

    let first = start("a");
    for server in &servers {
        first.add(&server.url("/feed"), |feed| feed.backfill = "all".into());
    }
    first.until(Topic::Raw, "the first items", || distinct(&first) == HOSTS * 3);
    assert_eq!(partitions_of(&first), i64::from(PARTITIONS));

    let second = start("b");
    goes_on("the second has a part", &second, &|| {
        partitions_of(&second) > 0 && partitions_of(&first) + partitions_of(&second) == i64::from(PARTITIONS)
    });
    let count = shown.load(Ordering::Relaxed);
    let leaving = std::thread::spawn(move || drop(first.stop()));
    goes_on("the second has everything", &second, &|| partitions_of(&second) == i64::from(PARTITIONS));
    leaving.join().unwrap();
    let last = shown.fetch_add(1, Ordering::Relaxed) + 1;
    assert!(last > count);
    second.until(Topic::Raw, "the last item of each feed", || distinct(&second) == HOSTS * last);

    let items = second.items();
    assert_eq!(items.len(), HOSTS * last, "every item once");
    println!("{} items of {HOSTS} feeds, each once, over two changes of the partitions", items.len());
    second.stop();
}
