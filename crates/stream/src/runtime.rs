//! What every service of the pipeline is handed: the log, the names of its topics, and who this replica is.

use crate::{CancellationToken, Log, LogError, MemberSpec, Metrics, StageSpec, TableSpec, TopicSpec};
use proto::{
    topic::{Names, Retention, RetentionOverride, Topic},
    wire::Encoding,
};
use std::sync::Arc;

/// What a service runs on. Cloned into each service of a process.
#[derive(Clone)]
pub struct Runtime {
    /// The log.
    pub log: Arc<dyn Log>,
    /// Topic and group names.
    pub names: Names,
    /// Number of partitions of the pipeline's topics.
    pub partitions: i32,
    /// Retention of topics where it is not the default; the last one of a topic counts.
    pub retention: Vec<RetentionOverride>,
    /// How values of public topics are written.
    pub encoding: Encoding,
    /// Stable name of this replica.
    pub replica: String,
    /// The stages' counters.
    pub metrics: Metrics,
    /// Where a service registers counters of its own.
    pub registry: prometheus::Registry,
    /// Asks the service to stop.
    pub shutdown: CancellationToken,
}

impl Runtime {
    /// What the pipeline's topics are to be.
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

    /// Creates the pipeline's topics where they are missing.
    ///
    /// # Errors
    /// See [`Log::ensure_topics`].
    pub fn ensure_topics(&self) -> Result<(), LogError> {
        self.log.ensure_topics(&self.topics())
    }

    /// A member of `stage`, which reads `source` and restores `tables`.
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

    /// A stage that [`crate::run`] can run.
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
