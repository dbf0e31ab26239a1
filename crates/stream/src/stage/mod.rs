//! A stage: a plain function from a record to effects, run in batches.

mod context;

pub use context::ProcessContext;

use crate::{
    CancellationToken, DeadLetter, Log, LogError, MemberSpec, Metrics, ProcessError, Processor, Record, Session,
    StageMetrics, Transaction, drive,
};
use context::Effects;
use proto::{partition, wire};
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

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
}

/// A record that was decoded.
#[derive(Debug)]
pub struct Input<M> {
    /// The message.
    pub message: M,
    /// The record that carried it.
    pub record: Record,
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
/// `step` handles one record. A record that cannot be decoded, that the step refuses as poison or panics on goes to the
/// dead letters, and the stage continues. A transient refusal rewinds the batch, which is tried again after a pause.
///
/// # Errors
/// As [`drive`].
pub fn run<M: wire::Message>(
    log: &dyn Log,
    spec: &StageSpec,
    shutdown: &CancellationToken,
    metrics: &Metrics,
    step: impl FnMut(&Input<M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError>,
) -> Result<(), LogError> {
    let metrics = metrics.stage(&spec.member.stage);
    let mut stage = Stage {
        spec,
        metrics: metrics.clone(),
        partitions: HashMap::new(),
        step,
        message: std::marker::PhantomData::<fn() -> M>,
    };
    drive(log, &spec.member, spec.max_batch, shutdown, &metrics, &mut stage)
}

struct Stage<'s, M, F> {
    spec: &'s StageSpec,
    metrics: StageMetrics,
    /// Number of partitions of each topic that the stage writes to.
    partitions: HashMap<String, i32>,
    step: F,
    message: std::marker::PhantomData<fn() -> M>,
}

impl<M, F> Processor for Stage<'_, M, F>
where
    M: wire::Message,
    F: FnMut(&Input<M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError>,
{
    fn on_join(&mut self, log: &dyn Log) -> Result<(), LogError> {
        for topic in self.spec.outputs.iter().chain([&self.spec.dead_letters]) {
            self.partitions.insert(topic.clone(), log.partitions(topic)?);
        }
        Ok(())
    }

    /// Processes one batch and commits it.
    fn on_records(&mut self, session: &mut Session, records: Vec<Record>) -> Result<(), ProcessError> {
        fail::fail_point!("stream::read");
        let started = Instant::now();
        let now = jiff::Timestamp::now();
        let mut transaction = Transaction::default();
        let mut outcomes: Vec<Result<Outcome, &'static str>> = Vec::with_capacity(records.len());
        for record in records {
            transaction.advance(record.partition, record.offset + 1);
            outcomes.push(match self.process(session, &mut transaction, record, now) {
                Ok(outcome) => Ok(outcome),
                Err(refused) => {
                    let (record, error) = *refused;
                    Err(self.refuse(&mut transaction, record, error, now)?)
                }
            });
        }
        self.metrics.work_seconds.observe(started.elapsed().as_secs_f64());
        session.commit(transaction)?;
        outcomes.into_iter().for_each(|outcome| self.count(outcome));
        Ok(())
    }
}

impl<M, F> Stage<'_, M, F>
where
    M: wire::Message,
    F: FnMut(&Input<M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError>,
{
    /// Runs the step on one record. Its effects join the transaction only if it returns an outcome.
    fn process(
        &mut self,
        session: &Session,
        transaction: &mut Transaction,
        record: Record,
        now: jiff::Timestamp,
    ) -> Result<Outcome, Box<(Record, ProcessError)>> {
        let message = match record.decode::<M>() {
            Ok(message) => message,
            Err(error) => return Err(Box::new((record, ProcessError::poison("undecodable", error)))),
        };
        let input = Input { message, record };
        let mut context = ProcessContext {
            now,
            spec: self.spec,
            session,
            partitions: &self.partitions,
            transaction,
            source: &input.record,
            effects: Effects::default(),
        };
        // A step that panics must not block its partition: the record goes to the dead letters.
        let result = catch_unwind(AssertUnwindSafe(|| (self.step)(&input, &mut context)))
            .unwrap_or_else(|_| Err(ProcessError::poison("panic", "the stage panicked on this record")));
        let effects = context.effects;
        match result {
            Ok(outcome) => {
                effects.move_to(transaction);
                Ok(outcome)
            }
            Err(error) => Err(Box::new((input.record, error))),
        }
    }

    /// Writes a dead letter and returns its reason; an error that is not poison is returned unchanged.
    fn refuse(
        &self,
        transaction: &mut Transaction,
        record: Record,
        error: ProcessError,
        now: jiff::Timestamp,
    ) -> Result<&'static str, ProcessError> {
        let ProcessError::Poison { reason, detail } = error else { return Err(error) };
        let stage = self.spec.member.stage.as_str();
        let Record { topic, partition, offset, .. } = &record;
        tracing::warn!(stage, reason, detail, topic, partition, offset, "record refused; written to the dead letters");
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
