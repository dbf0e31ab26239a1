//! Restoring tables from their changelogs when partitions are assigned.

use super::client::{KafkaConfig, QuietContext, log_error, record, watermarks};
use crate::{
    LogError, Row, Rows,
    faults::{Sabotage, sabotaged},
};
use proto::wire;
use rdkafka::{
    Offset, TopicPartitionList,
    config::FromClientConfigAndContext,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

/// Reads changelogs to their high watermarks.
pub(super) struct Restorer {
    /// Sees the high watermark; a read-committed client sees the last stable offset instead.
    uncommitted: BaseConsumer<QuietContext>,
    /// Reads committed records.
    committed: BaseConsumer<QuietContext>,
    /// Longer than a transaction can last.
    deadline: Duration,
    timeout: Duration,
}

impl Restorer {
    pub(super) fn new(config: &KafkaConfig) -> Result<Self, LogError> {
        let reader = |isolation: &str| {
            BaseConsumer::from_config_and_context(&config.reader(isolation), QuietContext)
                .map_err(|error| log_error(&error))
        };
        Ok(Restorer {
            uncommitted: reader("read_uncommitted")?,
            committed: reader("read_committed")?,
            deadline: config.transaction_timeout * 2 + Duration::from_secs(60),
            timeout: config.call_timeout(),
        })
    }

    /// The rows of each table, by partition.
    pub(super) fn restore(&self, tables: &[String], partitions: &[i32]) -> Result<HashMap<i32, Vec<Rows>>, LogError> {
        let mut all: HashMap<i32, Vec<Rows>> = partitions.iter().map(|partition| (*partition, Vec::new())).collect();
        for table in tables {
            let mut rows = self.table(table, partitions)?;
            for partition in partitions {
                all.entry(*partition).or_default().push(rows.remove(partition).unwrap_or_default());
            }
        }
        Ok(all)
    }

    fn table(&self, topic: &str, partitions: &[i32]) -> Result<HashMap<i32, Rows>, LogError> {
        let started = Instant::now();
        let end = started + self.deadline;
        let mut waiting = HashSet::new();
        let mut assignment = TopicPartitionList::new();
        for partition in partitions {
            let marks = if sabotaged(Sabotage::RestoreToStable) { &self.committed } else { &self.uncommitted };
            let (low, high) = watermarks(marks, topic, *partition, self.timeout)?;
            if low == high {
                continue;
            }
            // A predecessor's open transaction keeps the last stable offset below the high watermark until it ends.
            while watermarks(&self.committed, topic, *partition, self.timeout)?.1 < high {
                pause(end, topic)?;
            }
            assignment
                .add_partition_offset(topic, *partition, Offset::Offset(low))
                .map_err(|error| log_error(&error))?;
            waiting.insert(*partition);
        }
        let mut rows: HashMap<i32, Rows> = HashMap::new();
        let mut records = 0_u64;
        if !waiting.is_empty() {
            self.committed.assign(&assignment).map_err(|error| log_error(&error))?;
        }
        while !waiting.is_empty() {
            match self.committed.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    records += 1;
                    apply(&mut rows, record(&message));
                }
                // The last stable offset had reached the high watermark before the first fetch, so this end is behind both.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    waiting.remove(&partition);
                }
                Some(Err(error)) => tracing::debug!(%error, topic, "while restoring"),
                None => {}
            }
            if Instant::now() > end {
                return Err(LogError::Lost(format!("{topic} was not restored within {:?}", self.deadline)));
            }
        }
        self.committed.unassign().map_err(|error| log_error(&error))?;
        let kept: usize = rows.values().map(HashMap::len).sum();
        tracing::debug!(topic, ?partitions, records, kept, elapsed_ms = started.elapsed().as_millis(), "restored");
        Ok(rows)
    }
}

fn apply(rows: &mut HashMap<i32, Rows>, change: crate::Record) {
    let content_type = change.header(wire::CONTENT_TYPE).map(str::to_owned);
    let rows = rows.entry(change.partition).or_default();
    match change.value {
        Some(value) => rows.insert(change.key, Row { content_type, value }),
        None => rows.remove(&change.key),
    };
}

fn pause(end: Instant, topic: &str) -> Result<(), LogError> {
    if Instant::now() > end {
        return Err(LogError::Lost(format!("a transaction on {topic} stays open")));
    }
    std::thread::sleep(Duration::from_millis(50));
    Ok(())
}
