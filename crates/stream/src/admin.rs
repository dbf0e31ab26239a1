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

    /// How the topics differ from what is declared, in the order of `topics`. The embedded log has no settings but the number
    /// of partitions: a topic keeps the number and the retention that it was created with.
    ///
    /// # Errors
    /// [`LogError::Unavailable`] if the log cannot be reached; [`LogError::Denied`] if it does not show the settings.
    fn topic_differences(&self, topics: &[TopicSpec]) -> Result<Vec<TopicDifference>, LogError> {
        let mut differences = Vec::new();
        for topic in topics {
            let declared = topic.partitions;
            let (setting, found, declared, change) = match self.partitions(&topic.name) {
                Ok(count) if count == declared => continue,
                Ok(count) => {
                    let reason =
                        format!("the embedded log keeps the number of partitions; --partitions {count} is what it has");
                    let change = TopicChange::Refused { reason, command: None };
                    ("partitions", Some(count.to_string()), declared.to_string(), change)
                }
                Err(LogError::NoTopic(_)) => ("topic", None, counted(declared, "partition"), TopicChange::Create),
                Err(error) => return Err(error),
            };
            let (topic, setting) = (topic.name.clone(), setting.to_owned());
            differences.push(TopicDifference { topic, setting, found, declared, change });
        }
        refuse_while_partitions_differ(&mut differences);
        Ok(differences)
    }

    /// Settles the differences that are not refused, and waits until the log shows it.
    ///
    /// # Errors
    /// As [`Admin::topic_differences`]; [`LogError::Config`] if the log refuses a change.
    fn apply_topics(&self, topics: &[TopicSpec], differences: &[TopicDifference]) -> Result<(), LogError> {
        let is_created = |topic: &&TopicSpec| {
            differences.iter().any(|one| one.topic == topic.name && one.change == TopicChange::Create)
        };
        self.ensure_topics(&topics.iter().filter(is_created).cloned().collect::<Vec<_>>())
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

/// A number of things, in words.
pub(crate) fn counted(count: i32, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

/// One way in which a topic is not as its [`TopicSpec`] declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicDifference {
    /// Full name of the topic.
    pub topic: String,
    /// `topic` if it is missing; `partitions`; `replication`; else the name of a setting as Kafka has it.
    pub setting: String,
    /// What it is; `None` if the topic is missing.
    pub found: Option<String>,
    /// What is declared.
    pub declared: String,
    /// How it is changed.
    pub change: TopicChange,
}

/// How a difference is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicChange {
    /// The topic is created, with all its settings.
    Create,
    /// Partitions are added. No topic of the pipeline holds a record yet.
    AddPartitions,
    /// The setting is changed. No record is lost that is kept now.
    Alter,
    /// It is not changed.
    Refused {
        /// Why, as a sentence.
        reason: String,
        /// The command by which an operator changes it all the same, if there is one.
        command: Option<String>,
    },
}

impl TopicDifference {
    /// True if [`Admin::apply_topics`] settles it.
    #[must_use]
    pub fn is_applied(&self) -> bool {
        !matches!(self.change, TopicChange::Refused { .. })
    }
}

/// Refuses to create topics where others have another number of partitions than is declared: a key would be on different
/// partitions of the two.
pub(crate) fn refuse_while_partitions_differ(differences: &mut [TopicDifference]) {
    let is_refused = |one: &&TopicDifference| one.setting == "partitions" && !one.is_applied();
    let Some(other) = differences.iter().find(is_refused).map(|one| one.topic.clone()) else { return };
    for one in
        differences.iter_mut().filter(|one| matches!(one.change, TopicChange::Create | TopicChange::AddPartitions))
    {
        let reason = format!("{other} has another number of partitions than declared; first settle that");
        one.change = TopicChange::Refused { reason, command: None };
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
