//! The loop around a plain function: read a batch, do all its work, and only then open a transaction.

use crate::{
    CancellationToken, DeadLetter, Event, Log, LogError, MemberSpec, Metrics, Outgoing, ProcessError, Record, Session,
    session::Transaction,
};
use proto::{partition, wire};
use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

/// A stage: who it is and where its records go.
#[derive(Debug, Clone)]
pub struct StageSpec {
    /// Group, source, replica and tables.
    pub member: MemberSpec,
    /// Where refused records wait.
    pub dead_letters: String,
    /// How values are written.
    pub encoding: wire::Encoding,
    /// Most records in one transaction.
    pub max_batch: usize,
}

/// A record that was understood.
#[derive(Debug)]
pub struct Input<M> {
    /// The message.
    pub message: M,
    /// The record that carried it.
    pub record: Record,
}

/// What became of a record. Each has exactly one outcome, so that the ledger closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It led to an output.
    Out,
    /// It said nothing new.
    Duplicate,
    /// It was dropped, for a countable reason.
    Dropped(&'static str),
}

/// What a step may do: look at state, emit records, change state. Nothing of it is visible before the commit.
pub struct ProcessContext<'a> {
    /// The time at which this batch is worked on.
    pub now: jiff::Timestamp,
    spec: &'a StageSpec,
    session: &'a Session,
    partitions: &'a HashMap<String, i32>,
    transaction: &'a mut Transaction,
    source: &'a Record,
    emitted: Vec<Outgoing>,
    kept: Vec<(usize, Outgoing)>,
}

impl ProcessContext<'_> {
    /// The row of `key` in the table `table` (an index into the spec's tables), in the input's partition.
    ///
    /// # Errors
    /// Where the row cannot be decoded: a fault of the log, not of the record.
    pub fn state<S: wire::Message>(&self, table: usize, key: &str) -> Result<Option<S>, ProcessError> {
        self.session
            .row(self.transaction, table, self.source.partition, key.as_bytes())
            .map(|row| {
                row.decode().map_err(|error| ProcessError::Log(LogError::Corrupt(format!("state of {key}: {error}"))))
            })
            .transpose()
    }

    /// Writes a row of a table, in the input's partition.
    ///
    /// # Errors
    /// Where it cannot be encoded or is over the limit.
    pub fn set_state<S: wire::Message>(&mut self, table: usize, key: &str, row: &S) -> Result<(), ProcessError> {
        let Some(topic) = self.spec.member.tables.get(table).cloned() else {
            return Err(ProcessError::Log(LogError::Config(format!("the stage has no table {table}"))));
        };
        let change = self.outgoing(&topic, self.source.partition, key, row)?;
        self.kept.push((table, change));
        Ok(())
    }

    /// Emits a record, on the partition that its key belongs to.
    ///
    /// # Errors
    /// Where it cannot be encoded or is over the limit.
    pub fn emit<M: wire::Message>(&mut self, topic: &str, key: &str, message: &M) -> Result<(), ProcessError> {
        let count = self.partitions.get(topic).copied();
        let count = count.ok_or_else(|| ProcessError::Log(LogError::NoTopic(topic.to_owned())))?;
        let output = self.outgoing(topic, partition::of(key.as_bytes(), count), key, message)?;
        self.emitted.push(output);
        Ok(())
    }

    fn outgoing<M: wire::Message>(
        &self,
        topic: &str,
        partition: i32,
        key: &str,
        message: &M,
    ) -> Result<Outgoing, ProcessError> {
        let value = self
            .spec
            .encoding
            .encode(message)
            .map_err(|error| ProcessError::poison("unencodable", error.to_string()))?;
        // Made of the input's own coordinates: who processes it again writes the same id.
        let from = self.source;
        let number = self.emitted.len() + self.kept.len();
        let event = wire::Attributes {
            id: &format!("{}/{}/{}/{number}", from.topic, from.partition, from.offset),
            event_type: M::TYPE,
            source: &format!("newswire/{}", self.spec.member.stage),
            time: self.now,
        };
        let headers = wire::headers(self.spec.encoding, &event, from.header(wire::TRACEPARENT));
        let output =
            Outgoing { topic: topic.to_owned(), partition, key: key.as_bytes().to_vec(), value: Some(value), headers };
        let limit = self.session.max_record_bytes();
        if output.size() > limit {
            let detail = format!("{} of {key} would be {} bytes, over {limit}", M::TYPE, output.size());
            return Err(ProcessError::poison("too-large", detail));
        }
        Ok(output)
    }
}

/// Runs a stage until it is asked to stop, or a fault says that the process must end.
///
/// `topics` are those that the step emits to. A record that cannot be decoded, or that the step refuses as poison,
/// goes to the dead letters and the stage goes on; a transient refusal rewinds and tries again.
///
/// # Errors
/// [`LogError::Fenced`] when another has taken over; [`LogError::Lost`] when joining anew has failed ten times in a row.
pub fn run<M: wire::Message>(
    log: &dyn Log,
    spec: &StageSpec,
    topics: &[String],
    shutdown: &CancellationToken,
    metrics: &Metrics,
    mut step: impl FnMut(&Input<M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError>,
) -> Result<(), LogError> {
    let stage = spec.member.stage.as_str();
    rejoining(stage, shutdown, metrics, |progress| {
        let mut partitions = HashMap::new();
        for topic in topics.iter().chain([&spec.dead_letters]) {
            partitions.insert(topic.clone(), log.partitions(topic)?);
        }
        let mut session = Session::join(log, &spec.member)?;
        let mut pause = Backoff::new();
        while !shutdown.is_cancelled() {
            let result = match session.poll(spec.max_batch, Duration::from_millis(250)) {
                Ok(Event::Records(records)) => {
                    fail::fail_point!("stream::read");
                    work(&mut session, spec, &partitions, metrics, records, &mut step).map(|()| progress())
                }
                Ok(Event::Assigned(numbers)) => {
                    metrics.partitions.with_label_values(&[stage]).add(as_i64(numbers.len()));
                    tracing::info!(stage, partitions = ?numbers, "partitions assigned and restored");
                    Ok(())
                }
                Ok(Event::Revoked(numbers)) => {
                    metrics.partitions.with_label_values(&[stage]).sub(as_i64(numbers.len()));
                    tracing::info!(stage, partitions = ?numbers, "partitions revoked");
                    Ok(())
                }
                Ok(Event::Idle) => Ok(()),
                Err(fault) => Err(ProcessError::Log(fault)),
            };
            if let Some(lag) = session.lag() {
                metrics.lag.with_label_values(&[stage]).set(lag);
            }
            match result {
                Ok(()) => pause.reset(),
                Err(ProcessError::Log(LogError::Aborted(reason))) => {
                    metrics.aborted.with_label_values(&[stage]).inc();
                    tracing::warn!(stage, reason, "transaction aborted; trying again");
                    pause.wait(shutdown);
                }
                Err(ProcessError::Log(LogError::Unavailable(reason)) | ProcessError::Transient(reason)) => {
                    tracing::warn!(stage, reason, "not possible just now; trying again");
                    session.rewind()?;
                    pause.wait(shutdown);
                }
                Err(ProcessError::Log(fault)) => return Err(fault),
                Err(ProcessError::Poison { reason, detail }) => {
                    // `work` turns poison into dead letters; what arrives here is a dead letter that itself failed.
                    return Err(LogError::Corrupt(format!("{reason}: {detail}")));
                }
            }
        }
        Ok(())
    })
}

/// Works one batch off and commits it.
fn work<M: wire::Message>(
    session: &mut Session,
    spec: &StageSpec,
    partitions: &HashMap<String, i32>,
    metrics: &Metrics,
    records: Vec<Record>,
    step: &mut impl FnMut(&Input<M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError>,
) -> Result<(), ProcessError> {
    let stage = spec.member.stage.as_str();
    let started = Instant::now();
    let now = jiff::Timestamp::now();
    let mut transaction = Transaction::default();
    let mut outcomes: Vec<Result<Outcome, &'static str>> = Vec::with_capacity(records.len());
    for record in records {
        transaction.advance(record.partition, record.offset + 1);
        let (record, refusal) = match one(session, spec, partitions, &mut transaction, now, record, step) {
            Ok(outcome) => {
                outcomes.push(Ok(outcome));
                continue;
            }
            Err(refused) => *refused,
        };
        let ProcessError::Poison { reason, detail } = refusal else { return Err(refusal) };
        tracing::warn!(
            stage,
            reason,
            detail,
            topic = record.topic,
            partition = record.partition,
            offset = record.offset,
            "record refused; it waits in the dead letters"
        );
        let count = partitions.get(&spec.dead_letters).copied().unwrap_or(1);
        let to = partition::of(&record.key, count);
        let letter = DeadLetter::new(stage, reason, &detail, record, now);
        transaction.write(letter.to_outgoing(&spec.dead_letters, to));
        outcomes.push(Err(reason));
    }
    metrics.work_seconds.with_label_values(&[stage]).observe(started.elapsed().as_secs_f64());
    let began = Instant::now();
    session.commit(transaction)?;
    metrics.commit_seconds.with_label_values(&[stage]).observe(began.elapsed().as_secs_f64());
    metrics.committed.with_label_values(&[stage]).inc();
    for outcome in outcomes {
        metrics.read.with_label_values(&[stage]).inc();
        match outcome {
            Ok(Outcome::Out) => metrics.out.with_label_values(&[stage]).inc(),
            Ok(Outcome::Duplicate) => metrics.duplicate.with_label_values(&[stage]).inc(),
            Ok(Outcome::Dropped(reason)) => metrics.dropped.with_label_values(&[stage, reason]).inc(),
            Err(reason) => metrics.dead_letter.with_label_values(&[stage, reason]).inc(),
        }
    }
    Ok(())
}

/// One record through the step. Its effects join the transaction only when it was not refused.
fn one<M: wire::Message>(
    session: &Session,
    spec: &StageSpec,
    partitions: &HashMap<String, i32>,
    transaction: &mut Transaction,
    now: jiff::Timestamp,
    record: Record,
    step: &mut impl FnMut(&Input<M>, &mut ProcessContext<'_>) -> Result<Outcome, ProcessError>,
) -> Result<Outcome, Box<(Record, ProcessError)>> {
    let message = match record.decode::<M>() {
        Ok(message) => message,
        Err(error) => return Err(Box::new((record, ProcessError::poison("undecodable", error)))),
    };
    let input = Input { message, record };
    let mut effects = ProcessContext {
        now,
        spec,
        session,
        partitions,
        transaction,
        source: &input.record,
        emitted: Vec::new(),
        kept: Vec::new(),
    };
    // A panic in a step is a mistake of ours that must not block a partition: the record waits in the dead letters.
    let result = catch_unwind(AssertUnwindSafe(|| step(&input, &mut effects)))
        .unwrap_or_else(|_| Err(ProcessError::poison("panic", "the stage panicked on this record")));
    let (emitted, kept) = (effects.emitted, effects.kept);
    match result {
        Ok(outcome) => {
            for (table, change) in kept {
                transaction.put(session, table, change);
            }
            for output in emitted {
                transaction.write(output);
            }
            Ok(outcome)
        }
        Err(refusal) => Err(Box::new((input.record, refusal))),
    }
}

/// Runs `body` until it ends well, joining anew when a member is lost. `body` calls its argument at each progress.
///
/// # Errors
/// Every fault but [`LogError::Lost`], [`LogError::Unavailable`] and [`LogError::Aborted`] at once; those after ten attempts
/// without progress.
pub fn rejoining(
    stage: &str,
    shutdown: &CancellationToken,
    metrics: &Metrics,
    mut body: impl FnMut(&mut dyn FnMut()) -> Result<(), LogError>,
) -> Result<(), LogError> {
    const ATTEMPTS: u32 = 10;
    let mut pause = Backoff::new();
    let mut failures = 0;
    loop {
        let mut progressed = false;
        let result = body(&mut || progressed = true);
        metrics.partitions.with_label_values(&[stage]).set(0);
        if progressed {
            failures = 0;
            pause.reset();
        }
        match result {
            Ok(()) => return Ok(()),
            Err(LogError::Fenced(reason)) => {
                metrics.fenced.with_label_values(&[stage]).inc();
                return Err(LogError::Fenced(reason));
            }
            Err(fault @ (LogError::Lost(_) | LogError::Unavailable(_) | LogError::Aborted(_))) => {
                failures += 1;
                if failures >= ATTEMPTS {
                    return Err(fault);
                }
                metrics.rejoined.with_label_values(&[stage]).inc();
                tracing::warn!(stage, %fault, failures, "joining anew");
                pause.wait(shutdown);
                if shutdown.is_cancelled() {
                    return Ok(());
                }
            }
            Err(fault) => return Err(fault),
        }
    }
}

/// Pauses that double from 100 ms to 10 s.
struct Backoff(Duration);

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LAST: Duration = Duration::from_secs(10);

    fn new() -> Self {
        Backoff(Self::FIRST)
    }

    fn reset(&mut self) {
        self.0 = Self::FIRST;
    }

    /// Waits, but not beyond a stop.
    fn wait(&mut self, shutdown: &CancellationToken) {
        let until = Instant::now() + self.0;
        while Instant::now() < until && !shutdown.is_cancelled() {
            std::thread::sleep(Duration::from_millis(20).min(self.0));
        }
        self.0 = (self.0 * 2).min(Self::LAST);
    }
}

fn as_i64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
