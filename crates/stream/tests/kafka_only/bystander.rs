//! Feeds the workers and checks their committed results.

use crate::worker::item;
use proto::{
    partition,
    topic::{Names, Topic},
    v1, wire,
};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use stream::{
    CancellationToken, Metrics, Outgoing, Runtime, Start, Tail,
    kafka::{Kafka, KafkaConfig},
};

pub const PARTITIONS: i32 = 4;

/// A cluster with short timeouts.
pub fn config(kafka: &str) -> KafkaConfig {
    KafkaConfig {
        transaction_timeout: Duration::from_secs(5),
        session_timeout: Duration::from_secs(6),
        ..KafkaConfig::new(kafka)
    }
}

/// What a worker runs on, under a prefix.
pub fn runtime(kafka: &str, prefix: &str, replica: &str) -> Runtime {
    runtime_on(config(kafka), prefix, replica)
}

/// As [`runtime`], on a cluster with other settings.
pub fn runtime_on(config: KafkaConfig, prefix: &str, replica: &str) -> Runtime {
    let registry = prometheus::Registry::new();
    Runtime {
        log: Arc::new(Kafka::new(config).unwrap()),
        names: Names::new(prefix),
        partitions: PARTITIONS,
        retention: Vec::new(),
        encoding: wire::Encoding::Json,
        replica: replica.to_owned(),
        metrics: Metrics::new(&registry).unwrap(),
        registry,
        shutdown: CancellationToken::new(),
    }
}

/// A prefix that no other test has.
pub fn prefix(test: &str) -> String {
    format!("{test}.{}.", jiff::Timestamp::now().as_nanosecond())
}

pub struct Bystander {
    pub runtime: Runtime,
    tail: Box<dyn Tail>,
    fed: BTreeMap<String, i32>,
    /// Replicas that wrote each (article, revision).
    seen: BTreeMap<(String, i32), Vec<String>>,
}

impl Bystander {
    pub fn new(kafka: &str, prefix: &str) -> Self {
        let runtime = runtime(kafka, prefix, "bystander");
        runtime.ensure_topics().unwrap();
        let tail = runtime.log.tail(&runtime.names.of(Topic::Articles), Start::Beginning).unwrap();
        Bystander { runtime, tail, fed: BTreeMap::new(), seen: BTreeMap::new() }
    }

    /// Feeds `count` records, over 50 keys.
    pub fn feed(&mut self, count: i32) {
        let topic = self.runtime.names.of(Topic::Raw);
        let records = (0..count)
            .map(|n| {
                let id = format!("key-{}", n % 50);
                *self.fed.entry(id.clone()).or_default() += 1;
                Outgoing {
                    topic: topic.clone(),
                    partition: partition::of(id.as_bytes(), PARTITIONS),
                    value: Some(item(&id)),
                    key: id.into_bytes(),
                    headers: Vec::new(),
                }
            })
            .collect();
        self.runtime.log.append(records).unwrap();
    }

    fn look(&mut self) {
        for record in self.tail.poll(1_000, Duration::from_millis(50)).unwrap() {
            let article: v1::Article = record.decode().unwrap();
            self.seen.entry((article.article_id, article.revision)).or_default().push(article.rights);
        }
    }

    /// Number of distinct results so far.
    pub fn results(&mut self) -> usize {
        self.look();
        self.seen.len()
    }

    /// Replicas that wrote results.
    pub fn writers(&self) -> std::collections::BTreeSet<&str> {
        self.seen.values().flatten().map(String::as_str).collect()
    }

    /// Waits for the results of all records, and checks that none is repeated and no count is wrong.
    pub fn check(&mut self) {
        let total: i32 = self.fed.values().sum();
        let total = usize::try_from(total).unwrap();
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.seen.len() < total {
            self.look();
            assert!(Instant::now() < deadline, "{} of {total} results after a minute", self.seen.len());
        }
        // A repeated result would have arrived by now.
        self.runtime.log.ends(&self.runtime.names.of(Topic::Articles)).unwrap();
        self.look();
        for ((id, revision), by) in &self.seen {
            assert_eq!(by.len(), 1, "{id} revision {revision} was written by {by:?}");
            assert!((1..=self.fed[id]).contains(revision), "{id} has a revision {revision} of {}", self.fed[id]);
        }
        assert_eq!(self.seen.len(), total);
    }
}
