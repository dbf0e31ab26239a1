//! Which log a process runs on, and how the pipeline uses it.

use super::runtime::Runtime;
use crate::{
    CancellationToken, Log, LogError, Metrics,
    backoff::Backoff,
    embedded::{self, Embedded},
    kafka::{Kafka, KafkaConfig},
};
use proto::{
    topic::{Names, RetentionOverride},
    wire::Encoding,
};
use std::{fmt, path::PathBuf, sync::Arc};

/// The checked flags of [`crate::LogArgs`].
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// The log.
    pub kind: LogKind,
    /// Names of topics and groups.
    pub names: Names,
    /// Partitions of the pipeline's topics.
    pub partitions: i32,
    /// Retention of the topics that do not have the default.
    pub retention: Vec<RetentionOverride>,
    /// Encoding of values of public topics.
    pub encoding: Encoding,
    /// Stable name of this replica.
    pub replica: String,
}

/// A kind of log, and where it is.
#[derive(Debug, Clone)]
pub enum LogKind {
    /// A Kafka cluster.
    Kafka(Box<KafkaConfig>),
    /// A file in this folder.
    Embedded(PathBuf),
}

impl fmt::Display for LogConfig {
    /// Kind and place, as in `Kafka at broker:9092 (sasl-ssl)` or `the embedded log in /var/lib/newswire`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            LogKind::Kafka(config) => write!(f, "Kafka at {} ({})", config.bootstrap, config.security.name()),
            LogKind::Embedded(folder) => {
                let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.clone());
                write!(f, "the embedded log in {}", folder.display())
            }
        }
    }
}

impl LogConfig {
    /// Opens the log for a process that runs services. Blocks.
    ///
    /// # Errors
    /// [`LogError::Config`] if another process holds the file, or librdkafka refuses the configuration;
    /// [`LogError::Corrupt`] if the file is damaged.
    pub fn open(&self) -> Result<Arc<dyn Log>, LogError> {
        Ok(match &self.kind {
            LogKind::Kafka(config) => Arc::new(Kafka::new((**config).clone())?),
            LogKind::Embedded(folder) => Arc::new(Embedded::open(folder)?),
        })
    }

    /// Opens the log for a command, and creates none. If a process holds the embedded log's file, the command uses that
    /// process's socket. Blocks.
    ///
    /// # Errors
    /// [`LogError::Config`] if there is no embedded log; as [`LogConfig::open`]; [`LogError::Unavailable`] if a process holds the file but does not answer.
    pub fn reach(&self) -> Result<Arc<dyn Log>, LogError> {
        Ok(match &self.kind {
            LogKind::Kafka(config) => Arc::new(Kafka::new((**config).clone())?),
            LogKind::Embedded(folder) => Arc::from(embedded::open(folder)?),
        })
    }

    /// As [`LogConfig::reach`], but creates an embedded log that is missing. Blocks.
    ///
    /// # Errors
    /// As [`LogConfig::reach`].
    pub fn reach_or_create(&self) -> Result<Arc<dyn Log>, LogError> {
        match &self.kind {
            LogKind::Kafka(_) => self.reach(),
            LogKind::Embedded(folder) => Ok(Arc::from(embedded::open_or_create(folder)?)),
        }
    }

    /// Opens the log, creates missing topics, and makes what services run on. Blocks. Kafka that cannot be reached is tried
    /// again until `shutdown`; `waiting` is called with the reason.
    ///
    /// # Errors
    /// As [`LogConfig::open`] and [`Runtime::ensure_topics`]; [`LogError::Config`] if `registry` already has the metrics;
    /// [`LogError::Unavailable`] if the shutdown came first.
    pub fn start(
        &self,
        registry: &prometheus::Registry,
        shutdown: &CancellationToken,
        waiting: &dyn Fn(&str),
    ) -> Result<Runtime, LogError> {
        let metrics = Metrics::new(registry).map_err(|error| LogError::Config(error.to_string()))?;
        let runtime = self.runtime(self.open()?, metrics, registry.clone(), shutdown.clone());
        let mut backoff = Backoff::new();
        loop {
            match runtime.ensure_topics() {
                Err(error @ (LogError::Unavailable(_) | LogError::Denied(_)))
                    if matches!(self.kind, LogKind::Kafka(_)) =>
                {
                    if shutdown.is_cancelled() {
                        return Err(error);
                    }
                    let (trouble, reason) = match &error {
                        LogError::Unavailable(reason) => ("cannot be reached", reason.clone()),
                        other => ("cannot be used", other.to_string()),
                    };
                    tracing::warn!(log = %self, reason, "{self} {trouble}; trying again");
                    waiting(&format!("{self} {trouble}: {reason}"));
                }
                ended => return ended.map(|()| runtime),
            }
            backoff.wait(shutdown);
        }
    }

    /// What services run on, over an open log.
    #[must_use]
    pub fn runtime(
        &self,
        log: Arc<dyn Log>,
        metrics: Metrics,
        registry: prometheus::Registry,
        shutdown: CancellationToken,
    ) -> Runtime {
        Runtime {
            log,
            names: self.names.clone(),
            partitions: self.partitions,
            retention: self.retention.clone(),
            encoding: self.encoding,
            replica: self.replica.clone(),
            metrics,
            registry,
            shutdown,
        }
    }
}
