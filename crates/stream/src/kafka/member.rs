//! A member of a group: one consumer and one transactional producer on one thread.
//!
//! A transaction is opened and ended within one call of `commit`, never across a poll; a rebalance is served inside a
//! poll. So at a revocation no transaction is open, and unassigning at once is safe.

use super::{
    client::{KafkaConfig, log, log_error, record, watermarks},
    restore,
    transaction::Writer,
};
use crate::{
    Batch, Event, LogError, Member, MemberSpec, Record, Rows,
    faults::{Sabotage, sabotaged},
};
use rdkafka::{
    ClientContext, Offset, Statistics, TopicPartitionList,
    config::{FromClientConfig, FromClientConfigAndContext, RDKafkaLogLevel},
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext},
    error::{KafkaError, RDKafkaErrorCode},
    types::RDKafkaRespErr,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// What a rebalance callback hands to the poll that it ran in.
enum Rebalanced {
    Assigned(HashMap<i32, i64>),
    Revoked(Vec<i32>),
    Failed(LogError),
}

/// Handles rebalances: it reads the committed offsets, then assigns.
struct Group {
    /// Longer than a transaction can last: committed offsets are stable only when a predecessor's transaction has ended.
    offsets_timeout: Duration,
    rebalanced: Mutex<VecDeque<Rebalanced>>,
    lag: Mutex<Option<i64>>,
}

impl Group {
    fn push(&self, event: Rebalanced) {
        guard(&self.rebalanced).push_back(event);
    }

    fn assign(
        &self,
        consumer: &BaseConsumer<Self>,
        partitions: &mut TopicPartitionList,
    ) -> Result<HashMap<i32, i64>, LogError> {
        // Under isolation.level=read_committed librdkafka sets require_stable, which waits for a pending transaction.
        let committed =
            consumer.committed_offsets(partitions.clone(), self.offsets_timeout).map_err(|error| log_error(&error))?;
        let mut positions = HashMap::new();
        for element in committed.elements() {
            if let Err(error) = element.error() {
                return Err(log_error(&error));
            }
            let offset = match element.offset() {
                Offset::Offset(offset) => offset,
                _ => watermarks(consumer, element.topic(), element.partition(), self.offsets_timeout)?.0,
            };
            partitions
                .set_partition_offset(element.topic(), element.partition(), Offset::Offset(offset))
                .map_err(|error| log_error(&error))?;
            positions.insert(element.partition(), offset);
        }
        consumer.assign(partitions).map_err(|error| log_error(&error))?;
        Ok(positions)
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
        let lags = statistics
            .topics
            .values()
            .flat_map(|topic| topic.partitions.values())
            .filter(|partition| partition.desired && partition.consumer_lag_stored >= 0)
            .map(|partition| partition.consumer_lag_stored);
        *guard(&self.lag) = Some(lags.sum());
    }
}

impl ConsumerContext for Group {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, what: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let numbers = || {
            partitions.elements().iter().map(rdkafka::topic_partition_list::TopicPartitionListElem::partition).collect()
        };
        match what {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => match self.assign(consumer, partitions) {
                Ok(positions) => self.push(Rebalanced::Assigned(positions)),
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

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A [`Member`] on Kafka.
pub(super) struct KafkaMember {
    consumer: BaseConsumer<Group>,
    /// Only in a sabotaged build: a consumer that never joined, whose group metadata fences no one.
    outsider: Option<BaseConsumer>,
    writer: Writer,
    restorer: restore::Restorer,
    source: String,
    /// Changelogs of the tables.
    changelogs: Vec<String>,
    /// Next offset of each owned partition, as committed.
    positions: HashMap<i32, i64>,
    timeout: Duration,
}

impl KafkaMember {
    pub(super) fn join(config: &KafkaConfig, spec: &MemberSpec) -> Result<Self, LogError> {
        // Fence first: from here on a predecessor with the same id cannot commit.
        let id = format!("{}.{}", spec.group, spec.replica);
        let unfenced = sabotaged(Sabotage::NoFence);
        let writer = if unfenced {
            Writer::new(config, &format!("{id}.{}", std::process::id()))?
        } else {
            Writer::new(config, &id)?
        };
        let isolation = if sabotaged(Sabotage::ReadUncommitted) { "read_uncommitted" } else { "read_committed" };
        let mut client = config.reader(isolation);
        client
            .set("group.id", &spec.group)
            .set("group.instance.id", id)
            .set("session.timeout.ms", config.session_timeout.as_millis().to_string())
            .set("heartbeat.interval.ms", (config.session_timeout / 4).as_millis().to_string())
            .set("partition.assignment.strategy", "range")
            .set("statistics.interval.ms", "2000")
            // Enough for several batches of some hundred records.
            .set("queued.max.messages.kbytes", "16384");
        let context = Group {
            offsets_timeout: config.transaction_timeout * 2,
            rebalanced: Mutex::new(VecDeque::new()),
            lag: Mutex::new(None),
        };
        let consumer = BaseConsumer::from_config_and_context(&client, context).map_err(|error| log_error(&error))?;
        consumer.subscribe(&[&spec.source]).map_err(|error| log_error(&error))?;
        let outsider = if unfenced {
            let mut client = config.reader("read_committed");
            client.set("group.id", &spec.group);
            Some(BaseConsumer::from_config(&client).map_err(|error| log_error(&error))?)
        } else {
            None
        };
        Ok(KafkaMember {
            consumer,
            outsider,
            writer,
            restorer: restore::Restorer::new(config)?,
            source: spec.source.clone(),
            changelogs: spec.tables.iter().map(|table| table.topic.clone()).collect(),
            positions: HashMap::new(),
            timeout: config.call_timeout(),
        })
    }

    /// The error of a consumer that has failed for good. A process with this replica's name takes the transactional id first, so
    /// the id shows whether there is one.
    fn displaced(&self, reason: String) -> LogError {
        let mut offsets = TopicPartitionList::new();
        let added = offsets.add_partition_offset(&self.source, 0, Offset::Offset(0));
        let Some(group) = self.consumer.group_metadata().filter(|_| added.is_ok()) else {
            return LogError::Lost(reason);
        };
        match self.writer.holds_its_id(&offsets, &group) {
            Err(error @ LogError::Fenced(_)) => error,
            _ => LogError::Lost(reason),
        }
    }

    fn rebalanced(&mut self) -> Result<Option<Event>, LogError> {
        let event = guard(&self.consumer.context().rebalanced).pop_front();
        match event {
            None => Ok(None),
            Some(Rebalanced::Failed(error)) => Err(match error {
                error @ LogError::Fenced(_) => error,
                other => LogError::Lost(other.to_string()),
            }),
            Some(Rebalanced::Revoked(numbers)) => {
                for number in &numbers {
                    self.positions.remove(number);
                }
                *guard(&self.consumer.context().lag) = None;
                Ok(Some(Event::Revoked(numbers)))
            }
            Some(Rebalanced::Assigned(positions)) => {
                let partitions = positions.keys().copied().collect();
                self.positions.extend(positions);
                Ok(Some(Event::Assigned(partitions)))
            }
        }
    }
}

impl Member for KafkaMember {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Event, LogError> {
        if let Some(event) = self.rebalanced()? {
            return Ok(event);
        }
        let deadline = Instant::now() + wait;
        let mut batch: Vec<Record> = Vec::new();
        while batch.len() < max {
            // Wait for the first record only: a batch is what is available.
            let patience =
                if batch.is_empty() { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            let polled = self.consumer.poll(patience).map(|result| result.map(|message| record(&message)));
            // A rebalance ran inside that poll: the records read before it belong to an assignment that has ended.
            if let Some(event) = self.rebalanced()? {
                return Ok(event);
            }
            match polled {
                Some(Ok(record)) => {
                    if self.positions.contains_key(&record.partition) {
                        batch.push(record);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {}
                Some(Err(error)) => match log_error(&error) {
                    LogError::Lost(reason) => return Err(self.displaced(reason)),
                    error @ LogError::Fenced(_) => return Err(error),
                    // The client reconnects automatically; a commit fails if it cannot.
                    other => tracing::debug!(error = %other, "while polling"),
                },
                None if batch.is_empty() && Instant::now() < deadline => {}
                None => break,
            }
        }
        Ok(if batch.is_empty() { Event::Idle } else { Event::Records(batch) })
    }

    // The committed offsets were stable when the partitions were assigned, so the changelogs are read after that.
    fn restore(&mut self, partitions: &[i32]) -> Result<HashMap<i32, Vec<Rows>>, LogError> {
        // The client has accepted the assignment: this member must not continue without its state.
        self.restorer.restore(&self.changelogs, partitions).map_err(|error| match error {
            error @ LogError::Fenced(_) => error,
            other => LogError::Lost(other.to_string()),
        })
    }

    fn commit(&mut self, batch: Batch) -> Result<(), LogError> {
        if batch.offsets.is_empty() {
            return Err(LogError::NoOffsets);
        }
        let mut offsets = TopicPartitionList::with_capacity(batch.offsets.len());
        for (partition, next) in &batch.offsets {
            if !self.positions.contains_key(partition) {
                self.rewind()?;
                return Err(LogError::Aborted(format!("partition {partition} is no longer owned")));
            }
            offsets
                .add_partition_offset(&self.source, *partition, Offset::Offset(*next))
                .map_err(|error| log_error(&error))?;
        }
        // Fetched for each transaction: it carries the generation by which a broker recognises a zombie.
        let metadata = match &self.outsider {
            None => self.consumer.group_metadata(),
            Some(outsider) => outsider.group_metadata(),
        };
        let Some(group) = metadata else {
            return Err(LogError::Lost("the group's metadata is unknown".to_owned()));
        };
        let inside = if sabotaged(Sabotage::OffsetsOutside) {
            self.consumer.commit(&offsets, CommitMode::Sync).map_err(|error| log_error(&error))?;
            None
        } else {
            Some((&offsets, &group))
        };
        match self.writer.transact(&batch.outputs, inside) {
            Ok(()) => {
                self.positions.extend(batch.offsets);
                // Only for the lag in librdkafka's statistics.
                if let Err(error) = self.consumer.store_offsets(&offsets) {
                    tracing::debug!(%error, "offsets not stored locally");
                }
                Ok(())
            }
            Err(LogError::Aborted(reason)) => {
                self.rewind()?;
                Err(LogError::Aborted(reason))
            }
            Err(error) => Err(error),
        }
    }

    fn rewind(&mut self) -> Result<(), LogError> {
        if self.positions.is_empty() {
            return Ok(());
        }
        let mut target = TopicPartitionList::with_capacity(self.positions.len());
        for (partition, next) in &self.positions {
            target
                .add_partition_offset(&self.source, *partition, Offset::Offset(*next))
                .map_err(|error| log_error(&error))?;
        }
        let lost = |error: &KafkaError| LogError::Lost(format!("cannot rewind: {error}"));
        let done = self.consumer.seek_partitions(target, self.timeout).map_err(|error| lost(&error))?;
        for element in done.elements() {
            element.error().map_err(|error| lost(&error))?;
        }
        Ok(())
    }

    fn positions(&self) -> HashMap<i32, i64> {
        self.positions.clone()
    }

    fn lag(&mut self) -> Option<i64> {
        *guard(&self.consumer.context().lag)
    }
}
