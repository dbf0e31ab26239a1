//! The interface of a stage to its log, which Kafka and the embedded log implement.

use crate::{Admin, LogError, Outgoing, Record, Rows, Start, TableSpec, Tail};
use std::{collections::HashMap, time::Duration};

/// A log of topics, each in numbered partitions.
///
/// Every call blocks: none may run on a tokio worker.
pub trait Log: Admin {
    /// Joins a consumer group as one member that reads, keeps state and writes in transactions. Aborts the transaction
    /// that a predecessor with the same group and replica left open, and fences it.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] if the log cannot be reached; [`LogError::Config`] if the group or its tables do not
    /// fit the log.
    fn join(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, LogError>;

    /// Reads all partitions of a topic without a group, committed records only.
    ///
    /// # Errors
    /// [`LogError::NoTopic`]; [`LogError::Unavailable`] if the log cannot be reached.
    fn tail(&self, topic: &str, from: Start) -> Result<Box<dyn Tail>, LogError>;

    /// Writes records outside any group, all or none of them.
    ///
    /// # Errors
    /// [`LogError::TooLarge`] if a record is over the limit; [`LogError::NoTopic`]; [`LogError::Unavailable`] if the
    /// log cannot be reached.
    fn append(&self, records: Vec<Outgoing>) -> Result<(), LogError>;

    /// Largest record that the log accepts, in bytes of key, value and headers.
    fn max_record_bytes(&self) -> usize;
}

/// One member of a consumer group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSpec {
    /// Name of the stage, for logs and metrics.
    pub stage: String,
    /// The consumer group. A group reads one topic.
    pub group: String,
    /// Stable name of this replica (its ordinal). With the group it is the transactional id, so that a restarted replica
    /// replaces its predecessor at once.
    pub replica: String,
    /// The topic that the group reads.
    pub source: String,
    /// The member's tables.
    pub tables: Vec<TableSpec>,
}

/// A member's share of its group's topic. It lives on one thread.
pub trait Member: Send {
    /// Waits for at most `wait`, and returns at most `max` records or a change of the assignment.
    ///
    /// # Errors
    /// The variant says what to do: see [`LogError`].
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Event, LogError>;

    /// The rows of each of the spec's tables, in its order, for partitions that [`Event::Assigned`] has just named. Reads
    /// past the transactions that a previous owner may have left open. Must be called before the next poll; a member
    /// without tables need not call it.
    ///
    /// # Errors
    /// [`LogError::Lost`] if a changelog cannot be read to its end: the member must not process records without its
    /// state.
    fn restore(&mut self, partitions: &[i32]) -> Result<HashMap<i32, Vec<Rows>>, LogError>;

    /// Makes a batch visible atomically.
    ///
    /// # Errors
    /// [`LogError::Aborted`] when nothing of it is visible and the member is back at its committed positions;
    /// [`LogError::NoOffsets`] when the batch has no offset; else see [`LogError`].
    fn commit(&mut self, batch: Batch) -> Result<(), LogError>;

    /// Moves all partitions back to their committed positions, so that uncommitted records are read again.
    ///
    /// # Errors
    /// [`LogError::Lost`] if the client cannot do so.
    fn rewind(&mut self) -> Result<(), LogError>;

    /// Next offset of each owned partition, as committed.
    fn positions(&self) -> HashMap<i32, i64>;

    /// Records between position and end, summed over the owned partitions; `None` while it is unknown.
    fn lag(&mut self) -> Option<i64>;
}

/// What a poll returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The member now owns these partitions.
    Assigned(Vec<i32>),
    /// The member no longer owns these partitions. Uncommitted work on them is lost.
    Revoked(Vec<i32>),
    /// Records in the order of each partition. Never empty.
    Records(Vec<Record>),
    /// Nothing happened within the time.
    Idle,
}

/// What one transaction makes visible.
#[derive(Debug, Default)]
pub struct Batch {
    /// Outputs and changelog records.
    pub outputs: Vec<Outgoing>,
    /// Next offset of each partition of the group's topic that was processed. At least one.
    pub offsets: HashMap<i32, i64>,
}
