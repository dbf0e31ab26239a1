//! The flags of every process that runs on a log.

use super::{
    config::{LogConfig, LogKind},
    kafka_args::KafkaArgs,
};
use clap::{ValueEnum, value_parser};
use proto::{
    topic::{Names, RetentionOverride},
    wire::Encoding,
};
use std::path::PathBuf;

/// Longest topic prefix, in bytes: Kafka takes names of up to 249.
const MAX_PREFIX: usize = 100;

/// Flags of every process that runs on a log.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Log")]
pub struct LogArgs {
    /// The connection to Kafka.
    #[command(flatten)]
    pub kafka: KafkaArgs,
    /// Data folder of the embedded log. With --kafka nothing durable is in it.
    #[arg(long, env = "NEWSWIRE_DATA", value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
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

impl LogArgs {
    /// Checks what clap cannot: flags that need each other, files, and properties of librdkafka.
    ///
    /// # Errors
    /// One sentence for each problem.
    pub fn check(&self) -> Result<LogConfig, Vec<String>> {
        let kind = match self.kafka.check()? {
            None => LogKind::Embedded(self.data.clone()),
            Some(kafka) => LogKind::Kafka(Box::new(kafka)),
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
        for [flag, value] in
            [["--topic-prefix", "my news"], ["--partitions", "1001"], ["--encoding", "xml"], ["--replica", ""]]
        {
            let error = read(&[flag, value]).unwrap_err();
            assert!(error.to_string().contains(flag), "{error}");
        }
    }

    #[test]
    fn without_kafka_the_log_is_a_file() {
        let config = read(&["--data", "d"]).unwrap().log.check().unwrap();
        assert!(matches!(config.kind, LogKind::Embedded(folder) if folder.ends_with("d")));
    }
}
