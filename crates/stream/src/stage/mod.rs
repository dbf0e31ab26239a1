//! A stage: a plain function from a record to effects, run in batches.

mod context;
mod refusals;
mod watchdog;
mod work;

pub use context::ProcessContext;
pub use refusals::RefusalLimit;

use crate::{
    CancellationToken, DeadLetter, Log, LogError, MemberSpec, Metrics, ProcessError, Processor, Record, Session,
    StageMetrics, Transaction, drive,
};
use proto::{partition, wire};
use refusals::{Origin, Refusals};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use watchdog::Watchdog;
use work::{Done, MAX_OUTPUT_BYTES, Work};

/// Most records that are remembered as too slow. There is one for each time that a session was lost to it.
const MAX_SLOW: usize = 100;

/// A stage: who it is and where its records go.
#[derive(Debug, Clone)]
pub struct StageSpec {
    /// Group, source, replica and tables.
    pub member: MemberSpec,
    /// Topics that the step emits to.
    pub outputs: Vec<String>,
    /// Topic of refused records.
    pub dead_letters: String,
    /// How values are encoded.
    pub encoding: wire::Encoding,
    /// Most records in one transaction.
    pub max_batch: usize,
    /// Work after which a transaction takes no more records.
    pub work_limit: Duration,
    /// Work on one record after which it is refused, if it could not be committed: it would cost the member its partitions
    /// at each attempt. Half of librdkafka's `max.poll.interval.ms`.
    pub record_limit: Duration,
    /// When the stage refuses so much that it stops.
    pub refusal_limit: RefusalLimit,
}

impl StageSpec {
    /// Default of [`StageSpec::work_limit`].
    pub const WORK_LIMIT: Duration = Duration::from_secs(1);
    /// Default of [`StageSpec::record_limit`].
    pub const RECORD_LIMIT: Duration = Duration::from_secs(150);
}

/// A record that was decoded.
#[derive(Debug)]
pub struct Input<'r, M> {
    /// The message.
    pub message: M,
    /// The record that carried it.
    pub record: &'r Record,
}

/// What became of a record. Each has exactly one outcome, so that the counters balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It produced an output.
    Out,
    /// It contained nothing new.
    Duplicate,
    /// It was dropped, for a countable reason.
    Dropped(&'static str),
}

/// Runs a stage until `shutdown` is cancelled, or an error requires the process to end.
///
/// `step` handles one record. It reads and writes rows of the record's key only, and emits records: several threads call it for
/// records of different keys at the same time. A record that cannot be decoded, that the step refuses as poison or panics on goes to the
/// dead letters, and the stage continues. A transient refusal rewinds the batch, which is tried again after a pause. A stage
/// that refuses more than [`StageSpec::refusal_limit`] leaves its group and waits to be replaced.
///
/// # Errors
/// As [`drive`].
pub fn run<M: wire::Message>(
    log: &dyn Log,
    spec: &StageSpec,
    shutdown: &CancellationToken,
    metrics: &Metrics,
    step: impl Fn(&Input<'_, M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError> + Sync,
) -> Result<(), LogError> {
    let metrics = metrics.stage(&spec.member.stage);
    let mut stage = Stage {
        spec,
        metrics: metrics.clone(),
        watchdog: Watchdog::start(&spec.member.stage, metrics.record_seconds.clone(), metrics.slow_records.clone()),
        partitions: HashMap::new(),
        refusals: Refusals::new(spec.refusal_limit),
        slow: HashMap::new(),
        threads: work::threads(),
        step,
        message: std::marker::PhantomData::<fn() -> M>,
    };
    drive(log, &spec.member, spec.max_batch, shutdown, &metrics, &mut stage)
}

struct Stage<'s, M, F> {
    spec: &'s StageSpec,
    metrics: StageMetrics,
    watchdog: Watchdog,
    /// Number of partitions of each topic that the stage writes to.
    partitions: HashMap<String, i32>,
    refusals: Refusals,
    /// Partition and offset of records whose work took too long, and how long, until they are committed.
    slow: HashMap<(i32, i64), Duration>,
    /// Most threads that work on a batch.
    threads: usize,
    step: F,
    message: std::marker::PhantomData<fn() -> M>,
}

impl<M, F> Processor for Stage<'_, M, F>
where
    M: wire::Message,
    F: Fn(&Input<'_, M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError> + Sync,
{
    fn on_join(&mut self, log: &dyn Log) -> Result<(), LogError> {
        for topic in self.spec.outputs.iter().chain([&self.spec.dead_letters]) {
            self.partitions.insert(topic.clone(), log.partitions(topic)?);
        }
        Ok(())
    }

    /// Processes records until one of the budgets is used up, and commits them. The others come with the next poll.
    fn on_records(&mut self, session: &mut Session, mut records: Vec<Record>) -> Result<(), ProcessError> {
        fail::fail_point!("stream::read");
        let started = Instant::now();
        let now = session.now();
        // If a record is alone, it is the cause of what follows.
        let alone = if let [record] = records.as_slice() { Some(record.clone()) } else { None };
        let mut transaction = Transaction::default();
        let mut outcomes: Vec<Result<Outcome, &'static str>> = Vec::with_capacity(records.len());
        let mut rest = records.as_slice();
        while let Some(first) = rest.get(..work::distinct(rest)).filter(|first| !first.is_empty()) {
            let done = self.work(session, now, started).run(first, &transaction, self.threads);
            let is_cut = done.len() < first.len();
            for (record, done) in first.iter().zip(done) {
                outcomes.push(self.take(&mut transaction, record, done, now)?);
            }
            rest = records.get(outcomes.len()..).unwrap_or_default();
            if is_cut || transaction.bytes() >= MAX_OUTPUT_BYTES || started.elapsed() >= self.spec.work_limit {
                break;
            }
        }
        let unprocessed = records.split_off(outcomes.len());
        if let Some(fault) = self.refusals.fault() {
            return Err(ProcessError::Halt(fault));
        }
        self.metrics.work_seconds.observe(started.elapsed().as_secs_f64());
        match (session.commit(transaction), alone) {
            (Ok(()), _) => {}
            // The log does not take what follows from this record.
            (Err(error @ LogError::TooLarge { .. }), Some(record)) => {
                session.rewind()?;
                let mut transaction = Transaction::default();
                transaction.advance(record.partition, record.offset + 1);
                let error = ProcessError::poison("too-large", error);
                outcomes = vec![Err(self.refuse(&mut transaction, record, error, now)?)];
                session.commit(transaction)?;
            }
            (Err(error), _) => return Err(error.into()),
        }
        let positions = session.positions();
        self.slow.retain(|(partition, offset), _| positions.get(partition).is_none_or(|next| offset >= next));
        session.carry(unprocessed.into_iter());
        outcomes.into_iter().for_each(|outcome| self.count(outcome));
        Ok(())
    }
}

impl<M, F> Stage<'_, M, F>
where
    M: wire::Message,
    F: Fn(&Input<'_, M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError> + Sync,
{
    fn work<'a>(&'a self, session: &'a Session, now: jiff::Timestamp, started: Instant) -> Work<'a, F> {
        Work {
            spec: self.spec,
            now,
            started,
            tables: session.tables(),
            max_record_bytes: session.max_record_bytes(),
            partitions: &self.partitions,
            slow: &self.slow,
            watchdog: &self.watchdog,
            step: &self.step,
        }
    }

    /// Takes what became of a record into the transaction: the effects of its step, or its dead letter.
    fn take(
        &mut self,
        transaction: &mut Transaction,
        record: &Record,
        done: Done,
        now: jiff::Timestamp,
    ) -> Result<Result<Outcome, &'static str>, ProcessError> {
        transaction.advance(record.partition, record.offset + 1);
        self.time(record, done.took);
        match done.result {
            Ok((outcome, effects)) => {
                effects.move_to(transaction);
                self.refusals.add(None);
                Ok(Ok(outcome))
            }
            Err(error) => Ok(Err(self.refuse(transaction, record.clone(), error, now)?)),
        }
    }

    /// Logs a record whose work took long, and remembers one that took too long.
    fn time(&mut self, record: &Record, took: Duration) {
        if took >= self.spec.record_limit && self.slow.len() < MAX_SLOW {
            self.slow.insert((record.partition, record.offset), took);
        }
        if took >= self.spec.work_limit {
            let (stage, key) = (self.spec.member.stage.as_str(), String::from_utf8_lossy(&record.key));
            let Record { topic, partition, offset, .. } = record;
            let seconds = took.as_secs();
            tracing::warn!(stage, topic, partition, offset, %key, seconds, "a record took long");
        }
    }

    /// Writes a dead letter and returns its reason; an error that is not poison is returned unchanged.
    fn refuse(
        &mut self,
        transaction: &mut Transaction,
        record: Record,
        error: ProcessError,
        now: jiff::Timestamp,
    ) -> Result<&'static str, ProcessError> {
        let ProcessError::Poison { reason, detail } = error else { return Err(error) };
        let stage = self.spec.member.stage.as_str();
        let Record { topic, partition, offset, .. } = &record;
        let key = String::from_utf8_lossy(&record.key);
        let origin = Origin::of(&record);
        let feed = origin.feed();
        tracing::warn!(
            stage,
            reason,
            feed,
            detail,
            topic,
            partition,
            offset,
            %key,
            "record refused; written to the dead letters"
        );
        self.refusals.refused(reason, origin);
        let topic = &self.spec.dead_letters;
        let count = self.partitions.get(topic).copied().unwrap_or(1);
        let to = partition::of(&record.key, count);
        transaction.write(DeadLetter::new(stage, reason, &detail, record, now).to_outgoing(topic, to));
        Ok(reason)
    }

    fn count(&self, outcome: Result<Outcome, &'static str>) {
        self.metrics.read.inc();
        match outcome {
            Ok(Outcome::Out) => self.metrics.out.inc(),
            Ok(Outcome::Duplicate) => self.metrics.duplicate.inc(),
            Ok(Outcome::Dropped(reason)) => self.metrics.dropped(reason).inc(),
            Err(reason) => self.metrics.dead_letter(reason).inc(),
        }
    }
}
