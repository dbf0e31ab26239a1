//! Compares topics with what is declared, and changes them.

use super::{
    admin::{AdminClients, replicas, settings_of},
    client::{KafkaConfig, QuietContext, watermarks},
    differences::{Cluster, Existing, differences},
    errors::{Right, log_error, missing},
};
use crate::{
    LogError, TopicChange, TopicDifference, TopicSpec,
    admin::{counted, refuse_while_partitions_differ},
};
use rdkafka::{
    admin::{AlterConfig, ConfigEntry, ConfigSource, NewPartitions, ResourceSpecifier},
    config::FromClientConfigAndContext,
    consumer::BaseConsumer,
    error::RDKafkaErrorCode,
};
use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

impl AdminClients {
    /// As [`crate::Admin::topic_differences`].
    pub(super) fn differences(
        &self,
        config: &KafkaConfig,
        topics: &[TopicSpec],
    ) -> Result<Vec<TopicDifference>, LogError> {
        let metadata = self.metadata(None)?;
        let replicas = replicas(&metadata);
        let existing: Vec<&TopicSpec> =
            topics.iter().filter(|topic| replicas.contains_key(topic.name.as_str())).collect();
        let described = self.described(&existing)?;
        let brokers: Vec<i32> = metadata.brokers().iter().map(rdkafka::metadata::MetadataBroker::id).collect();
        let replication = self.replication_of(brokers.len());
        let has = |topic: &TopicSpec| replicas.get(topic.name.as_str()).map_or(0, Vec::len);
        let is_grown = existing.iter().any(|topic| i32::try_from(has(topic)).is_ok_and(|has| has < topic.partitions));
        let written = if is_grown { self.first_written(config, &existing)? } else { None };
        let cluster = Cluster { bootstrap: &self.bootstrap, brokers, replication, written };
        let mut all = Vec::new();
        for topic in topics {
            let Some(replicas) = replicas.get(topic.name.as_str()) else {
                let declared =
                    format!("{}, {}", counted(topic.partitions, "partition"), counted(replication, "replica"));
                let (name, setting) = (topic.name.clone(), "topic".to_owned());
                all.push(TopicDifference { topic: name, setting, found: None, declared, change: TopicChange::Create });
                continue;
            };
            let entries = settings_of(&described, &topic.name);
            let settings: HashMap<&str, &str> =
                entries.filter_map(|entry| Some((entry.name.as_str(), entry.value.as_deref()?))).collect();
            if settings.is_empty() {
                return Err(LogError::Denied(missing(Right::Topic("DescribeConfigs", &topic.name))));
            }
            all.extend(differences(topic, &Existing { replicas: replicas.clone(), settings }, &cluster));
        }
        refuse_while_partitions_differ(&mut all);
        Ok(all)
    }

    /// A topic that holds, or has held, records; those of open transactions count.
    fn first_written(&self, config: &KafkaConfig, topics: &[&TopicSpec]) -> Result<Option<String>, LogError> {
        let open = BaseConsumer::from_config_and_context(&config.reader("read_uncommitted"), QuietContext::default())
            .map_err(|error| log_error(&error))?;
        for topic in topics {
            for partition in 0..self.partitions(&topic.name)? {
                if watermarks(&open, &topic.name, partition, self.timeout)?.1 > 0 {
                    return Ok(Some(topic.name.clone()));
                }
            }
        }
        Ok(None)
    }

    /// As [`crate::Admin::apply_topics`].
    pub(super) fn apply(
        &self,
        config: &KafkaConfig,
        topics: &[TopicSpec],
        differences: &[TopicDifference],
    ) -> Result<(), LogError> {
        let with = |change: TopicChange| {
            let names: Vec<&str> =
                differences.iter().filter(|one| one.change == change).map(|one| one.topic.as_str()).collect();
            topics.iter().filter(move |topic| names.contains(&topic.name.as_str()))
        };
        let new: Vec<&TopicSpec> = with(TopicChange::Create).collect();
        if !new.is_empty() {
            self.create_topics(&new)?;
        }
        for topic in with(TopicChange::AddPartitions) {
            self.add_partitions(topic)?;
        }
        let mut altered: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for one in differences.iter().filter(|one| one.change == TopicChange::Alter) {
            altered.entry(&one.topic).or_default().push((&one.setting, &one.declared));
        }
        let specs: Vec<&TopicSpec> = topics.iter().filter(|topic| altered.contains_key(topic.name.as_str())).collect();
        let described = self.described(&specs)?;
        for (topic, changes) in &altered {
            self.alter(topic, changes, settings_of(&described, topic))?;
        }
        // A broker learns of a change after the controller has made it.
        let end = Instant::now() + self.timeout;
        loop {
            let left = self.differences(config, topics)?;
            let Some(one) = left.iter().find(|one| one.is_applied()) else { return Ok(()) };
            if Instant::now() > end {
                let TopicDifference { topic, setting, .. } = one;
                return Err(LogError::Unavailable(format!("the change of {setting} of {topic} does not appear")));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn add_partitions(&self, topic: &TopicSpec) -> Result<(), LogError> {
        let count = usize::try_from(topic.partitions).unwrap_or_default();
        let new = [NewPartitions::new(&topic.name, count)];
        let done = futures_executor::block_on(self.client.create_partitions(&new, &self.options()));
        match done.map_err(|error| log_error(&error))?.into_iter().find_map(Result::err) {
            None => Ok(()),
            Some((name, code)) => Err(refusal(code, Right::Topic("Alter", &name), "cannot get partitions")),
        }
    }

    /// Changes settings of a topic. The request replaces all settings of the topic (rdkafka 0.39 has no incremental one), so it
    /// names the others as they are.
    fn alter<'a>(
        &self,
        topic: &str,
        changes: &[(&str, &str)],
        entries: impl Iterator<Item = &'a ConfigEntry>,
    ) -> Result<(), LogError> {
        let mut change = AlterConfig::new(ResourceSpecifier::Topic(topic));
        for entry in entries.filter(|entry| entry.source == ConfigSource::DynamicTopic) {
            if changes.iter().any(|(name, _)| *name == entry.name) {
                continue;
            }
            let Some(value) = &entry.value else {
                let name = &entry.name;
                return Err(LogError::Config(format!("{topic}: the cluster hides {name}, which a change would reset")));
            };
            change = change.set(&entry.name, value);
        }
        let change = changes.iter().fold(change, |change, (name, value)| change.set(name, value));
        let done = futures_executor::block_on(self.client.alter_configs(&[change], &self.options()));
        match done.map_err(|error| log_error(&error))?.into_iter().find_map(Result::err) {
            None => Ok(()),
            Some((_, code)) => Err(refusal(code, Right::Topic("AlterConfigs", topic), "settings cannot be changed")),
        }
    }
}

/// The error of a change that the cluster refuses.
fn refusal(code: RDKafkaErrorCode, right: Right<'_>, what: &str) -> LogError {
    match code {
        RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::ClusterAuthorizationFailed => {
            LogError::Denied(missing(right))
        }
        code => LogError::Config(format!("{right}: {what}: {code}")),
    }
}
