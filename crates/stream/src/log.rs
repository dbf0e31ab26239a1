//! The interface that Kafka and the embedded log share.

use crate::{LogError, Outgoing, Record};
use std::{collections::HashMap, time::Duration};

/// A log of topics in numbered partitions.
///
/// Every call blocks: none may be made on a tokio worker.
pub trait Log: Send + Sync {
    /// Creates the topics that are missing, and leaves those that are there as they are.
    ///
    /// # Errors
    /// Where the log cannot be reached, or an existing topic has another number of partitions than its neighbours need.
    fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError>;

    /// Number of partitions of a topic.
    ///
    /// # Errors
    /// Where there is no such topic, or the log cannot be reached.
    fn partitions(&self, topic: &str) -> Result<i32, LogError>;

    /// Joins a group as one member that reads, keeps state and writes in transactions. Aborts what a predecessor with
    /// the same stage and replica left open, and fences it.
    ///
    /// # Errors
    /// Where the log cannot be reached.
    fn join(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, LogError>;

    /// Reads all partitions of a topic without a group, committed records only.
    ///
    /// # Errors
    /// Where there is no such topic, or the log cannot be reached.
    fn tail(&self, topic: &str, from: Start) -> Result<Box<dyn Tail>, LogError>;

    /// Writes outside any stage, all or nothing.
    ///
    /// # Errors
    /// Where a record is over the limit or the log cannot be reached.
    fn append(&self, records: Vec<Outgoing>) -> Result<(), LogError>;

    /// Offsets that a group has committed, by partition of `topic`; a partition without one is absent.
    ///
    /// # Errors
    /// Where the log cannot be reached.
    fn committed(&self, group: &str, topic: &str) -> Result<HashMap<i32, i64>, LogError>;

    /// End of each partition of `topic`: the offset that the next record will get or exceed.
    ///
    /// # Errors
    /// Where there is no such topic, or the log cannot be reached.
    fn ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError>;

    /// As [`Log::ends`], but waits until every transaction that was open when it was asked has ended: who then reads
    /// committed records up to there has seen all that was written before, also what stood behind an open one.
    ///
    /// # Errors
    /// As [`Log::ends`]; [`LogError::Lost`] where a transaction stays open longer than one may.
    fn settled_ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.ends(topic)
    }

    /// Largest record that it takes, in bytes of key, value and headers.
    fn max_record_bytes(&self) -> usize;
}

/// What a topic is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Full name.
    pub name: String,
    /// Number of partitions.
    pub partitions: i32,
    /// How long it keeps its records.
    pub retention: proto::topic::Retention,
    /// A changelog that members restore themselves from: small segments, eager compaction.
    pub is_state: bool,
}

/// One member of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberSpec {
    /// Name of the stage: part of the transactional id.
    pub stage: String,
    /// The consumer group: one group reads one topic.
    pub group: String,
    /// Stable name of this replica (its ordinal), so that a restart takes its predecessor's place at once.
    pub replica: String,
    /// The topic that the group reads.
    pub source: String,
    /// Compacted topics with the same number of partitions: those with the numbers of the member's partitions are
    /// restored before it sees a record.
    pub tables: Vec<String>,
}

/// A member's part of its group's topic. It lives on one thread of its own.
pub trait Member: Send {
    /// What happened next: at most `max` records, or a change of the partitions; waits for at most `wait`.
    ///
    /// # Errors
    /// See [`LogError`].
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Turn, LogError>;

    /// Makes a batch visible at once, or not at all.
    ///
    /// # Errors
    /// [`LogError::Aborted`] when nothing of it is visible and the member's positions are back at what was last
    /// committed; else see [`LogError`].
    fn commit(&mut self, batch: Batch) -> Result<(), LogError>;

    /// Rewinds all partitions to what was last committed, so that uncommitted records come again.
    ///
    /// # Errors
    /// See [`LogError`].
    fn rewind(&mut self) -> Result<(), LogError>;

    /// Next offset of each owned partition, as last committed or as restored.
    fn positions(&self) -> HashMap<i32, i64>;

    /// Records between the position and the end, over all owned partitions; `None` where it is not known yet.
    fn lag(&mut self) -> Option<i64>;
}

/// What a member finds when it polls.
#[derive(Debug)]
pub enum Turn {
    /// These partitions are now the member's, with their tables restored.
    Assigned(Vec<Assigned>),
    /// These partitions are the member's no more, whatever it still had of them.
    Revoked(Vec<i32>),
    /// Records in the order of each partition.
    Records(Vec<Record>),
    /// Nothing within the time.
    Idle,
}

/// A partition that came to a member.
#[derive(Debug)]
pub struct Assigned {
    /// Its number.
    pub partition: i32,
    /// One map for each of the spec's tables: the last value of each key.
    pub tables: Vec<Rows>,
}

/// The rows of a table's partition, encoded.
pub type Rows = HashMap<Vec<u8>, Row>;

/// A row as it stands in the changelog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The record's `content-type`, where it had one.
    pub content_type: Option<String>,
    /// The record's value.
    pub value: Vec<u8>,
}

impl Row {
    /// The row as the message that its content type says it is.
    ///
    /// # Errors
    /// Where it is no such message.
    pub fn decode<M: proto::wire::Message>(&self) -> Result<M, proto::wire::DecodeError> {
        proto::wire::decode(self.content_type.as_deref(), &self.value)
    }
}

/// What one transaction makes visible.
#[derive(Debug, Default)]
pub struct Batch {
    /// Outputs and changelog records.
    pub outputs: Vec<Outgoing>,
    /// Next offset of each partition of the group's topic. At least one.
    pub offsets: HashMap<i32, i64>,
}

/// Where a tail begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Start {
    /// With the oldest record.
    Beginning,
    /// With the next record.
    End,
    /// About so many records before the end of each partition.
    Last(i64),
    /// With the first record written at or after this time, milliseconds since 1970.
    Time(i64),
}

/// A reader of a whole topic.
pub trait Tail: Send {
    /// At most `max` records; waits for at most `wait` where there are none.
    ///
    /// # Errors
    /// Where the log cannot be reached.
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, LogError>;

    /// True once it has passed what was the end of every partition when it was opened.
    fn caught_up(&self) -> bool;
}

/// Reads a topic from `from` to its present end, and gives every record to `each` until that returns false.
///
/// # Errors
/// Where the log cannot be reached within `deadline`.
pub fn scan(
    log: &dyn Log,
    topic: &str,
    from: Start,
    deadline: Duration,
    mut each: impl FnMut(Record) -> bool,
) -> Result<(), LogError> {
    let end = std::time::Instant::now() + deadline;
    let mut tail = log.tail(topic, from)?;
    loop {
        for record in tail.poll(1_000, Duration::from_millis(200))? {
            if !each(record) {
                return Ok(());
            }
        }
        if tail.caught_up() {
            return Ok(());
        }
        if std::time::Instant::now() > end {
            return Err(LogError::Unavailable(format!("{topic} was not read to its end within {deadline:?}")));
        }
    }
}

/// Asks `holds` at once, and then whenever something has come to `topic`, at least once a second, until it is so.
///
/// # Errors
/// [`LogError::Unavailable`] where it is not so within `deadline`; where the log cannot be reached.
pub fn until(log: &dyn Log, topic: &str, deadline: Duration, mut holds: impl FnMut() -> bool) -> Result<(), LogError> {
    let end = std::time::Instant::now() + deadline;
    // Before the first look, so that nothing comes between that and the waiting.
    let mut tail = log.tail(topic, Start::End)?;
    while !holds() {
        let left = end.saturating_duration_since(std::time::Instant::now());
        if left.is_zero() {
            return Err(LogError::Unavailable(format!(
                "what was waited for on {topic} did not come within {deadline:?}"
            )));
        }
        tail.poll(1_000, left.min(Duration::from_secs(1)))?;
    }
    Ok(())
}
