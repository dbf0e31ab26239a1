//! Reading a topic to its end, or until a condition holds.

use crate::{Log, LogError, Record, Start};
use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

/// Most records of one poll.
const MAX_RECORDS: usize = 1_000;

/// Reads a topic from `start` to the end that it has now, and hands each record to `visit` until that breaks.
///
/// # Errors
/// [`LogError::Unavailable`] if the end is not reached within `deadline`; as [`Log::tail`].
pub fn scan(
    log: &dyn Log,
    topic: &str,
    start: Start,
    deadline: Duration,
    mut visit: impl FnMut(Record) -> ControlFlow<()>,
) -> Result<(), LogError> {
    let end = Instant::now() + deadline;
    let mut tail = log.tail(topic, start)?;
    loop {
        for record in tail.poll(MAX_RECORDS, Duration::from_millis(200))? {
            if visit(record).is_break() {
                return Ok(());
            }
        }
        if tail.caught_up() {
            return Ok(());
        }
        if Instant::now() > end {
            return Err(LogError::Unavailable(format!("{topic} was not read to its end within {deadline:?}")));
        }
    }
}

/// Waits until `condition` holds. Checks it at once, after every new record of `topic`, and at least once a second.
///
/// # Errors
/// [`LogError::Unavailable`] if it does not hold within `deadline`; as [`Log::tail`].
pub fn until(
    log: &dyn Log,
    topic: &str,
    deadline: Duration,
    mut condition: impl FnMut() -> bool,
) -> Result<(), LogError> {
    let end = Instant::now() + deadline;
    // Opened before the first check, so that no record falls between the check and the wait.
    let mut tail = log.tail(topic, Start::End)?;
    while !condition() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(LogError::Unavailable(format!("the condition on {topic} did not hold within {deadline:?}")));
        }
        tail.poll(MAX_RECORDS, left.min(Duration::from_secs(1)))?;
    }
    Ok(())
}
