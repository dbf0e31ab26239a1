//! Feeds that are added and removed: with partitions, and by their definitions.

use super::{
    STAGE,
    poll_loop::{FEEDS, HEALTH, PollLoop, STATES, state_of, to_i64},
    queue::{MAX_POLLS, ScheduledFeed},
    records,
};
use crate::{definition, rate_limit::host_of};
use jiff::Timestamp;
use proto::{
    partition,
    topic::{InTopic, Topic},
    v1::{Feed, FeedHealth, FeedState, Poll},
};
use std::collections::VecDeque;
use stream::{DeadLetter, LogError, Outgoing, Record, Session, Table, Transaction};

/// The effects of definitions, applied once their offsets are committed.
#[derive(Default)]
struct Changes<'r> {
    accepted: Vec<(i32, Feed, Option<FeedState>)>,
    removed: Vec<&'r str>,
    /// Reasons of the refused definitions.
    refused: Vec<&'static str>,
}

impl PollLoop {
    /// Schedules the feeds of newly assigned partitions.
    pub(super) fn load_feeds(&mut self, session: &Session, partitions: &[i32]) -> Result<(), LogError> {
        let now = Timestamp::now();
        let transaction = Transaction::default();
        for partition in partitions {
            let mut feeds = Vec::new();
            for (key, row) in session.rows(&FEEDS, *partition)? {
                // An invalid definition went to the dead letters when it was read as a record.
                match row.decode::<Feed>() {
                    Ok(feed) if feed.feed_id.as_bytes() == key => feeds.push(feed),
                    _ => tracing::debug!(partition, "row of the feeds table skipped: not a valid definition"),
                }
            }
            for feed in feeds {
                let state = state_of(session, &transaction, *partition, &feed.feed_id)?;
                self.schedule(session, feed, *partition, state, now)?;
            }
        }
        self.metrics.feeds.set(to_i64(self.feeds.len()));
        Ok(())
    }

    /// Drops the feeds of revoked partitions, and the results that were awaited for them.
    pub(super) fn drop_feeds(&mut self, partitions: &[i32]) {
        partitions.iter().for_each(|partition| self.feeds.remove_partition(*partition));
        let feeds = &self.feeds;
        let before = self.pending.len();
        self.pending.retain(|result| feeds.awaits(result));
        self.metrics.late.inc_by((before - self.pending.len()) as u64);
        self.metrics.feeds.set(to_i64(self.feeds.len()));
    }

    /// Adds or replaces a feed: it is due at once if it is new or was added again, else when its state says.
    fn schedule(
        &mut self,
        session: &Session,
        feed: Feed,
        partition: i32,
        state: Option<FeedState>,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let Ok(url) = definition::validate(&feed) else { return Ok(()) };
        let mut scheduled = ScheduledFeed::new(feed, partition, host_of(&url));
        let transaction = Transaction::default();
        scheduled.polls = self.polls(session, &transaction, partition, &scheduled.feed.feed_id)?;
        let mut health = last_health(session, &transaction, partition, &scheduled.feed.feed_id)?;
        if let Some(before) = self.feeds.remove(&scheduled.feed.feed_id) {
            // What this replica has in memory is newer than the stored health.
            health = FeedHealth::default();
            scheduled.unwritten_state = before.unwritten_state;
            scheduled.awaited = before.awaited;
        }
        // The commit of a poll in flight schedules the next.
        let waits = scheduled.feed.paused || scheduled.awaited.is_some();
        let state = scheduled.current_state(state);
        let due = if waits { None } else { due(&scheduled.feed, state.as_ref(), &health, now) };
        let (id, is_churning) = (scheduled.feed.feed_id.clone(), state.as_ref().is_some_and(records::is_churning));
        self.feeds.insert(scheduled, due);
        self.feeds.set_churning(&id, is_churning);
        Ok(())
    }

    /// Records of the last polls of a feed, from memory or else from its stored health.
    fn polls(
        &self,
        session: &Session,
        transaction: &Transaction,
        partition: i32,
        feed_id: &str,
    ) -> Result<VecDeque<Poll>, LogError> {
        Ok(match self.feeds.get(feed_id) {
            Some(feed) => feed.polls.clone(),
            None => last_health(session, transaction, partition, feed_id)?.polls.into_iter().take(MAX_POLLS).collect(),
        })
    }

    /// Adds, changes and removes feeds. Definitions take effect when their offsets are committed.
    pub(super) fn apply_definitions(&mut self, session: &mut Session, records: &[Record]) -> Result<(), LogError> {
        let now = Timestamp::now();
        let mut transaction = Transaction::default();
        let mut changes = Changes::default();
        for record in records {
            transaction.advance(record.partition, record.offset + 1);
            if record.value.is_none() {
                let key = record.key_text().unwrap_or_default();
                changes.accepted.retain(|(_, feed, _)| feed.feed_id != key);
                changes.removed.push(key);
                delete(session, &mut transaction, &STATES, record.partition, key)?;
                delete(session, &mut transaction, &HEALTH, record.partition, key)?;
                continue;
            }
            match parse(record) {
                Ok(feed) => {
                    let state = state_of(session, &transaction, record.partition, &feed.feed_id)?;
                    if feed.paused {
                        self.write_paused(session, &mut transaction, record.partition, &feed, state.clone(), now)?;
                    }
                    changes.accepted.retain(|(_, other, _)| other.feed_id != feed.feed_id);
                    changes.removed.retain(|id| *id != feed.feed_id);
                    changes.accepted.push((record.partition, feed, state));
                }
                Err((reason, detail)) => {
                    tracing::warn!(stage = STAGE, reason, detail, "definition refused; written to the dead letters");
                    let dead_letter = DeadLetter::new(STAGE, reason, &detail, record.clone(), now);
                    let to = partition::of(&record.key, self.runtime.partitions);
                    transaction.write(dead_letter.to_outgoing(&self.runtime.names.of(Topic::DeadLetter), to));
                    changes.refused.push(reason);
                }
            }
        }
        session.commit(transaction)?;
        self.take_effect(session, changes, now)
    }

    fn take_effect(&mut self, session: &Session, changes: Changes<'_>, now: Timestamp) -> Result<(), LogError> {
        for id in changes.removed {
            self.feeds.remove(id);
        }
        for (partition, feed, state) in changes.accepted {
            self.schedule(session, feed, partition, state, now)?;
        }
        for reason in changes.refused {
            self.stage_metrics.read.inc();
            self.stage_metrics.dead_letter(reason).inc();
        }
        self.metrics.feeds.set(to_i64(self.feeds.len()));
        Ok(())
    }

    /// Writes the health of a feed that is paused: no poll will.
    fn write_paused(
        &self,
        session: &Session,
        transaction: &mut Transaction,
        partition: i32,
        feed: &Feed,
        stored: Option<FeedState>,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let host = definition::validate(feed).map(|url| host_of(&url)).unwrap_or_default();
        let mut scheduled = ScheduledFeed::new(feed.clone(), partition, host);
        scheduled.polls = self.polls(session, transaction, partition, &feed.feed_id)?;
        let state = match self.feeds.get(&feed.feed_id) {
            Some(known) => known.current_state(stored),
            None => stored,
        };
        let change = records::health(&self.runtime, &scheduled, &state.unwrap_or_default(), None, now)?;
        transaction.put(session, &HEALTH, change)
    }
}

/// Deletes a feed's row if there is one.
fn delete<M: InTopic>(
    session: &Session,
    transaction: &mut Transaction,
    table: &Table<M>,
    partition: i32,
    feed_id: &str,
) -> Result<(), LogError> {
    let Ok(key) = M::TOPIC.key(feed_id) else { return Ok(()) };
    if session.row(table, transaction, partition, &key)?.is_none() {
        return Ok(());
    }
    transaction.put(session, table, Outgoing::tombstone(session.changelog(table)?, partition, key))
}

/// The definition in a record; else the reason and the sentence for its dead letter.
fn parse(record: &Record) -> Result<Feed, (&'static str, String)> {
    let feed: Feed = record.decode().map_err(|error| ("undecodable", error.to_string()))?;
    definition::validate(&feed).map_err(|error| ("bad-feed", error.to_string()))?;
    if feed.feed_id.as_bytes() != record.key {
        return Err(("bad-feed", format!("the record's key is not the feed's id {}", feed.feed_id)));
    }
    Ok(feed)
}

/// The stored health of a feed; empty if there is none or it cannot be decoded, for no article depends on it.
fn last_health(
    session: &Session,
    transaction: &Transaction,
    partition: i32,
    feed_id: &str,
) -> Result<FeedHealth, LogError> {
    let row = session.row(&HEALTH, transaction, partition, feed_id.as_bytes())?;
    Ok(row.and_then(|row| row.decode().ok()).unwrap_or_default())
}

/// When a feed is due. A feed that was added again is due now, even if it is gone or failing. Health is written more
/// often than a large state, so it may know of a later poll.
fn due(feed: &Feed, state: Option<&FeedState>, health: &FeedHealth, now: Timestamp) -> Option<Timestamp> {
    let Some(state) = state else { return Some(now) };
    let later = |a: Option<&proto::Timestamp>, b: Option<&proto::Timestamp>| records::at(a).max(records::at(b));
    let last = later(state.last_polled_at.as_ref(), health.last_success_at.as_ref());
    if records::at(feed.added_at.as_ref()) > last {
        return Some(now);
    }
    if state.gone {
        return None;
    }
    Some(later(state.next_poll_at.as_ref(), health.next_poll_at.as_ref()).unwrap_or(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn wire(second: i64) -> Option<proto::Timestamp> {
        Some(proto::time::to_wire(at(second)))
    }

    #[test]
    fn a_feed_is_due_by_the_later_of_state_and_health() {
        let feed = |added| Feed { added_at: wire(added), ..Feed::default() };
        let state = FeedState { last_polled_at: wire(100), next_poll_at: wire(400), ..FeedState::default() };
        let health = FeedHealth { last_success_at: wire(420), next_poll_at: wire(720), ..FeedHealth::default() };
        let none = FeedHealth::default();
        assert_eq!(due(&feed(0), None, &none, at(500)), Some(at(500)), "never polled");
        assert_eq!(due(&feed(0), Some(&state), &none, at(500)), Some(at(400)));
        assert_eq!(due(&feed(0), Some(&state), &health, at(500)), Some(at(720)));
        let behind = FeedHealth { last_success_at: wire(50), next_poll_at: wire(90), ..FeedHealth::default() };
        assert_eq!(due(&feed(0), Some(&state), &behind, at(500)), Some(at(400)));
        assert_eq!(due(&feed(450), Some(&state), &health, at(500)), Some(at(500)), "added again");
        assert_eq!(due(&feed(410), Some(&state), &health, at(500)), Some(at(720)), "added again, and polled since");
        let gone = FeedState { gone: true, next_poll_at: None, ..state };
        assert_eq!(due(&feed(0), Some(&gone), &none, at(500)), None);
        assert_eq!(due(&feed(450), Some(&gone), &none, at(500)), Some(at(500)));
    }
}
