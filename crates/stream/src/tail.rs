//! Reading a whole topic without a group.

use crate::{LogError, Record};
use std::{collections::HashMap, time::Duration};

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
    /// At the first record written at or after `since_ms` (milliseconds since 1970), but at most `most` records before the end of
    /// each partition; earlier where `reaching` names an earlier offset.
    Newest {
        /// Milliseconds since 1970.
        since_ms: i64,
        /// Records before the end of each partition.
        most: i64,
        /// Offsets by partition.
        reaching: HashMap<i32, i64>,
    },
}

/// The offset at which [`Start::Newest`] starts in a partition of `low` to `high`, whose first record of the time is at `of_time`.
pub(crate) fn newest(of_time: i64, most: i64, reaching: Option<i64>, low: i64, high: i64) -> i64 {
    let start = of_time.max(high.saturating_sub(most));
    // An offset past the end is one of another log: the topic was created again.
    reaching.map_or(start, |offset| if offset > high { low } else { start.min(offset) }).clamp(low, high)
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
