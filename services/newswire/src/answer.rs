//! Commands: their output, their access to the log, and how they show records.

use crate::output::Out;
use anyhow::Context;
use chassis::terminal::{self, Colour, Escaped};
use proto::{
    topic::{Names, Topic},
    wire,
};
use std::{
    io::{ErrorKind, IsTerminal, Write},
    ops::ControlFlow,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use stream::{CancellationToken, Log, LogConfig, LogError, Metrics, Record, Start};

/// Time limit for reading a topic to its end.
pub const DEADLINE: Duration = Duration::from_secs(300);

/// Exit code of a command that compares, and has found a difference.
pub const EX_DIFFERS: u8 = 2;

/// The answer says what differs: the process ends with [`EX_DIFFERS`], without an error.
#[derive(Debug, thiserror::Error)]
#[error("there are differences")]
pub struct Differs;

/// A command whose flags are checked: writes its answer.
pub type Answer = Box<dyn FnOnce(&mut Out) -> anyhow::Result<()>>;

/// Prints the answer on standard output and an error on standard error. A closed pipe (`| head -1`) is not an error.
pub fn print(answer: Answer) -> ExitCode {
    let mut out = Out::stdout();
    let result = answer(&mut out).and_then(|()| out.flush().context("standard output"));
    let Err(error) = result else { return ExitCode::SUCCESS };
    let is_closed_pipe =
        error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe);
    if error.is::<Differs>() && out.flush().is_ok() {
        return ExitCode::from(EX_DIFFERS);
    }
    // The buffered part of the answer comes before the error.
    drop(out.flush());
    if is_closed_pipe {
        return ExitCode::SUCCESS;
    }
    report(&format!("{error:#}"));
    ExitCode::from(chassis::process::EX_SOFTWARE)
}

/// Prints a message about the command's work on standard error.
pub fn report(message: &str) {
    let mut stderr = Escaped::new(std::io::stderr().lock());
    if std::io::stderr().is_terminal() {
        terminal::erase_line(&mut std::io::stderr());
    }
    if terminal::wants_colours(std::io::stderr().is_terminal()) {
        drop(stderr.write_colour(Colour::Fault).and_then(|()| write!(stderr, "newswire:")));
        drop(stderr.end_colour(Colour::Fault).and_then(|()| writeln!(stderr, " {message}")));
    } else {
        drop(writeln!(stderr, "newswire: {message}"));
    }
}

/// A message of the contract as JSON.
///
/// # Errors
/// It has a value that JSON cannot hold.
pub fn message<M: wire::Message>(message: &M) -> anyhow::Result<serde_json::Value> {
    Ok(serde_json::from_slice(&wire::Encoding::Json.encode(message)?)?)
}

/// Opens the log for a command that runs alongside the services. Creates none.
///
/// # Errors
/// If the log cannot be reached.
pub fn reach(config: &LogConfig) -> anyhow::Result<Arc<dyn Log>> {
    Ok(config.reach()?)
}

/// As [`reach`], and creates the topics that are missing: feeds may be imported before a service has run.
///
/// # Errors
/// If the log cannot be reached, or has a topic with another number of partitions.
pub fn ready(config: &LogConfig) -> anyhow::Result<Arc<dyn Log>> {
    let log = config.reach_or_create()?;
    let registry = prometheus::Registry::new();
    config.runtime(log.clone(), Metrics::new(&registry)?, registry, CancellationToken::new()).ensure_topics()?;
    Ok(log)
}

/// Visits every record of a topic, oldest first in each partition. A topic that does not exist has none: services create the
/// topics that a new version adds.
///
/// # Errors
/// If the topic cannot be read to its end.
pub fn each(log: &dyn Log, topic: &str, mut visit: impl FnMut(Record)) -> anyhow::Result<()> {
    let scanned = stream::scan(log, topic, Start::Beginning, DEADLINE, |record| {
        visit(record);
        ControlFlow::Continue(())
    });
    match scanned {
        Ok(()) | Err(LogError::NoTopic(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The full name of a topic that is given in full, without prefix (`raw.v1`), or without prefix and version (`raw`).
/// Any other name is taken as it is.
#[must_use]
pub fn topic_name(names: &Names, given: &str) -> String {
    let is_given = |topic: &&Topic| topic.suffix() == given || topic.short_name() == given;
    Topic::ALL.iter().find(is_given).map_or_else(|| given.to_owned(), |topic| names.of(*topic))
}

/// A record as JSON: topic, partition, offset, time, key, headers, and the value as `value` (JSON), `value_text` or
/// `value_base64`. Ids in keys are hex; Protobuf messages of the contract are JSON.
#[must_use]
pub fn record(names: &Names, record: &Record) -> serde_json::Value {
    let key = names
        .topic(&record.topic)
        .map_or_else(|| String::from_utf8_lossy(&record.key).into_owned(), |topic| topic.key_text(&record.key));
    let headers: serde_json::Map<String, serde_json::Value> = record
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into_owned().into()))
        .collect();
    let mut shown = serde_json::json!({
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "time": jiff::Timestamp::from_millisecond(record.timestamp_ms).map(|at| at.to_string()).unwrap_or_default(),
        "key": key,
        "headers": headers,
    });
    let (name, value) = value(record);
    if let Some(object) = shown.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
    shown
}

fn value(record: &Record) -> (&'static str, serde_json::Value) {
    let Some(bytes) = &record.value else { return ("value", serde_json::Value::Null) };
    let content_type = record.header(wire::CONTENT_TYPE);
    if content_type.is_some_and(|of| of.starts_with("application/protobuf"))
        && let Some(event_type) = record.header("ce_type")
        && let Some(Ok(json)) = proto::topic::json(event_type, content_type, bytes)
    {
        return ("value", json);
    }
    if let Ok(json) = serde_json::from_slice(bytes) {
        return ("value", json);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => ("value_text", text.into()),
        Err(_) => {
            use base64::Engine;
            ("value_base64", base64::engine::general_purpose::STANDARD.encode(bytes).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1;

    #[test]
    fn a_topic_is_named_in_full_or_without_prefix_and_version() {
        let names = Names::new("test.");
        for given in ["test.raw.v1", "raw.v1", "raw"] {
            assert_eq!(topic_name(&names, given), "test.raw.v1");
        }
        assert_eq!(topic_name(&names, "elsewhere"), "elsewhere");
    }

    #[test]
    fn a_value_is_shown_as_json_text_or_base64() {
        let shown = |value: &[u8], content_type: &str| {
            let record_of = |value: &[u8]| Record {
                topic: "news.article-state.v1".into(),
                partition: 0,
                offset: 1,
                timestamp_ms: 0,
                key: vec![0xab; 16],
                value: Some(value.to_vec()),
                headers: vec![
                    ("content-type".into(), content_type.into()),
                    ("ce_type".into(), b"news.v1.ArticleState".to_vec()),
                ],
            };
            record(&Names::default(), &record_of(value))
        };
        let state = v1::ArticleState { revision: 3, ..v1::ArticleState::default() };
        let binary = wire::Encoding::Protobuf.encode(&state).unwrap();
        assert_eq!(shown(&binary, "application/protobuf")["value"]["revision"], 3);
        assert_eq!(shown(&binary, "application/protobuf")["key"], "ab".repeat(16));
        assert_eq!(shown(b"{\"a\":1}", "application/json")["value"]["a"], 1);
        assert_eq!(shown(b"no json", "application/json")["value_text"], "no json");
        assert_eq!(shown(b"\xff\x00", "application/json")["value_base64"], "/wA=");
    }
}
