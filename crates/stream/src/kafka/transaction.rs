//! A transactional producer: begin, produce, flush, offsets, commit. No network or model work in between.

use super::client::{KafkaConfig, guard, log, log_error};
use crate::{CommitTimes, LogError, Outgoing};
use rdkafka::{
    ClientContext, Message, TopicPartitionList,
    config::{FromClientConfigAndContext, RDKafkaLogLevel},
    consumer::ConsumerGroupMetadata,
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer, ProducerContext},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// Notes what the broker does not take because of its size, and how far changelogs are written.
#[derive(Default)]
struct Deliveries {
    too_large: Mutex<Option<LogError>>,
    /// Next offset of each partition of the topics that are followed, behind the last record that was delivered.
    ends: Mutex<HashMap<String, HashMap<i32, i64>>>,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &rdkafka::producer::DeliveryResult<'_>, (): ()) {
        // A failed delivery makes the transaction abortable, which its commit reports.
        let (error, message) = match result {
            Err((error, message)) => (error, message),
            Ok(message) => {
                if let Some(ends) = guard(&self.ends).get_mut(message.topic()) {
                    ends.insert(message.partition(), message.offset() + 1);
                }
                return;
            }
        };
        tracing::debug!(%error, "delivery failed");
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::MessageSizeTooLarge) {
            let key = message.key().unwrap_or_default();
            *guard(&self.too_large) = Some(LogError::TooLarge {
                topic: message.topic().to_owned(),
                key: String::from_utf8_lossy(key).into_owned(),
                bytes: key.len() + message.payload_len(),
                limit: 0,
            });
        }
    }
}

/// Longest wait of one poll while deliveries are awaited. `Producer::flush` of rust-rdkafka 0.39 looks again only after
/// 100 ms, however soon the last record is delivered.
const DELIVERY_CHECK: Duration = Duration::from_millis(1);

/// Longest time of one call that aborts. librdkafka waits in it until every record is delivered or given up, but only a poll
/// takes these reports. A call that times out is resumed by the next.
const ABORT_CHECK: Duration = Duration::from_millis(200);

/// How much longer than its timeout a call may last before it counts as lost.
const OVERDUE: Duration = Duration::from_secs(1);

/// A group's next offsets, and its current metadata.
type Offsets = (TopicPartitionList, ConsumerGroupMetadata);

/// A producer with a transactional id.
pub(super) struct Writer {
    producer: Arc<BaseProducer<Deliveries>>,
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

impl Writer {
    /// Creates a producer, aborts the transaction that a predecessor with the same id left open, and fences it.
    pub(super) fn new(config: &KafkaConfig, transactional_id: &str) -> Result<Self, LogError> {
        let mut client = config.client();
        client
            .set("transactional.id", transactional_id)
            .set("transaction.timeout.ms", config.transaction_timeout.as_millis().to_string())
            .set("message.timeout.ms", config.commit_timeout().as_millis().to_string())
            .set("message.max.bytes", super::settings::MAX_MESSAGE_BYTES.to_string())
            .set("compression.type", "zstd")
            .set("linger.ms", "5")
            .set("enable.idempotence", "true")
            .set("acks", "all");
        let producer =
            BaseProducer::from_config_and_context(&client, Deliveries::default()).map_err(|error| log_error(&error))?;
        let timeout = config.call_timeout();
        // The coordinator first ends a predecessor's transaction, which may take as long as one.
        match producer.init_transactions(timeout * 2) {
            Ok(()) => Ok(Writer {
                producer: Arc::new(producer),
                timeout,
                transaction: config.commit_timeout(),
                times: Mutex::default(),
                is_member: false,
            }),
            Err(error) => Err(match log_error(&error) {
                // No transaction was begun, so nothing can be lost.
                LogError::Lost(reason) | LogError::Aborted(reason) => LogError::Unavailable(reason),
                other => other,
            }),
        }
    }

    /// The writer of a member with these changelogs.
    pub(super) fn of_member(self, changelogs: &[String]) -> Self {
        *guard(&self.producer.context().ends) =
            changelogs.iter().map(|topic| (topic.clone(), HashMap::new())).collect();
        Writer { is_member: true, ..self }
    }

    /// Takes the next offset of each partition of the changelog that was written since the last call.
    pub(super) fn take_ends(&self, changelog: &str) -> HashMap<i32, i64> {
        guard(&self.producer.context().ends).get_mut(changelog).map(std::mem::take).unwrap_or_default()
    }

    /// Takes what transactions have taken since the last call.
    pub(super) fn take_times(&self) -> CommitTimes {
        std::mem::take(&mut *guard(&self.times))
    }

    /// Runs one transaction.
    ///
    /// After [`LogError::Aborted`] and [`LogError::TooLarge`] the producer is ready for the next transaction.
    pub(super) fn transact(&self, outputs: &[Outgoing], offsets: Option<Offsets>) -> Result<(), LogError> {
        for output in outputs {
            output.check_size()?;
        }
        let Deliveries { too_large, ends } = self.producer.context().as_ref();
        guard(too_large).take();
        // What an aborted attempt wrote is not ours if another member has written in between.
        guard(ends).values_mut().for_each(HashMap::clear);
        match self.attempt(outputs, offsets) {
            Err(LogError::Aborted(reason)) => {
                self.abort()?;
                Err(guard(too_large).take().unwrap_or(LogError::Aborted(reason)))
            }
            other => other,
        }
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
            self.retrying(deadline, |left| self.send_offsets(&offsets, left))?;
        }
        let offsets = lap.end();
        fail::fail_point!("stream::commit::offsets", self.is_member, |_| Err(by_failpoint()));
        self.retrying(deadline, |left| self.producer.commit_transaction(left))?;
        guard(&self.times).add(CommitTimes { produce, flush, offsets, commit: lap.end() });
        fail::fail_point!("stream::commit::done", self.is_member, |_| Ok(()));
        Ok(())
    }

    pub(super) fn append(&self, outputs: &[Outgoing]) -> Result<(), LogError> {
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
            if Instant::now() >= deadline {
                let (left, limit) = (self.producer.in_flight_count(), self.transaction);
                return Err(LogError::Aborted(format!("{left} records were not delivered within {limit:?}")));
            }
            self.producer.poll(DELIVERY_CHECK);
        }
        Ok(())
    }

    /// Adds the group's offsets to the transaction, on a thread of its own: librdkafka (2.12) ignores the call's timeout, and
    /// waits without end for a group coordinator that has left the cluster (its issues 5456 and 5511). A call that does not
    /// return is left behind with its client, and [`KafkaError::Canceled`] ends the session; the next one has a new client.
    fn send_offsets(&self, offsets: &Arc<Offsets>, timeout: Duration) -> Result<(), KafkaError> {
        let (done, result) = std::sync::mpsc::sync_channel(1);
        let (producer, offsets) = (Arc::clone(&self.producer), Arc::clone(offsets));
        let call = move || {
            let (list, group) = offsets.as_ref();
            // The result of a call that was left behind has no receiver.
            drop(done.send(producer.send_offsets_to_transaction(list, group, timeout)));
        };
        let spawned = std::thread::Builder::new().name("offsets".to_owned()).spawn(call);
        spawned.map_err(|_| KafkaError::Canceled)?;
        result.recv_timeout(timeout + OVERDUE).unwrap_or(Err(KafkaError::Canceled))
    }

    /// Repeats a call, which may last for the given time, while its error is retriable, until the deadline. A call that timed
    /// out is not repeated.
    fn retrying(
        &self,
        deadline: Instant,
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
                Err(error) => return Err(log_error(&error)),
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
mod tests {
    use super::*;
    use crate::{Admin, TopicSpec};
    use proto::topic::Retention;
    use rdkafka::{
        Offset,
        consumer::{BaseConsumer, Consumer},
        mocking::{MockCluster, MockCoordinator},
    };

    #[test]
    fn an_abort_gives_up_the_records_in_flight_and_the_producer_goes_on() {
        let Some(kafka) = test_support::kafka::shared() else { return };
        let config = KafkaConfig::new(&kafka);
        let topic = format!("abort{}", jiff::Timestamp::now().as_nanosecond());
        let spec =
            TopicSpec { name: topic.clone(), partitions: 1, retention: Retention::Delete(60_000), is_state: false };
        super::super::Kafka::new(config.clone()).unwrap().ensure_topics(&[spec]).unwrap();
        let writer = Writer::new(&config, &topic).unwrap();
        let record = Outgoing { value: Some(b"v".to_vec()), ..Outgoing::tombstone(&topic, 0, "k") };
        writer.producer.begin_transaction().unwrap();
        for _ in 0..100 {
            writer.send(&record, Instant::now() + writer.transaction).unwrap();
        }
        assert!(writer.producer.in_flight_count() > 0, "no report was taken");
        writer.abort().unwrap();
        writer.append(&[record]).unwrap();
    }
    #[test]
    fn a_call_that_waits_for_a_lost_coordinator_is_left_behind() {
        let cluster = MockCluster::new(3).unwrap();
        cluster.create_topic("t", 1, 3).unwrap();
        cluster.coordinator(MockCoordinator::Transaction("w".to_owned()), 1).unwrap();
        cluster.coordinator(MockCoordinator::Group("g".to_owned()), 2).unwrap();
        let transaction_timeout = Duration::from_secs(3);
        let config = KafkaConfig { transaction_timeout, ..KafkaConfig::new(&cluster.bootstrap_servers()) };
        let writer = Writer::new(&config, "w").unwrap();
        let consumer: BaseConsumer = config.reader("read_committed").set("group.id", "g").create().unwrap();
        let offsets = || {
            let mut list = TopicPartitionList::new();
            list.add_partition_offset("t", 0, Offset::Offset(1)).unwrap();
            (list, consumer.group_metadata().unwrap())
        };
        writer.transact(&[], Some(offsets())).unwrap();
        cluster.broker_down(2).unwrap();
        let offsets = offsets();
        let call = std::thread::spawn(move || writer.transact(&[], Some(offsets)));
        test_support::wait::eventually(transaction_timeout * 3, "the call ends", || call.is_finished());
        assert!(matches!(call.join().unwrap(), Err(LogError::Lost(_))));
    }
}
