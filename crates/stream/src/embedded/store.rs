//! The store: transactions that share one fsync, a signal that readers wait for, and the readers of groups.

use super::{
    Options,
    clock::Clock,
    fault::{Fault, lock},
    file::{Failure, OpenFile},
    tables::{self, Counts, Key, Memory, Now, PIECE_BITS, Reader, Tables, Topic},
};
use crate::{LogError, Outgoing, TopicSpec};
use redb::Durability;
use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex, PoisonError, RwLock, atomic::AtomicU64},
    time::Instant,
};

/// Most partitions of a topic: each has a row, which is written when the topic is created.
const MAX_PARTITIONS: i32 = 10_000;

/// The current reader of a group.
struct Owner {
    epoch: u64,
    /// Empty after it has left.
    replica: String,
}

/// Part of a transaction. It returns the number of its changes, or the reason why it changed nothing; an outer error undoes
/// the whole transaction.
type Work = Box<dyn FnOnce(&mut Tables<'_>) -> Result<Result<usize, LogError>, Fault> + Send>;
type Slot = Arc<Mutex<Option<Result<usize, LogError>>>>;

/// Work that waits for the next transaction, and whether a thread is writing.
#[derive(Default)]
struct Queue {
    waiting: Vec<(Work, Slot)>,
    /// Bytes that the waiting work writes.
    bytes: u64,
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
    pub options: Options,
    pub file: OpenFile,
    queue: Mutex<Queue>,
    turn: Condvar,
    /// Size of the file after it was last compacted.
    pub compacted: AtomicU64,
    topics: RwLock<HashMap<String, Topic>>,
    owners: Mutex<HashMap<String, Owner>>,
    /// Number of changes that a waiting reader may want to see.
    version: Mutex<u64>,
    changed: Condvar,
    clock: Clock,
    /// What the next transaction continues from; `None` before the first one.
    memory: Mutex<Option<Memory>>,
    /// Why the last transaction failed, if it did.
    trouble: Mutex<Option<String>>,
}

impl Store {
    /// A store on an open file.
    pub(super) fn new(file: OpenFile, options: Options) -> Result<Self, LogError> {
        let row = match file.read(|reader| reader.small(&Key::Clock)) {
            Err(LogError::NoTopic(_)) => None,
            row => row?,
        };
        let store = Store {
            clock: Clock::start(&options, row),
            options,
            file,
            queue: Mutex::default(),
            turn: Condvar::new(),
            compacted: AtomicU64::new(0),
            topics: RwLock::default(),
            owners: Mutex::default(),
            version: Mutex::default(),
            changed: Condvar::new(),
            memory: Mutex::default(),
            trouble: Mutex::default(),
        };
        if row.is_none() {
            // Creates the tables, so that every later read finds them.
            store.write(0, |_| Ok(Ok(1)))?;
        }
        let topics = store.read(|reader| reader.topics())?;
        *store.topics.write().unwrap_or_else(PoisonError::into_inner) = topics;
        Ok(store)
    }

    /// The time by both clocks.
    pub(super) fn now(&self) -> Now {
        self.clock.now()
    }

    /// Why nothing can be written at the moment; `None` if the last transaction succeeded.
    pub(super) fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }

    /// Writes the clock if it is due, if the disk is full, or if the last transaction failed: whether the log can be written is
    /// known only by trying.
    pub(super) fn keep_alive(&self) -> Result<(), LogError> {
        let is_doubtful = self.trouble().is_some() || self.file.check_space(1).is_err();
        if is_doubtful || self.clock.is_due(self.now()) {
            self.write(1, |_| Ok(Ok(1)))?;
        }
        Ok(())
    }

    /// Reads a snapshot, which is released before this returns: an old one would keep the file from shrinking.
    pub(super) fn read<T>(&self, reader: impl FnMut(&mut Reader<'_>) -> Result<T, Fault>) -> Result<T, LogError> {
        self.file.read(reader)
    }

    /// Does `work` durably, which writes about `bytes`. Work that is queued while a transaction is written to disk shares the
    /// next transaction and its fsync.
    pub(super) fn write(
        &self,
        bytes: u64,
        work: impl FnOnce(&mut Tables<'_>) -> Result<Result<usize, LogError>, Fault> + Send + 'static,
    ) -> Result<usize, LogError> {
        let slot = Slot::default();
        let mut queue = lock(&self.queue);
        queue.waiting.push((Box::new(work), slot.clone()));
        queue.bytes += bytes;
        while queue.is_busy && lock(&slot).is_none() {
            queue = self.turn.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if let Some(result) = lock(&slot).take() {
            return result;
        }
        queue.is_busy = true;
        let queued = std::mem::take(&mut queue.waiting);
        let bytes = std::mem::take(&mut queue.bytes);
        drop(queue);
        let _guard = WriteGuard(self);
        let (works, slots): (Vec<_>, Vec<_>) = queued.into_iter().unzip();
        let results = match self.transact(bytes, works) {
            Ok(results) => results,
            Err(undone) => slots.iter().map(|_| Err(copy(&undone))).collect(),
        };
        for (slot, result) in slots.iter().zip(results) {
            *lock(slot) = Some(result);
        }
        self.notify();
        // Empty only if the thread that took this work panicked before its commit.
        lock(&slot).take().unwrap_or_else(|| Err(LogError::Lost("the writing thread panicked".to_owned())))
    }

    fn transact(&self, bytes: u64, works: Vec<Work>) -> Result<Vec<Result<usize, LogError>>, LogError> {
        let result = self.try_transact(bytes, works);
        let trouble = match &result {
            // Nothing was written, which shows nothing.
            Ok(results) if !results.iter().any(|result| matches!(result, Ok(changes) if *changes > 0)) => {
                return result;
            }
            // What the caller did wrong, or asked for, is no trouble of the file.
            Ok(_) | Err(LogError::Aborted(_)) => None,
            Err(LogError::Unavailable(why) | LogError::Lost(why) | LogError::Corrupt(why)) => Some(why.clone()),
            Err(other) => Some(other.to_string()),
        };
        let before = std::mem::replace(&mut *lock(&self.trouble), trouble.clone());
        match (before, trouble) {
            (None, Some(why)) => tracing::error!(why, "the log cannot be written: {why}"),
            (Some(_), None) => tracing::info!("the log can be written again"),
            _ => {}
        }
        result
    }

    fn try_transact(&self, bytes: u64, works: Vec<Work>) -> Result<Vec<Result<usize, LogError>>, LogError> {
        // Retention, which makes space, says 0.
        if bytes > 0 {
            self.file.check_space(bytes)?;
        }
        let now = self.now();
        let memory = match lock(&self.memory).take() {
            Some(memory) => memory,
            None => self.first_memory()?,
        };
        let before = memory.counts;
        let mut works = Some(works);
        let mut results = None;
        let written = self.file.write(|database| {
            let Some(works) = works.take() else { return Ok(None) };
            let mut transaction = database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            // After kill -9 the file opens at once; without this the store reads all of it first.
            transaction.set_quick_repair(true);
            let mut done = Vec::with_capacity(works.len());
            let mut tables = Tables::open(&transaction, memory.clone(), now)?;
            tables.begin(before.piece)?;
            for work in works {
                done.push(work(&mut tables)?);
            }
            let is_changed = done.iter().any(|result| matches!(result, Ok(changes) if *changes > 0));
            results = Some(done);
            if is_changed {
                tables.finish()?;
                let memory = tables.memory.clone();
                drop(tables);
                transaction.commit()?;
                Ok(Some(memory))
            } else {
                drop(tables);
                transaction.abort()?;
                Ok(None)
            }
        });
        match written {
            Ok(Some(memory)) => {
                self.clock.wrote(now);
                *lock(&self.memory) = Some(memory);
            }
            Ok(None) => *lock(&self.memory) = Some(Memory { counts: before, space: HashMap::new() }),
            Err(Failure { error, is_unknown: false }) => return Err(error),
            // The disk failed at some point of a commit: the file says whether it is there.
            Err(Failure { error, is_unknown: true }) => {
                let counts = self.file.read(|reader| reader.small::<Counts>(&Key::Counts));
                match counts {
                    Ok(Some(counts)) if counts.transactions == before.transactions + 1 && results.is_some() => {}
                    Ok(_) => return Err(error),
                    Err(_) => return Err(LogError::Lost(format!("{error}; whether the commit is there is unknown"))),
                }
            }
        }
        Ok(results.unwrap_or_default())
    }

    /// What the first transaction of this opening continues from. Its pieces get numbers that no earlier opening used, so
    /// that what an aborted transaction left in the file is never taken for one of them.
    fn first_memory(&self) -> Result<Memory, LogError> {
        let counts = match self.file.read(|reader| reader.small::<Counts>(&Key::Counts)) {
            Err(LogError::NoTopic(_)) => None,
            counts => counts?,
        };
        let before = counts.unwrap_or_default();
        let piece = ((before.piece >> PIECE_BITS) + 1) << PIECE_BITS;
        Ok(Memory { counts: Counts { piece, ..before }, space: HashMap::new() })
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
        // After a repair some ids may be missing.
        let free = known.values().map(|topic| topic.id.saturating_add(1)).max().unwrap_or(0);
        for spec in specs {
            match known.get(&spec.name) {
                Some(there) if there.partitions != spec.partitions => {
                    return Err(LogError::Config(format!(
                        "topic {} has {} partitions, but this pipeline is configured for {}",
                        spec.name, there.partitions, spec.partitions
                    )));
                }
                Some(_) => continue,
                None if !(1..=MAX_PARTITIONS).contains(&spec.partitions) => {
                    return Err(LogError::Config(format!(
                        "topic {} needs 1 to {MAX_PARTITIONS} partitions",
                        spec.name
                    )));
                }
                None => {}
            }
            let id = free.saturating_add(u32::try_from(new.len()).unwrap_or(u32::MAX));
            let (name, retention) = (spec.name.clone(), spec.retention);
            new.entry(&spec.name).or_insert(Topic { name, id, partitions: spec.partitions, retention });
        }
        if new.is_empty() {
            return Ok(());
        }
        let rows: Vec<Topic> = new.into_values().collect();
        let copy = rows.clone();
        self.write(1, move |tables| {
            tables.set_topics(&copy)?;
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
        let times = self.options.compaction_times();
        self.write(bytes(&records), move |tables| {
            tables.append(&records, times)?;
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

    /// True if a member of the group runs in this process.
    pub(super) fn is_running(&self, group: &str) -> bool {
        lock(&self.owners).get(group).is_some_and(|owner| !owner.replica.is_empty())
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
        self.read(|reader| {
            (0..topic.partitions).map(|partition| Ok(reader.end(topic, partition)?.next)).collect::<Result<_, Fault>>()
        })
    }

    pub(super) fn committed(&self, group: &str, topic: &Topic) -> Result<HashMap<i32, i64>, LogError> {
        self.read(|reader| {
            let mut found = HashMap::new();
            for partition in 0..topic.partitions {
                let key = Key::Position(group.to_owned(), topic.id, partition);
                found.extend(reader.small::<tables::Position>(&key)?.map(|next| (partition, next)));
            }
            Ok(found)
        })
    }
}

/// Bytes of key, value and headers.
pub(super) fn bytes(records: &[(Topic, Outgoing)]) -> u64 {
    records.iter().map(|(_, output)| output.size() as u64).sum()
}

/// The same error for each part of a transaction.
fn copy(error: &LogError) -> LogError {
    match error {
        LogError::Aborted(reason) => LogError::Aborted(reason.clone()),
        LogError::Corrupt(what) => LogError::Corrupt(what.clone()),
        LogError::Unavailable(why) => LogError::Unavailable(why.clone()),
        LogError::Config(what) => LogError::Config(what.clone()),
        LogError::Lost(why) => LogError::Lost(why.clone()),
        other => LogError::Lost(other.to_string()),
    }
}
