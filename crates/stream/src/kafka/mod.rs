//! The log on Apache Kafka.
//!
//! Tested with the broker version of `tools/kafka/pom.xml` and the classic group protocol. The rules that make a stage exactly
//! once, each with its test, are in `docs/delivery-guarantees.md`.

mod admin;
mod client;
mod differences;
mod doubts;
mod errors;
mod fencing;
mod group;
mod member;
mod places;
mod plan;
mod positions;
mod properties;
mod restore;
mod security;
mod settings;
mod tail;
mod transaction;

pub use client::{APPENDERS, KafkaConfig, READER};
pub(crate) use properties::check as check_property;
pub use security::{ClientCertificate, Sasl, SaslMechanism, Secret, Security, Tls};

use crate::{
    Admin, Log, LogError, Member, MemberSpec, Outgoing, Start, Tail, TopicDifference, TopicProblem, TopicSpec,
};
use positions::GroupPositions;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use transaction::Writer;

/// A Kafka cluster.
pub struct Kafka {
    config: KafkaConfig,
    admin: admin::AdminClients,
    appender: Mutex<Option<Writer>>,
    fencings: Arc<fencing::Fencings>,
}

impl Kafka {
    /// Creates the clients of a cluster, without connecting.
    ///
    /// # Errors
    /// [`LogError::Config`] if librdkafka refuses the configuration.
    pub fn new(config: KafkaConfig) -> Result<Self, LogError> {
        let admin = admin::AdminClients::new(&config)?;
        Ok(Kafka { config, admin, appender: Mutex::new(None), fencings: Arc::default() })
    }
}

impl Admin for Kafka {
    fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.admin.ensure_topics(topics)
    }

    fn topic_problems(&self, topics: &[TopicSpec]) -> Result<Vec<TopicProblem>, LogError> {
        self.admin.topic_problems(topics)
    }

    fn topic_differences(&self, topics: &[TopicSpec]) -> Result<Vec<TopicDifference>, LogError> {
        self.admin.differences(&self.config, topics)
    }

    fn apply_topics(&self, topics: &[TopicSpec], differences: &[TopicDifference]) -> Result<(), LogError> {
        self.admin.apply(&self.config, topics, differences)
    }

    fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        self.admin.partitions(topic)
    }

    fn ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.admin.ends(topic)
    }

    fn settled_ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.admin.settled_ends(&self.config, topic)
    }

    fn committed(&self, group: &str, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        GroupPositions::open(&self.config, group, topic)?.committed()
    }

    fn starts(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        GroupPositions::open(&self.config, READER, topic)?.starts(topic)
    }

    fn set_committed(&self, group: &str, topic: &str, offsets: &HashMap<i32, i64>) -> Result<(), LogError> {
        GroupPositions::open(&self.config, group, topic)?.set(offsets)
    }
}

impl Log for Kafka {
    fn join(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, LogError> {
        Ok(Box::new(member::KafkaMember::join(&self.config, spec, &self.fencings)?))
    }

    fn tail(&self, topic: &str, from: Start) -> Result<Box<dyn Tail>, LogError> {
        let partitions = self.admin.partitions(topic)?;
        Ok(Box::new(tail::KafkaTail::open(&self.config, topic, partitions, &from)?))
    }

    fn append(&self, records: Vec<Outgoing>) -> Result<(), LogError> {
        let mut appender = self.appender.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut writer = match appender.take() {
            Some(writer) => writer,
            None => {
                // No successor fences this writer, so its id is unique: the transaction only makes the batch atomic.
                let now = jiff::Timestamp::now().as_nanosecond();
                Writer::new(&self.config, &format!("{APPENDERS}{}.{now}", std::process::id()))?
            }
        };
        writer.append(&records)?;
        *appender = Some(writer);
        Ok(())
    }

    fn max_record_bytes(&self) -> usize {
        crate::record::MAX_RECORD_BYTES
    }
}
