//! The consumer's side of a member: rebalances, and what librdkafka reports of each partition.

use super::{
    client::{guard, log},
    errors::log_error,
    positions::{self, Verdict},
};
use crate::LogError;
use rdkafka::{
    ClientContext, Offset, Statistics, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode},
    types::RDKafkaRespErr,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::Mutex,
    time::Duration,
};

/// What a rebalance callback hands to the poll that it ran in.
pub(super) enum Rebalanced {
    /// The committed position of each partition, as judged.
    Assigned(HashMap<i32, Verdict>),
    Revoked(Vec<i32>),
    Failed(LogError),
}

/// What librdkafka last reported of a partition. Offsets below 0 are unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    /// Next offset that is fetched: everything before it was handed to the client, and control records are behind it, too.
    pub next: i64,
    /// End, records of open transactions included.
    pub high: i64,
    /// End of what a read-committed client may read.
    pub stable: i64,
}

/// One report on all partitions.
pub(super) struct Report {
    /// Time since the client was created.
    pub age: Duration,
    /// The client is connected to none of the brokers.
    pub is_disconnected: bool,
    pub marks: HashMap<i32, Marks>,
}

/// Handles rebalances: it reads and judges the committed offsets, then assigns.
pub(super) struct Group {
    /// The group's name.
    pub name: String,
    /// Longer than a transaction can last: committed offsets are stable only when a predecessor's transaction has ended.
    pub offsets_timeout: Duration,
    pub rebalanced: Mutex<VecDeque<Rebalanced>>,
    /// The newest report that the member has not taken yet.
    pub report: Mutex<Option<Report>>,
}

impl Group {
    pub(super) fn new(name: &str, offsets_timeout: Duration) -> Self {
        Group { name: name.to_owned(), offsets_timeout, rebalanced: Mutex::default(), report: Mutex::default() }
    }

    fn push(&self, event: Rebalanced) {
        guard(&self.rebalanced).push_back(event);
    }

    /// Assigns the partitions. One whose position is in doubt is paused at once.
    fn assign(
        &self,
        consumer: &BaseConsumer<Self>,
        partitions: &mut TopicPartitionList,
    ) -> Result<HashMap<i32, Verdict>, LogError> {
        let failed = |error: KafkaError| log_error(&error);
        let verdicts = positions::ask(consumer, &self.name, partitions.clone(), self.offsets_timeout)?;
        let (mut doubtful, mut certain) = (TopicPartitionList::new(), TopicPartitionList::new());
        let places: Vec<(String, i32)> =
            partitions.elements().iter().map(|one| (one.topic().to_owned(), one.partition())).collect();
        for (topic, partition) in places {
            let start = match verdicts.get(&partition) {
                Some(Verdict::At(next) | Verdict::Gap { start: next, .. }) => {
                    certain.add_partition(&topic, partition);
                    Offset::Offset(*next)
                }
                _ => {
                    doubtful.add_partition(&topic, partition);
                    Offset::Beginning
                }
            };
            partitions.set_partition_offset(&topic, partition, start).map_err(failed)?;
        }
        consumer.assign(partitions).map_err(failed)?;
        // The client keeps a partition paused when it is assigned again: one in doubt before would never be read.
        if certain.count() > 0 {
            consumer.resume(&certain).map_err(failed)?;
        }
        if doubtful.count() > 0 {
            consumer.pause(&doubtful).map_err(failed)?;
        }
        Ok(verdicts)
    }
}

impl ClientContext for Group {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
    }

    fn stats(&self, statistics: Statistics) {
        let partitions = statistics.topics.values().flat_map(|topic| topic.partitions.values());
        let marks = partitions
            .filter(|partition| partition.desired)
            .map(|one| (one.partition, Marks { next: one.next_offset, high: one.hi_offset, stable: one.ls_offset }))
            .collect();
        let age = Duration::from_micros(u64::try_from(statistics.age).unwrap_or(0));
        let is_disconnected =
            statistics.brokers.values().all(|broker| broker.state != "UP" && broker.state != "UPDATE");
        *guard(&self.report) = Some(Report { age, is_disconnected, marks });
    }
}

impl ConsumerContext for Group {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, what: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let numbers = || {
            partitions.elements().iter().map(rdkafka::topic_partition_list::TopicPartitionListElem::partition).collect()
        };
        match what {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => match self.assign(consumer, partitions) {
                Ok(verdicts) => self.push(Rebalanced::Assigned(verdicts)),
                Err(error) => {
                    // Without the committed offsets nothing may be read. The callback must still answer the client.
                    let unassigned = consumer.unassign();
                    tracing::warn!(%error, ?unassigned, "cannot take over partitions");
                    self.push(Rebalanced::Failed(error));
                }
            },
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS => {
                self.push(Rebalanced::Revoked(numbers()));
                if let Err(error) = consumer.unassign() {
                    self.push(Rebalanced::Failed(LogError::Lost(error.to_string())));
                }
            }
            other => {
                let code: RDKafkaErrorCode = other.into();
                if let Err(error) = consumer.unassign() {
                    tracing::warn!(%error, "cannot unassign");
                }
                self.push(Rebalanced::Failed(LogError::Lost(format!("rebalance: {code}"))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::client::KafkaConfig, *};
    use rdkafka::{
        config::FromClientConfigAndContext,
        consumer::CommitMode,
        mocking::MockCluster,
        producer::{BaseProducer, BaseRecord, Producer},
    };
    use test_support::wait::eventually;

    const LIMIT: Duration = Duration::from_secs(30);

    fn at(offset: i64) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset("t", 0, Offset::Offset(offset)).unwrap();
        list
    }

    #[test]
    fn a_partition_that_was_in_doubt_is_read_when_it_is_assigned_again() {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("t", 1, 1).unwrap();
        let config = KafkaConfig::new(&cluster.bootstrap_servers());
        let producer: BaseProducer = config.client().create().unwrap();
        producer.send(BaseRecord::<(), str>::to("t").partition(0).payload("v")).unwrap();
        producer.flush(LIMIT).unwrap();
        let mut client = config.reader("read_committed");
        client.set("group.id", "g");
        let consumer = BaseConsumer::from_config_and_context(&client, Group::new("g", LIMIT)).unwrap();
        let assign = || consumer.context().assign(&consumer, &mut at(0)).unwrap();

        consumer.commit(&at(1_000), CommitMode::Sync).unwrap();
        assert!(matches!(assign()[&0], Verdict::Beyond { .. }));
        consumer.unassign().unwrap();
        consumer.commit(&at(0), CommitMode::Sync).unwrap();
        assert_eq!(assign()[&0], Verdict::At(0));
        let mut is_read = || matches!(consumer.poll(Duration::from_millis(100)), Some(Ok(_)));
        eventually(LIMIT, "its record is read", &mut is_read);
    }
}
