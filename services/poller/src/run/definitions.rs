//! Feeds that are added and removed: with partitions, and by their definitions.

use super::{
    STAGE,
    poll_loop::{FEEDS, HEALTH, PollLoop, to_i64},
    queue::{ScheduledFeed, is_cleared, is_since_last_poll},
    recent::RecentPolls,
    records,
    status::Condition,
    stored::{ENTRIES, STATES, Stored},
};
use crate::{credentials::SecretParameters, definition, limits, rate_limit::host_of, schedule::clock};
use jiff::{SignedDuration, Timestamp};
use proto::{
    key::{self, KeyError},
    partition,
    topic::Topic,
    v1::{Feed, FeedHealth, FeedState},
    wire::Message,
};
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
        let now = self.now();
        let transaction = Transaction::default();
        let (mut distrusted, mut furthest) = (0, SignedDuration::ZERO);
        for partition in partitions {
            let mut feeds = Vec::new();
            for row in session.tables().rows(&FEEDS, *partition)? {
                let (key, row) = row?;
                // An invalid definition went to the dead letters when it was read as a record.
                match row.decode::<Feed>() {
                    Ok(mut feed) if feed.feed_id.as_bytes() == key => {
                        limits::definition(&mut feed);
                        feeds.push(feed);
                    }
                    _ => tracing::debug!(partition, "row of the feeds table skipped: not a valid definition"),
                }
            }
            for feed in feeds {
                let state = Stored::read(session, &transaction, *partition, &feed.feed_id)?.state;
                let ahead = state.as_ref().and_then(|state| clock::ahead(state, now));
                distrusted += usize::from(ahead.is_some());
                furthest = furthest.max(ahead.unwrap_or_default());
                self.schedule(session, feed, *partition, state, now)?;
            }
        }
        if distrusted > 0 {
            let (feeds, ahead_s) = (distrusted, furthest.as_secs());
            tracing::warn!(feeds, ahead_s, "states were written by a clock ahead of this one; their waits begin now");
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
        self.waiting.retain(|one| feeds.awaits(&one.result));
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
        let Ok(url) = definition::validate(&feed, &self.config.credentials.parameters) else { return Ok(()) };
        let (mut feed, inline) = match self.config.credentials.hidden(&feed) {
            Some((hidden, inline)) => {
                self.note_secrets(partition, &feed);
                (hidden, Some(inline))
            }
            None => (feed, None),
        };
        // Of a clock ahead of this one: it would count for as long.
        for at in [&mut feed.added_at, &mut feed.poll_requested_at, &mut feed.backoff_cleared_at] {
            *at = records::at(at.as_ref()).map(|at| proto::time::to_wire(at.min(now)));
        }
        let mut scheduled = ScheduledFeed::new(feed, partition, host_of(&url));
        scheduled.inline = inline;
        let transaction = Transaction::default();
        scheduled.polls = self.polls(session, &transaction, partition, &scheduled.feed.feed_id)?;
        if let Some(before) = self.feeds.remove(&scheduled.feed.feed_id) {
            scheduled.awaited = before.awaited;
            scheduled.begun = before.begun;
        }
        if state.as_ref().is_some_and(|state| is_cleared(&scheduled.feed, state, now)) {
            self.limiter.unblock(&scheduled.host);
        }
        // The commit of a poll in flight schedules the next.
        let waits = scheduled.feed.paused || scheduled.awaited.is_some();
        let is_wanted = state.as_ref().is_none_or(|state| is_wanted(&scheduled.feed, state, now));
        let is_requested = state.as_ref().is_some_and(|state| is_requested(&scheduled.feed, state, now));
        let state = scheduled.current_state(state, now);
        let due = match &state {
            _ if waits => None,
            Some(state) if !is_wanted => due(state, now),
            _ => Some(now),
        };
        // All at once they would be polled in a burst, at start and at every interval after it.
        let due = match due {
            Some(at) if at <= now && !is_requested => Some(self.spread.place(now, self.config.poll_interval)),
            due => due,
        };
        let condition = Condition::of(&scheduled.feed, &state.unwrap_or_default(), now);
        let id = scheduled.feed.feed_id.clone();
        self.feeds.insert(scheduled, due);
        self.feeds.set_condition(&id, condition);
        Ok(())
    }

    /// Records of the last polls of a feed, from memory or else from its stored health.
    fn polls(
        &self,
        session: &Session,
        transaction: &Transaction,
        partition: i32,
        feed_id: &str,
    ) -> Result<RecentPolls, LogError> {
        Ok(match self.feeds.get(feed_id) {
            Some(feed) => feed.polls.clone(),
            None => RecentPolls::of(last_health(session, transaction, partition, feed_id)?.polls),
        })
    }

    /// Adds, changes and removes feeds. Definitions take effect when their offsets are committed.
    pub(super) fn apply_definitions(&mut self, session: &mut Session, records: &[Record]) -> Result<(), LogError> {
        let now = self.now();
        let mut transaction = Transaction::default();
        let mut changes = Changes::default();
        for record in records {
            transaction.advance(record.partition, record.offset + 1);
            if record.value.is_none() {
                let key = record.key_text().unwrap_or_default();
                changes.accepted.retain(|(_, feed, _)| feed.feed_id != key);
                changes.removed.push(key);
                delete(session, &mut transaction, &STATES, record.partition, Topic::FeedState.key(key))?;
                delete(session, &mut transaction, &ENTRIES, record.partition, key::of_entries(key).map(Vec::from))?;
                delete(session, &mut transaction, &HEALTH, record.partition, Topic::FeedHealth.key(key))?;
                continue;
            }
            match parse(record, &self.config.credentials.parameters) {
                Ok(feed) => {
                    let state = Stored::read(session, &transaction, record.partition, &feed.feed_id)?.state;
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
        let host = definition::validate(feed, &self.config.credentials.parameters)
            .map(|url| host_of(&url))
            .unwrap_or_default();
        let shown = self.config.credentials.hidden(feed).map_or_else(|| feed.clone(), |(shown, _)| shown);
        let mut scheduled = ScheduledFeed::new(shown, partition, host);
        scheduled.polls = self.polls(session, transaction, partition, &feed.feed_id)?;
        let state = scheduled.current_state(stored, now);
        let change = records::health(&self.runtime, &scheduled, &state.unwrap_or_default(), None, now)?;
        transaction.put(session, &HEALTH, change)
    }
}

/// Deletes a feed's row if there is one. A feed with an invalid id was refused and has none.
fn delete<M: Message>(
    session: &Session,
    transaction: &mut Transaction,
    table: &Table<M>,
    partition: i32,
    key: Result<Vec<u8>, KeyError>,
) -> Result<(), LogError> {
    let Ok(key) = key else { return Ok(()) };
    if session.tables().row(table, transaction, partition, &key)?.is_none() {
        return Ok(());
    }
    transaction.put(session, table, Outgoing::tombstone(session.changelog(table)?, partition, key))
}

/// The definition in a record; else the reason and the sentence for its dead letter.
fn parse(record: &Record, secrets: &SecretParameters) -> Result<Feed, (&'static str, String)> {
    let mut feed: Feed = record.decode().map_err(|error| ("undecodable", error.to_string()))?;
    // Another producer may have written it.
    limits::definition(&mut feed);
    definition::validate(&feed, secrets).map_err(|error| ("bad-feed", error.to_string()))?;
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
    let row = session.tables().row(&HEALTH, transaction, partition, feed_id.as_bytes())?;
    Ok(row.and_then(|row| row.decode().ok()).unwrap_or_default())
}

/// True if the feed was added again, or an operator wants it polled: it is due now, even if it is gone or failing.
fn is_wanted(feed: &Feed, state: &FeedState, now: Timestamp) -> bool {
    is_since_last_poll(feed.added_at.as_ref(), state, now) || is_requested(feed, state, now)
}

/// True if an operator wants it polled at once.
fn is_requested(feed: &Feed, state: &FeedState, now: Timestamp) -> bool {
    [&feed.poll_requested_at, &feed.backoff_cleared_at]
        .into_iter()
        .any(|at| is_since_last_poll(at.as_ref(), state, now))
}

/// When a feed is due by its state.
fn due(state: &FeedState, now: Timestamp) -> Option<Timestamp> {
    if state.gone {
        return None;
    }
    let next = records::at(state.next_poll_at.as_ref()).unwrap_or(now);
    Some(clock::within_max_wait(next, now))
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
    fn a_feed_is_due_by_its_state_or_now_if_it_was_added_again() {
        let feed = |added| Feed { added_at: wire(added), ..Feed::default() };
        let state = FeedState { last_polled_at: wire(100), next_poll_at: wire(400), ..FeedState::default() };
        let is_wanted = |feed: Feed| is_wanted(&feed, &state, at(500));
        assert!(!is_wanted(feed(0)));
        assert!(is_wanted(feed(150)), "added again");
        assert!(!is_wanted(feed(90)), "added again, and polled since");
        assert!(is_wanted(Feed { poll_requested_at: wire(150), ..feed(0) }), "requested");
        assert!(is_wanted(Feed { backoff_cleared_at: wire(150), ..feed(0) }), "cleared");
        assert_eq!(due(&state, at(500)), Some(at(400)));
        assert_eq!(due(&FeedState { gone: true, next_poll_at: None, ..state }, at(500)), None);
    }

    #[test]
    fn a_request_counts_while_the_state_lies_in_the_future() {
        const DAY: i64 = 86_400;
        let now = at(100 * DAY);
        let state = FeedState { last_polled_at: wire(465 * DAY), failures: 9, ..FeedState::default() };
        let requested = |day| Feed { poll_requested_at: wire(day * DAY), ..Feed::default() };
        assert!(is_wanted(&requested(100), &state, now) && is_wanted(&requested(97), &state, now));
        assert!(!is_wanted(&requested(90), &state, now), "answered before the clock was ahead");
        let cleared = |day| {
            let feed = Feed { backoff_cleared_at: wire(day * DAY), ..Feed::default() };
            let feed = ScheduledFeed::new(feed, 0, "a".into());
            feed.current_state(Some(state.clone()), now).unwrap()
        };
        assert_eq!((cleared(100).failures, cleared(90).failures), (0, 9));
        assert_eq!(records::at(cleared(100).last_polled_at.as_ref()), Some(now));
    }
}
