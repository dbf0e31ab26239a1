//! A feed: its definition, health and last polls.

use super::{Subject, dead_letters, print_dead_letter, time};
use crate::answer;
use chassis::terminal::line;
use poller::credentials::Credentials;
use proto::{
    topic::Topic,
    v1::{Feed, FeedHealth},
    wire,
};
use std::io::Write;
use stream::{Log, LogConfig};

/// Prints what the topics hold of a feed. False if that is nothing.
pub fn print(
    out: &mut dyn Write,
    log: &dyn Log,
    config: &LogConfig,
    subject: &Subject,
    secrets: &Credentials,
) -> anyhow::Result<bool> {
    let feed: Option<Feed> = last(log, &config.names.of(Topic::Feeds), &subject.feed_id)?;
    let health: Option<FeedHealth> = last(log, &config.names.of(Topic::FeedHealth), &subject.feed_id)?;
    let refused = dead_letters(log, config, &config.names.of(Topic::Feeds), &subject.feed_id)?;
    match (&feed, &health) {
        (None, None) if refused.is_empty() => return Ok(false),
        (None, None) => writeln!(out, "feed {} {}\n  not on the list", subject.feed_id, subject.text)?,
        (Some(feed), _) => {
            writeln!(out, "feed {} {}", feed.feed_id, line(&secrets.parameters.masked(&feed.url)))?;
            writeln!(
                out,
                "  on the list since {}{}",
                time(feed.added_at.as_ref()),
                if feed.paused { ", paused" } else { "" }
            )?;
        }
        (None, Some(health)) => writeln!(
            out,
            "feed {} {}\n  no longer on the list",
            health.feed_id,
            line(&secrets.parameters.masked(&health.url))
        )?,
    }
    for (record, dead_letter) in &refused {
        print_dead_letter(out, record, dead_letter)?;
    }
    let Some(health) = health else {
        writeln!(out, "  not polled yet")?;
        return Ok(true);
    };
    let FeedHealth { status, failures, .. } = &health;
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
    Ok(true)
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
