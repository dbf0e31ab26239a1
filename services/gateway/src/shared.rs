//! What the thread that reads the log and the clients share.

use crate::{
    Config, Metrics,
    live::{Position, Recent},
    store::{Entry, Outcome, Store},
};
use proto::v1::EnrichedArticle;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use stream::{CancellationToken, Record};
use tokio::sync::{Semaphore, watch};

/// The gateway's state. Cloned into every handler.
#[derive(Clone)]
pub struct Shared {
    inner: Arc<Mutex<Inner>>,
    /// Number of the next event: who waits for one waits here.
    pub(crate) head: Arc<watch::Sender<u64>>,
    /// A permit for each client of the stream.
    pub(crate) clients: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: CancellationToken,
    kept: usize,
}

/// What the lock guards. Held for lookups, never while anything is written to a client.
pub(crate) struct Inner {
    pub store: Store,
    pub recent: Recent,
    pub seen: Position,
    undecodable: u64,
}

impl Shared {
    /// Empty. Streams to clients end once `stop` is cancelled.
    #[must_use]
    pub fn new(config: &Config, metrics: Metrics, shutdown: CancellationToken) -> Self {
        Shared {
            inner: Arc::new(Mutex::new(Inner {
                store: Store::new(config.kept, config.kept_bytes),
                recent: Recent::new(config.kept_bytes),
                seen: Position::default(),
                undecodable: 0,
            })),
            head: Arc::new(watch::Sender::new(0)),
            clients: Arc::new(Semaphore::new(config.clients)),
            metrics,
            shutdown,
            kept: config.kept,
        }
    }

    /// Most articles in memory.
    pub(crate) fn kept(&self) -> usize {
        self.kept
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes records of the enriched topic in, at `now_ms` (milliseconds since 1970).
    pub fn take(&self, records: &[Record], now_ms: i64) {
        // Decoding needs no lock.
        let read: Vec<_> = records.iter().map(|record| (record, read(record))).collect();
        let mut inner = self.lock();
        let Inner { store, recent, seen, undecodable } = &mut *inner;
        for (record, entry) in read {
            if seen.has(record.partition, record.offset) {
                continue;
            }
            seen.advance(record.partition, record.offset);
            self.metrics.delay_ms.set(now_ms.saturating_sub(record.timestamp_ms).max(0));
            let outcome = match entry {
                Ok(entry) => match store.take(&entry) {
                    Outcome::Superseded => "superseded",
                    outcome => {
                        recent.push(record.partition, record.offset, seen, entry);
                        if outcome == Outcome::Withdrawn { "withdrawn" } else { "shown" }
                    }
                },
                Err(error) => {
                    *undecodable += 1;
                    // A whole topic of them must not fill the log.
                    if undecodable.is_power_of_two() {
                        let (partition, offset, count) = (record.partition, record.offset, *undecodable);
                        tracing::warn!(partition, offset, error, count, "a record cannot be shown");
                    }
                    "undecodable"
                }
            };
            self.metrics.records.with_label_values(&[outcome]).inc();
        }
        self.metrics.articles.set(i64::try_from(store.len()).unwrap_or(i64::MAX));
        self.metrics.article_bytes.set(i64::try_from(store.bytes()).unwrap_or(i64::MAX));
        let next = recent.next();
        drop(inner);
        self.head.send_if_modified(|head| std::mem::replace(head, next) != next);
    }

    /// Partitions that have begun anew, because their `ends` lie before what was read of them, are read afresh.
    pub(crate) fn check_ends(&self, ends: &std::collections::HashMap<i32, i64>) {
        let mut inner = self.lock();
        for (partition, end) in ends {
            if inner.seen.last(*partition).is_some_and(|last| last >= *end) {
                tracing::warn!(partition, end, "the partition has begun anew");
                inner.seen.forget(*partition);
            }
        }
    }
}

fn read(record: &Record) -> Result<Arc<Entry>, String> {
    let article: EnrichedArticle = record.decode().map_err(|error| error.to_string())?;
    Entry::new(&article, record.timestamp_ms).map(Arc::new)
}
