//! A transactional producer: begin, produce, flush, offsets, commit. No network or model work in between.

use super::client::{KafkaConfig, QuietContext, log_error};
use crate::{LogError, Outgoing};
use rdkafka::{
    TopicPartitionList,
    config::FromClientConfigAndContext,
    consumer::ConsumerGroupMetadata,
    error::{KafkaError, RDKafkaErrorCode},
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer, ProducerContext},
};
use std::time::{Duration, Instant};

impl ProducerContext for QuietContext {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &rdkafka::producer::DeliveryResult<'_>, (): ()) {
        // A failed delivery makes the transaction abortable, which its commit reports.
        if let Err((error, _)) = result {
            tracing::debug!(%error, "delivery failed");
        }
    }
}

/// A producer with a transactional id.
pub(super) struct Writer {
    producer: BaseProducer<QuietContext>,
    timeout: Duration,
}

impl Writer {
    /// Creates a producer, aborts the transaction that a predecessor with the same id left open, and fences it.
    pub(super) fn new(config: &KafkaConfig, transactional_id: &str) -> Result<Self, LogError> {
        let mut client = config.client();
        client
            .set("transactional.id", transactional_id)
            .set("transaction.timeout.ms", config.transaction_timeout.as_millis().to_string())
            .set("message.timeout.ms", config.transaction_timeout.as_millis().to_string())
            .set("message.max.bytes", super::admin::MAX_MESSAGE_BYTES.to_string())
            .set("compression.type", "zstd")
            .set("linger.ms", "5")
            .set("enable.idempotence", "true")
            .set("acks", "all");
        let producer =
            BaseProducer::from_config_and_context(&client, QuietContext).map_err(|error| log_error(&error))?;
        let timeout = config.call_timeout();
        // The coordinator first ends a predecessor's transaction, which may take as long as one.
        match producer.init_transactions(timeout * 2) {
            Ok(()) => Ok(Writer { producer, timeout }),
            Err(error) => Err(match log_error(&error) {
                // No transaction was begun, so nothing can be lost.
                LogError::Lost(reason) | LogError::Aborted(reason) => LogError::Unavailable(reason),
                other => other,
            }),
        }
    }

    /// Runs one transaction. `offsets` are the group's next offsets and its current metadata.
    ///
    /// After [`LogError::Aborted`] the producer is ready for the next transaction.
    pub(super) fn transact(
        &self,
        outputs: &[Outgoing],
        offsets: Option<(&TopicPartitionList, &ConsumerGroupMetadata)>,
    ) -> Result<(), LogError> {
        for output in outputs {
            output.check_size()?;
        }
        match self.attempt(outputs, offsets) {
            Err(LogError::Aborted(reason)) => {
                self.abort()?;
                Err(LogError::Aborted(reason))
            }
            other => other,
        }
    }

    /// Asks the coordinator whether this producer still owns its transactional id, with a transaction that is always aborted.
    /// [`LogError::Fenced`] if another producer has taken the id.
    pub(super) fn holds_its_id(
        &self,
        offsets: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
    ) -> Result<(), LogError> {
        let result = self
            .producer
            .begin_transaction()
            .and_then(|()| self.producer.send_offsets_to_transaction(offsets, group, self.timeout));
        if let Err(LogError::Fenced(reason)) = result.map_err(|error| log_error(&error)) {
            return Err(LogError::Fenced(reason));
        }
        self.abort()
    }

    fn attempt(
        &self,
        outputs: &[Outgoing],
        offsets: Option<(&TopicPartitionList, &ConsumerGroupMetadata)>,
    ) -> Result<(), LogError> {
        let deadline = Instant::now() + self.timeout;
        self.producer.begin_transaction().map_err(|error| log_error(&error))?;
        fail::fail_point!("stream::commit::begin", |_| Err(by_failpoint()));
        for output in outputs {
            self.send(output, deadline)?;
        }
        // If not all are delivered in time, those that are will never be visible.
        self.producer.flush(self.timeout).map_err(|error| LogError::Aborted(error.to_string()))?;
        fail::fail_point!("stream::commit::produced", |_| Err(by_failpoint()));
        if let Some((offsets, group)) = offsets {
            self.retrying(deadline, || self.producer.send_offsets_to_transaction(offsets, group, self.timeout))?;
        }
        fail::fail_point!("stream::commit::offsets", |_| Err(by_failpoint()));
        self.retrying(deadline, || self.producer.commit_transaction(self.timeout))?;
        fail::fail_point!("stream::commit::done");
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

    /// Repeats a call while its error is retriable, until the deadline. A call that timed out is not repeated.
    fn retrying(&self, deadline: Instant, mut call: impl FnMut() -> Result<(), KafkaError>) -> Result<(), LogError> {
        loop {
            match call() {
                Ok(()) => return Ok(()),
                Err(KafkaError::Transaction(inner))
                    if inner.is_retriable()
                        && !inner.is_fatal()
                        && !inner.txn_requires_abort()
                        && inner.code() != RDKafkaErrorCode::OperationTimedOut
                        && Instant::now() < deadline =>
                {
                    self.producer.poll(Duration::from_millis(50));
                }
                Err(error) => return Err(log_error(&error)),
            }
        }
    }

    fn abort(&self) -> Result<(), LogError> {
        self.producer.abort_transaction(self.timeout).map_err(|error| match log_error(&error) {
            LogError::Fenced(reason) => LogError::Fenced(reason),
            other => LogError::Lost(other.to_string()),
        })
    }
}

/// The error of a failpoint: as if the broker had required an abort.
#[cfg(feature = "failpoints")]
fn by_failpoint() -> LogError {
    LogError::Aborted("requested by a failpoint".to_owned())
}
