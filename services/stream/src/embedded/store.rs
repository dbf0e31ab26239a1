//! The file: its tables, transactions that share one fsync, and who is whose successor.

use super::Options;
use crate::{Fault, Outgoing, Record, TopicSpec};
use proto::topic::Retention;
use redb::{
    Database, DatabaseError, Durability, ReadOnlyTable, ReadableDatabase, ReadableTable, Table, TableDefinition,
};
use std::{
    collections::HashMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock},
    time::Instant,
};

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
const OFFSETS: TableDefinition<'_, (&str, u32, i32), i64> = TableDefinition::new("offsets");
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

/// Who reads for a group just now.
struct Owner {
    epoch: u64,
    /// Empty once it has left.
    replica: String,
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

/// Part of a transaction: the number of changes; or a refusal, before anything was changed; or a fault that undoes the
/// transaction.
type Work = Box<dyn FnOnce(&mut Tables<'_>) -> Result<Result<usize, Fault>, Fault> + Send>;
type Slot = Arc<Mutex<Option<Result<usize, Fault>>>>;

/// What waits to be written, and whether a thread is at it.
#[derive(Default)]
struct Queue {
    waiting: Vec<(Work, Slot)>,
    is_busy: bool,
}

/// The right to write, given up even by a thread that dies.
struct Alone<'s>(&'s Store);

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        lock(&self.0.queue).is_busy = false;
        self.0.turn.notify_all();
    }
}

pub(super) struct Store {
    pub path: PathBuf,
    pub options: Options,
    /// Written only to compact the file, which needs it alone.
    pub database: RwLock<Database>,
    queue: Mutex<Queue>,
    turn: Condvar,
    topics: RwLock<HashMap<String, Topic>>,
    owners: Mutex<HashMap<String, Owner>>,
    /// Counts what a waiting reader may want to see.
    news: Mutex<u64>,
    bell: Condvar,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an error of the store means to a caller.
pub(super) fn fault(error: impl Into<redb::Error>) -> Fault {
    match error.into() {
        redb::Error::Corrupted(what) => Fault::Corrupt(what),
        other => Fault::Lost(other.to_string()),
    }
}

impl Store {
    /// Opens the file; `None` where another process holds it.
    pub(super) fn open(path: &Path, options: Options) -> Result<Option<Self>, Fault> {
        let database = match Database::builder().set_cache_size(options.cache_bytes).create(path) {
            Ok(database) => database,
            Err(DatabaseError::DatabaseAlreadyOpen) => return Ok(None),
            Err(DatabaseError::Storage(redb::StorageError::Io(error))) if error.kind() != ErrorKind::InvalidData => {
                return Err(Fault::Config(format!("{} cannot be opened: {error}", path.display())));
            }
            Err(error) => return Err(Fault::Corrupt(format!("{}: {error}", path.display()))),
        };
        let store = Store {
            path: path.to_owned(),
            options,
            database: RwLock::new(database),
            queue: Mutex::default(),
            turn: Condvar::new(),
            topics: RwLock::default(),
            owners: Mutex::default(),
            news: Mutex::default(),
            bell: Condvar::new(),
        };
        // Makes the tables, so that every later read finds them.
        store.write(|_| Ok(Ok(1)))?;
        let topics = store.read(|transaction| {
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
        })?;
        *store.topics.write().unwrap_or_else(PoisonError::into_inner) = topics;
        Ok(Some(store))
    }

    /// Reads a snapshot. It is given up before this returns: an old one would keep the file from shrinking.
    pub(super) fn read<T>(
        &self,
        reader: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, Fault> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let transaction = database.begin_read().map_err(fault)?;
        reader(&transaction).map_err(fault)
    }

    /// Does `work` durably. Whoever waits while another's transaction is on its way to the disk shares the next one:
    /// all that is queued then is one transaction and one fsync.
    pub(super) fn write(
        &self,
        work: impl FnOnce(&mut Tables<'_>) -> Result<Result<usize, Fault>, Fault> + Send + 'static,
    ) -> Result<usize, Fault> {
        let slot = Slot::default();
        let mut queue = lock(&self.queue);
        queue.waiting.push((Box::new(work), slot.clone()));
        while queue.is_busy && lock(&slot).is_none() {
            queue = self.turn.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(result) = lock(&slot).take() {
            return result;
        }
        queue.is_busy = true;
        let queued = std::mem::take(&mut queue.waiting);
        drop(queue);
        let _alone = Alone(self);
        let (works, slots): (Vec<_>, Vec<_>) = queued.into_iter().unzip();
        let results = match self.transact(works) {
            Ok(results) => results,
            Err(undone) => {
                let copy = || match &undone {
                    Fault::Aborted(reason) => Fault::Aborted(reason.clone()),
                    Fault::Corrupt(what) => Fault::Corrupt(what.clone()),
                    other => Fault::Lost(other.to_string()),
                };
                slots.iter().map(|_| Err(copy())).collect()
            }
        };
        for (slot, result) in slots.iter().zip(results) {
            *lock(slot) = Some(result);
        }
        self.ring();
        // Empty only where the thread that had taken this work died before its commit.
        lock(&slot).take().unwrap_or_else(|| Err(Fault::Lost("the writing thread died".to_owned())))
    }

    fn transact(&self, works: Vec<Work>) -> Result<Vec<Result<usize, Fault>>, Fault> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let mut transaction = database.begin_write().map_err(fault)?;
        transaction.set_durability(Durability::Immediate).map_err(fault)?;
        // Open at once after kill -9, instead of reading the whole file first: see BENCHMARKS.md.
        transaction.set_quick_repair(true);
        let mut results = Vec::with_capacity(works.len());
        {
            let mut tables = Tables {
                topics: transaction.open_table(TOPICS).map_err(fault)?,
                records: transaction.open_table(RECORDS).map_err(fault)?,
                ends: transaction.open_table(ENDS).map_err(fault)?,
                offsets: transaction.open_table(OFFSETS).map_err(fault)?,
                latest: transaction.open_table(LATEST).map_err(fault)?,
                garbage: transaction.open_table(GARBAGE).map_err(fault)?,
            };
            for work in works {
                results.push(work(&mut tables)?);
            }
        }
        if results.iter().any(|result| matches!(result, Ok(changes) if *changes > 0)) {
            transaction.commit().map_err(fault)?;
        } else {
            transaction.abort().map_err(fault)?;
        }
        Ok(results)
    }

    /// Number of the news so far: to be asked before looking, and handed to [`Store::wait`].
    pub(super) fn heard(&self) -> u64 {
        *lock(&self.news)
    }

    /// Waits for news that came after `heard`; false when the time is over.
    pub(super) fn wait(&self, heard: u64, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        let (_news, timeout) = self
            .bell
            .wait_timeout_while(lock(&self.news), left, |news| *news == heard)
            .unwrap_or_else(PoisonError::into_inner);
        !timeout.timed_out()
    }

    pub(super) fn ring(&self) {
        *lock(&self.news) += 1;
        self.bell.notify_all();
    }

    pub(super) fn topic(&self, name: &str) -> Result<Topic, Fault> {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics.get(name).cloned().ok_or_else(|| Fault::NoTopic(name.to_owned()))
    }

    pub(super) fn topics(&self) -> Vec<Topic> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(super) fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<(), Fault> {
        let mut known = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        let mut new: HashMap<&str, Topic> = HashMap::new();
        for spec in specs {
            match known.get(&spec.name) {
                Some(there) if there.partitions != spec.partitions => {
                    return Err(Fault::Config(format!(
                        "topic {} has {} partitions, but this pipeline is configured for {}",
                        spec.name, there.partitions, spec.partitions
                    )));
                }
                Some(_) => continue,
                None if spec.partitions < 1 => {
                    return Err(Fault::Config(format!("topic {} needs at least one partition", spec.name)));
                }
                None => {}
            }
            let id = u32::try_from(known.len() + new.len()).unwrap_or(u32::MAX);
            let (name, retention) = (spec.name.clone(), spec.retention);
            new.entry(&spec.name).or_insert(Topic { name, id, partitions: spec.partitions, retention });
        }
        if new.is_empty() {
            return Ok(());
        }
        let rows: Vec<Topic> = new.into_values().collect();
        let copy = rows.clone();
        self.write(move |tables| {
            tables.set_topics(&copy).map_err(fault)?;
            Ok(Ok(copy.len()))
        })?;
        known.extend(rows.into_iter().map(|topic| (topic.name.clone(), topic)));
        Ok(())
    }

    /// Refuses what cannot be written, before anything is.
    pub(super) fn check(&self, outputs: Vec<Outgoing>) -> Result<Vec<(Topic, Outgoing)>, Fault> {
        let mut checked = Vec::with_capacity(outputs.len());
        for output in outputs {
            let topic = self.topic(&output.topic)?;
            if !(0..topic.partitions).contains(&output.partition) {
                let Outgoing { topic: name, partition, .. } = output;
                return Err(Fault::Config(format!("topic {name} has no partition {partition}")));
            }
            // A dead letter carries headers that the original had not.
            let is_dead_letter = output.headers.iter().any(|(name, _)| name == crate::dead_letter_header::STAGE);
            let limit = super::MAX_RECORD_BYTES + if is_dead_letter { super::DEAD_LETTER_ROOM } else { 0 };
            let bytes = output.size();
            if bytes > limit {
                let key = String::from_utf8_lossy(&output.key).into_owned();
                return Err(Fault::TooLarge { topic: output.topic, key, bytes, limit });
            }
            checked.push((topic, output));
        }
        Ok(checked)
    }

    /// Writes outside any group.
    pub(super) fn append(self: &Arc<Self>, records: Vec<Outgoing>) -> Result<(), Fault> {
        let records = self.check(records)?;
        if records.is_empty() {
            return Ok(());
        }
        let store = self.clone();
        self.write(move |tables| {
            tables.append(&records, &store.options).map_err(fault)?;
            Ok(Ok(records.len()))
        })?;
        Ok(())
    }

    /// Makes `replica` the reader of `group` and fences the one before it. The epoch lives as long as the process: the
    /// lock on the file fences every other process.
    pub(super) fn take_over(&self, group: &str, replica: &str) -> Result<u64, Fault> {
        // Behind every commit that is on its way, so that its offsets are seen.
        let mut queue = lock(&self.queue);
        while queue.is_busy {
            queue = self.turn.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.is_busy = true;
        drop(queue);
        let _alone = Alone(self);
        let mut owners = lock(&self.owners);
        if let Some(owner) = owners.get(group)
            && !owner.replica.is_empty()
            && owner.replica != replica
        {
            return Err(Fault::Config(format!(
                "group {group} is read by replica {}: on the embedded log a group has one member, not also {replica}",
                owner.replica
            )));
        }
        let epoch = owners.get(group).map_or(1, |owner| owner.epoch + 1);
        owners.insert(group.to_owned(), Owner { epoch, replica: replica.to_owned() });
        self.ring();
        Ok(epoch)
    }

    /// Gives a group up, where it has no newer reader.
    pub(super) fn leave(&self, group: &str, epoch: u64) {
        let mut owners = lock(&self.owners);
        if let Some(owner) = owners.get_mut(group)
            && owner.epoch == epoch
        {
            owner.epoch += 1;
            owner.replica.clear();
        }
    }

    /// # Errors
    /// [`Fault::Fenced`] where another has taken the group over.
    pub(super) fn check_epoch(&self, group: &str, epoch: u64) -> Result<(), Fault> {
        match lock(&self.owners).get(group) {
            Some(owner) if owner.epoch == epoch => Ok(()),
            _ => Err(Fault::Fenced(format!("group {group} has a newer reader"))),
        }
    }

    /// Next offset of each partition of a topic.
    pub(super) fn ends(&self, topic: &Topic) -> Result<Vec<i64>, Fault> {
        self.read(|transaction| {
            let ends = transaction.open_table(ENDS)?;
            (0..topic.partitions).map(|partition| end(&ends, topic, partition)).collect()
        })
    }

    pub(super) fn committed(&self, group: &str, topic: &Topic) -> Result<HashMap<i32, i64>, Fault> {
        self.read(|transaction| {
            let offsets = transaction.open_table(OFFSETS)?;
            let mut found = HashMap::new();
            for partition in 0..topic.partitions {
                if let Some(offset) = offsets.get((group, topic.id, partition))? {
                    found.insert(partition, offset.value());
                }
            }
            Ok(found)
        })
    }
}

/// Next offset of a partition.
pub(super) fn end(
    ends: &ReadOnlyTable<(u32, i32), (i64, u64)>,
    topic: &Topic,
    partition: i32,
) -> Result<i64, redb::Error> {
    Ok(ends.get((topic.id, partition))?.map_or(0, |row| row.value().0))
}

/// What a record takes, beside the file's own structure.
fn weight(key: &[u8], value: Option<&[u8]>, headers: &[(&str, &[u8])]) -> u64 {
    let headers: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
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

impl Tables<'_> {
    fn set_topics(&mut self, topics: &[Topic]) -> Result<(), redb::Error> {
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
            let weight = weight(key, value, &headers);
            self.records.insert((topic.id, output.partition, offset), (now, key, value, headers))?;
            self.ends.insert(at, (offset + 1, bytes + weight))?;
            if matches!(topic.retention, Retention::Delete(_)) {
                continue;
            }
            let old = self.latest.insert((topic.id, output.partition, key), offset)?.map(|old| old.value());
            if let Some(old) = old {
                self.garbage.insert((now + options.compaction_lag_ms, topic.id, output.partition, old), ())?;
            }
            if value.is_none() {
                // Behind what it covers, or that would come back to life.
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

    /// Removes a record, where it is still there.
    pub(super) fn remove(&mut self, (topic, partition, offset): RecordKey) -> Result<bool, redb::Error> {
        let Some(row) = self.records.remove((topic, partition, offset))? else {
            return Ok(false);
        };
        let (_, key, value, headers) = row.value();
        let weight = weight(key, value, &headers);
        let is_latest = self.latest.get((topic, partition, key))?.is_some_and(|last| last.value() == offset);
        if is_latest {
            self.latest.remove((topic, partition, key))?;
        }
        let (next, bytes) = self.ends.get((topic, partition))?.map_or((0, 0), |row| row.value());
        self.ends.insert((topic, partition), (next, bytes.saturating_sub(weight)))?;
        Ok(true)
    }
}
