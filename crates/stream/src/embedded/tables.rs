//! The tables of the file, and their changes within one transaction.
//!
//! Records are in one table a topic, in the order of writing, so that pages are filled and, as retention removes the oldest
//! records, freed again. `index` leads from topic, partition and offset to them. What is small and not a record (topics,
//! ends, offsets of groups) is in `small`, in rows that say what they are and when they were written: `repair` reads
//! records and small rows without the trees of a damaged file.

use super::{
    body::{self, Codec, Head},
    fault::Fault,
};
use crate::{ContentType, LogError, Outgoing, Record, Row};
use proto::topic::Retention;
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, Table, TableDefinition, TableError, WriteTransaction};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::HashMap;

/// Topic, partition, offset.
pub(super) type RecordKey = (u32, i32, i64);
/// Number of the first piece, time, age, number of pieces, bytes of key, value and headers.
pub(super) type Entry = (u64, i64, i64, u32, u32);

pub(super) const INDEX: TableDefinition<'_, RecordKey, Entry> = TableDefinition::new("index");
/// See [`Key`] for the keys. A value is [`MARK`] and its fields in postcard.
pub(super) const SMALL: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("small");
/// Of compacted topics: topic, partition and key to the offset of the key's last record.
pub(super) const LATEST: TableDefinition<'_, (u32, i32, &[u8]), i64> = TableDefinition::new("latest");
/// Age at which it is due, then the key of a record to remove.
pub(super) const GARBAGE: TableDefinition<'_, (i64, u32, i32, i64), ()> = TableDefinition::new("garbage");
/// First byte of the rows of `small`.
pub(super) const MARK: u8 = 0xb3;

/// Name of the table with the records of a topic.
fn records_of(topic: u32) -> String {
    format!("records/{topic}")
}

/// The keys of `small`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) enum Key {
    /// A topic, by name: [`TopicRow`].
    Topic(String),
    /// The end of a partition: [`End`].
    End(u32, i32),
    /// A group's position in a partition of a topic: [`Position`].
    Position(String, u32, i32),
    /// A group that reads a topic, for which retention waits: [`Hold`].
    Hold(String, u32),
    /// The log's clock: [`Clock`].
    Clock,
    /// Number of the last piece and of transactions: [`Counts`].
    Counts,
    /// The last piece that an earlier opening of the file committed.
    Incarnation(u64),
}

/// A row of [`Key::Topic`]: id, partitions, kind of retention and its milliseconds.
pub(super) type TopicRow = (u32, i32, u8, i64);

/// Rows of `small`: keys, and values as they are stored.
pub(super) type Smalls = Vec<(Key, Vec<u8>)>;

/// The end of a partition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct End {
    /// Next offset.
    pub next: i64,
    /// Bytes of key, value and headers of the records.
    pub bytes: u64,
    /// No record before this offset is left.
    pub start: i64,
}

/// The position of a group.
pub(super) type Position = i64;
/// When the group first joined, by the log's clock.
pub(super) type Hold = i64;

/// The log's clock when a transaction was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clock {
    pub age: i64,
    /// Wall clock, milliseconds since 1970.
    pub wall: i64,
}

/// What is counted over the life of the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// Number of the last piece. The upper 24 bits count the openings of the file, the lower 40 the pieces of one.
    pub piece: u64,
    /// Transactions.
    pub transactions: u64,
}

/// Bits of a piece's number below the opening of the file.
pub(super) const PIECE_BITS: u32 = 40;

/// A topic as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Topic {
    pub name: String,
    pub id: u32,
    pub partitions: i32,
    pub retention: Retention,
}

impl Topic {
    pub(super) fn of_row(name: String, (id, partitions, kind, ms): TopicRow) -> Self {
        Topic { name, id, partitions, retention: retention(kind, ms) }
    }

    fn row(&self) -> TopicRow {
        let (kind, ms) = kind(self.retention);
        (self.id, self.partitions, kind, ms)
    }
}

/// A retention as it is stored and sent.
pub(super) fn kind(retention: Retention) -> (u8, i64) {
    match retention {
        Retention::Compact => (0, 0),
        Retention::CompactDelete(ms) => (1, ms),
        Retention::Delete(ms) => (2, ms),
    }
}

/// The retention that [`kind`] made numbers of.
pub(super) fn retention(kind: u8, ms: i64) -> Retention {
    match kind {
        0 => Retention::Compact,
        1 => Retention::CompactDelete(ms),
        _ => Retention::Delete(ms),
    }
}

/// The last piece and the transaction when a row of `small` was written.
pub(super) type Written = (u64, u64);

/// The bytes of a row of `small`.
fn small_value(written: Written, row: &impl Serialize) -> Result<Vec<u8>, Fault> {
    Ok([&[MARK], postcard::to_allocvec(&(written, row))?.as_slice()].concat())
}

/// A row of `small` for a file that is written again, which numbers its transactions itself.
pub(super) fn encode_small(row: &impl Serialize) -> Result<Vec<u8>, LogError> {
    small_value((0, 0), row).map_err(|_| LogError::Config("a row cannot be encoded".to_owned()))
}

fn small_key(key: &Key) -> Result<Vec<u8>, Fault> {
    Ok(postcard::to_allocvec(key)?)
}

/// A row of `small`, and when it was written.
pub(super) fn small_row<T: DeserializeOwned>(value: &[u8]) -> Result<(Written, T), Fault> {
    let row = value.strip_prefix(&[MARK]).ok_or_else(|| Fault::damaged("a row of the table `small` is invalid"))?;
    Ok(postcard::from_bytes(row)?)
}

/// Bytes that a record counts for: key, value and headers.
fn weight(output: &Outgoing) -> u32 {
    u32::try_from(output.size()).unwrap_or(u32::MAX)
}

/// A snapshot of all tables.
pub(super) struct Reader<'t> {
    transaction: &'t ReadTransaction,
    pub index: ReadOnlyTable<RecordKey, Entry>,
    pub small: ReadOnlyTable<&'static [u8], &'static [u8]>,
    records: HashMap<u32, Option<ReadOnlyTable<u64, &'static [u8]>>>,
}

impl<'t> Reader<'t> {
    pub(super) fn open(transaction: &'t ReadTransaction) -> Result<Self, Fault> {
        let (index, small) = (transaction.open_table(INDEX)?, transaction.open_table(SMALL)?);
        Ok(Reader { transaction, index, small, records: HashMap::new() })
    }

    /// A row of `small`.
    pub(super) fn small<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Fault> {
        let row = self.small.get(small_key(key)?.as_slice())?;
        row.map(|row| Ok(small_row(row.value())?.1)).transpose()
    }

    pub(super) fn end(&self, topic: &Topic, partition: i32) -> Result<End, Fault> {
        Ok(self.small(&Key::End(topic.id, partition))?.unwrap_or_default())
    }

    /// Every row of `small`.
    pub(super) fn smalls(&self) -> Result<Smalls, Fault> {
        smalls(&self.small)
    }

    /// All topics, by name.
    pub(super) fn topics(&self) -> Result<HashMap<String, Topic>, Fault> {
        let mut topics = HashMap::new();
        for (key, value) in self.smalls()? {
            if let Key::Topic(name) = key {
                topics.insert(name.clone(), Topic::of_row(name, small_row(&value)?.1));
            }
        }
        Ok(topics)
    }

    /// Any other table.
    pub(super) fn table<K: redb::Key + 'static, V: redb::Value + 'static>(
        &self,
        table: TableDefinition<'_, K, V>,
    ) -> Result<ReadOnlyTable<K, V>, Fault> {
        Ok(self.transaction.open_table(table)?)
    }

    /// The last record of a key of a compacted topic, as a row; `None` if there is none, or it is a tombstone.
    pub(super) fn latest(&mut self, topic: &Topic, partition: i32, key: &[u8]) -> Result<Option<Row<'static>>, Fault> {
        let latest = self.table(LATEST)?.get((topic.id, partition, key))?.map(|offset| offset.value());
        let Some(place) = latest.map(|offset| (topic.id, partition, offset)) else { return Ok(None) };
        let Some(entry) = self.index.get(place)?.map(|entry| entry.value()) else { return Ok(None) };
        let record = self.record(topic, place, entry)?;
        let content_type = ContentType::of(&record.headers);
        Ok(record.value.map(|value| Row { content_type, value: value.into() }))
    }

    /// The record of a row of the index.
    ///
    /// # Errors
    /// [`Fault::Log`] naming the record, if it is damaged.
    pub(super) fn record(
        &mut self,
        topic: &Topic,
        (id, partition, offset): RecordKey,
        entry: Entry,
    ) -> Result<Record, Fault> {
        let named = |what: &str| {
            Fault::damaged(&format!("topic {}, partition {partition}, offset {offset}: {what}", topic.name))
        };
        if id != topic.id {
            return Err(named("the index names another topic"));
        }
        let table = match self.records.entry(id) {
            std::collections::hash_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::hash_map::Entry::Vacant(free) => free.insert(open_records(self.transaction, id)?),
        };
        let table = table.as_ref().ok_or_else(|| named("its topic has no records"))?;
        let (first, time, age, count, _) = entry;
        let at_record = |error: redb::StorageError| {
            Fault::Read(Box::new(named("it cannot be read")), Box::new(redb::Error::from(error)))
        };
        let rows = table.range(first..first.saturating_add(u64::from(count))).map_err(at_record)?;
        let pieces = rows.map(|row| row.map(|(_, piece)| piece)).collect::<Result<Vec<_>, _>>().map_err(at_record)?;
        let mut next = pieces.iter();
        let (head, (key, value, headers)) =
            body::decode(|| next.next().map(redb::AccessGuard::value)).map_err(|what| named(&what))?;
        let place = (head.topic, head.partition, head.offset, head.time, head.age);
        if place != (id, partition, offset, time, age) {
            return Err(named("another record is in its place"));
        }
        Ok(Record { topic: topic.name.clone(), partition, offset, timestamp_ms: head.time, key, value, headers })
    }
}

fn smalls(small: &impl ReadableTable<&'static [u8], &'static [u8]>) -> Result<Smalls, Fault> {
    let mut rows = Vec::new();
    for row in small.iter()? {
        let (key, value) = row?;
        rows.push((postcard::from_bytes(key.value())?, value.value().to_vec()));
    }
    Ok(rows)
}

fn open_records(transaction: &ReadTransaction, topic: u32) -> Result<Option<ReadOnlyTable<u64, &'static [u8]>>, Fault> {
    match transaction.open_table(TableDefinition::new(&records_of(topic))) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What a transaction learns for the next one, if it commits.
#[derive(Debug, Default, Clone)]
pub(super) struct Memory {
    pub counts: Counts,
    /// Bytes left in the last page of each topic's records.
    pub space: HashMap<u32, usize>,
}

/// When a transaction is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    /// By the wall clock, milliseconds since 1970.
    pub time: i64,
    /// By the log's clock.
    pub age: i64,
}

/// All tables, open in one transaction.
pub(super) struct Tables<'t> {
    transaction: &'t WriteTransaction,
    pub index: Table<'t, RecordKey, Entry>,
    small: Table<'t, &'static [u8], &'static [u8]>,
    pub latest: Table<'t, (u32, i32, &'static [u8]), i64>,
    pub garbage: Table<'t, (i64, u32, i32, i64), ()>,
    records: HashMap<u32, Table<'t, u64, &'static [u8]>>,
    codec: Codec,
    pub memory: Memory,
    pub now: Now,
}

/// Times after which records of compacted topics are removed, in milliseconds: superseded ones and tombstones.
pub(super) type CompactionTimes = (i64, i64);

impl<'t> Tables<'t> {
    pub(super) fn open(transaction: &'t WriteTransaction, memory: Memory, now: Now) -> Result<Self, Fault> {
        Ok(Tables {
            index: transaction.open_table(INDEX)?,
            small: transaction.open_table(SMALL)?,
            latest: transaction.open_table(LATEST)?,
            garbage: transaction.open_table(GARBAGE)?,
            records: HashMap::new(),
            codec: Codec::new().map_err(Fault::Log)?,
            transaction,
            memory,
            now,
        })
    }

    fn records(&mut self, topic: u32) -> Result<&mut Table<'t, u64, &'static [u8]>, Fault> {
        use std::collections::hash_map::Entry;
        match self.records.entry(topic) {
            Entry::Occupied(there) => Ok(there.into_mut()),
            Entry::Vacant(free) => {
                Ok(free.insert(self.transaction.open_table(TableDefinition::new(&records_of(topic)))?))
            }
        }
    }

    pub(super) fn small<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Fault> {
        let row = self.small.get(small_key(key)?.as_slice())?;
        row.map(|row| Ok(small_row(row.value())?.1)).transpose()
    }

    pub(super) fn put(&mut self, key: &Key, row: &impl Serialize) -> Result<(), Fault> {
        let counts = self.memory.counts;
        let value = small_value((counts.piece, counts.transactions), row)?;
        self.small.insert(small_key(key)?.as_slice(), value.as_slice())?;
        Ok(())
    }

    /// Every row of `small`.
    pub(super) fn smalls(&self) -> Result<Smalls, Fault> {
        smalls(&self.small)
    }

    /// Removes a row of `small`; true if there was one.
    pub(super) fn delete(&mut self, key: &Key) -> Result<bool, Fault> {
        Ok(self.small.remove(small_key(key)?.as_slice())?.is_some())
    }

    /// Notes, in the first transaction of an opening, which pieces the one before it committed.
    pub(super) fn begin(&mut self, piece: u64) -> Result<(), Fault> {
        let committed = self.small::<Counts>(&Key::Counts)?.unwrap_or_default().piece;
        if committed >> PIECE_BITS < piece >> PIECE_BITS && committed > 0 {
            self.put(&Key::Incarnation(committed >> PIECE_BITS), &committed)?;
        }
        Ok(())
    }

    /// Writes the counts and the clock, at the end of a transaction.
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
        self.memory.counts.transactions += 1;
        let counts = self.memory.counts;
        self.put(&Key::Counts, &counts)?;
        self.put(&Key::Clock, &Clock { age: self.now.age, wall: self.now.time })
    }

    pub(super) fn set_topics(&mut self, topics: &[Topic]) -> Result<(), Fault> {
        for topic in topics {
            self.put(&Key::Topic(topic.name.clone()), &topic.row())?;
            for partition in 0..topic.partitions {
                self.put(&Key::End(topic.id, partition), &End::default())?;
            }
        }
        Ok(())
    }

    /// Writes records at the ends of their partitions.
    pub(super) fn append(&mut self, outputs: &[(Topic, Outgoing)], times: CompactionTimes) -> Result<(), Fault> {
        let now = self.now;
        for (topic, output) in outputs {
            let end = self.small::<End>(&Key::End(topic.id, output.partition))?.unwrap_or_default();
            self.insert(topic, end.next, now, output, times)?;
        }
        Ok(())
    }

    /// Writes a record at an offset behind all others of its partition.
    pub(super) fn insert(
        &mut self,
        topic: &Topic,
        offset: i64,
        at: Now,
        output: &Outgoing,
        (superseded_ms, tombstone_ms): CompactionTimes,
    ) -> Result<(), Fault> {
        let key = (topic.id, output.partition, offset);
        let head = Head::new(topic.id, output.partition, offset, at.time, at.age);
        let encoded = self.codec.encode(head, output).map_err(Fault::Log)?;
        let mut space = self.memory.space.get(&topic.id).copied().unwrap_or(0);
        let pieces = body::pieces(&encoded, &mut space);
        self.memory.space.insert(topic.id, space);
        let first = self.memory.counts.piece + 1;
        let table = self.records(topic.id)?;
        for (number, piece) in (first..).zip(&pieces) {
            table.insert(number, piece.as_slice())?;
        }
        self.memory.counts.piece += pieces.len() as u64;
        let count = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
        self.index.insert(key, (first, at.time, at.age, count, weight(output)))?;
        let place = Key::End(topic.id, output.partition);
        let end = self.small::<End>(&place)?.unwrap_or_default();
        self.put(&place, &End { next: offset + 1, bytes: end.bytes + u64::from(weight(output)), ..end })?;
        if matches!(topic.retention, Retention::Delete(_)) {
            return Ok(());
        }
        let latest = (topic.id, output.partition, output.key.as_slice());
        let old = self.latest.insert(latest, offset)?.map(|old| old.value());
        if let Some(old) = old {
            self.garbage.insert((at.age + superseded_ms, topic.id, output.partition, old), ())?;
        }
        if output.value.is_none() {
            // Later than the record that it supersedes, which would otherwise reappear.
            let due = at.age + tombstone_ms.max(superseded_ms + 1);
            self.garbage.insert((due, topic.id, output.partition, offset), ())?;
        }
        Ok(())
    }

    pub(super) fn set_offsets(&mut self, group: &str, topic: u32, offsets: &HashMap<i32, i64>) -> Result<(), Fault> {
        for (partition, next) in offsets {
            self.put(&Key::Position(group.to_owned(), topic, *partition), next)?;
        }
        Ok(())
    }

    /// Removes a record, if it is still there. The caller moves the start of its partition.
    pub(super) fn remove(&mut self, topic: &Topic, (partition, offset): (i32, i64)) -> Result<bool, Fault> {
        let Some(entry) = self.index.remove((topic.id, partition, offset))?.map(|row| row.value()) else {
            return Ok(false);
        };
        let (first, _, _, count, weight) = entry;
        let is_compacted = !matches!(topic.retention, Retention::Delete(_));
        let table = self.records(topic.id)?;
        let mut pieces = Vec::new();
        for number in first..first + u64::from(count) {
            let piece = table.remove(number)?;
            if is_compacted {
                pieces.extend(piece.map(|piece| piece.value().to_vec()));
            }
        }
        if is_compacted {
            let mut next = pieces.iter();
            let (_, (key, ..)) = body::decode(|| next.next().map(Vec::as_slice)).map_err(|what| {
                let name = &topic.name;
                Fault::damaged(&format!("topic {name}, partition {partition}, offset {offset}: {what}"))
            })?;
            let latest = (topic.id, partition, key.as_slice());
            if self.latest.get(latest)?.is_some_and(|last| last.value() == offset) {
                self.latest.remove(latest)?;
            }
        }
        let place = Key::End(topic.id, partition);
        let end = self.small::<End>(&place)?.unwrap_or_default();
        self.put(&place, &End { bytes: end.bytes.saturating_sub(u64::from(weight)), ..end })?;
        Ok(true)
    }
}
