//! Reading a whole topic without a group.

use super::{
    client::{KafkaConfig, QuietContext, record, watermarks},
    errors::{Right, log_error, log_error_of},
};
use crate::{LogError, Record, Start, Tail, tail::newest};
use rdkafka::{
    Offset, TopicPartitionList,
    config::FromClientConfigAndContext,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// A [`Tail`] on Kafka.
pub(super) struct KafkaTail {
    topic: String,
    consumer: BaseConsumer<QuietContext>,
    /// Partitions whose end was not reached yet.
    behind: HashSet<i32>,
}

impl KafkaTail {
    pub(super) fn open(config: &KafkaConfig, topic: &str, partitions: i32, from: &Start) -> Result<Self, LogError> {
        let consumer = BaseConsumer::from_config_and_context(&config.reader("read_committed"), QuietContext::default())
            .map_err(|error| log_error(&error))?;
        let timeout = config.call_timeout();
        let mut assignment = TopicPartitionList::new();
        for partition in 0..partitions {
            let offset = match from {
                Start::Beginning => Offset::Beginning,
                // As a number: a symbolic end would move until the first fetch.
                Start::End => Offset::Offset(watermarks(&consumer, topic, partition, timeout)?.1),
                Start::Last(count) => {
                    let (low, high) = watermarks(&consumer, topic, partition, timeout)?;
                    Offset::Offset(low.max(high - *count))
                }
                Start::Time(at) | Start::Newest { since_ms: at, .. } => Offset::Offset(*at),
                Start::Offsets(offsets) => match offsets.get(&partition) {
                    Some(next) if *next <= watermarks(&consumer, topic, partition, timeout)?.1 => Offset::Offset(*next),
                    _ => Offset::Beginning,
                },
            };
            assignment.add_partition_offset(topic, partition, offset).map_err(|error| log_error(&error))?;
        }
        if matches!(from, Start::Time(_) | Start::Newest { .. }) {
            let found = consumer.offsets_for_times(assignment, timeout).map_err(|error| log_error(&error))?;
            assignment = TopicPartitionList::new();
            for element in found.elements() {
                let offset = match element.offset() {
                    Offset::Offset(offset) => offset,
                    // No record is that recent: start at the end, as a number.
                    _ => watermarks(&consumer, topic, element.partition(), timeout)?.1,
                };
                let offset = match from {
                    Start::Newest { most, reaching, .. } => {
                        let (low, high) = watermarks(&consumer, topic, element.partition(), timeout)?;
                        newest(offset, *most, reaching.get(&element.partition()).copied(), low, high)
                    }
                    _ => offset,
                };
                assignment
                    .add_partition_offset(topic, element.partition(), Offset::Offset(offset))
                    .map_err(|error| log_error(&error))?;
            }
        }
        // A client that does not know a partition's leader when it is given a symbolic offset waits half a second before it
        // looks again (librdkafka's `rd_kafka_toppar_offset_request`).
        consumer.fetch_metadata(Some(topic), timeout).map_err(|error| log_error(&error))?;
        consumer.assign(&assignment).map_err(|error| log_error(&error))?;
        Ok(KafkaTail { topic: topic.to_owned(), consumer, behind: (0..partitions).collect() })
    }
}

impl Tail for KafkaTail {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, LogError> {
        let deadline = Instant::now() + wait;
        let mut records = Vec::new();
        while records.len() < max {
            let patience =
                if records.is_empty() { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            match self.consumer.poll(patience) {
                Some(Ok(message)) => records.push(record(&message)),
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    self.behind.remove(&partition);
                }
                Some(Err(error)) => match log_error_of(&error, &[Right::Topic("Read", &self.topic)]) {
                    error @ (LogError::Lost(_) | LogError::NoTopic(_) | LogError::Denied(_)) => return Err(error),
                    other => tracing::debug!(error = %other, "while tailing"),
                },
                None if records.is_empty() && Instant::now() < deadline => {}
                None => break,
            }
        }
        Ok(records)
    }

    fn caught_up(&self) -> bool {
        self.behind.is_empty()
    }
}
