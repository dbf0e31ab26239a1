//! Positions that a topic does not have: below its start, past its end, gone.

use crate::bystander::{PARTITIONS, config, prefix, runtime_on};
use crate::worker::item;
use proto::{partition, topic::Topic, v1};
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
    producer::{BaseProducer, BaseRecord, Producer},
};
use std::{
    collections::{BTreeSet, HashMap},
    ops::ControlFlow,
    time::Duration,
};
use stream::{LogError, Outcome, Outgoing, Runtime, Start, kafka::KafkaConfig};
use test_support::wait::eventually;

const LIMIT: Duration = Duration::from_secs(60);

/// A stage that copies ids, on a short patience.
struct Copier {
    kafka: String,
    prefix: String,
    waits: bool,
}

/// A run of it, stopped when dropped.
struct Running {
    runtime: Runtime,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.runtime.shutdown.cancel();
        let ended = self.thread.take().unwrap().join();
        if !std::thread::panicking() {
            ended.unwrap();
        }
    }
}

impl Running {
    fn gap(&self) -> u64 {
        self.runtime.metrics.gap_records.with_label_values(&["count"]).get()
    }

    fn stalled(&self) -> i64 {
        self.runtime.metrics.stalled.with_label_values(&["count"]).get()
    }

    fn rejoined(&self) -> u64 {
        self.runtime.metrics.rejoined.with_label_values(&["count"]).get()
    }

    fn started_over(&self) -> u64 {
        self.runtime.metrics.started_over.with_label_values(&["count"]).get()
    }

    fn held(&self) -> i64 {
        self.runtime.metrics.held.with_label_values(&["count"]).get()
    }

    /// Names of the conditions of readiness that are not met.
    fn faults(&self) -> Vec<String> {
        (self.runtime.metrics.readiness())()
            .into_iter()
            .filter_map(|(name, fault)| Some(name).filter(|_| fault.is_some()))
            .collect()
    }
}

impl Copier {
    fn new(kafka: &str, test: &str, waits: bool) -> Self {
        let copier = Copier { kafka: kafka.to_owned(), prefix: prefix(test), waits };
        // A slow broker creates topics before it can lead them.
        eventually(LIMIT, "the topics", || match copier.runtime().ensure_topics() {
            Err(LogError::Unavailable(_)) => false,
            ended => {
                ended.unwrap();
                true
            }
        });
        copier
    }

    fn runtime(&self) -> Runtime {
        let config = KafkaConfig {
            position_patience: Duration::from_secs(3),
            position_interval: Duration::ZERO,
            ..config(&self.kafka)
        };
        runtime_on(config, &self.prefix, "0")
    }

    fn start(&self) -> Running {
        let runtime = self.runtime();
        let (running, waits) = (runtime.clone(), self.waits);
        let thread = std::thread::spawn(move || {
            let mut spec = running.stage("count", Topic::Raw, &[], &[Topic::Articles]);
            spec.member.recovery.waits = waits;
            let articles = running.names.of(Topic::Articles);
            stream::run::<v1::RawItem>(&*running.log, &spec, &running.shutdown, &running.metrics, |input, context| {
                let id = input.message.article_id.as_str();
                context.emit(&articles, id, &v1::Article { article_id: id.to_owned(), ..Default::default() })?;
                Ok(Outcome::Out)
            })
            .unwrap();
        });
        Running { runtime, thread: Some(thread) }
    }

    fn feed(&self, ids: &[&str]) {
        let runtime = self.runtime();
        let topic = runtime.names.of(Topic::Raw);
        let record = |id: &&str| Outgoing {
            topic: topic.clone(),
            partition: partition::of(id.as_bytes(), PARTITIONS),
            value: Some(item(id)),
            key: id.as_bytes().to_vec(),
            headers: Vec::new(),
        };
        // One transaction each, so that each is followed by a control record.
        ids.iter().for_each(|id| runtime.log.append(vec![record(id)]).unwrap());
    }

    /// Ids of the results, sorted.
    fn results(&self) -> Vec<String> {
        let runtime = self.runtime();
        let mut ids = Vec::new();
        stream::scan(&*runtime.log, &runtime.names.of(Topic::Articles), Start::Beginning, LIMIT, |record| {
            ids.push(record.key_text().unwrap().to_owned());
            ControlFlow::Continue(())
        })
        .unwrap();
        ids.sort();
        ids
    }

    /// Starts with records of partition 0, and waits until they are copied and the position is behind their control record.
    fn start_with(&self, ids: &[&str]) -> Running {
        self.feed(ids);
        let running = self.start();
        self.wait_for(ids);
        eventually(LIMIT, "the position is behind the control record", || self.positions()[&0] == self.ends()[&0]);
        running
    }

    fn wait_for(&self, ids: &[&str]) {
        eventually(LIMIT, "the results", || self.results() == ids);
    }

    fn positions(&self) -> HashMap<i32, i64> {
        let runtime = self.runtime();
        runtime.log.committed(&runtime.names.group("count"), &runtime.names.of(Topic::Raw)).unwrap()
    }

    fn ends(&self) -> HashMap<i32, i64> {
        let runtime = self.runtime();
        runtime.log.ends(&runtime.names.of(Topic::Raw)).unwrap()
    }

    fn set(&self, offsets: &HashMap<i32, i64>) {
        let runtime = self.runtime();
        runtime.log.set_committed(&runtime.names.group("count"), &runtime.names.of(Topic::Raw), offsets).unwrap();
    }

    /// A transaction that stays open on partition 0 of the source for ten minutes.
    fn open_transaction(&self) -> BaseProducer {
        let open: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", &self.kafka)
            .set("transactional.id", format!("{}open", self.prefix))
            .set("transaction.timeout.ms", "600000")
            .create()
            .unwrap();
        open.init_transactions(LIMIT).unwrap();
        open.begin_transaction().unwrap();
        let topic = self.runtime().names.of(Topic::Raw);
        open.send(BaseRecord::<[u8], [u8]>::to(&topic).partition(0).key(b"open").payload(b"{}")).unwrap();
        open.flush(LIMIT).unwrap();
        open
    }

    fn admin<F: Future>(&self, call: impl FnOnce(AdminClient<DefaultClientContext>) -> F) -> F::Output {
        let client = ClientConfig::new().set("bootstrap.servers", &self.kafka).create().unwrap();
        futures_executor::block_on(call(client))
    }

    /// As retention does: removes everything before `starts`.
    fn expire(&self, starts: &HashMap<i32, i64>) {
        let topic = self.runtime().names.of(Topic::Raw);
        let mut list = TopicPartitionList::new();
        for (partition, start) in starts {
            list.add_partition_offset(&topic, *partition, Offset::Offset(*start)).unwrap();
        }
        let deleted = self.admin(async |client| client.delete_records(&list, &AdminOptions::new()).await);
        assert!(deleted.unwrap().elements().iter().all(|one| one.error().is_ok()));
    }

    /// As a group's expiry does.
    fn lose_positions(&self) {
        let group = self.runtime().names.group("count");
        eventually(LIMIT, "the group is deleted", || {
            let deleted =
                self.admin(async |client| client.delete_groups(&[group.as_str()], &AdminOptions::new()).await);
            deleted.is_ok_and(|results| results.iter().all(Result::is_ok))
        });
    }
}

fn ids_of(partition: i32, count: usize) -> Vec<String> {
    let ids = (0..).map(|n| format!("id-{n:03}"));
    ids.filter(|id| partition::of(id.as_bytes(), PARTITIONS) == partition).take(count).collect()
}

#[test]
fn records_that_expired_unread_are_a_counted_gap() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let copier = Copier::new(&kafka, "gap", true);
    let ids = ids_of(0, 6);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    drop(copier.start_with(&ids[..2]));
    // Each takes two offsets: the record and its transaction's end.
    copier.feed(&ids[2..]);
    copier.expire(&HashMap::from([(0, 8)]));
    let running = copier.start();
    copier.wait_for(&[ids[0], ids[1], ids[4], ids[5]]);
    assert_eq!(running.gap(), 4);
    assert!(running.faults().is_empty(), "{:?}", running.faults());
}

#[test]
fn an_idle_week_is_no_gap() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let copier = Copier::new(&kafka, "idle", true);
    let running = copier.start();
    copier.feed(&["a", "b", "c"]);
    copier.wait_for(&["a", "b", "c"]);
    eventually(LIMIT, "the positions are at the ends", || copier.positions() == copier.ends());
    eventually(LIMIT, "no lag", || running.runtime.metrics.lag.with_label_values(&["count"]).get() == 0);
    drop(running);
    // Retention removes control records, too.
    copier.expire(&copier.ends());
    let running = copier.start();
    copier.feed(&["d"]);
    copier.wait_for(&["a", "b", "c", "d"]);
    assert_eq!(running.gap(), 0);
    assert_eq!(running.started_over(), 0);
}

#[test]
fn a_position_past_the_end_holds_its_partition_until_it_is_accepted() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let copier = Copier::new(&kafka, "beyond", false);
    let (held, other) = (ids_of(0, 1).remove(0), ids_of(1, 1).remove(0));
    copier.feed(&[&held, &other]);
    let ends = copier.ends();
    copier.set(&ends.keys().map(|partition| (*partition, if *partition == 0 { 1_000 } else { 0 })).collect());
    let running = copier.start();
    // The others go on.
    copier.wait_for(&[&other]);
    eventually(LIMIT, "the partition is held", || running.held() == 1);
    assert_eq!(running.faults(), ["count-positions"]);
    assert_eq!(copier.results(), [other.as_str()]);
    // `newswire positions accept`.
    copier.set(&HashMap::from([(0, 0)]));
    let both: BTreeSet<&str> = BTreeSet::from([held.as_str(), other.as_str()]);
    copier.wait_for(&both.into_iter().collect::<Vec<_>>());
    eventually(LIMIT, "ready again", || running.faults().is_empty());
}

#[test]
fn a_stage_whose_positions_are_gone_starts_over_or_waits() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    for waits in [false, true] {
        let copier = Copier::new(&kafka, "gone", waits);
        copier.feed(&["a"]);
        // A first start, with records that wait.
        let running = copier.start();
        copier.wait_for(&["a"]);
        assert!(running.faults().is_empty());
        drop(running);
        copier.lose_positions();
        let running = copier.start();
        if waits {
            let partition = partition::of(b"a", PARTITIONS);
            eventually(LIMIT, "the partition is held", || running.held() == 1);
            assert_eq!(copier.results(), ["a"]);
            copier.set(&HashMap::from([(partition, copier.ends()[&partition])]));
            eventually(LIMIT, "ready again", || running.faults().is_empty());
            copier.feed(&["b"]);
            copier.wait_for(&["a", "b"]);
        } else {
            copier.wait_for(&["a", "a"]);
            assert_eq!(running.started_over(), 1);
        }
    }
}

#[test]
fn a_position_that_expires_while_its_stage_runs_is_a_counted_gap_after_a_rejoin() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let copier = Copier::new(&kafka, "overtaken", true);
    let ids = ids_of(0, 5);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let running = copier.start_with(&ids[..1]);
    // Before an open transaction, at offset 2, the stage stands still. Each of the others takes two offsets behind that.
    let open = copier.open_transaction();
    copier.feed(&ids[1..]);
    copier.expire(&HashMap::from([(0, 9)]));
    open.abort_transaction(LIMIT).unwrap();
    copier.wait_for(&[ids[0], ids[4]]);
    assert_eq!(running.gap(), 7);
    assert!(running.rejoined() > 0);
    assert!(running.faults().is_empty(), "{:?}", running.faults());
}

/// A transaction that no client ends hides what is behind it. The command of the runbook ends it.
#[test]
fn a_hanging_transaction_is_seen_and_ended_by_the_command_of_the_runbook() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let copier = Copier::new(&kafka, "hanging", true);
    let ids = ids_of(0, 2);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let running = copier.start_with(&ids[..1]);
    let (start, topic) = (copier.ends()[&0], copier.runtime().names.of(Topic::Raw));
    let _open = copier.open_transaction();
    copier.feed(&ids[1..]);
    eventually(LIMIT, "the open transaction is seen", || running.stalled() == 1);
    assert_eq!(copier.results(), &ids[..1]);
    let start = start.to_string();
    let arguments = ["abort", "--topic", &topic, "--partition", "0", "--start-offset", &start];
    test_support::kafka::command("transactions", &kafka, &arguments);
    copier.wait_for(&ids);
    eventually(LIMIT, "the transaction has ended", || running.stalled() == 0);
}

#[test]
fn a_stage_counts_where_its_time_goes() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let copier = Copier::new(&kafka, "time", false);
    let running = copier.start();
    copier.feed(&["a"]);
    copier.wait_for(&["a"]);
    let stage = running.runtime.metrics.stage("count");
    eventually(LIMIT, "all parts", || {
        ["poll", "produce", "flush", "offsets", "commit"].iter().all(|part| stage.part_seconds(part) > 0.0)
    });
}
