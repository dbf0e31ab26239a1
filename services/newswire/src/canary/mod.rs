//! `newswire canary`: a feed with a new entry at an interval, and a client of the gateway that waits for the entries' articles. What
//! arrives, and what does not, is in its metrics: the whole pipeline from the poller to a client, measured from outside.

mod args;
mod entries;
mod follow;
mod journal;
mod metrics;
#[cfg(test)]
mod tests;

pub use args::{Args, Config, RunArgs, Service, base};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use chassis::{admin::Condition, http, process::Process};
use entries::Entries;
use follow::Gateway;
use jiff::Timestamp;
use journal::Journal;
use metrics::Metrics;
use prometheus::Registry;
use proto::{v1::Feed, vocab::full_text};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use stream::CancellationToken;
use tokio::net::TcpListener;

/// The label of its feed, and of its articles.
pub const TAG: &str = "canary";
/// Path of its feed.
const PATH: &str = "/canary.xml";
/// How often it is checked what is missing.
const CHECK: Duration = Duration::from_millis(500);

/// Why the canary ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address could not be bound.
    #[error(transparent)]
    Bind(#[from] http::BindError),
    /// The HTTP client could not be built.
    #[error("the client of the gateway: {0}")]
    Client(#[from] reqwest::Error),
    /// The registry already has metrics of these names.
    #[error("the canary's metrics could not be registered: {0}")]
    Metrics(#[from] ::metrics::Error),
}

/// The canary, with the address of its feed bound.
pub struct Canary {
    listener: TcpListener,
    canary: Shared,
    config: Config,
}

/// What the server of the feed, the follower of the gateway and the check share.
#[derive(Clone)]
struct Shared {
    entries: Entries,
    journal: Arc<Mutex<Journal>>,
    metrics: Metrics,
}

impl Canary {
    /// Binds the address of the feed. What is published from now on is expected at the gateway.
    ///
    /// # Errors
    /// The address could not be bound, or the registry has such metrics.
    pub async fn bind(config: Config, registry: &Registry) -> Result<Self, Error> {
        let listener = http::bind(config.listen).await?;
        let port = listener.local_addr().map_or(config.listen.port(), |address| address.port());
        let base = config.base.clone().unwrap_or_else(|| args::base(config.listen, port));
        let metrics = Metrics::new(registry)?;
        let now = Timestamp::now();
        metrics.last_arrival.set(now.as_second());
        let entries = Entries::new(&base, config.every, config.limit, now);
        let journal = Arc::new(Mutex::new(Journal::new(entries.number_at(now), config.limit)));
        Ok(Canary { listener, canary: Shared { entries, journal, metrics }, config })
    }

    /// Definition of its feed.
    #[must_use]
    pub fn feed(&self) -> Feed {
        let base = self.origin();
        Feed {
            url: self.url(),
            title: "newswire canary".to_owned(),
            publisher_name: "newswire canary".to_owned(),
            tags: vec![TAG.to_owned()],
            site_url: format!("{base}/"),
            language: "en".to_owned(),
            backfill: "all".to_owned(),
            full_text: full_text::NEVER.to_owned(),
            ..Feed::default()
        }
    }

    /// Origin of its feed: `http://127.0.0.1:8095`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.canary.entries.base
    }

    fn url(&self) -> String {
        format!("{}{PATH}", self.origin())
    }

    /// Serves the feed and follows `gateway` (`http://host:port`) until `shutdown`. `stream` is met while the stream is open.
    ///
    /// # Errors
    /// The HTTP client could not be built.
    pub async fn run(self, gateway: &str, stream: Condition, shutdown: CancellationToken) -> Result<(), Error> {
        let url = self.url();
        let id = proto::id::feed_id(&url);
        tracing::info!(feed = url, id, gateway, "the canary's feed is at {url}");
        let Canary { listener, canary, config } = self;
        let gateway = Gateway::new(gateway, &id, config.token_file)?;
        let routes = Router::new().route(PATH, get(document)).with_state(canary.clone());
        let server = http::serve(listener, routes, http::Options::default(), shutdown.clone());
        let follower = gateway.follow(
            |url| canary.arrived(url),
            |is_open, detail| canary.connected(&stream, is_open, detail),
            &shutdown,
        );
        tokio::join!(server, follower, canary.check(&shutdown));
        Ok(())
    }
}

/// Runs a canary alone until shutdown. An operator adds its feed to the list.
///
/// # Errors
/// The address of its feed could not be bound, or the HTTP client could not be built.
pub async fn run(service: Service, process: Process) -> Result<(), Error> {
    let canary = Canary::bind(service.canary, &process.registry).await?;
    let url = canary.url();
    tracing::info!("`newswire feeds add {url} --tag {TAG} --full-text never --backfill all` adds the canary's feed");
    canary.run(&service.gateway, process.readiness.add("canary-stream"), process.shutdown).await
}

impl Shared {
    fn journal(&self) -> MutexGuard<'_, Journal> {
        // A panic leaves at most one entry unaccounted.
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An article of the feed has reached the gateway.
    fn arrived(&self, url: &str) {
        let Some(number) = self.entries.number_of(url) else { return };
        let now = Timestamp::now();
        self.metrics.last_arrival.set(now.as_second());
        let Some(served) = self.journal().arrived(number) else { return };
        let observe = |since: &str, at: Timestamp| {
            let delay = now.duration_since(at).as_secs_f64().max(0.0);
            self.metrics.delay_seconds.with_label_values(&[since]).observe(delay);
        };
        observe("published", self.entries.published_at(number));
        if let Some(served) = served {
            observe("served", served);
        }
    }

    fn connected(&self, stream: &Condition, is_open: bool, detail: &str) {
        self.metrics.connected.set(i64::from(is_open));
        if is_open {
            stream.met();
        } else {
            stream.not_met(detail);
        }
    }

    /// Counts what is missing.
    async fn check(&self, shutdown: &CancellationToken) {
        let mut ticks = tokio::time::interval(CHECK);
        while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
            let now = Timestamp::now();
            let missing = self.journal().advance(now, &self.entries);
            for number in &missing {
                let published = self.entries.published_at(*number);
                tracing::warn!(%published, "the canary's article has not reached the gateway in time");
            }
            self.metrics.missing.inc_by(u64::try_from(missing.len()).unwrap_or_default());
        }
    }
}

/// The feed.
async fn document(State(canary): State<Shared>) -> Response {
    let now = Timestamp::now();
    let numbers = canary.entries.listed(now);
    let mut journal = canary.journal();
    journal.advance_to(now, &canary.entries);
    numbers.clone().for_each(|number| journal.served(number, now));
    drop(journal);
    let kind = [(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")];
    (StatusCode::OK, kind, canary.entries.document(numbers)).into_response()
}
