#![doc = include_str!("../README.md")]

mod api;
mod config;
mod events;
mod metrics;
mod page;
mod position;
mod reader;
mod state;
mod store;

pub use api::check_query;
pub use config::{Args, Config};
pub use metrics::Metrics;
pub use position::Position;

use chassis::{admin, admin::Readiness, http};
use state::GatewayState;
use tokio::net::TcpListener;

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
    /// The registry already has metrics of these names.
    #[error("the gateway's metrics could not be registered: {0}")]
    Metrics(#[from] ::metrics::Error),
}

/// Reads the enriched topic and serves it until `runtime.shutdown`: page and API. `/metrics`, `/healthz` and `/readyz` are
/// here too, but only the process's admin listener answers them whatever the clients do.
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
    let metrics = state.metrics.clone();
    let routes = api::router(state, &config.cors_origins).merge(admin::router(runtime.registry.clone(), readiness));
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
    let (ended, served) = tokio::join!(reader, server);
    served?;
    ended
}
