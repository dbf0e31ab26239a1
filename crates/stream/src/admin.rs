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

    /// Settings of existing topics that may lose data, and those that cannot be checked. The embedded log has none.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] if the log cannot be reached.
    fn topic_problems(&self, _topics: &[TopicSpec]) -> Result<Vec<TopicProblem>, LogError> {
        Ok(Vec::new())
    }

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

    /// First offset that each partition of `topic` still holds.
    ///
    /// # Errors
    /// As [`Admin::partitions`]; [`LogError::Config`] if this log does not tell.
    fn starts(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        Err(LogError::Config(format!("this log does not tell where {topic} starts")))
    }

    /// Commits positions of `group` on `topic` in place of its members. A member that waits for a position goes on with it;
    /// one that has a position does not notice.
    ///
    /// # Errors
    /// As [`Admin::partitions`]; [`LogError::Config`] if the log keeps positions so that they cannot be lost.
    fn set_committed(&self, group: &str, topic: &str, _offsets: &HashMap<i32, i64>) -> Result<(), LogError> {
        Err(LogError::Config(format!("this log loses no positions: there is none of {group} on {topic} to accept")))
    }
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

/// A setting of an existing topic that is not as [`TopicSpec`] declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicProblem {
    /// Full name of the topic.
    pub topic: String,
    /// Name of the setting as Kafka has it; `replication`, or `unknown` if the settings are not shown.
    pub setting: &'static str,
    /// What is wrong, as a sentence without the topic's name.
    pub detail: String,
    /// The command that repairs it, if there is one.
    pub repair: Option<String>,
    /// True if the pipeline must not run with it.
    pub loses_data: bool,
}
