//! The flags of every process that runs on a log.

use super::config::{LogConfig, LogKind};
use crate::kafka::{KafkaConfig, SaslMechanism, Security};
use clap::{ValueEnum, builder::PossibleValue, value_parser};
use proto::{
    topic::{Names, RetentionOverride},
    wire::Encoding,
};
use std::{path::PathBuf, time::Duration};

/// Longest topic prefix, in bytes: Kafka takes names of up to 249.
const MAX_PREFIX: usize = 100;

/// Flags of every process that runs on a log.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Log")]
pub struct LogArgs {
    /// Kafka brokers, comma separated. Without it the log is a file in the data folder.
    #[arg(long, env = "NEWSWIRE_KAFKA", value_name = "HOST:PORT", value_parser = bootstrap)]
    pub kafka: Option<String>,
    /// Data folder of the embedded log. With --kafka nothing durable is in it.
    #[arg(long, env = "NEWSWIRE_DATA", value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Security of the connection to Kafka.
    #[arg(long, env = "NEWSWIRE_KAFKA_SECURITY", value_name = "PROTOCOL", default_value = "plaintext")]
    pub kafka_security: KafkaSecurity,
    /// Certificates of the authority that signed Kafka's. The default is the system's authorities.
    #[arg(long, env = "NEWSWIRE_KAFKA_CA", value_name = "FILE")]
    pub kafka_ca: Option<String>,
    /// SASL mechanism.
    #[arg(
        long,
        env = "NEWSWIRE_KAFKA_MECHANISM",
        value_name = "NAME",
        default_value = "SCRAM-SHA-512",
        ignore_case = true
    )]
    pub kafka_mechanism: SaslMechanism,
    /// SASL user.
    #[arg(long, env = "NEWSWIRE_KAFKA_USERNAME", value_name = "NAME")]
    pub kafka_username: Option<String>,
    /// File with the SASL password.
    #[arg(long, env = "NEWSWIRE_KAFKA_PASSWORD_FILE", value_name = "FILE")]
    pub kafka_password_file: Option<PathBuf>,
    /// Replicas of the topics that newswire creates, 1 to 32767. The default is 3, or the number
    /// of brokers if there are fewer.
    #[arg(long, env = "NEWSWIRE_KAFKA_REPLICATION", value_name = "N", value_parser = value_parser!(i32).range(1..=32_767))]
    pub kafka_replication: Option<i32>,
    /// Milliseconds after which a broker aborts the transaction of a silent replica, 1000 to 900000.
    #[arg(long, env = "NEWSWIRE_TRANSACTION_TIMEOUT_MS", value_name = "MS", default_value_t = 10_000,
        value_parser = value_parser!(u64).range(1_000..=900_000))]
    pub transaction_timeout_ms: u64,
    /// Milliseconds after which a group gives the partitions of a silent replica to others, 1000 to 900000.
    #[arg(long, env = "NEWSWIRE_SESSION_TIMEOUT_MS", value_name = "MS", default_value_t = 6_000,
        value_parser = value_parser!(u64).range(1_000..=900_000))]
    pub session_timeout_ms: u64,
    /// Prefix of the names of topics and groups: at most 100 ASCII alphanumerics, `.`, `_` and `-`.
    #[arg(long, env = "NEWSWIRE_TOPIC_PREFIX", value_name = "PREFIX", default_value = "news.", value_parser = prefix)]
    pub topic_prefix: String,
    /// Partitions of the pipeline's topics, 1 to 1000.
    #[arg(long, env = "NEWSWIRE_PARTITIONS", value_name = "N", default_value_t = proto::topic::PARTITIONS,
        value_parser = value_parser!(i32).range(1..=1_000))]
    pub partitions: i32,
    /// How long a topic keeps its records, for example `dead-letter=60d`: raw, articles, enriched, signatures or
    /// dead-letter. It applies when the topic is created. Repeatable; in the environment separated by commas.
    #[arg(long, env = "NEWSWIRE_RETENTION", value_name = "TOPIC=TIME", value_delimiter = ',')]
    pub retention: Vec<RetentionOverride>,
    /// Encoding of values of public topics.
    #[arg(long, env = "NEWSWIRE_ENCODING", value_name = "NAME", default_value = "json")]
    pub encoding: ValueEncoding,
    /// Stable name of this replica (its ordinal), so that a restart replaces its predecessor at once: ASCII
    /// alphanumerics, `.`, `_` and `-`.
    #[arg(long, env = "NEWSWIRE_REPLICA", value_name = "NAME", default_value = "0", value_parser = replica)]
    pub replica: String,
}

/// Values of `--kafka-security`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum KafkaSecurity {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// Encrypted with TLS.
    Ssl,
    /// Encrypted with TLS, authenticated with SASL.
    SaslSsl,
}

/// Values of `--encoding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ValueEncoding {
    /// proto3 JSON.
    Json,
    /// Protobuf binary.
    Protobuf,
}

impl From<ValueEncoding> for Encoding {
    fn from(encoding: ValueEncoding) -> Self {
        match encoding {
            ValueEncoding::Json => Encoding::Json,
            ValueEncoding::Protobuf => Encoding::Protobuf,
        }
    }
}

impl ValueEnum for SaslMechanism {
    fn value_variants<'a>() -> &'a [Self] {
        &[SaslMechanism::ScramSha512, SaslMechanism::ScramSha256, SaslMechanism::Plain]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

impl LogArgs {
    /// Checks what clap cannot: flags that need each other, and the password file.
    ///
    /// # Errors
    /// One sentence for each problem.
    pub fn check(&self) -> Result<LogConfig, Vec<String>> {
        let without_effect = self.without_effect();
        if !without_effect.is_empty() {
            return Err(without_effect);
        }
        let kind = match &self.kafka {
            None => LogKind::Embedded(self.data.clone()),
            Some(bootstrap) => LogKind::Kafka(KafkaConfig {
                security: self.security()?,
                transaction_timeout: Duration::from_millis(self.transaction_timeout_ms),
                session_timeout: Duration::from_millis(self.session_timeout_ms),
                replication: self.kafka_replication,
                ..KafkaConfig::new(bootstrap)
            }),
        };
        Ok(LogConfig {
            kind,
            names: Names::new(&self.topic_prefix),
            partitions: self.partitions,
            retention: self.retention.clone(),
            encoding: self.encoding.into(),
            replica: self.replica.clone(),
        })
    }

    /// Errors for flags of security that nothing uses: a connection must not be less secure than they say.
    fn without_effect(&self) -> Vec<String> {
        let (kafka, security) = (self.kafka.is_some(), self.kafka_security);
        let is_tls = kafka && security != KafkaSecurity::Plaintext;
        let is_sasl = kafka && security == KafkaSecurity::SaslSsl;
        let (tls, sasl) = ("--kafka-security ssl or sasl-ssl", "--kafka-security sasl-ssl");
        let flags = [
            ("--kafka-security", security != KafkaSecurity::Plaintext, kafka, ""),
            ("--kafka-ca", self.kafka_ca.is_some(), is_tls, tls),
            ("--kafka-mechanism", self.kafka_mechanism != SaslMechanism::ScramSha512, is_sasl, sasl),
            ("--kafka-username", self.kafka_username.is_some(), is_sasl, sasl),
            ("--kafka-password-file", self.kafka_password_file.is_some(), is_sasl, sasl),
        ];
        let unused = flags.into_iter().filter(|(_, given, used, _)| *given && !used);
        unused.map(|(flag, _, _, needs)| format!("{flag} needs {}", if kafka { needs } else { "--kafka" })).collect()
    }

    fn security(&self) -> Result<Security, Vec<String>> {
        let ca = self.kafka_ca.clone();
        match self.kafka_security {
            KafkaSecurity::Plaintext => Ok(Security::Plaintext),
            KafkaSecurity::Ssl => Ok(Security::Ssl { ca }),
            KafkaSecurity::SaslSsl => {
                let username = self.kafka_username.clone().ok_or("--kafka-security sasl-ssl needs --kafka-username");
                match (username, self.password()) {
                    (Ok(username), Ok(password)) => {
                        Ok(Security::SaslSsl { ca, mechanism: self.kafka_mechanism, username, password })
                    }
                    (username, password) => {
                        Err(username.err().map(str::to_owned).into_iter().chain(password.err()).collect())
                    }
                }
            }
        }
    }

    fn password(&self) -> Result<String, String> {
        let file = self.kafka_password_file.as_ref().ok_or("--kafka-security sasl-ssl needs --kafka-password-file")?;
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("--kafka-password-file {}: {error}", file.display()))?;
        Ok(text.trim_end().to_owned())
    }
}

fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn replica(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || !is_name(text) {
        return Err("expected ASCII alphanumerics, `.`, `_` and `-`");
    }
    Ok(text.to_owned())
}

fn prefix(text: &str) -> Result<String, &'static str> {
    if text.len() > MAX_PREFIX || !is_name(text) {
        return Err("expected at most 100 ASCII alphanumerics, `.`, `_` and `-`");
    }
    Ok(text.to_owned())
}

fn bootstrap(text: &str) -> Result<String, String> {
    let is_server = |server: &str| {
        server
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0))
    };
    match text.split(',').map(str::trim).find(|server| !is_server(server)) {
        Some(server) => Err(format!("expected HOST:PORT, comma separated, not {server:?}")),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        log: LogArgs,
    }

    fn read(flags: &[&str]) -> Result<Command, clap::Error> {
        Command::try_parse_from([&["newswire"], flags].concat())
    }

    #[test]
    fn each_flag_has_its_own_form() {
        for [flag, value] in [
            ["--kafka", "nohost"],
            ["--kafka", "broker:9092,broker:0"],
            ["--kafka-security", "tls"],
            ["--kafka-mechanism", "GSSAPI"],
            ["--kafka-replication", "0"],
            ["--transaction-timeout-ms", "999"],
            ["--session-timeout-ms", "900001"],
            ["--topic-prefix", "my news"],
            ["--partitions", "1001"],
            ["--encoding", "xml"],
            ["--replica", ""],
        ] {
            let error = read(&[flag, value]).unwrap_err();
            assert!(error.to_string().contains(flag), "{error}");
        }
    }

    #[test]
    fn sasl_needs_a_user_and_a_password() {
        let problems = read(&["--kafka", "broker:9092", "--kafka-security", "sasl-ssl"]).unwrap().log.check();
        insta::assert_debug_snapshot!(problems.unwrap_err(), @r#"
        [
            "--kafka-security sasl-ssl needs --kafka-username",
            "--kafka-security sasl-ssl needs --kafka-password-file",
        ]
        "#);
    }

    #[test]
    fn security_without_kafka_or_without_its_protocol_is_an_error() {
        let sasl = ["--kafka-security", "sasl-ssl", "--kafka-username", "me", "--kafka-ca", "ca.pem"];
        let refused = |flags: &[&str]| read(flags).unwrap().log.check().unwrap_err();
        let needs = ["--kafka-security needs --kafka", "--kafka-ca needs --kafka", "--kafka-username needs --kafka"];
        assert_eq!(refused(&sasl), needs);
        let plain = ["--kafka", "broker:9092", "--kafka-username", "me"];
        assert_eq!(refused(&plain), ["--kafka-username needs --kafka-security sasl-ssl"]);
        assert_eq!(
            refused(&[&plain[..], &["--kafka-security", "ssl", "--kafka-ca", "ca.pem"]].concat()),
            ["--kafka-username needs --kafka-security sasl-ssl"]
        );
    }

    #[test]
    fn a_mechanism_is_read_in_any_case() {
        let command = read(&["--kafka-mechanism", "scram-sha-256"]).unwrap();
        assert_eq!(command.log.kafka_mechanism, SaslMechanism::ScramSha256);
    }

    #[test]
    fn without_kafka_the_log_is_a_file() {
        let config = read(&["--data", "d"]).unwrap().log.check().unwrap();
        assert!(matches!(config.kind, LogKind::Embedded(folder) if folder.ends_with("d")));
    }
}
