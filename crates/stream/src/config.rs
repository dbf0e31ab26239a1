//! Which log a process runs on, from its flags.

use crate::{
    CancellationToken, Log, LogError, Metrics, Runtime,
    embedded::Embedded,
    kafka::{Kafka, KafkaConfig, Security},
};
use proto::{
    topic::{Names, RetentionOverride},
    wire::Encoding,
};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// Flags of everything that runs on a log.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Log")]
pub struct LogArgs {
    /// Kafka to run on, HOST:PORT, comma separated. Without it the log is a file in the data folder.
    #[arg(long, env = "NEWSWIRE_KAFKA", value_name = "HOST:PORT")]
    pub kafka: Option<String>,
    /// Data folder of the embedded log. With --kafka it holds nothing durable.
    #[arg(long, env = "NEWSWIRE_DATA", value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// How the connection to Kafka is secured: plaintext, ssl or sasl-ssl.
    #[arg(long, env = "NEWSWIRE_KAFKA_SECURITY", value_name = "HOW", default_value = "plaintext")]
    pub kafka_security: String,
    /// Certificates of the authority that signed Kafka's; the system's by default.
    #[arg(long, env = "NEWSWIRE_KAFKA_CA", value_name = "FILE")]
    pub kafka_ca: Option<String>,
    /// SASL mechanism.
    #[arg(long, env = "NEWSWIRE_KAFKA_MECHANISM", value_name = "NAME", default_value = "SCRAM-SHA-512")]
    pub kafka_mechanism: String,
    /// SASL user.
    #[arg(long, env = "NEWSWIRE_KAFKA_USERNAME", value_name = "NAME")]
    pub kafka_username: Option<String>,
    /// File that holds the SASL password.
    #[arg(long, env = "NEWSWIRE_KAFKA_PASSWORD_FILE", value_name = "FILE")]
    pub kafka_password_file: Option<PathBuf>,
    /// Replicas of the topics that newswire creates; the broker's default where it is not given.
    #[arg(long, env = "NEWSWIRE_KAFKA_REPLICATION", value_name = "N")]
    pub kafka_replication: Option<i32>,
    /// Milliseconds after which a broker aborts the transaction of a silent replica.
    #[arg(long, env = "NEWSWIRE_TRANSACTION_TIMEOUT_MS", value_name = "MS", default_value_t = 10_000)]
    pub transaction_timeout_ms: u64,
    /// Milliseconds after which a group gives a silent replica's partitions to others.
    #[arg(long, env = "NEWSWIRE_SESSION_TIMEOUT_MS", value_name = "MS", default_value_t = 6_000)]
    pub session_timeout_ms: u64,
    /// What the names of topics and groups begin with.
    #[arg(long, env = "NEWSWIRE_TOPIC_PREFIX", value_name = "TEXT", default_value = "news.")]
    pub topic_prefix: String,
    /// Partitions of the pipeline's topics.
    #[arg(long, env = "NEWSWIRE_PARTITIONS", value_name = "N", default_value_t = proto::topic::PARTITIONS)]
    pub partitions: i32,
    /// How long a topic keeps its records, for example `dead-letter=60d`: raw, articles, enriched, signatures or
    /// dead-letter. It counts when the topic is created. Repeatable; in the environment separated by commas.
    #[arg(long, env = "NEWSWIRE_RETENTION", value_name = "TOPIC=TIME", value_delimiter = ',')]
    pub retention: Vec<RetentionOverride>,
    /// How values of public topics are written: json or protobuf.
    #[arg(long, env = "NEWSWIRE_ENCODING", value_name = "NAME", default_value = "json")]
    pub encoding: String,
    /// Stable name of this replica (its ordinal), so that a restart takes its predecessor's place at once.
    #[arg(long, env = "NEWSWIRE_REPLICA", value_name = "NAME", default_value = "0")]
    pub replica: String,
}

/// The flags, checked.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// Which log.
    pub choice: LogKind,
    /// Topic and group names.
    pub names: Names,
    /// Partitions of the pipeline's topics.
    pub partitions: i32,
    /// Retention of topics where it is not the default.
    pub retention: Vec<RetentionOverride>,
    /// How values of public topics are written.
    pub encoding: Encoding,
    /// This replica.
    pub replica: String,
}

/// Which log.
#[derive(Debug, Clone)]
pub enum LogKind {
    /// A Kafka cluster.
    Kafka(KafkaConfig),
    /// A file in this folder.
    Embedded(PathBuf),
}

impl LogArgs {
    /// Checks all flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<LogConfig, Vec<String>> {
        let mut wrong = Vec::new();
        let encoding = match self.encoding.as_str() {
            "json" => Encoding::Json,
            "protobuf" => Encoding::Protobuf,
            other => {
                wrong.push(format!("--encoding is json or protobuf, not {other:?}"));
                Encoding::Json
            }
        };
        if !(1..=1_000).contains(&self.partitions) {
            wrong.push(format!("--partitions is 1 to 1000, not {}", self.partitions));
        }
        if self.replica.is_empty() || !self.replica.chars().all(is_id) {
            wrong.push(format!("--replica is made of letters, digits, `.`, `_` and `-`, not {:?}", self.replica));
        }
        if self.topic_prefix.chars().any(|c| !is_id(c)) || self.topic_prefix.len() > 100 {
            wrong.push(format!(
                "--topic-prefix is at most 100 letters, digits, `.`, `_` and `-`, not {:?}",
                self.topic_prefix
            ));
        }
        if !(1_000..=900_000).contains(&self.transaction_timeout_ms) {
            wrong.push(format!("--transaction-timeout-ms is 1000 to 900000, not {}", self.transaction_timeout_ms));
        }
        if !(1_000..=900_000).contains(&self.session_timeout_ms) {
            wrong.push(format!("--session-timeout-ms is 1000 to 900000, not {}", self.session_timeout_ms));
        }
        let choice = match &self.kafka {
            None => LogKind::Embedded(self.data.clone()),
            Some(bootstrap) => {
                for server in bootstrap.split(',') {
                    if !is_host_port(server.trim()) {
                        wrong.push(format!("--kafka is HOST:PORT, comma separated, not {server:?}"));
                    }
                }
                LogKind::Kafka(KafkaConfig {
                    security: self.security(&mut wrong),
                    transaction_timeout: Duration::from_millis(self.transaction_timeout_ms),
                    session_timeout: Duration::from_millis(self.session_timeout_ms),
                    replication: self.kafka_replication,
                    ..KafkaConfig::new(bootstrap)
                })
            }
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(LogConfig {
            choice,
            names: Names::new(&self.topic_prefix),
            partitions: self.partitions,
            retention: self.retention.clone(),
            encoding,
            replica: self.replica.clone(),
        })
    }

    fn security(&self, wrong: &mut Vec<String>) -> Security {
        let ca = self.kafka_ca.clone();
        match self.kafka_security.as_str() {
            "plaintext" => Security::Plaintext,
            "ssl" => Security::Ssl { ca },
            "sasl-ssl" => {
                let username = self.kafka_username.clone().unwrap_or_else(|| {
                    wrong.push("--kafka-security sasl-ssl needs --kafka-username".to_owned());
                    String::new()
                });
                let password = match &self.kafka_password_file {
                    None => {
                        wrong.push("--kafka-security sasl-ssl needs --kafka-password-file".to_owned());
                        String::new()
                    }
                    Some(file) => std::fs::read_to_string(file).map_or_else(
                        |error| {
                            wrong.push(format!("--kafka-password-file {}: {error}", file.display()));
                            String::new()
                        },
                        |text| text.trim_end().to_owned(),
                    ),
                };
                Security::SaslSsl { ca, mechanism: self.kafka_mechanism.clone(), username, password }
            }
            other => {
                wrong.push(format!("--kafka-security is plaintext, ssl or sasl-ssl, not {other:?}"));
                Security::Plaintext
            }
        }
    }
}

fn is_id(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn is_host_port(server: &str) -> bool {
    server
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
}

impl LogConfig {
    /// Opens the log, for a process that runs services. Blocks.
    ///
    /// # Errors
    /// Where the file is held by another process, or the client's configuration is refused.
    pub fn open(&self) -> Result<Arc<dyn Log>, LogError> {
        Ok(match &self.choice {
            LogKind::Kafka(config) => Arc::new(Kafka::new(config.clone())?),
            LogKind::Embedded(folder) => Arc::new(Embedded::open(folder)?),
        })
    }

    /// Reaches the log, for a command beside the services: through the socket of the process that holds the file, if
    /// one runs. Blocks.
    ///
    /// # Errors
    /// As [`LogConfig::open`].
    pub fn reach(&self) -> Result<Arc<dyn Log>, LogError> {
        Ok(match &self.choice {
            LogKind::Kafka(config) => Arc::new(Kafka::new(config.clone())?),
            LogKind::Embedded(folder) => Arc::from(crate::embedded::open(folder)?),
        })
    }

    /// Opens the log, creates what topics are missing, and makes what services run on. Blocks.
    ///
    /// # Errors
    /// As [`LogConfig::open`]; where the log cannot be reached; where a topic is there with other partitions.
    pub fn start(&self, registry: &prometheus::Registry, shutdown: &CancellationToken) -> Result<Runtime, LogError> {
        let metrics = Metrics::new(registry).map_err(|error| LogError::Config(error.to_string()))?;
        let runtime = self.runtime(self.open()?, metrics, registry.clone(), shutdown.clone());
        runtime.ensure_topics()?;
        Ok(runtime)
    }

    /// What a service runs on.
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        log: LogArgs,
    }

    fn check(flags: &[&str]) -> Result<LogConfig, Vec<String>> {
        Command::try_parse_from([&["newswire"], flags].concat()).unwrap().log.check()
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let wrong =
            check(&["--kafka", "nohost", "--encoding", "xml", "--replica", "a b", "--kafka-security", "sasl-ssl"]);
        insta::assert_debug_snapshot!(wrong.unwrap_err());
    }

    #[test]
    fn without_kafka_the_log_is_a_file() {
        assert!(matches!(check(&["--data", "d"]).unwrap().choice, LogKind::Embedded(folder) if folder.ends_with("d")));
    }
}
