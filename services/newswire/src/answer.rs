//! What a command answers, on standard output; its troubles go to standard error.

use anyhow::Context;
use proto::{
    topic::{Names, Topic},
    v1, wire,
};
use std::{
    io::{BufWriter, ErrorKind, Write},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};
use stream::{CancellationToken, Log, LogConfig, Metrics, Record};

/// Time that reading a topic to its end may take.
pub const DEADLINE: Duration = Duration::from_secs(300);

/// A command, ready to answer.
pub type Answer = Box<dyn FnOnce(&mut dyn Write) -> anyhow::Result<()>>;

/// Prints an answer. A reader that has gone (`| head -1`) is no trouble.
pub fn print(answer: Answer) -> ExitCode {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let result = answer(&mut out).and_then(|()| out.flush().context("standard output"));
    let Err(error) = result else { return ExitCode::SUCCESS };
    let gone = error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe);
    // What is still buffered belongs to the answer, before the trouble.
    drop(out.flush());
    if gone {
        return ExitCode::SUCCESS;
    }
    drop(writeln!(std::io::stderr().lock(), "newswire: {error:#}"));
    ExitCode::from(chassis::process::EX_SOFTWARE)
}

/// Reaches the log of a command beside the services.
///
/// # Errors
/// Where it cannot be reached.
pub fn reach(config: &LogConfig) -> anyhow::Result<Arc<dyn Log>> {
    Ok(config.reach()?)
}

/// As [`reach`], with the pipeline's topics made where they are missing: a list may be written before anything has run.
///
/// # Errors
/// Where the log cannot be reached, or has topics with another number of partitions.
pub fn ready(config: &LogConfig) -> anyhow::Result<Arc<dyn Log>> {
    let log = reach(config)?;
    let registry = prometheus::Registry::new();
    config.runtime(log.clone(), Metrics::new(&registry)?, registry, CancellationToken::new()).ensure_topics()?;
    Ok(log)
}

/// The full name of a topic that is given by its full name, or without prefix, or also without version: `raw`.
#[must_use]
pub fn topic_name(names: &Names, given: &str) -> String {
    let all = Topic::ALL.map(|topic| names.of(topic));
    let short = |full: &String| {
        let prefix = names.of(Topic::Raw).len() - "raw.v1".len();
        let rest = full.get(prefix..).unwrap_or(full);
        rest == given || rest.strip_suffix(".v1") == Some(given)
    };
    all.iter().find(|full| *full == given || short(full)).cloned().unwrap_or_else(|| given.to_owned())
}

/// A record as JSON: where it stands, its headers, and its value as what it is (JSON, text, or base64).
#[must_use]
pub fn record(record: &Record) -> serde_json::Value {
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
        "key": String::from_utf8_lossy(&record.key),
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
    if record.header(wire::CONTENT_TYPE).is_some_and(|of| of.starts_with("application/protobuf"))
        && let Some(json) = protobuf(record)
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

/// The JSON of a Protobuf value, by the type that its header names.
fn protobuf(record: &Record) -> Option<serde_json::Value> {
    fn json<M: wire::Message>(record: &Record) -> Option<serde_json::Value> {
        serde_json::to_value(record.decode::<M>().ok()?).ok()
    }
    match record.header("ce_type")?.strip_prefix("news.v1.")? {
        "Feed" => json::<v1::Feed>(record),
        "FeedState" => json::<v1::FeedState>(record),
        "FeedEntries" => json::<v1::FeedEntries>(record),
        "FeedHealth" => json::<v1::FeedHealth>(record),
        "RawItem" => json::<v1::RawItem>(record),
        "PageRequest" => json::<v1::PageRequest>(record),
        "Push" => json::<v1::Push>(record),
        "Article" => json::<v1::Article>(record),
        "ArticleState" => json::<v1::ArticleState>(record),
        "EnrichedArticle" => json::<v1::EnrichedArticle>(record),
        "Signature" => json::<v1::Signature>(record),
        "StoryLabel" => json::<v1::StoryLabel>(record),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_named_in_full_or_in_short() {
        let names = Names::new("test.");
        for given in ["test.raw.v1", "raw.v1", "raw"] {
            assert_eq!(topic_name(&names, given), "test.raw.v1");
        }
        assert_eq!(topic_name(&names, "elsewhere"), "elsewhere");
    }

    #[test]
    fn a_value_is_shown_as_what_it_is() {
        let shown = |value: &[u8], content_type: &str| {
            record(&Record {
                topic: "t".into(),
                partition: 0,
                offset: 1,
                timestamp_ms: 0,
                key: b"k".to_vec(),
                value: Some(value.to_vec()),
                headers: vec![
                    ("content-type".into(), content_type.into()),
                    ("ce_type".into(), b"news.v1.ArticleState".to_vec()),
                ],
            })
        };
        let state = v1::ArticleState { revision: 3, ..v1::ArticleState::default() };
        let binary = wire::Encoding::Protobuf.encode(&state).unwrap();
        assert_eq!(shown(&binary, "application/protobuf")["value"]["revision"], 3);
        assert_eq!(shown(b"{\"a\":1}", "application/json")["value"]["a"], 1);
        assert_eq!(shown(b"no json", "application/json")["value_text"], "no json");
        assert_eq!(shown(b"\xff\x00", "application/json")["value_base64"], "/wA=");
    }
}
