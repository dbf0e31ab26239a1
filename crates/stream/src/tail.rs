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
