//! State of the gateway: the readers of the log update it, the request handlers read it.

use crate::{
    config::Config,
    events::EventBuffer,
    feeds::Feeds,
    metrics::Metrics,
    position::Position,
    pulse::Pulse,
    trends::Trends,
    window::{Arrival, Change, Limits, Outcome, Received, Subjects, Window},
};
use proto::{v1::EnrichedArticle, vocab::change};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
};
use stream::{CancellationToken, Record};
use tokio::sync::{Semaphore, watch};

/// Events may take this part of the memory of articles, besides it.
const EVENTS: usize = 4;

/// What the gateway knows, and its limits. Clones share it.
#[derive(Clone)]
pub struct GatewayState {
    shared: Arc<Shared>,
    /// Number of the next event. Clients of the stream wait here for a change.
    pub(crate) next_event: Arc<watch::Sender<u64>>,
    /// A permit for each client of the stream.
    pub(crate) clients: Arc<Semaphore>,
    /// A permit for each request that searches the window.
    pub(crate) searches: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: CancellationToken,
    /// Limits of the window.
    pub(crate) limits: Limits,
    /// What a client of the API must send; `None` if all may read it.
    pub(crate) token: Option<Arc<crate::config::ApiToken>>,
}

/// Each part has a lock of its own. A request that counts over the window holds up neither the stream nor the feeds.
struct Shared {
    window: RwLock<Window>,
    events: RwLock<EventBuffer>,
    trends: Mutex<Trends>,
    feeds: RwLock<Feeds>,
    pulse: Mutex<Pulse>,
    undecodable: Mutex<u64>,
    is_caught_up: AtomicBool,
}

/// A record before it is applied.
enum Taken {
    /// Decoded and made ready for the window.
    Ready(Box<Arrival>),
    /// First seen before the window begins: it is counted, and not kept.
    Outside(Box<Received>),
    /// Older than what is kept.
    Superseded,
    Undecodable,
}

impl GatewayState {
    /// An empty state. Streams to clients end once `shutdown` is cancelled.
    #[must_use]
    pub fn new(config: &Config, metrics: Metrics, shutdown: CancellationToken) -> Self {
        let limits = Limits { articles: config.articles, bytes: config.article_bytes, age_ms: config.window_ms };
        GatewayState {
            shared: Arc::new(Shared {
                window: RwLock::new(Window::new(limits)),
                events: RwLock::new(EventBuffer::new(config.article_bytes / EVENTS)),
                trends: Mutex::new(Trends::default()),
                feeds: RwLock::new(Feeds::default()),
                pulse: Mutex::new(Pulse::default()),
                undecodable: Mutex::new(0),
                is_caught_up: AtomicBool::new(false),
            }),
            next_event: Arc::new(watch::Sender::new(0)),
            clients: Arc::new(Semaphore::new(config.clients)),
            searches: Arc::new(Semaphore::new(config.searches)),
            metrics,
            shutdown,
            limits,
            token: config.token.clone(),
        }
    }

    pub(crate) fn window(&self) -> RwLockReadGuard<'_, Window> {
        self.shared.window.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn window_mut(&self) -> RwLockWriteGuard<'_, Window> {
        self.shared.window.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn events(&self) -> RwLockReadGuard<'_, EventBuffer> {
        self.shared.events.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn trends(&self) -> MutexGuard<'_, Trends> {
        self.shared.trends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn feeds(&self) -> RwLockReadGuard<'_, Feeds> {
        self.shared.feeds.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn feeds_mut(&self) -> RwLockWriteGuard<'_, Feeds> {
        self.shared.feeds.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn pulse(&self) -> MutexGuard<'_, Pulse> {
        self.shared.pulse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_caught_up(&self) -> bool {
        self.shared.is_caught_up.load(Ordering::Relaxed)
    }

    pub(crate) fn set_caught_up(&self, is_caught_up: bool) {
        self.shared.is_caught_up.store(is_caught_up, Ordering::Relaxed);
    }

    /// What has been read of the log.
    pub(crate) fn position(&self) -> Position {
        self.events().position().clone()
    }

    /// Applies records of the enriched topic, read at `now_ms` (milliseconds since 1970). Records that were applied
    /// before are skipped.
    pub fn apply(&self, records: &[Record], now_ms: i64) {
        let mut position = self.position();
        let mut taken = Vec::with_capacity(records.len());
        for record in records {
            if !position.includes(record.partition, record.offset) {
                position.set(record.partition, record.offset);
                // Most of the work, for which lists do not wait.
                taken.push((record, self.take(record, now_ms)));
            }
        }
        if taken.is_empty() {
            return;
        }
        let (mut read, mut outcomes) = (Vec::with_capacity(taken.len()), Vec::with_capacity(taken.len()));
        let mut window = self.window_mut();
        for (record, taken) in taken {
            self.metrics.delay_ms.set(now_ms.saturating_sub(record.timestamp_ms).max(0));
            let (outcome, arrival) = self.apply_one(&mut window, record, taken, now_ms);
            outcomes.push(outcome);
            read.push((record.partition, record.offset, arrival));
        }
        self.set_gauges(&window);
        // Before the window is unlocked: a list and its position belong together.
        self.publish(read);
        drop(window);
        // Last: what is counted can be asked for.
        for outcome in outcomes {
            self.metrics.records.with_label_values(&[name(outcome)]).inc();
        }
    }

    /// Decodes a record. What the window refuses is not made ready for it.
    fn take(&self, record: &Record, now_ms: i64) -> Taken {
        let decoded = record.decode::<EnrichedArticle>().map_err(|error| error.to_string());
        let received = match decoded.and_then(|article| Received::new(article, record.timestamp_ms)) {
            Ok(received) => received,
            Err(error) => return self.undecodable(record, &error),
        };
        let refused = self.window().refuses(&received.id, received.version(), received.seen_ms, now_ms);
        match refused {
            Some(Outcome::Superseded) => Taken::Superseded,
            Some(_) => Taken::Outside(Box::new(received)),
            None => match Arrival::new(&received) {
                Ok(arrival) => Taken::Ready(Box::new(arrival)),
                Err(error) => self.undecodable(record, &error),
            },
        }
    }

    /// The effect of a record, `None` if it cannot be decoded; and the article, if clients of the stream receive it.
    fn apply_one(
        &self,
        window: &mut Window,
        record: &Record,
        taken: Taken,
        now_ms: i64,
    ) -> (Option<Outcome>, Option<Arrival>) {
        let (outcome, arrival) = match taken {
            Taken::Undecodable => return (None, None),
            Taken::Superseded => {
                self.count(record, &Change::refused(Outcome::Superseded), |_| {});
                (Outcome::Superseded, None)
            }
            Taken::Outside(received) => {
                let Received { article, .. } = &*received;
                self.count(record, &Change::refused(Outcome::Outside), |trends| {
                    if article.change == change::NEW {
                        trends.add(&Subjects::of(article), received.at_ms(), article.backfill, now_ms);
                    }
                });
                (Outcome::Outside, None)
            }
            Taken::Ready(arrival) => {
                let change = window.apply(&arrival, now_ms);
                let Arrival { article, features } = &*arrival;
                self.count(record, &change, |trends| {
                    // A later revision whose earlier one is not in the window was counted when that came.
                    let counts = change.before.is_some() || article.change == change::NEW;
                    if counts && change.outcome != Outcome::Withdrawn {
                        trends.add(&features.subjects, article.sort_key.at_ms, article.is_backfill, now_ms);
                    }
                });
                let is_event = matches!(change.outcome, Outcome::Shown | Outcome::Withdrawn);
                (change.outcome, is_event.then_some(*arrival))
            }
        };
        if let Some(arrival) = arrival.as_ref().filter(|_| outcome == Outcome::Shown && self.is_caught_up()) {
            self.pulse().add(&arrival.article, now_ms);
        }
        (Some(outcome), arrival)
    }

    /// Counts a record that has not been counted before: `add` counts its article in place of what it was before.
    fn count(&self, record: &Record, change: &Change, add: impl FnOnce(&mut Trends)) {
        let mut trends = self.trends();
        if trends.has_counted(record.partition, record.offset) {
            return;
        }
        trends.set_counted(record.partition, record.offset);
        if change.outcome == Outcome::Superseded {
            return;
        }
        if let Some(before) = &change.before {
            trends.remove(before);
        }
        add(&mut trends);
    }

    /// Makes events of what was read.
    fn publish(&self, read: Vec<(i32, i64, Option<Arrival>)>) {
        let mut events = self.shared.events.write().unwrap_or_else(PoisonError::into_inner);
        for (partition, offset, arrival) in read {
            events.read(partition, offset);
            if let Some(arrival) = arrival {
                events.push(partition, offset, arrival);
            }
        }
        let next = events.next();
        drop(events);
        self.next_event.send_if_modified(|number| std::mem::replace(number, next) != next);
    }

    /// Removes the articles that have become too old.
    pub(crate) fn expire(&self, now_ms: i64) {
        let mut window = self.window_mut();
        window.expire(now_ms);
        self.set_gauges(&window);
    }

    fn set_gauges(&self, window: &Window) {
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.metrics.articles.set(gauge(window.len()));
        self.metrics.article_bytes.set(gauge(window.bytes()));
        self.metrics.trends_not_counted.set(i64::try_from(self.trends().overflow()).unwrap_or(i64::MAX));
    }

    /// Notes that the partitions have been read to these ends: where the window has no record of a partition, reading and counting go
    /// on there, also after a restart.
    pub(crate) fn read_to(&self, ends: &HashMap<i32, i64>) {
        let mut events = self.shared.events.write().unwrap_or_else(PoisonError::into_inner);
        let mut trends = self.trends();
        for (partition, end) in ends {
            if *end > 0 && events.position().last(*partition).is_none() {
                events.read(*partition, end - 1);
            }
            if trends.counted().last(*partition).is_none() {
                trends.set_counted(*partition, end - 1);
            }
        }
    }

    /// Forgets the position in partitions whose `ends` lie before it: the topic was created again.
    pub(crate) fn check_ends(&self, ends: &HashMap<i32, i64>) {
        let mut events = self.shared.events.write().unwrap_or_else(PoisonError::into_inner);
        let mut trends = self.trends();
        for (partition, end) in ends {
            let is_past = |position: &Position| position.last(*partition).is_some_and(|last| last >= *end);
            if is_past(events.position()) {
                tracing::warn!(partition, end, "the partition was created again; reading it from the start");
                events.forget(*partition);
            }
            if is_past(trends.counted()) {
                trends.forget(*partition);
            }
        }
    }

    fn undecodable(&self, record: &Record, error: &str) -> Taken {
        let mut count = self.shared.undecodable.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        // A topic full of undecodable records must not flood the log.
        if count.is_power_of_two() {
            let (partition, offset, count) = (record.partition, record.offset, *count);
            tracing::warn!(partition, offset, error, count, "record skipped: it could not be decoded");
        }
        Taken::Undecodable
    }
}

/// The outcome's name in metrics.
fn name(outcome: Option<Outcome>) -> &'static str {
    match outcome {
        Some(Outcome::Shown) => "shown",
        Some(Outcome::Withdrawn) => "withdrawn",
        Some(Outcome::Superseded) => "superseded",
        Some(Outcome::Outside) => "outside",
        None => "undecodable",
    }
}

#[cfg(test)]
mod tests;
