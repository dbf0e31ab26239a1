//! A feed: its definition, health and last polls.

use super::{Subject, dead_letter_json, dead_letters, print_dead_letter, time};
use crate::answer;
use chassis::terminal::line;
use poller::credentials::Credentials;
use proto::{
    topic::Topic,
    v1::{Feed, FeedHealth},
    wire,
};
use serde_json::{Value, json};
use std::io::Write;
use stream::{DeadLetter, Log, LogConfig, Record};

/// What the topics hold of a feed.
pub(super) struct Known {
    subject: Subject,
    feed: Option<Feed>,
    health: Option<FeedHealth>,
    refused: Vec<(Record, DeadLetter)>,
}

impl Known {
    /// Reads what the topics hold, secrets masked; `None` if that is nothing.
    pub(super) fn read(
        log: &dyn Log,
        config: &LogConfig,
        subject: Subject,
        secrets: &Credentials,
    ) -> anyhow::Result<Option<Self>> {
        let mut feed: Option<Feed> = last(log, &config.names.of(Topic::Feeds), &subject.feed_id)?;
        let mut health: Option<FeedHealth> = last(log, &config.names.of(Topic::FeedHealth), &subject.feed_id)?;
        let refused = dead_letters(log, config, &config.names.of(Topic::Feeds), &subject.feed_id)?;
        if let Some(feed) = &mut feed {
            feed.url = secrets.parameters.masked(&feed.url);
        }
        if let Some(health) = &mut health {
            health.url = secrets.parameters.masked(&health.url);
        }
        let is_known = feed.is_some() || health.is_some() || !refused.is_empty();
        Ok(is_known.then_some(Known { subject, feed, health, refused }))
    }

    /// As JSON: `feed` and `health` as on their topics.
    pub(super) fn json(&self) -> anyhow::Result<Value> {
        let refused: Vec<Value> = self.refused.iter().map(|(at, refused)| dead_letter_json(at, refused)).collect();
        Ok(json!({
            "feed_id": self.subject.feed_id,
            "feed": self.feed.as_ref().map(answer::message).transpose()?,
            "health": self.health.as_ref().map(answer::message).transpose()?,
            "refused": refused,
        }))
    }

    /// For people.
    pub(super) fn print(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        match (&self.feed, &self.health) {
            (None, None) => writeln!(out, "feed {} {}\n  not on the list", self.subject.feed_id, self.subject.text)?,
            (Some(feed), _) => {
                writeln!(out, "feed {} {}", feed.feed_id, line(&feed.url))?;
                writeln!(
                    out,
                    "  on the list since {}{}",
                    time(feed.added_at.as_ref()),
                    if feed.paused { ", paused" } else { "" }
                )?;
            }
            (None, Some(health)) => {
                writeln!(out, "feed {} {}\n  no longer on the list", health.feed_id, line(&health.url))?;
            }
        }
        for (record, dead_letter) in &self.refused {
            print_dead_letter(out, record, dead_letter)?;
        }
        let Some(health) = &self.health else { return Ok(writeln!(out, "  not polled yet")?) };
        let FeedHealth { status, failures, .. } = health;
        writeln!(out, "  {status}, title {:?}, {failures} failures in a row", health.title)?;
        let (success, next) = (time(health.last_success_at.as_ref()), time(health.next_poll_at.as_ref()));
        writeln!(out, "  last success {success}, next poll {next}")?;
        for poll in &health.polls {
            write!(out, "  {} {} in {} ms", time(poll.at.as_ref()), poll.outcome, poll.duration_ms)?;
            if poll.http_status != 0 {
                write!(out, ", HTTP {}, {} bytes", poll.http_status, poll.bytes)?;
            }
            if poll.entries != 0 {
                let (new, changed, dropped) = (poll.new_entries, poll.changed_entries, poll.dropped_entries);
                write!(out, ", {} entries: {new} new, {changed} changed, {dropped} dropped", poll.entries)?;
            }
            writeln!(out, "{}{}", if poll.error.is_empty() { "" } else { ": " }, line(&poll.error))?;
        }
        Ok(())
    }
}

/// The last record of a key; `None` if it was removed.
fn last<M: wire::Message>(log: &dyn Log, topic: &str, key: &str) -> anyhow::Result<Option<M>> {
    let mut found = None;
    answer::each(log, topic, |record| {
        if record.key == key.as_bytes() {
            found = record.decode().ok();
        }
    })?;
    Ok(found)
}
