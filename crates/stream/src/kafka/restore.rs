//! Restoring tables from their changelogs when partitions are assigned.

use super::{
    client::{KafkaConfig, QuietContext, guard, log, watermarks},
    errors::{Right, log_error, log_error_of},
};
use crate::{
    ContentType, LogError, Row, Rows,
    faults::{Sabotage, sabotaged},
};
use proto::wire;
use rdkafka::{
    ClientContext, Message, Offset, Statistics, TopicPartitionList,
    config::{FromClientConfigAndContext, RDKafkaLogLevel},
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::KafkaError,
    message::{BorrowedMessage, Headers as _},
};
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

/// Time without a record or a partition's end after which a restore has failed. It has no limit in all: a large table takes as
/// long as it takes.
const NO_PROGRESS: Duration = Duration::from_secs(60);
/// How often the client reports where it has met the ends of partitions.
const EOF_REPORT_MS: &str = "100";

/// Notes up to where each partition of each topic was read when its end was reported.
#[derive(Default)]
struct Ends(Mutex<HashMap<String, HashMap<i32, i64>>>);

impl ClientContext for Ends {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
    }

    fn stats(&self, statistics: Statistics) {
        let ends = statistics.topics.into_iter().map(|(name, topic)| {
            let partitions = topic.partitions.values().filter(|one| one.desired);
            (name, partitions.map(|one| (one.partition, one.eof_offset)).collect())
        });
        *guard(&self.0) = ends.collect();
    }
}

impl ConsumerContext for Ends {}

/// Reads changelogs to their high watermarks.
pub(super) struct Restorer {
    /// Sees the high watermark; a read-committed client sees the last stable offset instead.
    uncommitted: BaseConsumer<QuietContext>,
    /// Reads committed records.
    committed: BaseConsumer<Ends>,
    /// Longer than a transaction can last.
    deadline: Duration,
    timeout: Duration,
}

/// One partition that is being read.
struct Reading {
    rows: Rows,
    /// The end that must be reached.
    high: i64,
    /// Next offset, as far as records show.
    next: i64,
    /// The client has reported an end. It may be that of a leader that lags behind the one that reported `high`.
    at_end: bool,
    is_done: bool,
}

/// A table of one partition, and up to where its changelog is in it.
pub(super) struct Restored {
    pub rows: Rows,
    pub next: i64,
}

impl Restorer {
    pub(super) fn new(config: &KafkaConfig) -> Result<Self, LogError> {
        let mut client = config.reader("read_committed");
        client.set("statistics.interval.ms", EOF_REPORT_MS);
        Ok(Restorer {
            uncommitted: BaseConsumer::from_config_and_context(
                &config.reader("read_uncommitted"),
                QuietContext::default(),
            )
            .map_err(|error| log_error(&error))?,
            committed: BaseConsumer::from_config_and_context(&client, Ends::default())
                .map_err(|error| log_error(&error))?,
            deadline: config.transaction_timeout * 2 + Duration::from_secs(60),
            timeout: config.call_timeout(),
        })
    }

    /// The rows of a table in each partition. `kept` are those of partitions that were owned before: only what was written
    /// behind them is read.
    ///
    /// # Errors
    /// [`LogError::Lost`] if a transaction stays open, or nothing was read for a minute; [`LogError::Newer`] if a newer version
    /// of newswire wrote a row.
    pub(super) fn table(
        &self,
        topic: &str,
        partitions: &[i32],
        mut kept: HashMap<i32, Restored>,
    ) -> Result<HashMap<i32, Restored>, LogError> {
        let started = Instant::now();
        let mut readings = HashMap::new();
        let mut assignment = TopicPartitionList::new();
        for partition in partitions {
            let marks = if sabotaged(Sabotage::RestoreToStable) {
                watermarks(&self.committed, topic, *partition, self.timeout)?
            } else {
                watermarks(&self.uncommitted, topic, *partition, self.timeout)?
            };
            let reading = reading(marks, kept.remove(partition));
            if !reading.is_done {
                self.wait_until_stable(topic, *partition, reading.high, started)?;
                assignment
                    .add_partition_offset(topic, *partition, Offset::Offset(reading.next))
                    .map_err(|error| log_error(&error))?;
            }
            readings.insert(*partition, reading);
        }
        let records = if assignment.count() == 0 { 0 } else { self.read(topic, &assignment, &mut readings)? };
        let rows: usize = readings.values().map(|reading| reading.rows.len()).sum();
        let elapsed_ms = started.elapsed().as_millis();
        tracing::info!(topic, partitions = partitions.len(), records, rows, elapsed_ms, "table restored");
        let restored = |(partition, reading): (i32, Reading)| {
            (partition, Restored { rows: reading.rows, next: reading.high.max(reading.next) })
        };
        Ok(readings.into_iter().map(restored).collect())
    }

    /// Waits for a predecessor's open transaction, which keeps the last stable offset below the high watermark.
    fn wait_until_stable(&self, topic: &str, partition: i32, high: i64, started: Instant) -> Result<(), LogError> {
        while watermarks(&self.committed, topic, partition, self.timeout)?.1 < high {
            if started.elapsed() > self.deadline {
                return Err(LogError::Lost(format!("a transaction on {topic} stays open")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Reads until all partitions are done; the number of records.
    fn read(
        &self,
        topic: &str,
        assignment: &TopicPartitionList,
        readings: &mut HashMap<i32, Reading>,
    ) -> Result<u64, LogError> {
        guard(&self.committed.context().0).clear();
        self.committed.assign(assignment).map_err(|error| log_error(&error))?;
        let mut left = assignment.count();
        let (mut records, mut progress) = (0, Instant::now());
        while left > 0 {
            match self.committed.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    progress = Instant::now();
                    if let Some(reading) = readings.get_mut(&message.partition()) {
                        records += 1;
                        reading.apply(&message)?;
                        left -= usize::from(reading.has_just_ended(None));
                    }
                    continue;
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    progress = Instant::now();
                    if let Some(reading) = readings.get_mut(&partition) {
                        reading.at_end = true;
                    }
                }
                Some(Err(error)) => match log_error_of(&error, &[Right::Topic("Read", topic)]) {
                    denied @ LogError::Denied(_) => return Err(denied),
                    other => tracing::debug!(error = %other, topic, "while restoring"),
                },
                None => {}
            }
            let ends = guard(&self.committed.context().0).get(topic).cloned().unwrap_or_default();
            for (partition, reading) in readings.iter_mut().filter(|(_, reading)| reading.at_end) {
                left -= usize::from(reading.has_just_ended(ends.get(partition).copied()));
            }
            if progress.elapsed() > NO_PROGRESS {
                return Err(LogError::Lost(format!("nothing of {topic} was read for {NO_PROGRESS:?}")));
            }
        }
        self.committed.unassign().map_err(|error| log_error(&error))?;
        Ok(records)
    }
}

/// Where reading begins: behind what was kept, unless the changelog was created again or has lost its beginning since.
fn reading((low, high): (i64, i64), kept: Option<Restored>) -> Reading {
    let (rows, next) = match kept.filter(|kept| (low..=high).contains(&kept.next)) {
        Some(kept) => (kept.rows, kept.next),
        None => (Rows::new(), low),
    };
    Reading { rows, high, next, at_end: false, is_done: next == high }
}

impl Reading {
    /// # Errors
    /// [`LogError::Newer`] if a newer version of newswire wrote the row.
    fn apply(&mut self, message: &BorrowedMessage<'_>) -> Result<(), LogError> {
        self.next = message.offset() + 1;
        let key = message.key().unwrap_or_default();
        wire::check_format(header(message, wire::FORMAT_HEADER)).map_err(|error| {
            let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
            LogError::Newer(format!("topic {topic}, partition {partition}, offset {offset}: {error}"))
        })?;
        match message.payload() {
            Some(value) => {
                let row = Row {
                    content_type: ContentType::of_text(header(message, wire::CONTENT_TYPE)),
                    value: value.into(),
                };
                self.rows.insert(key, &row, message.timestamp().to_millis().unwrap_or(0));
            }
            None => self.rows.remove(key),
        }
        Ok(())
    }

    /// True once: when the expected end is reached, by a record or by the end that the client has reported at `end`. An end
    /// below the expected one is that of a leader that lags behind.
    fn has_just_ended(&mut self, end: Option<i64>) -> bool {
        let is_reached = self.next >= self.high || (self.at_end && end.is_some_and(|end| end >= self.high));
        let has_just = is_reached && !self.is_done;
        self.is_done |= is_reached;
        has_just
    }
}

/// The last header of this name, without copying the others.
fn header<'a>(message: &'a BorrowedMessage<'_>, name: &str) -> Option<&'a str> {
    let value = message.headers()?.iter().filter(|one| one.key == name).last()?.value?;
    std::str::from_utf8(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(next: i64) -> Option<Restored> {
        let mut rows = Rows::new();
        rows.insert(b"k", &Row { content_type: ContentType::None, value: b"v".into() }, 0);
        Some(Restored { rows, next })
    }

    #[test]
    fn an_end_below_the_expected_mark_is_not_the_end() {
        let mut reading = reading((0, 10), None);
        reading.at_end = true;
        assert!(!reading.has_just_ended(None));
        assert!(!reading.has_just_ended(Some(7)), "a leader that lags behind");
        assert!(reading.has_just_ended(Some(10)));
        assert!(!reading.has_just_ended(Some(10)), "once");
    }

    #[test]
    fn only_what_was_written_behind_kept_rows_is_read() {
        let behind = reading((0, 10), kept(6));
        assert_eq!((behind.next, behind.rows.len(), behind.is_done), (6, 1, false));
        let nothing_new = reading((0, 10), kept(10));
        assert_eq!((nothing_new.rows.len(), nothing_new.is_done), (1, true));
        // The changelog was created again, or lost its beginning.
        for marks in [(0, 5), (7, 10)] {
            assert!(reading(marks, kept(6)).rows.is_empty());
        }
    }
}
