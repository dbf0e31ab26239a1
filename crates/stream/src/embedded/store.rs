//! The file: transactions that share one fsync, a signal that readers wait for, and the readers of groups.

use super::{
    Options,
    tables::{self, ENDS, OFFSETS, Tables, Topic},
};
use crate::{LogError, Outgoing, TopicSpec};
use redb::{Database, DatabaseError, Durability, ReadableDatabase};
use std::{
    collections::HashMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, atomic::AtomicU64},
    time::Instant,
};

/// The current reader of a group.
struct Owner {
    epoch: u64,
    /// Empty after it has left.
    replica: String,
}

/// Part of a transaction. It returns the number of its changes, or the reason why it changed nothing; an outer error undoes
/// the whole transaction.
type Work = Box<dyn FnOnce(&mut Tables<'_>) -> Result<Result<usize, LogError>, LogError> + Send>;
type Slot = Arc<Mutex<Option<Result<usize, LogError>>>>;

/// Work that waits for the next transaction, and whether a thread is writing.
#[derive(Default)]
struct Queue {
    waiting: Vec<(Work, Slot)>,
    is_busy: bool,
}

/// The right to write. Dropping it, also by a panic, gives it up.
struct WriteGuard<'s>(&'s Store);

impl Drop for WriteGuard<'_> {
    fn drop(&mut self) {
        lock(&self.0.queue).is_busy = false;
        self.0.turn.notify_all();
    }
}

pub(super) struct Store {
    pub path: PathBuf,
    pub options: Options,
    /// Locked for writing only to compact the file, which needs exclusive access.
    pub database: RwLock<Database>,
    queue: Mutex<Queue>,
    turn: Condvar,
    /// Size of the file after it was last compacted.
    pub compacted: AtomicU64,
    topics: RwLock<HashMap<String, Topic>>,
    owners: Mutex<HashMap<String, Owner>>,
    /// Number of changes that a waiting reader may want to see.
    version: Mutex<u64>,
    changed: Condvar,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What an error of redb means to a caller.
pub(super) fn log_error(error: impl Into<redb::Error>) -> LogError {
    match error.into() {
        redb::Error::Corrupted(what) => LogError::Corrupt(what),
        other => LogError::Lost(other.to_string()),
    }
}

impl Store {
    /// Opens the file; `None` if another process holds it.
    pub(super) fn open(path: &Path, options: Options) -> Result<Option<Self>, LogError> {
        let database = match Database::builder().set_cache_size(options.cache_bytes).create(path) {
            Ok(database) => database,
            Err(DatabaseError::DatabaseAlreadyOpen) => return Ok(None),
            Err(DatabaseError::Storage(redb::StorageError::Io(error))) if error.kind() != ErrorKind::InvalidData => {
                return Err(LogError::Config(format!("{} cannot be opened: {error}", path.display())));
            }
            Err(error) => return Err(LogError::Corrupt(format!("{}: {error}", path.display()))),
        };
        let store = Store {
            path: path.to_owned(),
            options,
            database: RwLock::new(database),
            queue: Mutex::default(),
            turn: Condvar::new(),
            compacted: AtomicU64::new(0),
            topics: RwLock::default(),
            owners: Mutex::default(),
            version: Mutex::default(),
            changed: Condvar::new(),
        };
        // Creates the tables, so that every later read finds them.
        store.write(|_| Ok(Ok(1)))?;
        let topics = store.read(tables::topics)?;
        *store.topics.write().unwrap_or_else(PoisonError::into_inner) = topics;
        Ok(Some(store))
    }

    /// Reads a snapshot, which is released before this returns: an old one would keep the file from shrinking.
    pub(super) fn read<T>(
        &self,
        reader: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, LogError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let transaction = database.begin_read().map_err(log_error)?;
        reader(&transaction).map_err(log_error)
    }

    /// Does `work` durably. Work that is queued while a transaction is written to disk shares the next transaction and its
    /// fsync.
    pub(super) fn write(
        &self,
        work: impl FnOnce(&mut Tables<'_>) -> Result<Result<usize, LogError>, LogError> + Send + 'static,
    ) -> Result<usize, LogError> {
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
        let _guard = WriteGuard(self);
        let (works, slots): (Vec<_>, Vec<_>) = queued.into_iter().unzip();
        let results = match self.transact(works) {
            Ok(results) => results,
            Err(undone) => {
                let copy = || match &undone {
                    LogError::Aborted(reason) => LogError::Aborted(reason.clone()),
                    LogError::Corrupt(what) => LogError::Corrupt(what.clone()),
                    other => LogError::Lost(other.to_string()),
                };
                slots.iter().map(|_| Err(copy())).collect()
            }
        };
        for (slot, result) in slots.iter().zip(results) {
            *lock(slot) = Some(result);
        }
        self.notify();
        // Empty only if the thread that took this work panicked before its commit.
        lock(&slot).take().unwrap_or_else(|| Err(LogError::Lost("the writing thread panicked".to_owned())))
    }

    fn transact(&self, works: Vec<Work>) -> Result<Vec<Result<usize, LogError>>, LogError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let mut transaction = database.begin_write().map_err(log_error)?;
        transaction.set_durability(Durability::Immediate).map_err(log_error)?;
        // After kill -9 the file opens at once; without this redb reads all of it first.
        transaction.set_quick_repair(true);
        let mut results = Vec::with_capacity(works.len());
        {
            let mut tables = Tables::open(&transaction).map_err(log_error)?;
            for work in works {
                results.push(work(&mut tables)?);
            }
        }
        if results.iter().any(|result| matches!(result, Ok(changes) if *changes > 0)) {
            transaction.commit().map_err(log_error)?;
        } else {
            transaction.abort().map_err(log_error)?;
        }
        Ok(results)
    }

    /// Number of changes so far. A reader takes it before it reads, and hands it to [`Store::wait_for_change`].
    pub(super) fn version(&self) -> u64 {
        *lock(&self.version)
    }

    /// Waits for a change after the version `seen`; false if there is none before `until`.
    pub(super) fn wait_for_change(&self, seen: u64, until: Instant) -> bool {
        let left = until.saturating_duration_since(Instant::now());
        let (_version, timeout) = self
            .changed
            .wait_timeout_while(lock(&self.version), left, |version| *version == seen)
            .unwrap_or_else(PoisonError::into_inner);
        !timeout.timed_out()
    }

    /// Wakes the waiting readers.
    pub(super) fn notify(&self) {
        *lock(&self.version) += 1;
        self.changed.notify_all();
    }

    pub(super) fn topic(&self, name: &str) -> Result<Topic, LogError> {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
        topics.get(name).cloned().ok_or_else(|| LogError::NoTopic(name.to_owned()))
    }

    pub(super) fn topics(&self) -> Vec<Topic> {
        self.topics.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(super) fn ensure_topics(&self, specs: &[TopicSpec]) -> Result<(), LogError> {
        let mut known = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        let mut new: HashMap<&str, Topic> = HashMap::new();
        for spec in specs {
            match known.get(&spec.name) {
                Some(there) if there.partitions != spec.partitions => {
                    return Err(LogError::Config(format!(
                        "topic {} has {} partitions, but this pipeline is configured for {}",
                        spec.name, there.partitions, spec.partitions
                    )));
                }
                Some(_) => continue,
                None if spec.partitions < 1 => {
                    return Err(LogError::Config(format!("topic {} needs at least one partition", spec.name)));
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
            tables.set_topics(&copy).map_err(log_error)?;
            Ok(Ok(copy.len()))
        })?;
        known.extend(rows.into_iter().map(|topic| (topic.name.clone(), topic)));
        Ok(())
    }

    /// Rejects records that cannot be written, before anything is.
    pub(super) fn check(&self, outputs: Vec<Outgoing>) -> Result<Vec<(Topic, Outgoing)>, LogError> {
        let mut checked = Vec::with_capacity(outputs.len());
        for output in outputs {
            let topic = self.topic(&output.topic)?;
            if !(0..topic.partitions).contains(&output.partition) {
                let Outgoing { topic: name, partition, .. } = output;
                return Err(LogError::Config(format!("topic {name} has no partition {partition}")));
            }
            output.check_size()?;
            checked.push((topic, output));
        }
        Ok(checked)
    }

    /// Writes records outside any group.
    pub(super) fn append(self: &Arc<Self>, records: Vec<Outgoing>) -> Result<(), LogError> {
        let records = self.check(records)?;
        if records.is_empty() {
            return Ok(());
        }
        let store = self.clone();
        self.write(move |tables| {
            tables.append(&records, &store.options).map_err(log_error)?;
            Ok(Ok(records.len()))
        })?;
        Ok(())
    }

    /// Makes `replica` the reader of `group`, fences the one before it, and returns its epoch. An epoch is valid in this process
    /// only: the lock on the file fences all others.
    pub(super) fn take_over(&self, group: &str, replica: &str) -> Result<u64, LogError> {
        // After every commit that is being written, so that its offsets are visible.
        let mut queue = lock(&self.queue);
        while queue.is_busy {
            queue = self.turn.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.is_busy = true;
        drop(queue);
        let _guard = WriteGuard(self);
        let mut owners = lock(&self.owners);
        if let Some(owner) = owners.get(group)
            && !owner.replica.is_empty()
            && owner.replica != replica
        {
            return Err(LogError::Config(format!(
                "group {group} is read by replica {}; on the embedded log a group has one member, so {replica} cannot join",
                owner.replica
            )));
        }
        let epoch = owners.get(group).map_or(1, |owner| owner.epoch + 1);
        owners.insert(group.to_owned(), Owner { epoch, replica: replica.to_owned() });
        self.notify();
        Ok(epoch)
    }

    /// Ends the reader of that epoch, if it is still the current one.
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
    /// [`LogError::Fenced`] if another reader has taken over the group.
    pub(super) fn check_epoch(&self, group: &str, epoch: u64) -> Result<(), LogError> {
        match lock(&self.owners).get(group) {
            Some(owner) if owner.epoch == epoch => Ok(()),
            _ => Err(LogError::Fenced(format!("group {group} has a newer reader"))),
        }
    }

    /// Next offset of each partition of a topic.
    pub(super) fn ends(&self, topic: &Topic) -> Result<Vec<i64>, LogError> {
        self.read(|transaction| {
            let ends = transaction.open_table(ENDS)?;
            (0..topic.partitions).map(|partition| tables::end(&ends, topic, partition)).collect()
        })
    }

    pub(super) fn committed(&self, group: &str, topic: &Topic) -> Result<HashMap<i32, i64>, LogError> {
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
