//! Reading a whole topic without a group.

use crate::{Log, LogError, Record};
use std::{
    collections::HashMap,
    ops::ControlFlow,
    time::{Duration, Instant},
};

/// Most records of one poll.
const MAX_RECORDS: usize = 1_000;

/// Where a tail starts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Start {
    /// At the oldest record.
    Beginning,
    /// After the newest record.
    End,
    /// About this many records before the end of each partition.
    Last(i64),
    /// At the first record written at or after this time, in milliseconds since 1970.
    Time(i64),
    /// At this offset of each partition. A partition that is not named, or whose offset is past its end (its topic was
    /// created again), starts at its oldest record.
    Offsets(HashMap<i32, i64>),
}

/// A reader of all partitions of a topic. It sees committed records only.
pub trait Tail: Send {
    /// At most `max` records; waits for at most `wait` while there are none.
    ///
    /// # Errors
    /// See [`LogError`]: on [`LogError::Unavailable`] and [`LogError::Lost`] open a new tail after a pause.
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, LogError>;

    /// True once the tail has passed the ends that the partitions had when it was opened.
    fn caught_up(&self) -> bool;
}

/// Reads a topic from `start` to the end that it has now, and hands each record to `visit` until that breaks.
///
/// # Errors
/// [`LogError::Unavailable`] where the end is not reached within `deadline`; as [`Log::tail`].
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
/// [`LogError::Unavailable`] where it does not hold within `deadline`; as [`Log::tail`].
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
