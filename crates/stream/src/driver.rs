//! The consume-process-commit loop, and the one policy for its errors.

use crate::{
    CancellationToken, Event, Log, LogError, MemberSpec, ProcessError, Record, Session, StageMetrics, backoff::Backoff,
};
use std::time::Duration;

/// Longest wait of a poll, and so for a shutdown.
const POLL_WAIT: Duration = Duration::from_millis(250);
/// Sessions in a row that may fail without a commit before the process ends.
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
/// | [`LogError::Lost`] | a pause, then a new session |
/// | [`LogError::Fenced`] and all others | the process ends |
///
/// # Errors
/// [`LogError::Fenced`] and what else a retry cannot help; the last error if ten sessions in a row have ended without a
/// commit.
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
    let mut failures = 0;
    loop {
        let mut progressed = false;
        let result = run_session(log, spec, max_batch, shutdown, metrics, processor, &mut progressed);
        metrics.partitions.set(0);
        if progressed {
            failures = 0;
            backoff.reset();
        }
        let error = match result {
            Ok(()) => return Ok(()),
            Err(error @ (LogError::Lost(_) | LogError::Unavailable(_) | LogError::Aborted(_))) => error,
            Err(error) => {
                if matches!(error, LogError::Fenced(_)) {
                    metrics.fenced.inc();
                }
                return Err(error);
            }
        };
        failures += 1;
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

/// One session: from joining the group to a shutdown or an error. Sets `progressed` at its first commit.
fn run_session(
    log: &dyn Log,
    spec: &MemberSpec,
    max_batch: usize,
    shutdown: &CancellationToken,
    metrics: &StageMetrics,
    processor: &mut dyn Processor,
    progressed: &mut bool,
) -> Result<(), LogError> {
    let stage = spec.stage.as_str();
    processor.on_join(log)?;
    let mut session = Session::join(log, spec)?.measured_by(metrics.clone());
    let mut backoff = Backoff::new();
    while !shutdown.is_cancelled() {
        let result = run_once(&mut session, stage, max_batch, metrics, processor);
        if let Some(lag) = session.lag() {
            metrics.lag.set(lag);
        }
        match result {
            Ok(has_committed) => {
                *progressed |= has_committed;
                backoff.reset();
            }
            Err(ProcessError::Log(LogError::Aborted(reason))) => {
                metrics.aborted.inc();
                tracing::warn!(stage, reason, "transaction aborted; retrying");
                backoff.wait(shutdown);
            }
            Err(ProcessError::Log(LogError::Unavailable(reason))) => {
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
        | Err(ProcessError::Transient(_) | ProcessError::Log(LogError::Aborted(_) | LogError::Unavailable(_))) => {
            Ok(())
        }
        Err(error) => Err(into_log_error(error)),
    }
}

/// One poll and what follows from its event. True if something was committed.
fn run_once(
    session: &mut Session,
    stage: &str,
    max_batch: usize,
    metrics: &StageMetrics,
    processor: &mut dyn Processor,
) -> Result<bool, ProcessError> {
    let wait = processor.before_poll(session)?;
    let mut has_committed = false;
    match session.poll(max_batch, wait)? {
        Event::Records(records) => {
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
