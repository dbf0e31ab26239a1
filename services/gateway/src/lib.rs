#![doc = include_str!("../README.md")]

mod api;
mod config;
mod events;
mod feeds;
mod metrics;
mod page;
mod position;
mod pulse;
mod reader;
mod state;
mod trends;
mod window;

pub use api::check_query;
pub use config::{ApiToken, Args, Config};
pub use metrics::Metrics;
pub use position::Position;

use chassis::{admin::Readiness, http};
use proto::topic::Topic;
use state::GatewayState;
use tokio::net::TcpListener;

/// All that the gateway does on the log: it has no group, and keeps its counts in a topic.
pub const ACCESS: stream::Access = stream::Access {
    service: "gateway",
    stages: &[],
    reads: &[Topic::Enriched, Topic::Feeds, Topic::FeedHealth, Topic::DeadLetter, Topic::Trends],
    appends: &[Topic::Trends],
    watches: &[],
};

/// Milliseconds of an hour.
const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Why the gateway ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address could not be bound.
    #[error(transparent)]
    Bind(#[from] http::BindError),
    /// The log's storage cannot be read, or the log rejects the client.
    #[error(transparent)]
    Log(#[from] stream::LogError),
    /// The thread that reads the log could not be started, or panicked.
    #[error(transparent)]
    Thread(#[from] chassis::thread::ThreadError),
    /// The description of the API could not be made.
    #[error("the description of the API could not be made: {0}")]
    Document(#[from] serde_json::Error),
    /// The registry already has metrics of these names.
    #[error("the gateway's metrics could not be registered: {0}")]
    Metrics(#[from] ::metrics::Error),
}

/// Reads the enriched topic and serves it until `runtime.shutdown`: page and API. `/metrics`, `/healthz` and `/readyz` are on the
/// process's admin listener alone.
///
/// # Errors
/// The address could not be bound, or reading failed for a reason other than an outage.
pub async fn run(config: Config, runtime: stream::Runtime, readiness: Readiness) -> Result<(), Error> {
    let listener = http::bind(config.listen).await?;
    serve(listener, &config, runtime, readiness).await
}

/// As [`run`], on a listener that is already bound.
///
/// # Errors
/// Reading failed for a reason other than an outage.
pub async fn serve(
    listener: TcpListener,
    config: &Config,
    runtime: stream::Runtime,
    readiness: Readiness,
) -> Result<(), Error> {
    let address = listener.local_addr().unwrap_or(config.listen);
    let state = GatewayState::new(config, Metrics::new(&runtime.registry)?, runtime.shutdown.clone());
    let reader = reader::run(state.clone(), runtime.clone(), readiness.add("gateway-caught-up"));
    let feeds = feeds::run(state.clone(), runtime.clone());
    let snapshots = trends::write_until_shutdown(state.clone(), runtime.clone());
    let metrics = state.metrics.clone();
    let routes = api::router(state, &config.cors_origins)?;
    tracing::info!(%address, "listening on http://{address}/");

    let limits = http::Limits {
        // Besides the clients of the stream those that read a list.
        connections: config.clients + 256,
        per_address: config.per_address,
        write: config.write,
        ..http::Limits::default()
    };
    let options = http::Options {
        limits,
        trusted_proxies: config.trusted_proxies.clone(),
        hosts: Some(http::Hosts { allowed: config.allowed_hosts.clone(), local_names: false }),
        refused: Some(metrics.refused),
    };
    let server = async {
        let served = http::serve_on_thread("gateway-http", listener, routes, options, runtime.shutdown.clone()).await;
        runtime.shutdown.cancel();
        served
    };
    let reader = async {
        let ended = reader.await;
        // Without a reader the page would show stale articles, so the process ends.
        runtime.shutdown.cancel();
        ended
    };
    let feeds = async {
        let ended = feeds.await;
        runtime.shutdown.cancel();
        ended
    };
    let (ended, feeds, (), served) = tokio::join!(reader, feeds, snapshots, server);
    served?;
    ended.and(feeds)
}
