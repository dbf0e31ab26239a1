//! Pollers and a normaliser in this process, on one of the two logs.

use chassis::admin::Readiness;
use jiff::SignedDuration;
use poller::{definition, schedule::clock::Clock};
use proto::{
    topic::{Names, Topic},
    v1::Feed,
    wire::{Encoding, Message},
};
use std::{collections::HashMap, ops::ControlFlow, sync::Arc, time::Duration};
use stream::{CancellationToken, Log, Metrics, Record, Runtime, Start};
use test_support::wait::eventually;
use tokio::task::JoinHandle;

/// Limit for everything that a test waits for.
pub const LIMIT: Duration = Duration::from_secs(90);
const PARTITIONS: i32 = 3;

/// A running pipeline.
pub struct Pipeline {
    pub runtime: Runtime,
    clock: Clock,
    tokio: tokio::runtime::Runtime,
    services: Vec<JoinHandle<()>>,
}

impl Pipeline {
    /// Starts a poller for each replica, which polls every 100 ms, and a normaliser. `clock` is that of the pollers; the
    /// normaliser has the log's.
    pub fn start(log: &Arc<dyn Log>, names: &Names, pollers: &[&str], clock: &Clock) -> Self {
        let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let shutdown = CancellationToken::new();
        let runtime = |replica: &str| {
            let registry = prometheus::Registry::new();
            Runtime {
                log: Arc::clone(log),
                names: names.clone(),
                partitions: PARTITIONS,
                retention: Vec::new(),
                encoding: Encoding::Json,
                replica: replica.to_owned(),
                metrics: Metrics::new(&registry).unwrap(),
                registry,
                shutdown: shutdown.clone(),
            }
        };
        runtime("").ensure_topics().unwrap();
        let config = poller::Config {
            poll_interval: SignedDuration::from_millis(100),
            host_interval: Duration::ZERO,
            allow_private_networks: true,
            clock: clock.clone(),
            ..poller::Config::default()
        };
        let mut services = Vec::new();
        for replica in pollers {
            let poller = poller::run(config.clone(), runtime(replica), Readiness::default());
            services.push(tokio.spawn(async { poller.await.unwrap() }));
        }
        let normalising = runtime("0");
        let normaliser = normaliser::run(normaliser::Config::default(), normalising.clone());
        services.push(tokio.spawn(async { normaliser.await.unwrap() }));
        Pipeline { runtime: normalising, clock: clock.clone(), tokio, services }
    }

    /// Adds a feed, or adds it again: it is due at once. All its entries are published.
    pub fn add(&self, url: &str, site_url: &str) {
        let feed = Feed { url: url.into(), site_url: site_url.into(), backfill: "all".into(), ..Feed::default() };
        let record = definition::record(feed, PARTITIONS, &self.runtime.names, Encoding::Json, self.clock.now());
        self.runtime.log.append(vec![record.unwrap()]).unwrap();
    }

    pub fn remove(&self, url: &str) {
        let record = definition::tombstone(url, PARTITIONS, &self.runtime.names).unwrap();
        self.runtime.log.append(vec![record]).unwrap();
    }

    /// Waits until every raw item was normalised.
    pub fn drain(&self) {
        let names = &self.runtime.names;
        let (group, raw) = (names.group(normaliser::STAGE), names.of(Topic::Raw));
        // Not the ends of the partitions: on Kafka the markers of transactions follow the last records.
        let mut next: HashMap<i32, i64> = HashMap::new();
        for record in self.records(Topic::Raw) {
            next.insert(record.partition, record.offset + 1);
        }
        eventually(LIMIT, "every raw item is normalised", || {
            let committed = self.runtime.log.committed(&group, &raw).unwrap();
            next.iter().all(|(partition, next)| committed.get(partition).is_some_and(|position| position >= next))
        });
    }

    /// All records of a topic.
    pub fn records(&self, topic: Topic) -> Vec<Record> {
        let mut records = Vec::new();
        stream::scan(&*self.runtime.log, &self.runtime.names.of(topic), Start::Beginning, LIMIT, |record| {
            records.push(record);
            ControlFlow::Continue(())
        })
        .unwrap();
        records
    }

    /// All records of a topic that are a message, tombstones left out.
    pub fn read<M: Message>(&self, topic: Topic) -> Vec<M> {
        let records = self.records(topic);
        let records = records.iter().filter(|record| record.header("ce_type") == Some(M::TYPE));
        records.map(|record| record.decode().unwrap()).collect()
    }

    /// Stops all services, and waits for their end.
    pub fn stop(self) {
        self.runtime.shutdown.cancel();
        for service in self.services {
            self.tokio.block_on(service).unwrap();
        }
        self.tokio.shutdown_timeout(Duration::from_secs(5));
    }
}
