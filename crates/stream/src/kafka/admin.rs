//! Topics, ends and committed offsets.

use super::{
    client::{KafkaConfig, MAX_REPORTS, QuietContext, REPORT_WAIT, check_described, guard, watermarks},
    errors::{Right, log_error, missing},
    settings::{self, SAFE_REPLICATION},
};
use crate::{LogError, TopicProblem, TopicSpec};
use rdkafka::{
    admin::{
        AdminClient, AdminOptions, AlterConfig, ConfigEntry, ConfigResource, NewTopic, OwnedResourceSpecifier,
        ResourceSpecifier, TopicReplication, TopicResult,
    },
    config::FromClientConfigAndContext,
    consumer::{BaseConsumer, Consumer},
    error::RDKafkaErrorCode,
    metadata::Metadata,
};
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
    time::{Duration, Instant},
};

/// Clients for [`crate::Admin`].
pub(super) struct AdminClients {
    pub client: AdminClient<QuietContext>,
    pub reader: BaseConsumer<QuietContext>,
    pub bootstrap: String,
    replication: Option<i32>,
    pub timeout: Duration,
    /// Topics that exist. A broker may learn of them later than the one that says so.
    existing: Mutex<HashSet<String>>,
}

impl AdminClients {
    pub(super) fn new(config: &KafkaConfig) -> Result<Self, LogError> {
        Ok(AdminClients {
            client: AdminClient::from_config_and_context(&config.client(), QuietContext::default())
                .map_err(|error| log_error(&error))?,
            reader: BaseConsumer::from_config_and_context(&config.reader("read_committed"), QuietContext::default())
                .map_err(|error| log_error(&error))?,
            bootstrap: config.bootstrap.clone(),
            replication: config.replication,
            timeout: config.call_timeout(),
            existing: Mutex::default(),
        })
    }

    pub(super) fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        let metadata = self.metadata(None)?;
        let existing: HashMap<&str, usize> =
            metadata.topics().iter().map(|topic| (topic.name(), topic.partitions().len())).collect();
        for topic in topics {
            if let Some(count) = existing.get(topic.name.as_str())
                && i32::try_from(*count) != Ok(topic.partitions)
            {
                return Err(LogError::Config(format!(
                    "topic {} has {count} partitions, but this pipeline is configured for {}",
                    topic.name, topic.partitions
                )));
            }
        }
        let missing: Vec<&TopicSpec> =
            topics.iter().filter(|topic| !existing.contains_key(topic.name.as_str())).collect();
        if missing.is_empty() {
            self.note_existing(topics);
            return Ok(());
        }
        self.create_topics(&missing)?;
        self.note_existing(topics);
        // A controller answers before the brokers know the topics and their leaders.
        topics.iter().try_for_each(|topic| self.ends(&topic.name).map(drop))
    }

    /// Replicas of the topics that are created in a cluster of so many brokers.
    pub(super) fn replication_of(&self, brokers: usize) -> i32 {
        let brokers = i32::try_from(brokers).unwrap_or(i32::MAX);
        self.replication.unwrap_or_else(|| brokers.clamp(1, SAFE_REPLICATION))
    }

    /// Creates topics with the declared settings, or with those of them that the cluster lets its users choose.
    pub(super) fn create_topics(&self, topics: &[&TopicSpec]) -> Result<(), LogError> {
        let metadata = self.metadata(None)?;
        let brokers = metadata.brokers().len();
        let replication = self.replication_of(brokers);
        tracing::info!(topics = topics.len(), replication, brokers, "creating topics");
        let results = self.create(topics, replication, settings::declared)?;
        let mut refused = Vec::new();
        for (topic, result) in topics.iter().zip(results) {
            match result {
                // Another replica has created it.
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) if fixes_settings(code) => refused.push(*topic),
                Err((topic, code)) if is_denied(Some(code)) => return Err(self.not_creatable(&topic)),
                Err((topic, code)) => return Err(LogError::Config(format!("topic {topic} cannot be created: {code}"))),
            }
        }
        // A managed Kafka that does not let its users choose every setting.
        if !refused.is_empty() {
            tracing::warn!(topics = refused.len(), "the cluster refuses settings of topics; creating them without");
            for result in self.create(&refused, replication, |topic, _| settings::essential(topic))? {
                if let Err((topic, code)) = result
                    && code != RDKafkaErrorCode::TopicAlreadyExists
                {
                    return Err(LogError::Config(format!("topic {topic} cannot be created: {code}")));
                }
            }
        }
        Ok(())
    }

    /// Why a topic that no metadata show may not be created.
    fn not_creatable(&self, topic: &str) -> LogError {
        match self.partitions(topic) {
            Err(error @ LogError::Denied(_)) => error,
            _ => LogError::Denied(format!(
                "topic {topic} does not exist, and {}",
                missing(Right::Topic("Create", topic))
            )),
        }
    }

    /// What the cluster shows of a topic, or of all.
    pub(super) fn metadata(&self, topic: Option<&str>) -> Result<Metadata, LogError> {
        self.reader.fetch_metadata(topic, self.timeout).map_err(|error| {
            // The reason is reported to a poll, behind lines of the log.
            for _ in 0..MAX_REPORTS {
                drop(self.reader.poll(REPORT_WAIT));
                if self.reader.context().is_troubled() {
                    break;
                }
            }
            self.reader.context().explain(log_error(&error))
        })
    }

    fn note_existing(&self, topics: &[TopicSpec]) {
        guard(&self.existing).extend(topics.iter().map(|topic| topic.name.clone()));
    }

    /// Creates topics; one result for each, in order.
    fn create(
        &self,
        topics: &[&TopicSpec],
        replication: i32,
        settings: impl Fn(&TopicSpec, i32) -> Vec<(&'static str, String)>,
    ) -> Result<Vec<TopicResult>, LogError> {
        let settings: Vec<_> = topics.iter().map(|topic| settings(topic, replication)).collect();
        let new = topics.iter().zip(&settings).map(|(topic, settings)| {
            let new = NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(replication));
            settings.iter().fold(new, |new, (key, value)| new.set(key, value))
        });
        let new: Vec<NewTopic<'_>> = new.collect();
        futures_executor::block_on(self.client.create_topics(&new, &self.options())).map_err(|error| log_error(&error))
    }

    pub(super) fn options(&self) -> AdminOptions {
        AdminOptions::new().operation_timeout(Some(self.timeout)).request_timeout(Some(self.timeout))
    }

    /// Compares the settings of existing topics with the declared ones.
    pub(super) fn topic_problems(&self, topics: &[TopicSpec]) -> Result<Vec<TopicProblem>, LogError> {
        let metadata = self.metadata(None)?;
        let replicas = replicas(&metadata);
        let existing: Vec<&TopicSpec> =
            topics.iter().filter(|topic| replicas.contains_key(topic.name.as_str())).collect();
        let described = self.described(&existing)?;
        let mut all = Vec::new();
        for topic in existing {
            let entries = settings_of(&described, &topic.name);
            let found: HashMap<&str, &str> =
                entries.clone().filter_map(|entry| Some((entry.name.as_str(), entry.value.as_deref()?))).collect();
            let fewest = replicas.get(topic.name.as_str()).and_then(|all| all.iter().map(Vec::len).min());
            let fewest = fewest.and_then(|fewest| i32::try_from(fewest).ok()).unwrap_or(1);
            let mut problems = settings::problems(topic, fewest, &found, &self.bootstrap);
            for problem in problems.iter_mut().filter(|problem| problem.loses_data) {
                let is_read_only = entries.clone().any(|entry| entry.name == problem.setting && entry.is_read_only);
                if is_read_only || self.is_fixed(topic, fewest, problem.setting, &found) {
                    problem.loses_data = false;
                    problem.detail.push_str("; the cluster does not let it be changed");
                }
            }
            all.extend(problems);
        }
        Ok(all)
    }

    /// The settings of existing topics. Those of a topic that the cluster does not show are absent.
    pub(super) fn described(&self, topics: &[&TopicSpec]) -> Result<Vec<ConfigResource>, LogError> {
        let names: Vec<ResourceSpecifier<'_>> =
            topics.iter().map(|topic| ResourceSpecifier::Topic(&topic.name)).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        match futures_executor::block_on(self.client.describe_configs(&names, &self.options())) {
            Ok(described) => Ok(described.into_iter().filter_map(Result::ok).collect()),
            Err(error) if is_denied(error.rdkafka_error_code()) => Ok(Vec::new()),
            Err(error) => Err(log_error(&error)),
        }
    }

    /// Whether the cluster refuses the declared value of a setting. Asks it to validate the change, and changes nothing.
    fn is_fixed(&self, topic: &TopicSpec, replication: i32, setting: &str, found: &HashMap<&str, &str>) -> bool {
        let declared = settings::declared(topic, replication);
        let Some((_, value)) = declared.iter().find(|(key, _)| *key == setting) else { return false };
        // The request replaces all settings of the topic, so it names the others as they are.
        let mut change = AlterConfig::new(ResourceSpecifier::Topic(&topic.name));
        for (key, _) in &declared {
            if let Some(value) = found.get(key) {
                change = change.set(key, value);
            }
        }
        let changes = [change.set(setting, value)];
        let options = self.options().validate_only(true);
        match futures_executor::block_on(self.client.alter_configs(&changes, &options)) {
            Ok(results) => results.iter().any(|result| matches!(result, Err((_, code)) if fixes_settings(*code))),
            Err(error) => error.rdkafka_error_code().is_some_and(fixes_settings),
        }
    }

    /// Number of partitions of a topic. Waits while a broker does not know a topic that exists.
    pub(super) fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        let end = Instant::now() + self.timeout;
        loop {
            let metadata = self.metadata(Some(topic))?;
            check_described(&metadata, topic)?;
            let found = metadata.topics().iter().find(|one| one.name() == topic && one.error().is_none());
            match found.map(|one| one.partitions().len()) {
                Some(count) if count > 0 => return Ok(i32::try_from(count).unwrap_or(i32::MAX)),
                _ if !guard(&self.existing).contains(topic) => return Err(LogError::NoTopic(topic.to_owned())),
                _ if Instant::now() > end => {
                    return Err(LogError::Unavailable(format!("topic {topic} exists but does not appear")));
                }
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    pub(super) fn ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        let mut ends = HashMap::new();
        for partition in 0..self.partitions(topic)? {
            ends.insert(partition, watermarks(&self.reader, topic, partition, self.timeout)?.1);
        }
        Ok(ends)
    }

    /// Waits until a read-committed client sees the ends that a read-uncommitted client sees now.
    pub(super) fn settled_ends(&self, config: &KafkaConfig, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        let open = BaseConsumer::from_config_and_context(&config.reader("read_uncommitted"), QuietContext::default())
            .map_err(|error| log_error(&error))?;
        // Longer than a transaction can last.
        let end = Instant::now() + config.transaction_timeout * 2 + Duration::from_secs(60);
        let mut ends = HashMap::new();
        for partition in 0..self.partitions(topic)? {
            let high = watermarks(&open, topic, partition, self.timeout)?.1;
            while watermarks(&self.reader, topic, partition, self.timeout)?.1 < high {
                if Instant::now() > end {
                    return Err(LogError::Lost(format!("a transaction on {topic} stays open")));
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            ends.insert(partition, high);
        }
        Ok(ends)
    }
}

/// The brokers with a replica of each partition, by topic.
pub(super) fn replicas(metadata: &Metadata) -> HashMap<&str, Vec<Vec<i32>>> {
    let topics = metadata.topics().iter().filter(|topic| !topic.partitions().is_empty());
    let of = |partition: &rdkafka::metadata::MetadataPartition| (partition.id(), partition.replicas().to_vec());
    topics
        .map(|topic| {
            let mut all: Vec<(i32, Vec<i32>)> = topic.partitions().iter().map(of).collect();
            all.sort_unstable();
            (topic.name(), all.into_iter().map(|(_, replicas)| replicas).collect())
        })
        .collect()
}

/// The settings of a topic.
pub(super) fn settings_of<'a>(
    described: &'a [ConfigResource],
    topic: &'a str,
) -> impl Iterator<Item = &'a ConfigEntry> + Clone {
    let is_topic =
        move |one: &&ConfigResource| matches!(&one.specifier, OwnedResourceSpecifier::Topic(name) if name == topic);
    described.iter().filter(is_topic).flat_map(|one| &one.entries)
}

/// Codes with which a cluster refuses the value of a setting.
fn fixes_settings(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::PolicyViolation | RDKafkaErrorCode::InvalidConfig | RDKafkaErrorCode::InvalidRequest
    )
}

/// Codes with which a cluster refuses to show settings.
fn is_denied(code: Option<RDKafkaErrorCode>) -> bool {
    matches!(
        code,
        Some(
            RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed
                | RDKafkaErrorCode::UnsupportedVersion
                | RDKafkaErrorCode::UnsupportedFeature
        )
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::topic::Retention;
    use rdkafka::{mocking::MockCluster, types::RDKafkaRespErr};

    #[test]
    fn a_broker_that_does_not_know_a_topic_yet_is_asked_again() {
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic("t", 2, 1).unwrap();
        let timeout = Duration::from_secs(1);
        let config = KafkaConfig { transaction_timeout: timeout, ..KafkaConfig::new(&cluster.bootstrap_servers()) };
        let clients = AdminClients::new(&config).unwrap();
        let spec = TopicSpec { name: "t".into(), partitions: 2, retention: Retention::Delete(60_000), is_state: false };
        clients.ensure_topics(&[spec]).unwrap();
        assert_eq!(clients.partitions("t").unwrap(), 2);
        cluster.topic_error("t", RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART).unwrap();
        let asked = Instant::now();
        assert!(matches!(clients.partitions("t"), Err(LogError::Unavailable(_))));
        assert!(asked.elapsed() >= timeout);
    }
}
