//! A transactional producer: begin, produce, flush, offsets, commit. No network or model work in between.

mod deliveries;

use super::{
    client::{KafkaConfig, guard},
    errors::{Right, denied, log_error, log_error_of},
};
use crate::{CommitTimes, LogError, Outgoing};
use deliveries::Deliveries;
use rdkafka::{
    TopicPartitionList,
    config::FromClientConfigAndContext,
    consumer::ConsumerGroupMetadata,
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// Longest wait of one poll while deliveries are awaited. `Producer::flush` of rust-rdkafka 0.39 looks again only after
/// 100 ms, however soon the last record is delivered.
const DELIVERY_CHECK: Duration = Duration::from_millis(1);

/// Longest time of one call that aborts. librdkafka waits in it until every record is delivered or given up, but only a poll
/// takes these reports. A call that times out is resumed by the next.
const ABORT_CHECK: Duration = Duration::from_millis(200);

/// How much longer than its timeout a call may last before it counts as lost.
const OVERDUE: Duration = Duration::from_secs(1);

/// What a transaction commits of a group.
pub(super) struct Offsets {
    /// The group's name, for errors.
    pub name: String,
    /// The topic that it reads, for errors.
    pub topic: String,
    /// The next offsets.
    pub next: TopicPartitionList,
    /// The group's current metadata.
    pub group: ConsumerGroupMetadata,
}

impl Offsets {
    /// What a missing right is named by.
    fn rights(&self) -> [Right<'_>; 2] {
        [Right::Group("Read", &self.name), Right::Topic("Read", &self.topic)]
    }
}

/// A producer with a transactional id.
pub(super) struct Writer {
    producer: Arc<BaseProducer<Deliveries>>,
    config: KafkaConfig,
    id: String,
    /// Longest time of a call outside a transaction, and of an abort.
    timeout: Duration,
    /// Longest time of a transaction, from begin to commit.
    transaction: Duration,
    /// What transactions have taken since it was last asked for.
    times: Mutex<CommitTimes>,
    /// True for a member's writer, whose transactions pass the failpoints.
    #[cfg_attr(not(feature = "failpoints"), expect(dead_code, reason = "only failpoints read it"))]
    is_member: bool,
}

/// Creates a producer, aborts the transaction that a predecessor with the same id left open, and fences it.
fn producer(config: &KafkaConfig, id: &str, followed: &[String]) -> Result<Arc<BaseProducer<Deliveries>>, LogError> {
    let producer = BaseProducer::from_config_and_context(&config.producer(id), Deliveries::of(followed))
        .map_err(|error| log_error(&error))?;
    // The coordinator first ends a predecessor's transaction, which may take as long as one.
    match producer.init_transactions(config.call_timeout() * 2) {
        Ok(()) => Ok(Arc::new(producer)),
        Err(error) if let Some(right) = denied(&error, &[Right::TransactionalId("Write", id)]) => {
            Err(LogError::Denied(right))
        }
        Err(error) => Err(match log_error(&error) {
            // No transaction was begun, so nothing can be lost.
            LogError::Lost(reason) | LogError::Aborted(reason) => LogError::Unavailable(reason),
            other => other,
        }),
    }
}

impl Writer {
    /// Aborts the transaction that a predecessor with the same id left open, and fences it.
    pub(super) fn new(config: &KafkaConfig, transactional_id: &str) -> Result<Self, LogError> {
        Ok(Writer {
            producer: producer(config, transactional_id, &[])?,
            config: config.clone(),
            id: transactional_id.to_owned(),
            timeout: config.call_timeout(),
            transaction: config.commit_timeout(),
            times: Mutex::default(),
            is_member: false,
        })
    }

    /// The writer of a member with these changelogs.
    pub(super) fn of_member(self, changelogs: &[String]) -> Self {
        self.producer.context().follow(changelogs);
        Writer { is_member: true, ..self }
    }

    /// Takes the next offset of each partition of the changelog that was written since the last call.
    pub(super) fn take_ends(&self, changelog: &str) -> HashMap<i32, i64> {
        self.producer.context().take_ends(changelog)
    }

    /// Takes what transactions have taken since the last call.
    pub(super) fn take_times(&self) -> CommitTimes {
        std::mem::take(&mut *guard(&self.times))
    }

    /// Runs one transaction.
    ///
    /// After [`LogError::Aborted`] and [`LogError::TooLarge`] it is ready for the next one.
    pub(super) fn transact(&mut self, outputs: &[Outgoing], offsets: Option<Offsets>) -> Result<(), LogError> {
        for output in outputs {
            output.check_size()?;
        }
        self.producer.context().begin();
        match self.attempt(outputs, offsets) {
            Err(LogError::Aborted(reason)) => {
                let too_large = self.undo()?;
                Err(too_large.unwrap_or(LogError::Aborted(reason)))
            }
            other => other,
        }
    }

    /// Aborts the transaction. Returns the record that the broker did not take because of its size.
    ///
    /// If not every record is known to be delivered, a new producer follows. librdkafka (2.12, `rd_kafka_toppar_purge_queues`)
    /// drops a record that waits to be sent again, and gives its sequence number to the next record. If the broker did have it,
    /// it takes the next record for a repetition: it confirms it and does not write it.
    fn undo(&mut self) -> Result<Option<LogError>, LogError> {
        let is_open = self.producer.in_flight_count() > 0;
        self.abort().map_err(|error| match (error, self.producer.context().denied()) {
            // The broker has begun no transaction that could be aborted, and the client fails for good.
            (LogError::Lost(_), Some(right)) => LogError::Denied(right),
            (error, _) => error,
        })?;
        let done = self.producer.context();
        let too_large = done.take_too_large();
        if is_open || done.has_failed() {
            tracing::info!(id = self.id, "a transaction was aborted with records in doubt; a new producer follows");
            // The abort shows that no successor holds the id, whom this would fence.
            self.producer = producer(&self.config, &self.id, &done.followed()).map_err(|error| match error {
                LogError::Fenced(reason) => LogError::Fenced(reason),
                other => LogError::Lost(other.to_string()),
            })?;
        }
        Ok(too_large)
    }

    /// Asks the coordinator whether this producer still owns its transactional id, with a transaction that is always aborted.
    /// [`LogError::Fenced`] if another producer has taken the id.
    pub(super) fn holds_its_id(&self, offsets: Offsets) -> Result<(), LogError> {
        let result =
            self.producer.begin_transaction().and_then(|()| self.send_offsets(&Arc::new(offsets), self.timeout));
        if let Err(LogError::Fenced(reason)) = result.map_err(|error| log_error(&error)) {
            return Err(LogError::Fenced(reason));
        }
        self.abort()
    }

    fn attempt(&self, outputs: &[Outgoing], offsets: Option<Offsets>) -> Result<(), LogError> {
        // One deadline for all calls, well before the broker's: it aborts a transaction that lasts longer, and the producer is
        // then fenced.
        let deadline = Instant::now() + self.transaction;
        self.producer.begin_transaction().map_err(|error| log_error(&error))?;
        fail::fail_point!("stream::commit::begin", self.is_member, |_| Err(by_failpoint()));
        let mut lap = Lap::begin();
        for output in outputs {
            self.send(output, deadline)?;
        }
        let produce = lap.end();
        self.flush(deadline)?;
        let flush = lap.end();
        fail::fail_point!("stream::commit::produced", self.is_member, |_| Err(by_failpoint()));
        if let Some(offsets) = offsets.map(Arc::new) {
            self.retrying(deadline, &offsets.rights(), |left| self.send_offsets(&offsets, left))?;
        }
        let offsets = lap.end();
        fail::fail_point!("stream::commit::offsets", self.is_member, |_| Err(by_failpoint()));
        self.retrying(deadline, &[], |left| self.producer.commit_transaction(left))?;
        guard(&self.times).add(CommitTimes { produce, flush, offsets, commit: lap.end() });
        fail::fail_point!("stream::commit::done", self.is_member, |_| Ok(()));
        Ok(())
    }

    pub(super) fn append(&mut self, outputs: &[Outgoing]) -> Result<(), LogError> {
        self.transact(outputs, None)
    }

    fn send(&self, output: &Outgoing, deadline: Instant) -> Result<(), LogError> {
        let headers =
            output.headers.iter().fold(OwnedHeaders::new_with_capacity(output.headers.len()), |all, (name, value)| {
                all.insert(Header { key: name, value: Some(value) })
            });
        let mut record: BaseRecord<'_, [u8], [u8]> =
            BaseRecord::to(&output.topic).partition(output.partition).key(output.key.as_slice()).headers(headers);
        if let Some(value) = &output.value {
            record = record.payload(value.as_slice());
        }
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), unsent))
                    if Instant::now() < deadline =>
                {
                    record = unsent;
                    self.producer.poll(Duration::from_millis(50));
                }
                Err((error, _)) => {
                    return Err(match log_error(&error) {
                        LogError::Fenced(reason) => LogError::Fenced(reason),
                        _ => LogError::Aborted(error.to_string()),
                    });
                }
            }
        }
    }

    /// Waits until every record is delivered. If not all are in time, those that are will never be visible.
    fn flush(&self, deadline: Instant) -> Result<(), LogError> {
        while self.producer.in_flight_count() > 0 {
            // The client would wait for a right until the deadline.
            if let Some(right) = self.producer.context().denied() {
                return Err(LogError::Aborted(right));
            }
            if Instant::now() >= deadline {
                let (left, limit) = (self.producer.in_flight_count(), self.transaction);
                return Err(LogError::Aborted(format!("{left} records were not delivered within {limit:?}")));
            }
            self.producer.poll(DELIVERY_CHECK);
        }
        // Nothing is in flight, so what was denied has failed.
        self.producer.context().denied().map_or(Ok(()), |right| Err(LogError::Aborted(right)))
    }

    /// Adds the group's offsets to the transaction, on a thread of its own: librdkafka (2.12) ignores the call's timeout, and
    /// waits without end for a group coordinator that has left the cluster (its issues 5456 and 5511). A call that does not
    /// return is left behind with its client, and [`KafkaError::Canceled`] ends the session; the next one has a new client.
    fn send_offsets(&self, offsets: &Arc<Offsets>, timeout: Duration) -> Result<(), KafkaError> {
        let (done, result) = std::sync::mpsc::sync_channel(1);
        let (producer, offsets) = (Arc::clone(&self.producer), Arc::clone(offsets));
        let call = move || {
            // The result of a call that was left behind has no receiver.
            drop(done.send(producer.send_offsets_to_transaction(&offsets.next, &offsets.group, timeout)));
        };
        let spawned = std::thread::Builder::new().name("offsets".to_owned()).spawn(call);
        spawned.map_err(|_| KafkaError::Canceled)?;
        result.recv_timeout(timeout + OVERDUE).unwrap_or(Err(KafkaError::Canceled))
    }

    /// Repeats a call, which may last for the given time, while its error is retriable, until the deadline. A call that timed
    /// out is not repeated. An error names which of `rights` is missing.
    fn retrying(
        &self,
        deadline: Instant,
        rights: &[Right<'_>],
        mut call: impl FnMut(Duration) -> Result<(), KafkaError>,
    ) -> Result<(), LogError> {
        loop {
            match call(deadline.saturating_duration_since(Instant::now()).max(DELIVERY_CHECK)) {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(inner))
                    if inner.is_retriable()
                        && !inner.is_fatal()
                        && !inner.txn_requires_abort()
                        && inner.code() != RDKafkaErrorCode::OperationTimedOut
                        && Instant::now() < deadline =>
                {
                    self.producer.poll(Duration::from_millis(5));
                }
                Err(error) => {
                    let id = Right::TransactionalId("Write", &self.id);
                    return Err(log_error_of(&error, &[rights, &[id]].concat()));
                }
            }
        }
    }

    fn abort(&self) -> Result<(), LogError> {
        let deadline = Instant::now() + self.timeout;
        loop {
            let error = match self.producer.abort_transaction(ABORT_CHECK) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let is_passing =
                matches!(&error, KafkaError::Transaction(inner) if inner.is_retriable() && !inner.is_fatal());
            if !is_passing || Instant::now() >= deadline {
                return Err(match log_error(&error) {
                    LogError::Fenced(reason) => LogError::Fenced(reason),
                    other => LogError::Lost(other.to_string()),
                });
            }
            let until = Instant::now() + ABORT_CHECK;
            while self.producer.in_flight_count() > 0 && Instant::now() < until {
                self.producer.poll(DELIVERY_CHECK);
            }
        }
    }
}

/// Times consecutive parts.
struct Lap(Instant);

impl Lap {
    fn begin() -> Self {
        Lap(Instant::now())
    }

    /// Time since the beginning or the last end.
    fn end(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.0, now))
    }
}

/// The error of a failpoint: as if the broker had required an abort.
#[cfg(feature = "failpoints")]
fn by_failpoint() -> LogError {
    LogError::Aborted("requested by a failpoint".to_owned())
}

#[cfg(test)]
mod tests;
