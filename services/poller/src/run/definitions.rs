//! Feeds that come and go: with partitions, and by their definitions.

use super::{
    STAGE,
    desk::{Desk, FEEDS, HEALTH, STATES, int, is_awaited, state_of},
    records,
    watches::{LINES, Watch},
};
use crate::{definition, rate_limit::host_of};
use jiff::Timestamp;
use proto::{
    partition,
    topic::Topic,
    v1::{Feed, FeedHealth, FeedState, Poll},
};
use std::collections::VecDeque;
use stream::{DeadLetter, LogError, Outgoing, Record, Session, Transaction};

impl Desk {
    /// Feeds and states of partitions that came.
    pub(super) fn assigned(&mut self, session: &Session, numbers: &[i32]) -> Result<(), LogError> {
        self.runtime.metrics.partitions.with_label_values(&[STAGE]).add(int(numbers.len()));
        let now = Timestamp::now();
        let transaction = Transaction::default();
        for partition in numbers {
            let mut feeds = Vec::new();
            for (key, row) in session.rows(FEEDS, *partition) {
                // What is no definition went to the dead letters when it was read as a record.
                match row.decode::<Feed>() {
                    Ok(feed) if feed.feed_id.as_bytes() == key => feeds.push(feed),
                    _ => tracing::debug!(partition, "a row of the feeds is no definition"),
                }
            }
            for feed in feeds {
                let state = state_of(session, &transaction, *partition, &feed.feed_id)?;
                self.watch(session, feed, *partition, state, now);
            }
        }
        self.metrics.feeds.set(int(self.watches.len()));
        tracing::info!(stage = STAGE, partitions = ?numbers, feeds = self.watches.len(), "partitions assigned and restored");
        Ok(())
    }

    pub(super) fn revoked(&mut self, numbers: &[i32]) {
        self.runtime.metrics.partitions.with_label_values(&[STAGE]).sub(int(numbers.len()));
        for partition in numbers {
            self.watches.forget(*partition);
        }
        let watches = &self.watches;
        let before = self.pending.len();
        self.pending.retain(|polled| is_awaited(watches, polled));
        self.metrics.late.inc_by((before - self.pending.len()) as u64);
        self.metrics.feeds.set(int(self.watches.len()));
        tracing::info!(stage = STAGE, partitions = ?numbers, "partitions revoked");
    }

    /// Watches a feed: at once where it is new or was added again, else when its state says.
    fn watch(&mut self, session: &Session, feed: Feed, partition: i32, state: Option<FeedState>, now: Timestamp) {
        let Ok(url) = definition::validate(&feed) else { return };
        let mut watch = Watch::new(feed, partition, host_of(&url));
        watch.lines = self.lines(session, &Transaction::default(), partition, &watch.feed.feed_id);
        let mut told = told(session, &Transaction::default(), partition, &watch.feed.feed_id);
        if let Some(before) = self.watches.remove(&watch.feed.feed_id) {
            // What this replica has in memory is the latest.
            told = FeedHealth::default();
            watch.unwritten = before.unwritten;
            watch.awaited = before.awaited;
        }
        // A poll that is under way is followed by the next when it has been committed.
        let waits = watch.feed.paused || watch.awaited.is_some();
        let due = if waits { None } else { due(&watch.feed, watch.current(state).as_ref(), &told, now) };
        self.watches.insert(watch, due);
    }

    /// The last polls of a feed: as this replica knows them, else as whoever had it before told them.
    fn lines(&self, session: &Session, transaction: &Transaction, partition: i32, feed_id: &str) -> VecDeque<Poll> {
        match self.watches.get(feed_id) {
            Some(watch) => watch.lines.clone(),
            None => told(session, transaction, partition, feed_id).polls.into_iter().take(LINES).collect(),
        }
    }

    /// Definitions that were added, changed or removed: they take effect with the commit of their offsets.
    pub(super) fn definitions(&mut self, session: &mut Session, records: &[Record]) -> Result<(), LogError> {
        let now = Timestamp::now();
        let mut transaction = Transaction::default();
        let mut refused = Vec::new();
        let mut accepted: Vec<(i32, Feed, Option<FeedState>)> = Vec::new();
        let mut removed: Vec<&str> = Vec::new();
        for record in records {
            transaction.advance(record.partition, record.offset + 1);
            let key = record.key_text().unwrap_or_default();
            if record.value.is_none() {
                accepted.retain(|(_, feed, _)| feed.feed_id != key);
                removed.push(key);
                for (table, topic) in [(STATES, Topic::FeedState), (HEALTH, Topic::FeedHealth)] {
                    if session.row(&transaction, table, record.partition, key.as_bytes()).is_some() {
                        let topic = self.runtime.names.of(topic);
                        transaction.put(session, table, Outgoing::tombstone(&topic, record.partition, key));
                    }
                }
                continue;
            }
            match definition(record) {
                Ok(feed) => {
                    let state = state_of(session, &transaction, record.partition, &feed.feed_id)?;
                    if feed.paused {
                        let url = definition::validate(&feed).map(|url| host_of(&url)).unwrap_or_default();
                        let mut watch = Watch::new(feed.clone(), record.partition, url);
                        watch.lines = self.lines(session, &transaction, record.partition, &feed.feed_id);
                        let known = self.watches.get(&feed.feed_id);
                        let state = known.map_or(state.clone(), |known| known.current(state.clone()));
                        let change = records::health(&self.runtime, &watch, &state.unwrap_or_default(), None, now)?;
                        transaction.put(session, HEALTH, change);
                    }
                    accepted.retain(|(_, other, _)| other.feed_id != feed.feed_id);
                    removed.retain(|id| *id != feed.feed_id);
                    accepted.push((record.partition, feed, state));
                }
                Err((reason, detail)) => {
                    tracing::warn!(
                        stage = STAGE,
                        reason,
                        detail,
                        "a feed's definition was refused; it waits in the dead letters"
                    );
                    let letter = DeadLetter::new(STAGE, reason, &detail, record.clone(), now);
                    let to = partition::of(&record.key, self.runtime.partitions);
                    transaction.write(letter.to_outgoing(&self.runtime.names.of(Topic::DeadLetter), to));
                    refused.push(reason);
                }
            }
        }
        self.commit(session, transaction)?;
        for id in removed {
            self.watches.remove(id);
        }
        for (partition, feed, state) in accepted {
            self.watch(session, feed, partition, state, now);
        }
        for reason in refused {
            self.runtime.metrics.read.with_label_values(&[STAGE]).inc();
            self.runtime.metrics.dead_letter.with_label_values(&[STAGE, reason]).inc();
        }
        self.metrics.feeds.set(int(self.watches.len()));
        Ok(())
    }
}

/// A definition, or the name and sentence of what is wrong with it.
fn definition(record: &Record) -> Result<Feed, (&'static str, String)> {
    let feed: Feed = record.decode().map_err(|error| ("undecodable", error.to_string()))?;
    definition::validate(&feed).map_err(|problem| ("bad-feed", problem.to_string()))?;
    if feed.feed_id.as_bytes() != record.key {
        return Err(("bad-feed", format!("the record's key is not the feed's id {}", feed.feed_id)));
    }
    Ok(feed)
}

/// What was last told of a feed. Where it cannot be read it begins anew: no article hangs on it.
fn told(session: &Session, transaction: &Transaction, partition: i32, feed_id: &str) -> FeedHealth {
    let row = session.row(transaction, HEALTH, partition, feed_id.as_bytes());
    row.and_then(|row| row.decode().ok()).unwrap_or_default()
}

/// When a feed is due by what is known of it. Whoever adds a feed again wants it polled now, gone or failing or not. Health
/// is written more often than a large state, and knows of later polls.
fn due(feed: &Feed, state: Option<&FeedState>, told: &FeedHealth, now: Timestamp) -> Option<Timestamp> {
    let Some(state) = state else { return Some(now) };
    let later =
        |state: Option<&proto::Timestamp>, told: Option<&proto::Timestamp>| records::at(state).max(records::at(told));
    let last = later(state.last_polled_at.as_ref(), told.last_success_at.as_ref());
    if records::at(feed.added_at.as_ref()) > last {
        return Some(now);
    }
    if state.gone {
        return None;
    }
    Some(later(state.next_poll_at.as_ref(), told.next_poll_at.as_ref()).unwrap_or(now))
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
        let told = FeedHealth { last_success_at: wire(420), next_poll_at: wire(720), ..FeedHealth::default() };
        let none = FeedHealth::default();
        assert_eq!(due(&feed(0), None, &none, at(500)), Some(at(500)), "never polled");
        assert_eq!(due(&feed(0), Some(&state), &none, at(500)), Some(at(400)));
        assert_eq!(due(&feed(0), Some(&state), &told, at(500)), Some(at(720)));
        let behind = FeedHealth { last_success_at: wire(50), next_poll_at: wire(90), ..FeedHealth::default() };
        assert_eq!(due(&feed(0), Some(&state), &behind, at(500)), Some(at(400)));
        assert_eq!(due(&feed(450), Some(&state), &told, at(500)), Some(at(500)), "added again");
        assert_eq!(due(&feed(410), Some(&state), &told, at(500)), Some(at(720)), "added again, and polled since");
        let gone = FeedState { gone: true, next_poll_at: None, ..state };
        assert_eq!(due(&feed(0), Some(&gone), &none, at(500)), None);
        assert_eq!(due(&feed(450), Some(&gone), &none, at(500)), Some(at(500)));
    }
}
