//! What a service of the pipeline runs on: the log, the names of topics, and this replica.

use crate::{CancellationToken, Log, LogError, MemberSpec, Metrics, StageSpec, TableSpec, TopicSpec};
use proto::{
    topic::{Names, Retention, RetentionOverride, Topic},
    wire::Encoding,
};
use std::sync::Arc;

/// What a service runs on. Each service of a process gets a clone.
#[derive(Clone)]
pub struct Runtime {
    /// The log.
    pub log: Arc<dyn Log>,
    /// Names of topics and groups.
    pub names: Names,
    /// Number of partitions of the pipeline's topics.
    pub partitions: i32,
    /// Retention of the topics that do not have the default. The last entry of a topic applies.
    pub retention: Vec<RetentionOverride>,
    /// Encoding of values of public topics.
    pub encoding: Encoding,
    /// Stable name of this replica.
    pub replica: String,
    /// Metrics of all stages of the process.
    pub metrics: Metrics,
    /// Registry for a service's own metrics.
    pub registry: prometheus::Registry,
    /// Cancelled when the service is to shut down.
    pub shutdown: CancellationToken,
}

impl Runtime {
    /// Settings of the pipeline's topics.
    #[must_use]
    pub fn topics(&self) -> Vec<TopicSpec> {
        Topic::created()
            .map(|topic| TopicSpec {
                name: self.names.of(topic),
                partitions: topic.partitions(self.partitions),
                retention: self
                    .retention
                    .iter()
                    .rev()
                    .find(|one| one.topic == topic)
                    .map_or(topic.retention(), |one| Retention::Delete(one.ms)),
                is_state: topic.is_table(),
            })
            .collect()
    }

    /// Creates the pipeline's topics that are missing.
    ///
    /// # Errors
    /// As [`crate::Admin::ensure_topics`].
    pub fn ensure_topics(&self) -> Result<(), LogError> {
        self.log.ensure_topics(&self.topics())
    }

    /// The member of `stage` that reads `source` and restores `tables`.
    #[must_use]
    pub fn member(&self, stage: &str, source: Topic, tables: &[Topic]) -> MemberSpec {
        MemberSpec {
            stage: stage.to_owned(),
            group: self.names.group(stage),
            replica: self.replica.clone(),
            source: self.names.of(source),
            tables: tables.iter().map(|table| self.table(*table)).collect(),
        }
    }

    /// The table whose changelog is `topic`. Its name is the topic's suffix.
    #[must_use]
    pub fn table(&self, topic: Topic) -> TableSpec {
        TableSpec { name: topic.suffix().to_owned(), topic: self.names.of(topic) }
    }

    /// The spec of a stage that reads `source`, restores `tables` and writes to `outputs`, for [`crate::run`].
    #[must_use]
    pub fn stage(&self, stage: &str, source: Topic, tables: &[Topic], outputs: &[Topic]) -> StageSpec {
        StageSpec {
            member: self.member(stage, source, tables),
            outputs: outputs.iter().map(|topic| self.names.of(*topic)).collect(),
            dead_letters: self.names.of(Topic::DeadLetter),
            encoding: self.encoding,
            max_batch: 500,
        }
    }
}
