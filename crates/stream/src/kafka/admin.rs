//! Topics, ends and committed offsets.

use super::client::{KafkaConfig, QuietContext, log_error, watermarks};
use crate::{LogError, TopicSpec};
use proto::topic::Retention;
use rdkafka::{
    Offset, TopicPartitionList,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    config::FromClientConfigAndContext,
    consumer::{BaseConsumer, Consumer},
    error::RDKafkaErrorCode,
};
use std::{collections::HashMap, time::Duration};

/// Largest batch that a topic accepts: [`crate::record::MAX_DEAD_LETTER_BYTES`] and the batch's own header.
pub(super) const MAX_MESSAGE_BYTES: usize = 1_300_000;

/// Clients for [`crate::Admin`].
pub(super) struct AdminClients {
    client: AdminClient<QuietContext>,
    reader: BaseConsumer<QuietContext>,
    replication: i32,
    timeout: Duration,
}

impl AdminClients {
    pub(super) fn new(config: &KafkaConfig) -> Result<Self, LogError> {
        Ok(AdminClients {
            client: AdminClient::from_config_and_context(&config.client(), QuietContext)
                .map_err(|error| log_error(&error))?,
            reader: BaseConsumer::from_config_and_context(&config.reader("read_committed"), QuietContext)
                .map_err(|error| log_error(&error))?,
            // -1 is the broker's default (KIP-464).
            replication: config.replication.unwrap_or(-1),
            timeout: config.call_timeout(),
        })
    }

    pub(super) fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        let metadata = self.reader.fetch_metadata(None, self.timeout).map_err(|error| log_error(&error))?;
        let existing: HashMap<&str, usize> =
            metadata.topics().iter().map(|topic| (topic.name(), topic.partitions().len())).collect();
        let settings: Vec<(&TopicSpec, Vec<(&'static str, String)>)> = topics
            .iter()
            .filter(|topic| !existing.contains_key(topic.name.as_str()))
            .map(|topic| (topic, policy(topic)))
            .collect();
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
        let new: Vec<NewTopic<'_>> = settings
            .iter()
            .map(|(topic, settings)| {
                let new = NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(self.replication));
                settings.iter().fold(new, |new, (key, value)| new.set(key, value))
            })
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let options = AdminOptions::new().operation_timeout(Some(self.timeout)).request_timeout(Some(self.timeout));
        let results =
            futures_executor::block_on(self.client.create_topics(&new, &options)).map_err(|error| log_error(&error))?;
        for result in results {
            match result {
                // Another replica has created it.
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((topic, code)) => return Err(LogError::Config(format!("topic {topic} cannot be created: {code}"))),
            }
        }
        // A controller answers before the brokers know the topics and their leaders.
        let end = std::time::Instant::now() + self.timeout;
        for topic in topics {
            while self.partitions(&topic.name).is_err() {
                if std::time::Instant::now() > end {
                    return Err(LogError::Unavailable(format!("topic {} was created but does not appear", topic.name)));
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            self.ends(&topic.name)?;
        }
        Ok(())
    }

    pub(super) fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        let metadata = self.reader.fetch_metadata(Some(topic), self.timeout).map_err(|error| log_error(&error))?;
        let found = metadata.topics().iter().find(|one| one.name() == topic && one.error().is_none());
        match found.map(|one| one.partitions().len()) {
            Some(count) if count > 0 => Ok(i32::try_from(count).unwrap_or(i32::MAX)),
            _ => Err(LogError::NoTopic(topic.to_owned())),
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
        let open = BaseConsumer::from_config_and_context(&config.reader("read_uncommitted"), QuietContext)
            .map_err(|error| log_error(&error))?;
        // Longer than a transaction can last.
        let end = std::time::Instant::now() + config.transaction_timeout * 2 + Duration::from_secs(60);
        let mut ends = HashMap::new();
        for partition in 0..self.partitions(topic)? {
            let high = watermarks(&open, topic, partition, self.timeout)?.1;
            while watermarks(&self.reader, topic, partition, self.timeout)?.1 < high {
                if std::time::Instant::now() > end {
                    return Err(LogError::Lost(format!("a transaction on {topic} stays open")));
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            ends.insert(partition, high);
        }
        Ok(ends)
    }

    pub(super) fn committed(
        &self,
        config: &KafkaConfig,
        group: &str,
        topic: &str,
    ) -> Result<HashMap<i32, i64>, LogError> {
        let mut client = config.reader("read_committed");
        client.set("group.id", group);
        let consumer =
            BaseConsumer::from_config_and_context(&client, QuietContext).map_err(|error| log_error(&error))?;
        let mut partitions = TopicPartitionList::new();
        for partition in 0..self.partitions(topic)? {
            partitions.add_partition(topic, partition);
        }
        let committed = consumer.committed_offsets(partitions, self.timeout).map_err(|error| log_error(&error))?;
        let mut offsets = HashMap::new();
        for element in committed.elements() {
            if let Offset::Offset(offset) = element.offset() {
                offsets.insert(element.partition(), offset);
            }
        }
        Ok(offsets)
    }
}

/// A topic's settings on the broker.
fn policy(topic: &TopicSpec) -> Vec<(&'static str, String)> {
    let mut settings = vec![("compression.type", "zstd".to_owned())];
    let mut set = |key, value: &dyn ToString| settings.push((key, value.to_string()));
    match topic.retention {
        Retention::Compact => set("cleanup.policy", &"compact"),
        Retention::CompactDelete(ms) => {
            set("cleanup.policy", &"compact,delete");
            set("retention.ms", &ms);
        }
        Retention::Delete(ms) => {
            set("cleanup.policy", &"delete");
            set("retention.ms", &ms);
        }
    }
    if topic.is_state {
        set("segment.bytes", &(32 * 1024 * 1024));
        set("max.compaction.lag.ms", &(10 * 60 * 1000));
        set("min.cleanable.dirty.ratio", &0.1);
    }
    set("max.message.bytes", &MAX_MESSAGE_BYTES);
    // The time of writing, not the producer's: retention must not delete old articles at once.
    set("message.timestamp.type", &"LogAppendTime");
    settings
}
