//! A transactional producer: begin, produce, flush, offsets, commit. No network or model work in between.

use super::client::{KafkaConfig, Quiet, fault};
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

impl ProducerContext for Quiet {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &rdkafka::producer::DeliveryResult<'_>, (): ()) {
        // A failed delivery makes the transaction abortable, which the commit then reports.
        if let Err((error, _)) = result {
            tracing::debug!(%error, "delivery failed");
        }
    }
}

/// A producer with a transactional id.
pub(super) struct Writer {
    producer: BaseProducer<Quiet>,
    timeout: Duration,
}

impl Writer {
    /// Makes a producer, aborts what a predecessor with the same id left open, and fences it.
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
        let producer = BaseProducer::from_config_and_context(&client, Quiet).map_err(|error| fault(&error))?;
        let timeout = config.call_timeout();
        // Waits for the coordinator to end a predecessor's transaction, so it may take as long as one.
        match producer.init_transactions(timeout * 2) {
            Ok(()) => Ok(Writer { producer, timeout }),
            Err(error) => Err(match fault(&error) {
                // Nothing was begun: there is nothing to be lost.
                LogError::Lost(reason) | LogError::Aborted(reason) => LogError::Unavailable(reason),
                other => other,
            }),
        }
    }

    /// One transaction. `offsets` are the group's next offsets, with its metadata as of now.
    ///
    /// On [`LogError::Aborted`] the transaction has been aborted and the producer can go on.
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

    /// Asks the coordinator whether this producer's transactional id is still its own, by a transaction that is never
    /// committed.
    ///
    /// [`LogError::Fenced`] where another has taken it.
    pub(super) fn holds_its_id(
        &self,
        offsets: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
    ) -> Result<(), LogError> {
        let asked = self
            .producer
            .begin_transaction()
            .and_then(|()| self.producer.send_offsets_to_transaction(offsets, group, self.timeout));
        if let Err(LogError::Fenced(reason)) = asked.map_err(|error| fault(&error)) {
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
        self.producer.begin_transaction().map_err(|error| fault(&error))?;
        fail::fail_point!("stream::commit::begin", |_| Err(on_demand()));
        for output in outputs {
            self.send(output, deadline)?;
        }
        // Not delivered in time: abort. Those that were will never be seen.
        self.producer.flush(self.timeout).map_err(|error| LogError::Aborted(error.to_string()))?;
        fail::fail_point!("stream::commit::produced", |_| Err(on_demand()));
        if let Some((offsets, group)) = offsets {
            self.retrying(deadline, || self.producer.send_offsets_to_transaction(offsets, group, self.timeout))?;
        }
        fail::fail_point!("stream::commit::offsets", |_| Err(on_demand()));
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
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back))
                    if Instant::now() < deadline =>
                {
                    record = back;
                    self.producer.poll(Duration::from_millis(50));
                }
                Err((error, _)) => {
                    return Err(match fault(&error) {
                        LogError::Fenced(reason) => LogError::Fenced(reason),
                        _ => LogError::Aborted(error.to_string()),
                    });
                }
            }
        }
    }

    /// Repeats a call that the broker asks to repeat, until the deadline. A call that timed out is not repeated.
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
                Err(error) => return Err(fault(&error)),
            }
        }
    }

    fn abort(&self) -> Result<(), LogError> {
        self.producer.abort_transaction(self.timeout).map_err(|error| match fault(&error) {
            LogError::Fenced(reason) => LogError::Fenced(reason),
            other => LogError::Lost(other.to_string()),
        })
    }
}

/// What a broker's request for an abort looks like to a stage.
#[cfg(feature = "failpoints")]
fn on_demand() -> LogError {
    LogError::Aborted("a failpoint asked for it".to_owned())
}
