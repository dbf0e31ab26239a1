//! `newswire why`: where a story or a feed is, and how it came there. Reads what the topics still hold.

mod feed;
mod story;

use crate::answer::{self, Answer, DEADLINE};
use anyhow::Context;
use proto::topic::Topic;
use std::{io::Write, ops::ControlFlow};
use stream::{DeadLetter, Log, LogArgs, LogConfig, Record, Start};

/// What is asked for.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address of a story or of a feed, or an article id or feed id.
    what: String,
    #[command(flatten)]
    log: LogArgs,
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        let (config, what) = (self.log.check()?, self.what.trim().to_owned());
        if what.is_empty() {
            return Err(vec!["why takes an address or an id".to_owned()]);
        }
        Ok(Box::new(move |out| why(out, &config, &what)))
    }
}

fn why(out: &mut dyn Write, config: &LogConfig, what: &str) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let asked = Asked::read(what).with_context(|| format!("{what:?} is neither an address nor an id"))?;
    // An address may be both: a feed that somebody links to.
    let is_feed = feed::tell(out, &*log, config, &asked)?;
    let is_story = story::tell(out, &*log, config, &asked)?;
    if !is_feed && !is_story {
        writeln!(out, "never seen: no feed has this address, and no story that the topics still hold")?;
        if let Some(url) = &asked.canonical {
            writeln!(out, "  as an article it would be {} ({url})", asked.article_id)?;
        }
    }
    Ok(())
}

/// What was asked for, as the ids that it may be.
#[derive(Debug)]
struct Asked {
    /// As it was written.
    text: String,
    canonical: Option<String>,
    article_id: String,
    feed_id: String,
}

impl Asked {
    fn read(text: &str) -> Option<Self> {
        let is_id = text.len() == proto::id::DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
        if is_id {
            let id = text.to_ascii_lowercase();
            return Some(Asked { text: text.to_owned(), canonical: None, article_id: id.clone(), feed_id: id });
        }
        let canonical = poller::identity::canonical_url(text)?;
        Some(Asked {
            text: text.to_owned(),
            article_id: proto::id::article_id(&canonical),
            feed_id: poller::definition::parse_url(text)
                .map(|url| proto::id::feed_id(url.as_str()))
                .unwrap_or_default(),
            canonical: Some(canonical),
        })
    }
}

/// What was refused under a key of a topic, oldest first in each partition.
fn refusals(log: &dyn Log, config: &LogConfig, topic: &str, key: &str) -> anyhow::Result<Vec<(Record, DeadLetter)>> {
    let mut found = Vec::new();
    stream::scan(log, &config.names.of(Topic::DeadLetter), Start::Beginning, DEADLINE, |record| {
        if record.key == key.as_bytes()
            && let Some(letter) = DeadLetter::from_record(&record)
            && letter.record.topic == topic
        {
            found.push((record, letter));
        }
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

fn refused(out: &mut dyn Write, record: &Record, letter: &DeadLetter) -> std::io::Result<()> {
    let DeadLetter { stage, reason, detail, attempt, .. } = letter;
    writeln!(out, "  refused by the {stage}: {reason}, attempt {attempt}: {detail} ({})", place(record))
}

/// `news.raw.v1[3]@41, 2026-11-24T12:00:00Z`
fn place(record: &Record) -> String {
    let at = jiff::Timestamp::from_millisecond(record.timestamp_ms).unwrap_or_default();
    format!("{}[{}]@{}, {at:.0}", record.topic, record.partition, record.offset)
}

/// A time of the contract, to the second.
fn time(at: Option<&pbjson_types::Timestamp>) -> String {
    at.and_then(proto::time::from_wire).map_or_else(|| "never".to_owned(), |at| format!("{at:.0}"))
}
