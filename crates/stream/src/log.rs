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

    /// As [`Log::join`], for a command whose group is no reader of the topic: retention does not wait for its offsets.
    ///
    /// # Errors
    /// As [`Log::join`].
    fn join_without_hold(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, LogError> {
        self.join(spec)
    }

    /// Why the log cannot be written at the moment, if that is known without trying: the process is not ready.
    fn trouble(&self) -> Option<String> {
        None
    }

    /// What the log takes on this machine's disk; `None` if it is elsewhere.
    ///
    /// # Errors
    /// If it cannot be read.
    fn on_disk(&self) -> Result<Option<OnDisk>, LogError> {
        Ok(None)
    }

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

    /// The clock of the services on this log. Tests replace it.
    fn clock(&self) -> Clock {
        || crate::faults::now().as_millisecond()
    }
}

/// What a log takes on this machine's disk, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnDisk {
    /// Bytes of its file.
    pub file_bytes: u64,
    /// Bytes of key, value and headers of the records.
    pub kept_bytes: u64,
    /// Records that retention keeps, or will keep, for groups without a running member.
    pub unread_by_absent: i64,
}

/// Returns the current time in milliseconds since 1970.
pub type Clock = fn() -> i64;

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
    /// What the member does when the group's positions are gone.
    pub recovery: Recovery,
}

/// What a member does when the log knows no position of its group. On the embedded log that is a first start; on Kafka
/// positions also expire, and a coordinator that moves may hide them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Topics that the group writes. As long as none has ever held a record, a group without positions starts for the first
    /// time.
    pub outputs: Vec<String>,
    /// True if the member waits for an operator when positions are gone later, false if it starts over at the oldest record.
    pub waits: bool,
}

/// What a member has found about its partitions.
#[derive(Debug, Default)]
pub struct Findings {
    /// Records that retention removed before the member had read them, since the last call.
    pub gap_records: u64,
    /// Partitions whose position was gone and that were started over, since the last call.
    pub started_over: u64,
    /// Partitions that wait until an operator accepts a position for them. Each is paused; the others go on.
    pub held: Vec<i32>,
    /// Partitions on which an open transaction hides newer records for longer than two transaction timeouts.
    pub stalled: Vec<i32>,
    /// True while the member is connected to no broker.
    pub is_disconnected: bool,
    /// What the member's transactions have taken, since the last call.
    pub commits: CommitTimes,
}

/// What committed transactions take, by part.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct CommitTimes {
    /// Handing records to the client, which sends them meanwhile.
    pub produce: Duration,
    /// Waiting until every record is delivered.
    pub flush: Duration,
    /// Adding the group's offsets.
    pub offsets: Duration,
    /// The commit itself.
    pub commit: Duration,
}

impl CommitTimes {
    /// Adds those of another transaction.
    pub fn add(&mut self, other: CommitTimes) {
        self.produce += other.produce;
        self.flush += other.flush;
        self.offsets += other.offsets;
        self.commit += other.commit;
    }
}

/// Bytes of the records of one poll, after which it takes no more. The last record may exceed it.
pub const MAX_POLL_BYTES: usize = 8 * 1024 * 1024;

/// A member's share of its group's topic. It lives on one thread.
pub trait Member: Send {
    /// Waits for at most `wait`, and returns at most `max` records of about [`MAX_POLL_BYTES`] or a change of the assignment.
    ///
    /// # Errors
    /// The variant says what to do: see [`LogError`].
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Event, LogError>;

    /// The rows of each of the spec's tables, in its order, for partitions that [`Event::Assigned`] has just named. Reads
    /// past the transactions that a previous owner may have left open. Must be called before the next poll; a member
    /// without tables need not call it.
    ///
    /// # Errors
    /// [`LogError::Lost`] if a changelog cannot be read to its end, [`LogError::Newer`] if a newer version of newswire wrote a
    /// row: the member must not process records without its state.
    fn restore(&mut self, partitions: &[i32]) -> Result<HashMap<i32, Vec<Rows>>, LogError>;

    /// As [`Member::restore`]. `kept` are rows of some of the partitions as they were when this member last owned them; a
    /// member that knows how far they go reads only what was written behind that.
    ///
    /// # Errors
    /// As [`Member::restore`].
    fn resume(
        &mut self,
        partitions: &[i32],
        kept: HashMap<i32, Vec<Rows>>,
    ) -> Result<HashMap<i32, Vec<Rows>>, LogError> {
        drop(kept);
        self.restore(partitions)
    }

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

    /// Next offset of each owned partition, as committed, or past what holds no record behind that.
    fn positions(&self) -> HashMap<i32, i64>;

    /// Records between position and end, summed over the owned partitions; `None` while it is unknown. Records behind an open
    /// transaction count.
    fn lag(&mut self) -> Option<i64>;

    /// What the member has found since the last call.
    fn findings(&mut self) -> Findings {
        Findings::default()
    }
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
