//! The file: transactions that share one fsync, the bell that readers wait for, and who is whose successor.

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

/// Who reads for a group just now.
struct Owner {
    epoch: u64,
    /// Empty once it has left.
    replica: String,
}

/// Part of a transaction: the number of changes; or a refusal, before anything was changed; or a fault that undoes the
/// transaction.
type Work = Box<dyn FnOnce(&mut Tables<'_>) -> Result<Result<usize, LogError>, LogError> + Send>;
type Slot = Arc<Mutex<Option<Result<usize, LogError>>>>;

/// What waits to be written, and whether a thread is at it.
#[derive(Default)]
struct Queue {
    waiting: Vec<(Work, Slot)>,
    is_busy: bool,
}

/// The right to write, given up even by a thread that dies.
struct ExclusiveMember<'s>(&'s Store);

impl Drop for ExclusiveMember<'_> {
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
    /// Size of the file after it was last compacted.
    pub compacted: AtomicU64,
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
pub(super) fn fault(error: impl Into<redb::Error>) -> LogError {
    match error.into() {
        redb::Error::Corrupted(what) => LogError::Corrupt(what),
        other => LogError::Lost(other.to_string()),
    }
}

impl Store {
    /// Opens the file; `None` where another process holds it.
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
            news: Mutex::default(),
            bell: Condvar::new(),
        };
        // Makes the tables, so that every later read finds them.
        store.write(|_| Ok(Ok(1)))?;
        let topics = store.read(tables::topics)?;
        *store.topics.write().unwrap_or_else(PoisonError::into_inner) = topics;
        Ok(Some(store))
    }

    /// Reads a snapshot. It is given up before this returns: an old one would keep the file from shrinking.
    pub(super) fn read<T>(
        &self,
        reader: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, LogError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let transaction = database.begin_read().map_err(fault)?;
        reader(&transaction).map_err(fault)
    }

    /// Does `work` durably. Whoever waits while another's transaction is on its way to the disk shares the next one:
    /// all that is queued then is one transaction and one fsync.
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
        let _alone = ExclusiveMember(self);
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
        self.ring();
        // Empty only where the thread that had taken this work died before its commit.
        lock(&slot).take().unwrap_or_else(|| Err(LogError::Lost("the writing thread died".to_owned())))
    }

    fn transact(&self, works: Vec<Work>) -> Result<Vec<Result<usize, LogError>>, LogError> {
        let database = self.database.read().unwrap_or_else(PoisonError::into_inner);
        let mut transaction = database.begin_write().map_err(fault)?;
        transaction.set_durability(Durability::Immediate).map_err(fault)?;
        // Open at once after kill -9, instead of reading the whole file first: see BENCHMARKS.md.
        transaction.set_quick_repair(true);
        let mut results = Vec::with_capacity(works.len());
        {
            let mut tables = Tables::open(&transaction).map_err(fault)?;
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
            tables.set_topics(&copy).map_err(fault)?;
            Ok(Ok(copy.len()))
        })?;
        known.extend(rows.into_iter().map(|topic| (topic.name.clone(), topic)));
        Ok(())
    }

    /// Refuses what cannot be written, before anything is.
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

    /// Writes outside any group.
    pub(super) fn append(self: &Arc<Self>, records: Vec<Outgoing>) -> Result<(), LogError> {
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
    pub(super) fn take_over(&self, group: &str, replica: &str) -> Result<u64, LogError> {
        // Behind every commit that is on its way, so that its offsets are seen.
        let mut queue = lock(&self.queue);
        while queue.is_busy {
            queue = self.turn.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        queue.is_busy = true;
        drop(queue);
        let _alone = ExclusiveMember(self);
        let mut owners = lock(&self.owners);
        if let Some(owner) = owners.get(group)
            && !owner.replica.is_empty()
            && owner.replica != replica
        {
            return Err(LogError::Config(format!(
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
    /// [`LogError::Fenced`] where another has taken the group over.
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
