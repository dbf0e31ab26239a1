#![doc = include_str!("../README.md")]

mod api;
mod config;
mod follow;
mod live;
mod metrics;
mod page;
mod shared;
mod store;

pub use api::router;
pub use config::{Args, Config};
pub use follow::follow;
pub use metrics::Metrics;
pub use shared::Shared;

use chassis::{admin, admin::Readiness, http};
use tokio::net::TcpListener;

/// What ends a gateway.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its address is not to be had.
    #[error(transparent)]
    Bind(#[from] http::BindError),
    /// The log's storage cannot be read, or its client is not accepted.
    #[error(transparent)]
    Log(#[from] stream::LogError),
    /// The thread that reads the log died.
    #[error(transparent)]
    Thread(#[from] chassis::thread::ThreadError),
    /// Metrics of these names are there already.
    #[error("the gateway's metrics cannot be registered: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Reads the enriched topic and serves it, until `runtime.stop`: page, API, and the process's `/metrics`, `/healthz`
/// and `/readyz` on one address.
///
/// # Errors
/// See [`Error`].
pub async fn run(config: Config, runtime: stream::Runtime, readiness: Readiness) -> Result<(), Error> {
    let listener = http::bind(config.listen).await?;
    serve(listener, &config, runtime, readiness).await
}

/// As [`run`], on a listener that is there already.
///
/// # Errors
/// See [`Error`].
pub async fn serve(
    listener: TcpListener,
    config: &Config,
    runtime: stream::Runtime,
    readiness: Readiness,
) -> Result<(), Error> {
    let address = listener.local_addr().unwrap_or(config.listen);
    let shared = Shared::new(config, Metrics::new(&runtime.registry)?, runtime.shutdown.clone());
    let followed = follow(shared.clone(), runtime.clone(), readiness.add("gateway-caught-up"));
    let routes = router(shared).merge(admin::router(runtime.registry.clone(), readiness));
    tracing::info!(%address, "the page is at http://{address}/");

    let limits = http::Limits { connections: config.clients + 256, ..http::Limits::default() };
    let served = http::serve(listener, routes, limits, runtime.shutdown.clone());
    let followed = async {
        let ended = followed.await;
        // Where reading has failed, a page that stands still would deceive: the process is to end.
        runtime.shutdown.cancel();
        ended
    };
    let (followed, ()) = tokio::join!(followed, served);
    followed
}
