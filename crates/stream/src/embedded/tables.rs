//! The tables of the file, and their changes within one transaction.

use super::Options;
use crate::{Outgoing, Record};
use proto::topic::Retention;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction};
use std::collections::HashMap;

type RecordKey = (u32, i32, i64);
/// Time of writing, key, value, headers.
pub(super) type Stored = (i64, &'static [u8], Option<&'static [u8]>, Vec<(&'static str, &'static [u8])>);

/// Name to id, partitions, kind of retention and its milliseconds.
const TOPICS: TableDefinition<'_, &str, (u32, i32, u8, i64)> = TableDefinition::new("topics");
/// Topic, partition, offset to the record.
pub(super) const RECORDS: TableDefinition<'_, RecordKey, Stored> = TableDefinition::new("records");
/// Topic and partition to the next offset and the bytes that its records take.
pub(super) const ENDS: TableDefinition<'_, (u32, i32), (i64, u64)> = TableDefinition::new("ends");
/// Group, topic and partition to the next offset to read.
pub(super) const OFFSETS: TableDefinition<'_, (&str, u32, i32), i64> = TableDefinition::new("offsets");
/// Of compacted topics: topic, partition and key to the offset of the key's last record.
const LATEST: TableDefinition<'_, (u32, i32, &[u8]), i64> = TableDefinition::new("latest");
/// Time at which it is due (milliseconds since 1970), then the key of a record to remove.
const GARBAGE: TableDefinition<'_, (i64, u32, i32, i64), ()> = TableDefinition::new("garbage");

/// A topic as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    pub name: String,
    pub id: u32,
    pub partitions: i32,
    pub retention: Retention,
}

/// All topics, by name.
pub(super) fn topics(transaction: &ReadTransaction) -> Result<HashMap<String, Topic>, redb::Error> {
    let mut topics = HashMap::new();
    for row in transaction.open_table(TOPICS)?.iter()? {
        let (name, row) = row?;
        let (id, partitions, kind, ms) = row.value();
        let retention = match kind {
            0 => Retention::Compact,
            1 => Retention::CompactDelete(ms),
            _ => Retention::Delete(ms),
        };
        let name = name.value().to_owned();
        topics.insert(name.clone(), Topic { name, id, partitions, retention });
    }
    Ok(topics)
}

/// All tables, open in one transaction.
pub(super) struct Tables<'t> {
    topics: Table<'t, &'static str, (u32, i32, u8, i64)>,
    pub records: Table<'t, RecordKey, Stored>,
    pub ends: Table<'t, (u32, i32), (i64, u64)>,
    offsets: Table<'t, (&'static str, u32, i32), i64>,
    pub latest: Table<'t, (u32, i32, &'static [u8]), i64>,
    pub garbage: Table<'t, (i64, u32, i32, i64), ()>,
}

/// Next offset of a partition.
pub(super) fn end(
    ends: &ReadOnlyTable<(u32, i32), (i64, u64)>,
    topic: &Topic,
    partition: i32,
) -> Result<i64, redb::Error> {
    Ok(ends.get((topic.id, partition))?.map_or(0, |row| row.value().0))
}

/// Bytes of a record, without the file's own structure.
pub(super) fn weight((_, key, value, headers): &<Stored as redb::Value>::SelfType<'_>) -> u64 {
    let headers: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    u64::try_from(key.len() + value.map_or(0, <[u8]>::len) + headers + 32).unwrap_or(u64::MAX)
}

/// The record at an offset.
pub(super) fn record(
    topic: &Topic,
    partition: i32,
    offset: i64,
    row: &<Stored as redb::Value>::SelfType<'_>,
) -> Record {
    let (timestamp_ms, key, value, headers) = row;
    Record {
        topic: topic.name.clone(),
        partition,
        offset,
        timestamp_ms: *timestamp_ms,
        key: key.to_vec(),
        value: value.map(<[u8]>::to_vec),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect(),
    }
}

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction) -> Result<Self, redb::Error> {
        Ok(Tables {
            topics: transaction.open_table(TOPICS)?,
            records: transaction.open_table(RECORDS)?,
            ends: transaction.open_table(ENDS)?,
            offsets: transaction.open_table(OFFSETS)?,
            latest: transaction.open_table(LATEST)?,
            garbage: transaction.open_table(GARBAGE)?,
        })
    }

    pub(super) fn set_topics(&mut self, topics: &[Topic]) -> Result<(), redb::Error> {
        for topic in topics {
            let (kind, ms) = match topic.retention {
                Retention::Compact => (0, 0),
                Retention::CompactDelete(ms) => (1, ms),
                Retention::Delete(ms) => (2, ms),
            };
            self.topics.insert(topic.name.as_str(), (topic.id, topic.partitions, kind, ms))?;
            for partition in 0..topic.partitions {
                self.ends.insert((topic.id, partition), (0, 0))?;
            }
        }
        Ok(())
    }

    /// Writes records at the ends of their partitions.
    pub(super) fn append(&mut self, outputs: &[(Topic, Outgoing)], options: &Options) -> Result<(), redb::Error> {
        let now = (options.clock)();
        for (topic, output) in outputs {
            let at = (topic.id, output.partition);
            let (offset, bytes) = self.ends.get(at)?.map_or((0, 0), |row| row.value());
            let headers: Vec<(&str, &[u8])> =
                output.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
            let (key, value) = (output.key.as_slice(), output.value.as_deref());
            let row = (now, key, value, headers);
            let weight = weight(&row);
            self.records.insert((topic.id, output.partition, offset), row)?;
            self.ends.insert(at, (offset + 1, bytes + weight))?;
            if matches!(topic.retention, Retention::Delete(_)) {
                continue;
            }
            let old = self.latest.insert((topic.id, output.partition, key), offset)?.map(|old| old.value());
            if let Some(old) = old {
                self.garbage.insert((now + options.compaction_lag_ms, topic.id, output.partition, old), ())?;
            }
            if value.is_none() {
                // Later than the record that it supersedes, which would otherwise reappear.
                let due = now + options.tombstone_ms.max(options.compaction_lag_ms + 1);
                self.garbage.insert((due, topic.id, output.partition, offset), ())?;
            }
        }
        Ok(())
    }

    pub(super) fn set_offsets(
        &mut self,
        group: &str,
        topic: &Topic,
        offsets: &HashMap<i32, i64>,
    ) -> Result<(), redb::Error> {
        for (partition, next) in offsets {
            self.offsets.insert((group, topic.id, *partition), next)?;
        }
        Ok(())
    }

    /// Removes a record, if it is still there.
    pub(super) fn remove(&mut self, (topic, partition, offset): RecordKey) -> Result<bool, redb::Error> {
        let Some(row) = self.records.remove((topic, partition, offset))? else {
            return Ok(false);
        };
        let row = row.value();
        let (key, weight) = (row.1, weight(&row));
        let is_latest = self.latest.get((topic, partition, key))?.is_some_and(|last| last.value() == offset);
        if is_latest {
            self.latest.remove((topic, partition, key))?;
        }
        let (next, bytes) = self.ends.get((topic, partition))?.map_or((0, 0), |row| row.value());
        self.ends.insert((topic, partition), (next, bytes.saturating_sub(weight)))?;
        Ok(true)
    }
}
