//! The thread that owns the session.

use super::{
    STAGE, ledger, records,
    watches::{Watch, Watches},
};
use crate::{
    Config, Metrics, feeds,
    fetch::Known,
    poll::{Applied, Job, Polled, apply},
    spacing::{Gate, host_of},
};
use jiff::Timestamp;
use proto::{
    partition,
    topic::Topic,
    v1::{Feed, FeedState},
};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};
use stream::{DeadLetter, Fault, MemberSpec, Outgoing, Partitions, Record, Runtime, Session, Transaction, rejoining};
use tokio::sync::mpsc;
use url::Url;

/// The member's tables, by number.
const FEEDS: usize = 0;
const STATES: usize = 1;
/// Items after which a transaction takes no more results.
const BATCH: usize = 2_000;
/// How long the loop sleeps on the log: short while results are awaited, which cannot wake it.
const AWAITING: Duration = Duration::from_millis(20);
const IDLE: Duration = Duration::from_millis(200);
/// Pause after a transaction that failed.
const PAUSE: Duration = Duration::from_millis(200);

/// See the module.
pub(super) struct Desk {
    config: Config,
    runtime: Runtime,
    metrics: Metrics,
    gate: Gate,
    jobs: mpsc::Sender<Job>,
    results: mpsc::Receiver<Polled>,
    watches: Watches,
    /// Host of each poll under way, by number. It outlives a session: the network goes on.
    under_way: HashMap<u64, String>,
    /// Results that wait for their transaction.
    pending: Vec<Polled>,
    last_number: u64,
}

impl Desk {
    pub(super) fn new(
        config: Config,
        runtime: Runtime,
        metrics: Metrics,
        gate: Gate,
        jobs: mpsc::Sender<Job>,
        results: mpsc::Receiver<Polled>,
    ) -> Self {
        Desk {
            config,
            runtime,
            metrics,
            gate,
            jobs,
            results,
            watches: Watches::default(),
            under_way: HashMap::new(),
            pending: Vec::new(),
            last_number: 0,
        }
    }

    /// Until asked to stop, or a fault says that the process must end.
    pub(super) fn run(mut self) -> Result<(), Fault> {
        let spec = self.runtime.member(STAGE, Topic::Feeds, &[Topic::Feeds, Topic::FeedState]);
        let (stop, stages) = (self.runtime.stop.clone(), self.runtime.metrics.clone());
        rejoining(STAGE, &stop, &stages, |progress| self.session(&spec, progress))
    }

    fn session(&mut self, spec: &MemberSpec, progress: &mut dyn FnMut()) -> Result<(), Fault> {
        // Whatever an earlier session still awaited is polled again by whoever owns it now.
        self.watches = Watches::default();
        self.pending.clear();
        let log = std::sync::Arc::clone(&self.runtime.log);
        let mut session = Session::join(&*log, spec)?;
        while !self.runtime.stop.is_cancelled() {
            self.start_polls(&session)?;
            let wait = if self.under_way.is_empty() { IDLE } else { AWAITING };
            let turn = match session.poll(500, wait) {
                Ok(Partitions::Records(records)) => self.definitions(&mut session, &records).map(|()| progress()),
                Ok(Partitions::Assigned(numbers)) => self.assigned(&session, &numbers),
                Ok(Partitions::Revoked(numbers)) => {
                    self.revoked(&numbers);
                    Ok(())
                }
                Ok(Partitions::Idle) => Ok(()),
                Err(fault) => Err(fault),
            };
            self.collect();
            let committed = match turn {
                Ok(()) => self.commit_results(&mut session),
                Err(fault) => Err(fault),
            };
            match committed {
                Ok(true) => progress(),
                Ok(false) => {}
                Err(Fault::Aborted(reason)) => {
                    self.runtime.metrics.aborted.with_label_values(&[STAGE]).inc();
                    tracing::warn!(stage = STAGE, reason, "transaction aborted; results are kept and tried again");
                    self.pause();
                }
                Err(Fault::Unavailable(reason)) => {
                    tracing::warn!(stage = STAGE, reason, "not possible just now; results are kept and tried again");
                    session.rewind()?;
                    self.pause();
                }
                Err(fault) => return Err(fault),
            }
            if let Some(lag) = session.lag() {
                self.runtime.metrics.lag.with_label_values(&[STAGE]).set(lag);
            }
        }
        // The commit in hand: what has come is not fetched again. An abort loses nothing but that.
        self.collect();
        match self.commit_results(&mut session) {
            Ok(_) | Err(Fault::Aborted(_) | Fault::Unavailable(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    fn pause(&self) {
        let until = Instant::now() + PAUSE;
        while Instant::now() < until && !self.runtime.stop.is_cancelled() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Feeds and states of partitions that came.
    fn assigned(&mut self, session: &Session, numbers: &[i32]) -> Result<(), Fault> {
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
                self.watch(feed, *partition, state.as_ref(), now);
            }
        }
        self.metrics.feeds.set(int(self.watches.len()));
        tracing::info!(stage = STAGE, partitions = ?numbers, feeds = self.watches.len(), "partitions assigned and restored");
        Ok(())
    }

    fn revoked(&mut self, numbers: &[i32]) {
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
    fn watch(&mut self, feed: Feed, partition: i32, state: Option<&FeedState>, now: Timestamp) {
        let Ok(url) = feeds::check(&feed) else { return };
        let due = if feed.paused { None } else { due(&feed, state, now) };
        let mut watch = Watch::new(feed, partition, host_of(&url));
        if let Some(before) = self.watches.remove(&watch.feed.feed_id) {
            watch.hints = before.hints;
            watch.lines = before.lines;
            watch.awaited = before.awaited;
        }
        // A poll that is under way is followed by the next when it has been committed.
        let due = if watch.awaited.is_some() { None } else { due };
        self.watches.insert(watch, due);
    }

    /// Definitions that were added, changed or removed: they take effect with the commit of their offsets.
    fn definitions(&mut self, session: &mut Session, records: &[Record]) -> Result<(), Fault> {
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
                if session.row(&transaction, STATES, record.partition, key.as_bytes()).is_some() {
                    let topic = self.runtime.names.of(Topic::FeedState);
                    transaction.put(session, STATES, Outgoing::tombstone(&topic, record.partition, key));
                }
                let topic = self.runtime.names.of(Topic::FeedHealth);
                let to = records::health_partition(&self.runtime, key);
                transaction.write(Outgoing::tombstone(&topic, to, key));
                continue;
            }
            match definition(record) {
                Ok(feed) => {
                    let state = state_of(session, &transaction, record.partition, &feed.feed_id)?;
                    if feed.paused {
                        let url = feeds::check(&feed).map(|url| host_of(&url)).unwrap_or_default();
                        let watch = Watch::new(feed.clone(), record.partition, url);
                        let state = state.clone().unwrap_or_default();
                        transaction.write(records::health(&self.runtime, &watch, &state, None, now)?);
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
            self.watch(feed, partition, state.as_ref(), now);
        }
        for reason in refused {
            self.runtime.metrics.read.with_label_values(&[STAGE]).inc();
            self.runtime.metrics.dead_letter.with_label_values(&[STAGE, reason]).inc();
        }
        self.metrics.feeds.set(int(self.watches.len()));
        Ok(())
    }

    fn commit(&self, session: &mut Session, transaction: Transaction) -> Result<(), Fault> {
        let began = Instant::now();
        session.commit(transaction)?;
        let stages = &self.runtime.metrics;
        stages.commit_seconds.with_label_values(&[STAGE]).observe(began.elapsed().as_secs_f64());
        stages.committed.with_label_values(&[STAGE]).inc();
        Ok(())
    }

    /// Hands feeds whose turn it is to the network.
    fn start_polls(&mut self, session: &Session) -> Result<(), Fault> {
        let now = Timestamp::now();
        let room = self.config.parallel.saturating_sub(self.under_way.len() + self.pending.len());
        let busy: HashSet<String> = self.under_way.values().cloned().collect();
        let transaction = Transaction::default();
        for id in self.watches.take(now, room, &busy, &self.gate) {
            let Some(watch) = self.watches.get_mut(&id) else { continue };
            let state = state_of(session, &transaction, watch.partition, &id)?.unwrap_or_default();
            let moved = Some(&state.moved_to).filter(|moved| !moved.is_empty());
            let Ok(url) = Url::parse(moved.unwrap_or(&watch.feed.url)) else { continue };
            self.last_number += 1;
            let job = Job {
                number: self.last_number,
                feed_id: id,
                url,
                known: Known { etag: state.etag, last_modified: state.last_modified },
                body_hash: state.body_hash,
            };
            watch.awaited = Some(job.number);
            let (number, host, id) = (job.number, watch.host.clone(), job.feed_id.clone());
            if self.jobs.try_send(job).is_ok() {
                self.under_way.insert(number, host);
            } else {
                watch.awaited = None;
                self.watches.set_due(&id, Some(now));
            }
        }
        self.metrics.due.set(int(self.watches.due(now)));
        self.metrics.in_flight.set(int(self.under_way.len()));
        self.metrics.hosts.set(int(self.gate.open()));
        Ok(())
    }

    /// Takes what came from the network; drops what nobody waits for any more.
    fn collect(&mut self) {
        while self.pending.len() < self.config.parallel {
            let Ok(polled) = self.results.try_recv() else { break };
            self.under_way.remove(&polled.number);
            if is_awaited(&self.watches, &polled) {
                fail::fail_point!("poller::fetched");
                self.pending.push(polled);
            } else {
                self.metrics.late.inc();
            }
        }
    }

    /// Items, states and health of the pending results in one transaction. True where something was committed.
    fn commit_results(&mut self, session: &mut Session) -> Result<bool, Fault> {
        // A feed may have been removed or changed since.
        let watches = &self.watches;
        self.pending.retain(|polled| is_awaited(watches, polled));
        if self.pending.is_empty() {
            return Ok(false);
        }
        let positions = session.positions();
        let limit = session.max_record_bytes();
        let began = Instant::now();
        let mut transaction = Transaction::default();
        let mut applied_all: Vec<(Applied, Vec<String>)> = Vec::new();
        for polled in &self.pending {
            let Some(watch) = self.watches.get(&polled.feed_id) else { break };
            let Some(position) = positions.get(&watch.partition) else { break };
            // Its own position: a transaction without an offset would fence nobody.
            transaction.advance(watch.partition, *position);
            let state = state_of(session, &transaction, watch.partition, &polled.feed_id)?;
            let mut applied = apply(&watch.feed, state, &watch.hints, polled, self.config.poll_interval);
            let mut repaired = Vec::new();
            for publish in std::mem::take(&mut applied.publish) {
                repaired.extend(publish.item.warnings.iter().cloned());
                transaction.write(records::raw(&self.runtime, publish, limit, polled.at)?);
            }
            let change = records::state(&self.runtime, watch.partition, applied.state.clone(), limit, polled.at)?;
            transaction.put(session, STATES, change);
            transaction.write(records::health(&self.runtime, watch, &applied.state, Some(&applied), polled.at)?);
            applied_all.push((applied, repaired));
            if transaction.len() >= BATCH {
                break;
            }
        }
        if applied_all.is_empty() {
            return Ok(false);
        }
        self.runtime.metrics.work_seconds.with_label_values(&[STAGE]).observe(began.elapsed().as_secs_f64());
        self.commit(session, transaction)?;
        let done: Vec<Polled> = self.pending.drain(..applied_all.len()).collect();
        for (polled, (applied, repaired)) in done.iter().zip(applied_all) {
            ledger::count(&self.metrics, &self.runtime.metrics, polled, &applied, &repaired);
            self.settle(&polled.feed_id, applied);
        }
        Ok(true)
    }

    /// After the commit: the feed's next turn.
    fn settle(&mut self, feed_id: &str, applied: Applied) {
        let Some(watch) = self.watches.get_mut(feed_id) else { return };
        watch.awaited = None;
        watch.remember(applied.line);
        if let Some(hints) = applied.hints {
            watch.hints = hints;
        }
        let due = if watch.feed.paused { None } else { applied.next };
        self.watches.set_due(feed_id, due);
    }
}

fn is_awaited(watches: &Watches, polled: &Polled) -> bool {
    watches.get(&polled.feed_id).is_some_and(|watch| watch.awaited == Some(polled.number))
}

/// A definition, or the name and sentence of what is wrong with it.
fn definition(record: &Record) -> Result<Feed, (&'static str, String)> {
    let feed: Feed = record.decode().map_err(|error| ("undecodable", error.to_string()))?;
    feeds::check(&feed).map_err(|problem| ("bad-feed", problem.to_string()))?;
    if feed.feed_id.as_bytes() != record.key {
        return Err(("bad-feed", format!("the record's key is not the feed's id {}", feed.feed_id)));
    }
    Ok(feed)
}

fn state_of(
    session: &Session,
    transaction: &Transaction,
    partition: i32,
    feed_id: &str,
) -> Result<Option<FeedState>, Fault> {
    session
        .row(transaction, STATES, partition, feed_id.as_bytes())
        .map(|row| row.decode().map_err(|error| Fault::Corrupt(format!("state of feed {feed_id}: {error}"))))
        .transpose()
}

/// When a feed is due by what is known of it. Whoever adds a feed again wants it polled now, gone or failing or not.
fn due(feed: &Feed, state: Option<&FeedState>, now: Timestamp) -> Option<Timestamp> {
    let Some(state) = state else { return Some(now) };
    let last = records::at(state.last_polled_at.as_ref());
    if records::at(feed.added_at.as_ref()) > last {
        return Some(now);
    }
    if state.gone {
        return None;
    }
    Some(records::at(state.next_poll_at.as_ref()).unwrap_or(now))
}

fn int(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
