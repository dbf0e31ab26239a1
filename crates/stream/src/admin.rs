//! Administration of a log: its topics, their ends and the offsets of groups.

use crate::LogError;
use proto::topic::Retention;
use std::collections::HashMap;

/// What commands and checks ask of a log. A stage needs only [`crate::Log`].
///
/// Every call blocks: none may run on a tokio worker.
pub trait Admin: Send + Sync {
    /// Creates the topics that are missing. Existing topics keep their settings.
    ///
    /// # Errors
    /// [`LogError::Config`] if an existing topic has another number of partitions; [`LogError::Unavailable`] if the
    /// log cannot be reached.
    fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError>;

    /// Number of partitions of a topic.
    ///
    /// # Errors
    /// [`LogError::NoTopic`]; [`LogError::Unavailable`] if the log cannot be reached.
    fn partitions(&self, topic: &str) -> Result<i32, LogError>;

    /// End of each partition of `topic`: the offset that its next record gets or exceeds. A record behind an open
    /// transaction is not counted.
    ///
    /// # Errors
    /// As [`Admin::partitions`].
    fn ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError>;

    /// As [`Admin::ends`], but first waits until every transaction that is open now has ended. A client that then reads
    /// committed records up to these ends has seen everything that was written before the call.
    ///
    /// # Errors
    /// As [`Admin::ends`]; [`LogError::Lost`] if a transaction stays open longer than its timeout allows.
    fn settled_ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.ends(topic)
    }

    /// Next offset that `group` reads of each partition of `topic`. A partition without a committed offset is absent.
    ///
    /// # Errors
    /// As [`Admin::partitions`].
    fn committed(&self, group: &str, topic: &str) -> Result<HashMap<i32, i64>, LogError>;
}

/// Settings of a topic that is to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Full name.
    pub name: String,
    /// Number of partitions, at least one.
    pub partitions: i32,
    /// How long records are kept.
    pub retention: Retention,
    /// True for a changelog that members restore: small segments, eager compaction.
    pub is_state: bool,
}
