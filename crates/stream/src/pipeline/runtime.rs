//! What a service of the pipeline runs on: the log, the names of topics, and this replica.

use crate::{
    CancellationToken, Log, LogError, MemberSpec, Metrics, Recovery, RefusalLimit, StageSpec, TableSpec, TopicSpec,
};
use proto::{
    topic::{Names, Retention, RetentionOverride, Topic},
    wire::Encoding,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

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

    /// Creates the pipeline's topics that are missing, and compares the settings of the existing ones with the declared
    /// ones. Logs and counts those that may lose data.
    ///
    /// # Errors
    /// As [`crate::Admin::ensure_topics`] and [`crate::Admin::topic_problems`]; [`LogError::Config`] with the command that
    /// repairs it, if a setting loses data.
    pub fn ensure_topics(&self) -> Result<(), LogError> {
        let topics = self.topics();
        self.log.ensure_topics(&topics)?;
        let problems = self.log.topic_problems(&topics)?;
        let mut warnings: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for problem in problems.iter().filter(|problem| !problem.loses_data) {
            warnings.entry((problem.setting, &problem.detail)).or_default().push(&problem.topic);
        }
        self.metrics.topic_problems.reset();
        for ((setting, detail), topics) in warnings {
            self.metrics
                .topic_problems
                .with_label_values(&[setting])
                .add(i64::try_from(topics.len()).unwrap_or(i64::MAX));
            tracing::warn!(setting, detail, ?topics, "settings of topics");
        }
        let losses = problems.iter().filter(|problem| problem.loses_data);
        let losses: Vec<String> = losses
            .map(|one| format!("topic {}: {}. Run: {}", one.topic, one.detail, one.repair.as_deref().unwrap_or("")))
            .collect();
        if losses.is_empty() { Ok(()) } else { Err(LogError::Config(losses.join("\n"))) }
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
            recovery: Recovery::default(),
        }
    }

    /// The table whose changelog is `topic`. Its name is the topic's suffix.
    #[must_use]
    pub fn table(&self, topic: Topic) -> TableSpec {
        let retention = match topic.retention() {
            Retention::CompactDelete(ms) => Some(Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))),
            Retention::Compact | Retention::Delete(_) => None,
        };
        TableSpec { name: topic.suffix().to_owned(), topic: self.names.of(topic), retention }
    }

    /// The spec of a stage that reads `source`, restores `tables` and writes to `outputs`, for [`crate::run`].
    #[must_use]
    pub fn stage(&self, stage: &str, source: Topic, tables: &[Topic], outputs: &[Topic]) -> StageSpec {
        let outputs: Vec<String> = outputs.iter().map(|topic| self.names.of(*topic)).collect();
        let recovery = Recovery { outputs: outputs.clone(), waits: false };
        StageSpec {
            member: MemberSpec { recovery, ..self.member(stage, source, tables) },
            outputs,
            dead_letters: self.names.of(Topic::DeadLetter),
            encoding: self.encoding,
            max_batch: 500,
            work_limit: StageSpec::WORK_LIMIT,
            record_limit: StageSpec::RECORD_LIMIT,
            refusal_limit: RefusalLimit::default(),
        }
    }
}
