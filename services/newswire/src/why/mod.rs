//! `newswire why`: how far a story or a feed has come, and why. Reads what the topics still hold.

mod feed;
mod story;

use crate::{
    answer::{self, Answer},
    feeds,
    output::{Out, OutputArgs},
};
use anyhow::Context;
use chassis::terminal::line;
use poller::credentials::{Credentials, SecretArgs};
use proto::topic::Topic;
use serde_json::{Value, json};
use std::io::Write;
use stream::{DeadLetter, Log, LogArgs, LogConfig, Record};

/// Flags of `newswire why`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// URL of a story or of a feed, or an article id or feed id.
    #[arg(value_name = "URL or ID")]
    subject: String,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One message for each invalid flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        let (config, subject, secrets) =
            (self.log.check()?, self.subject.trim().to_owned(), self.secrets.credentials());
        if subject.is_empty() {
            return Err(vec!["a URL or an id is required".to_owned()]);
        }
        let output = self.output;
        Ok(Box::new(move |out| why(out, &config, &subject, &secrets, output)))
    }
}

fn why(
    out: &mut Out,
    config: &LogConfig,
    given: &str,
    secrets: &Credentials,
    output: OutputArgs,
) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let shown = secrets.parameters.masked(given);
    let subject = Subject::parse(given, &shown).with_context(|| format!("{shown:?} is neither a URL nor an id"))?;
    let known = feeds::known(&*log, &config.names.of(Topic::Feeds))?;
    let mut ids: Vec<String> = feeds::find(&known, secrets, given).iter().map(|feed| feed.feed_id.clone()).collect();
    if ids.is_empty() {
        // It may have been removed.
        ids.push(subject.feed_id.clone());
    }
    // A URL may be both: a feed that an entry links to.
    let mut found = Vec::new();
    for feed_id in ids {
        found.extend(feed::Known::read(&*log, config, Subject { feed_id, ..subject.clone() }, secrets)?);
    }
    let mut story = story::read(&*log, config, &subject, secrets)?;
    // Links of a feed with a credential were published without its secrets.
    if story.is_none()
        && shown != given
        && let Some(masked) = Subject::parse(&shown, &shown)
    {
        story = story::read(&*log, config, &masked, secrets)?;
    }
    let article_url = subject.canonical.as_ref().map(|url| secrets.parameters.masked(url));
    if output.json {
        let feeds: Vec<_> = found.iter().map(feed::Known::json).collect::<Result<_, _>>()?;
        let story = story.as_ref().map(story::Story::json).transpose()?;
        return Ok(out.json(&json!({ "article_id": subject.article_id, "feeds": feeds, "story": story }))?);
    }
    if found.is_empty() && story.is_none() {
        writeln!(out, "never seen: it is neither a feed nor a story that the topics still hold")?;
        if let Some(url) = article_url {
            writeln!(out, "  its article id would be {} ({url})", subject.article_id)?;
        }
    }
    found.iter().try_for_each(|feed| feed.print(out))?;
    Ok(story.map_or(Ok(()), |story| story.print(out))?)
}

/// The subject of the question, with the ids that it may mean.
#[derive(Debug, Clone)]
struct Subject {
    /// As given.
    given: String,
    /// As given, without secrets.
    text: String,
    canonical: Option<String>,
    article_id: String,
    feed_id: String,
}

impl Subject {
    fn parse(text: &str, shown: &str) -> Option<Self> {
        let is_id = text.len() == proto::id::DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
        if is_id {
            let id = text.to_ascii_lowercase();
            return Some(Subject {
                given: text.to_owned(),
                text: shown.to_owned(),
                canonical: None,
                article_id: id.clone(),
                feed_id: id,
            });
        }
        let canonical = poller::identity::canonical_url(text)?;
        Some(Subject {
            given: text.to_owned(),
            text: shown.to_owned(),
            article_id: proto::id::article_id(&canonical),
            feed_id: poller::definition::parse_url(text)
                .map(|url| proto::id::feed_id(url.as_str()))
                .unwrap_or_default(),
            canonical: Some(canonical),
        })
    }
}

/// The dead letters of a key of a topic, oldest first in each partition.
fn dead_letters(
    log: &dyn Log,
    config: &LogConfig,
    topic: &str,
    key: &str,
) -> anyhow::Result<Vec<(Record, DeadLetter)>> {
    let mut found = Vec::new();
    answer::each(log, &config.names.of(Topic::DeadLetter), |record| {
        if record.key == key.as_bytes()
            && let Some(dead_letter) = DeadLetter::from_record(&record)
            && dead_letter.record.topic == topic
        {
            found.push((record, dead_letter));
        }
    })?;
    Ok(found)
}

fn print_dead_letter(out: &mut dyn Write, record: &Record, dead_letter: &DeadLetter) -> std::io::Result<()> {
    let DeadLetter { stage, reason, detail, attempt, .. } = dead_letter;
    writeln!(out, "  refused by the {stage}: {reason}, attempt {attempt}: {} ({})", line(detail), position(record))
}

/// `news.raw.v1[3]@41, 2026-11-24T12:00:00Z`
fn position(record: &Record) -> String {
    format!("{}[{}]@{}, {}", record.topic, record.partition, record.offset, written_at(record))
}

fn written_at(record: &Record) -> String {
    format!("{:.0}", jiff::Timestamp::from_millisecond(record.timestamp_ms).unwrap_or_default())
}

/// Where a record stands, as JSON.
fn place(record: &Record) -> Value {
    json!({
        "topic": record.topic, "partition": record.partition, "offset": record.offset, "time": written_at(record),
    })
}

fn dead_letter_json(record: &Record, dead_letter: &DeadLetter) -> Value {
    let DeadLetter { stage, reason, detail, attempt, .. } = dead_letter;
    json!({ "at": place(record), "stage": stage, "reason": reason, "attempt": attempt, "detail": detail })
}

/// A timestamp, to the second; `never` if there is none.
fn time(at: Option<&pbjson_types::Timestamp>) -> String {
    at.and_then(proto::time::from_wire).map_or_else(|| "never".to_owned(), |at| format!("{at:.0}"))
}
