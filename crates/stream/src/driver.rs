//! The consume-process-commit loop, and the one policy for its errors.

use crate::{
    CancellationToken, CommitTimes, Event, Log, LogError, MemberSpec, ProcessError, Record, Session, StageMetrics,
    backoff::Backoff,
};
use std::time::{Duration, Instant};

/// Longest wait of a poll, and so for a shutdown.
const POLL_WAIT: Duration = Duration::from_millis(250);
/// Sessions in a row that may fail without a commit before the process ends. Those that end because the log does not answer do not
/// count: a new process would wait for it as well.
const ATTEMPTS: u32 = 10;

/// What a service does with the events of its session. [`drive`] makes all calls on its own thread.
///
/// A callback commits with [`Session::commit`] and returns the error that it gets: [`drive`] decides what follows.
pub trait Processor {
    /// A session is about to begin. What was not committed in an earlier one is no longer this member's work.
    ///
    /// # Errors
    /// A [`LogError`] ends the session as in any other callback.
    fn on_join(&mut self, log: &dyn Log) -> Result<(), LogError>;

    /// The session owns more partitions; their tables are restored.
    ///
    /// # Errors
    /// If a table's row cannot be read.
    fn on_assigned(&mut self, _session: &Session, _partitions: &[i32]) -> Result<(), ProcessError> {
        Ok(())
    }

    /// The session no longer owns these partitions.
    fn on_revoked(&mut self, _partitions: &[i32]) {}

    /// Processes records and commits what follows from them, their offsets included.
    ///
    /// # Errors
    /// If they cannot be processed or committed. They are read again, or the session ends.
    fn on_records(&mut self, session: &mut Session, records: Vec<Record>) -> Result<(), ProcessError>;

    /// Called before each poll; returns how long the poll may wait.
    ///
    /// # Errors
    /// If a table's row cannot be read.
    fn before_poll(&mut self, _session: &Session) -> Result<Duration, ProcessError> {
        Ok(POLL_WAIT)
    }

    /// Called after each event that was processed without an error. Commits work that no record caused; true if there
    /// was some.
    ///
    /// # Errors
    /// If the commit fails. The processor keeps the work and tries again at the next call.
    fn after_poll(&mut self, _session: &mut Session) -> Result<bool, ProcessError> {
        Ok(false)
    }

    /// Called once after the last poll, when `shutdown` is cancelled: a last commit.
    ///
    /// # Errors
    /// If the commit fails. An aborted or unavailable one is given up.
    fn on_shutdown(&mut self, _session: &mut Session) -> Result<(), ProcessError> {
        Ok(())
    }
}

/// Runs a processor until `shutdown` is cancelled or an error requires the process to end.
///
/// | error | what follows |
/// | --- | --- |
/// | [`LogError::Aborted`] | the log has rewound; a pause, then the records again |
/// | [`LogError::Unavailable`], [`ProcessError::Transient`] | a rewind and a pause, then the records again |
/// | [`LogError::Lost`], [`LogError::Denied`] | a pause, then a new session |
/// | [`LogError::TooLarge`] | a rewind; half of the records again, and the process ends if there was only one |
/// | [`ProcessError::Halt`], [`LogError::Newer`] | the group is left, and nothing is done until the shutdown |
/// | [`LogError::Fenced`] and all others | the process ends |
///
/// A batch that was not committed comes back with half of its records, and the next ones grow again.
///
/// # Errors
/// [`LogError::Fenced`] and what else a retry cannot help; the last error if ten sessions in a row have ended without a
/// commit, although the log answered.
pub fn drive(
    log: &dyn Log,
    spec: &MemberSpec,
    max_batch: usize,
    shutdown: &CancellationToken,
    metrics: &StageMetrics,
    processor: &mut dyn Processor,
) -> Result<(), LogError> {
    let stage = spec.stage.as_str();
    let mut backoff = Backoff::new();
    let mut batch = BatchSize::new(max_batch);
    let mut failures = 0;
    loop {
        let mut progressed = false;
        let result = run_session(log, spec, &mut batch, shutdown, metrics, processor, &mut progressed);
        metrics.partitions.set(0);
        metrics.held.set(0);
        metrics.stalled.set(0);
        if progressed {
            failures = 0;
            backoff.reset();
        }
        let error = match result {
            Ok(Ended::Shutdown) => return Ok(()),
            Ok(Ended::Halt(reason)) => {
                wait_halted(stage, &reason, metrics, shutdown);
                return Ok(());
            }
            Err(
                error @ (LogError::Lost(_) | LogError::Unavailable(_) | LogError::Denied(_) | LogError::Aborted(_)),
            ) => {
                batch.halve();
                error
            }
            Err(error) => {
                if matches!(error, LogError::Fenced(_)) {
                    metrics.fenced.inc();
                }
                return Err(error);
            }
        };
        failures += failure(&error);
        if failures >= ATTEMPTS {
            return Err(error);
        }
        metrics.rejoined.inc();
        tracing::warn!(stage, %error, failures, "session ended; rejoining");
        backoff.wait(shutdown);
        if shutdown.is_cancelled() {
            return Ok(());
        }
    }
}

/// How much the end of a session adds to those that have failed.
fn failure(error: &LogError) -> u32 {
    u32::from(!matches!(error, LogError::Unavailable(_)))
}

/// How many records a poll takes: half as many after a batch that failed, up to the maximum again as others succeed.
struct BatchSize {
    max: usize,
    now: usize,
    /// Records of the last batch.
    taken: usize,
}

impl BatchSize {
    fn new(max: usize) -> Self {
        BatchSize { max, now: max, taken: max }
    }

    fn halve(&mut self) {
        self.now = (self.now.min(self.taken) / 2).max(1);
    }

    fn grow(&mut self) {
        self.now = (self.now * 2).min(self.max);
    }
}

/// Why a session ended without an error.
enum Ended {
    Shutdown,
    Halt(String),
}

/// Shows that the stage is alive and not ready, until it is replaced.
fn wait_halted(stage: &str, reason: &str, metrics: &StageMetrics, shutdown: &CancellationToken) {
    metrics.halted.set(1);
    tracing::error!(stage, reason, "stage stopped; its records are kept. roll back or repair, then start it again");
    while !shutdown.is_cancelled() {
        metrics.polled_at.set(jiff::Timestamp::now().as_second());
        std::thread::sleep(POLL_WAIT);
    }
}

/// One session: from joining the group to a shutdown or an error. Sets `progressed` at its first commit.
fn run_session(
    log: &dyn Log,
    spec: &MemberSpec,
    batch: &mut BatchSize,
    shutdown: &CancellationToken,
    metrics: &StageMetrics,
    processor: &mut dyn Processor,
    progressed: &mut bool,
) -> Result<Ended, LogError> {
    let stage = spec.stage.as_str();
    // A stage that cannot join does not poll either.
    if metrics.polled_at.get() == 0 {
        metrics.polled_at.set(jiff::Timestamp::now().as_second());
    }
    processor.on_join(log)?;
    let mut session = Session::join(log, spec)?.measured_by(metrics.clone());
    let mut backoff = Backoff::new();
    while !shutdown.is_cancelled() {
        let result = run_once(&mut session, stage, batch, metrics, processor);
        observe(&mut session, metrics);
        match result {
            Ok(has_committed) => {
                *progressed |= has_committed;
                if has_committed {
                    batch.grow();
                }
                backoff.reset();
            }
            Err(ProcessError::Log(LogError::Aborted(reason))) => {
                metrics.aborted.inc();
                batch.halve();
                tracing::warn!(stage, reason, records = batch.now, "transaction aborted; retrying");
                backoff.wait(shutdown);
            }
            Err(ProcessError::Log(error @ LogError::TooLarge { .. })) if batch.now > 1 => {
                batch.halve();
                tracing::warn!(stage, %error, records = batch.now, "batch not taken; retrying");
                session.rewind()?;
            }
            Err(ProcessError::Halt(reason) | ProcessError::Log(LogError::Newer(reason))) => {
                return Ok(Ended::Halt(reason));
            }
            Err(ProcessError::Log(LogError::Unavailable(reason))) => {
                batch.halve();
                tracing::warn!(stage, reason, "log unavailable; retrying");
                session.rewind()?;
                backoff.wait(shutdown);
            }
            Err(ProcessError::Transient(reason)) => {
                tracing::warn!(stage, reason, "batch not processed; retrying");
                session.rewind()?;
                backoff.wait(shutdown);
            }
            Err(error) => return Err(into_log_error(error)),
        }
    }
    match processor.on_shutdown(&mut session) {
        Ok(())
        | Err(
            ProcessError::Transient(_)
            | ProcessError::Halt(_)
            | ProcessError::Log(LogError::Aborted(_) | LogError::Unavailable(_) | LogError::Denied(_)),
        ) => Ok(Ended::Shutdown),
        Err(error) => Err(into_log_error(error)),
    }
}

/// Shows in the metrics what the session has found.
fn observe(session: &mut Session, metrics: &StageMetrics) {
    if let Some(lag) = session.lag() {
        metrics.lag.set(lag);
    }
    let count = |partitions: &[i32]| i64::try_from(partitions.len()).unwrap_or(i64::MAX);
    let found = session.findings();
    // A poll that no broker answers is none, or a stage without work would be ready during an outage.
    if !found.is_disconnected {
        metrics.polled_at.set(jiff::Timestamp::now().as_second());
    }
    metrics.gap_records.inc_by(found.gap_records);
    metrics.started_over.inc_by(found.started_over);
    metrics.held.set(count(&found.held));
    metrics.stalled.set(count(&found.stalled));
    let CommitTimes { produce, flush, offsets, commit } = found.commits;
    for (part, time) in [("produce", produce), ("flush", flush), ("offsets", offsets), ("commit", commit)] {
        metrics.spent(part, time);
    }
}

/// One poll and what follows from its event. True if something was committed.
fn run_once(
    session: &mut Session,
    stage: &str,
    batch: &mut BatchSize,
    metrics: &StageMetrics,
    processor: &mut dyn Processor,
) -> Result<bool, ProcessError> {
    let wait = processor.before_poll(session)?;
    let mut has_committed = false;
    let began = Instant::now();
    let event = session.poll(batch.now, wait)?;
    // With a new assignment, the time is that of a restore.
    if matches!(event, Event::Records(_) | Event::Idle) {
        metrics.spent("poll", began.elapsed());
    }
    match event {
        Event::Records(records) => {
            batch.taken = records.len();
            records.iter().try_for_each(Record::check_format)?;
            processor.on_records(session, records)?;
            has_committed = true;
        }
        Event::Assigned(partitions) => {
            metrics.partitions.add(i64::try_from(partitions.len()).unwrap_or(i64::MAX));
            processor.on_assigned(session, &partitions)?;
            tracing::info!(stage, ?partitions, "partitions assigned and restored");
        }
        Event::Revoked(partitions) => {
            metrics.partitions.sub(i64::try_from(partitions.len()).unwrap_or(i64::MAX));
            processor.on_revoked(&partitions);
            tracing::info!(stage, ?partitions, "partitions revoked");
        }
        Event::Idle => {}
    }
    has_committed |= processor.after_poll(session)?;
    Ok(has_committed)
}

fn into_log_error(error: ProcessError) -> LogError {
    match error {
        ProcessError::Log(error) => error,
        // A processor turns poison into dead letters, so this dead letter itself could not be written.
        other => LogError::Corrupt(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_does_not_answer_ends_no_process() {
        assert_eq!(failure(&LogError::Unavailable("no broker".into())), 0);
        assert_eq!(failure(&LogError::Lost("a call was left behind".into())), 1);
    }

    #[test]
    fn a_batch_that_failed_comes_back_with_half_of_its_own_records() {
        let mut batch = BatchSize::new(500);
        batch.taken = 3;
        batch.halve();
        assert_eq!(batch.now, 1);
        batch.grow();
        assert_eq!(batch.now, 2);
    }
}
