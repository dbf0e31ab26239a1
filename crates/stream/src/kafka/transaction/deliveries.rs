//! What a producer reports of its records.

use super::super::{
    client::{guard, log},
    errors::{Right, missing},
};
use crate::LogError;
use rdkafka::{
    ClientContext, Message,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode},
    producer::ProducerContext,
};
use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// Notes which records are not delivered, and how far changelogs are written.
#[derive(Default)]
pub(super) struct Deliveries {
    too_large: Mutex<Option<LogError>>,
    /// The right that this transaction lacks.
    denied: Mutex<Option<String>>,
    /// Whether a record of this transaction was not delivered, or not that anyone knows.
    has_failed: AtomicBool,
    /// Next offset of each partition of the topics that are followed, behind the last record that was delivered.
    ends: Mutex<HashMap<String, HashMap<i32, i64>>>,
}

impl Deliveries {
    /// Follows these topics.
    pub(super) fn of(topics: &[String]) -> Self {
        let deliveries = Deliveries::default();
        deliveries.follow(topics);
        deliveries
    }

    /// Follows these topics, and no others.
    pub(super) fn follow(&self, topics: &[String]) {
        *guard(&self.ends) = topics.iter().map(|topic| (topic.clone(), HashMap::new())).collect();
    }

    /// The topics that are followed.
    pub(super) fn followed(&self) -> Vec<String> {
        guard(&self.ends).keys().cloned().collect()
    }

    /// A transaction begins. What an aborted attempt wrote is not ours if another member has written in between.
    pub(super) fn begin(&self) {
        guard(&self.too_large).take();
        guard(&self.denied).take();
        self.has_failed.store(false, Ordering::Relaxed);
        guard(&self.ends).values_mut().for_each(HashMap::clear);
    }

    /// The record that the broker did not take because of its size.
    pub(super) fn take_too_large(&self) -> Option<LogError> {
        guard(&self.too_large).take()
    }

    /// The right that this transaction lacks, if the broker has said so.
    pub(super) fn denied(&self) -> Option<String> {
        guard(&self.denied).clone()
    }

    fn deny(&self, topic: &str) {
        *guard(&self.denied) = Some(missing(Right::Topic("Write", topic)));
    }

    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Takes the next offset of each partition of a topic that was written since the last call.
    pub(super) fn take_ends(&self, topic: &str) -> HashMap<i32, i64> {
        guard(&self.ends).get_mut(topic).map(std::mem::take).unwrap_or_default()
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        // Only a line of the log names the topic that may not join a transaction (librdkafka 2.12,
        // `rd_kafka_txn_handle_AddPartitionsToTxn`): its records stay queued.
        if facility == "ADDPARTS" && message.contains("authorization failed") {
            self.deny(message.split('"').nth(1).unwrap_or("of a record"));
        }
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
        self.has_failed.store(true, Ordering::Relaxed);
        if error.rdkafka_error_code() == Some(RDKafkaErrorCode::TopicAuthorizationFailed) {
            self.deny(message.topic());
        }
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
