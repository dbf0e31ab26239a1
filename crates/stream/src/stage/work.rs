//! The work on a batch: the step runs on its records, on several threads where that helps.
//!
//! A step depends on its record and on the rows of the record's key, so records of different keys can be in work at the same
//! time. What follows from them joins the transaction in the order of the records, so it is the same for any number of threads.

use super::{Input, Outcome, ProcessContext, StageSpec, context::Effects, watchdog::Watchdog};
use crate::{ProcessError, Record, Tables, Transaction};
use proto::wire;
use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Bytes of the outputs of one transaction, after which it takes no more records. The last record of each thread may exceed it.
pub(super) const MAX_OUTPUT_BYTES: usize = 8 * 1024 * 1024;
/// Most threads of a stage: more processors are for more replicas.
const MAX_THREADS: usize = 4;
/// For fewer records, starting a thread is not worth it.
const RECORDS_PER_THREAD: usize = 4;

/// What became of a record.
pub(super) struct Done {
    pub result: Result<(Outcome, Effects), ProcessError>,
    pub took: Duration,
}

/// What the work on a batch needs.
pub(super) struct Work<'a, F> {
    pub spec: &'a StageSpec,
    pub now: jiff::Timestamp,
    pub started: Instant,
    pub tables: &'a Tables,
    /// Largest record that the log accepts, in bytes.
    pub max_record_bytes: usize,
    /// Number of partitions of each topic that the stage writes to.
    pub partitions: &'a HashMap<String, i32>,
    /// Partition and offset of records that took too long, and how long.
    pub slow: &'a HashMap<(i32, i64), Duration>,
    pub watchdog: &'a Watchdog,
    pub step: &'a F,
}

/// Threads that a stage works on: as many as there are processors, at most four.
pub(super) fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(MAX_THREADS)
}

/// How many of the first records have a key each of their own.
pub(super) fn distinct(records: &[Record]) -> usize {
    let mut keys = HashSet::with_capacity(records.len());
    records.iter().take_while(|record| keys.insert(record.key.as_slice())).count()
}

impl<F> Work<'_, F> {
    /// Runs the step on `records`, whose keys differ, until a budget is used up. Returns what became of the first of them, as
    /// many as were processed.
    pub fn run<M>(&self, records: &[Record], transaction: &Transaction, threads: usize) -> Vec<Done>
    where
        M: wire::Message,
        F: Fn(&Input<'_, M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError> + Sync,
    {
        let (next, bytes) = (AtomicUsize::new(0), AtomicUsize::new(transaction.bytes()));
        let worker = |number: usize| {
            let mut all = Vec::new();
            // Each takes the next record, so that those which were processed are the first ones.
            while self.has_budget(&next, &bytes) {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(record) = records.get(at) else { break };
                self.watchdog.begin(number, &record.key);
                let started = Instant::now();
                let result = self.process(record, transaction);
                let took = started.elapsed();
                self.watchdog.end(number);
                if let Ok((_, effects)) = &result {
                    bytes.fetch_add(effects.bytes(), Ordering::Relaxed);
                }
                all.push((at, Done { result, took }));
            }
            all
        };
        let threads = threads.min(records.len() / RECORDS_PER_THREAD).max(1);
        let mut all = thread::scope(|scope| {
            let worker = &worker;
            let start = |number: usize| {
                let thread = thread::Builder::new().name(format!("{}-{number}", self.spec.member.stage));
                // If the system refuses a thread, the others do its work.
                thread.spawn_scoped(scope, move || worker(number)).ok()
            };
            let others: Vec<_> = (1..threads).filter_map(start).collect();
            let mut all = worker(0);
            for other in others {
                all.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            all
        });
        all.sort_unstable_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, done)| done).collect()
    }

    /// Whether another record may be taken. The first one may in any case.
    fn has_budget(&self, next: &AtomicUsize, bytes: &AtomicUsize) -> bool {
        let has_time = || self.started.elapsed() < self.spec.work_limit;
        next.load(Ordering::Relaxed) == 0 || bytes.load(Ordering::Relaxed) < MAX_OUTPUT_BYTES && has_time()
    }

    /// Runs the step on one record.
    fn process<M>(&self, record: &Record, transaction: &Transaction) -> Result<(Outcome, Effects), ProcessError>
    where
        M: wire::Message,
        F: Fn(&Input<'_, M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError>,
    {
        if let Some(took) = self.slow.get(&(record.partition, record.offset)) {
            let detail = format!("its work took {} s, and could not be committed", took.as_secs());
            return Err(ProcessError::poison("too-slow", detail));
        }
        let message = match catch_unwind(|| record.decode::<M>()) {
            Ok(decoded) => decoded.map_err(|error| ProcessError::poison("undecodable", error))?,
            Err(_) => return Err(panicked()),
        };
        let input = Input { message, record };
        let mut context = ProcessContext {
            now: self.now,
            spec: self.spec,
            tables: self.tables,
            max_record_bytes: self.max_record_bytes,
            partitions: self.partitions,
            transaction,
            source: record,
            effects: Effects::default(),
        };
        // A step that panics must not block its partition: the record goes to the dead letters.
        let result = catch_unwind(AssertUnwindSafe(|| (self.step)(&input, &mut context)));
        let outcome = result.unwrap_or_else(|_| Err(panicked()))?;
        let effects = context.effects;
        if effects.bytes() > MAX_OUTPUT_BYTES {
            let detail = format!("its outputs would be {} bytes, the limit is {MAX_OUTPUT_BYTES}", effects.bytes());
            return Err(ProcessError::poison("too-large", detail));
        }
        Ok((outcome, effects))
    }
}

fn panicked() -> ProcessError {
    ProcessError::poison("panic", "the stage panicked on this record")
}

#[cfg(test)]
mod tests;
