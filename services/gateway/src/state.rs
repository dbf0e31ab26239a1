//! State of the gateway: the reader of the log updates it, the request handlers read it.

use crate::{
    config::Config,
    events::EventBuffer,
    metrics::Metrics,
    position::Position,
    store::{Outcome, Store, StoredArticle},
};
use proto::v1::EnrichedArticle;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use stream::{CancellationToken, Record};
use tokio::sync::{Semaphore, watch};

/// Events may take this part of the memory of articles, besides it: the two hold the same articles only while those that
/// arrive are also the newest by publication.
const EVENTS: usize = 4;

/// Articles, recent events and limits. Clones share them.
#[derive(Clone)]
pub struct GatewayState {
    news: Arc<Mutex<News>>,
    /// Number of the next event. Clients of the stream wait here for a change.
    pub(crate) next_event: Arc<watch::Sender<u64>>,
    /// A permit for each client of the stream.
    pub(crate) clients: Arc<Semaphore>,
    pub(crate) metrics: Metrics,
    pub(crate) shutdown: CancellationToken,
    /// Most articles in memory.
    pub(crate) max_articles: usize,
}

/// The part behind the lock. It is locked for lookups, never while a response is written.
pub(crate) struct News {
    pub store: Store,
    pub events: EventBuffer,
    /// What has been read of the log.
    pub position: Position,
    undecodable: u64,
}

impl GatewayState {
    /// An empty state. Streams to clients end once `shutdown` is cancelled.
    #[must_use]
    pub fn new(config: &Config, metrics: Metrics, shutdown: CancellationToken) -> Self {
        GatewayState {
            news: Arc::new(Mutex::new(News {
                store: Store::new(config.articles, config.article_bytes),
                events: EventBuffer::new(config.article_bytes / EVENTS),
                position: Position::default(),
                undecodable: 0,
            })),
            next_event: Arc::new(watch::Sender::new(0)),
            clients: Arc::new(Semaphore::new(config.clients)),
            metrics,
            shutdown,
            max_articles: config.articles,
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies records of the enriched topic, read at `now_ms` (milliseconds since 1970). Records that were applied
    /// before are skipped.
    pub fn apply(&self, records: &[Record], now_ms: i64) {
        // Decoding needs no lock.
        let decoded: Vec<_> = records.iter().map(|record| (record, decode(record))).collect();
        let mut news = self.lock();
        let News { store, events, position, undecodable } = &mut *news;
        for (record, article) in decoded {
            if position.includes(record.partition, record.offset) {
                continue;
            }
            position.set(record.partition, record.offset);
            self.metrics.delay_ms.set(now_ms.saturating_sub(record.timestamp_ms).max(0));
            let outcome = match article {
                Ok(article) => match store.apply(&article) {
                    Outcome::Superseded => "superseded",
                    outcome => {
                        events.push(record.partition, record.offset, position, article);
                        if outcome == Outcome::Withdrawn { "withdrawn" } else { "shown" }
                    }
                },
                Err(error) => {
                    *undecodable += 1;
                    // A topic full of undecodable records must not flood the log.
                    if undecodable.is_power_of_two() {
                        let (partition, offset, count) = (record.partition, record.offset, *undecodable);
                        tracing::warn!(partition, offset, error, count, "record skipped: it could not be decoded");
                    }
                    "undecodable"
                }
            };
            self.metrics.records.with_label_values(&[outcome]).inc();
        }
        self.metrics.articles.set(i64::try_from(store.len()).unwrap_or(i64::MAX));
        self.metrics.article_bytes.set(i64::try_from(store.bytes()).unwrap_or(i64::MAX));
        let next = events.next();
        drop(news);
        self.next_event.send_if_modified(|number| std::mem::replace(number, next) != next);
    }

    /// Forgets the position in partitions whose `ends` lie before it: the topic was created again.
    pub(crate) fn check_ends(&self, ends: &HashMap<i32, i64>) {
        let mut news = self.lock();
        for (partition, end) in ends {
            if news.position.last(*partition).is_some_and(|last| last >= *end) {
                tracing::warn!(partition, end, "the partition was created again; reading it from the start");
                news.position.forget(*partition);
            }
        }
    }
}

fn decode(record: &Record) -> Result<Arc<StoredArticle>, String> {
    let article: EnrichedArticle = record.decode().map_err(|error| error.to_string())?;
    StoredArticle::new(&article, record.timestamp_ms).map(Arc::new)
}
