//! The admin routes: `/metrics`, `/healthz` and `/readyz`, on a listener and a thread of their own.

use crate::{
    config, health,
    http::{self, BindError, Hosts, Limits, Options, WhenFull},
    shutdown::CancellationToken,
};
use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus::{Encoder, Registry, TextEncoder};
use serde::Serialize;
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio_util::sync::DropGuard;

/// The address if no flag gives one.
const DEFAULT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9090);
/// A reader of `/metrics` is done in milliseconds, and keeps no connection for longer than this.
const LIMITS: Limits = Limits {
    connections: 64,
    per_address: usize::MAX,
    when_full: WhenFull::CloseOldest,
    head: Duration::from_secs(5),
    write: Duration::from_secs(5),
    buffer: 16 * 1024,
    drain: Duration::from_millis(200),
};

/// Flags of the admin routes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Admin")]
pub struct AdminArgs {
    /// Address of /metrics, /healthz and /readyz. Without it 127.0.0.1:9090, or a free port if that is taken.
    #[arg(long, env = "NEWSWIRE_ADMIN", value_name = "ADDRESS:PORT", value_parser = config::listen_address)]
    pub admin: Option<SocketAddr>,
    /// Names under which the listeners answer besides `localhost` and addresses, comma separated: names of this machine in DNS,
    /// or of a proxy before it. A page whose own name was rebound to this address is refused. `*` allows every name.
    #[arg(long, env = "NEWSWIRE_ALLOWED_HOSTS", value_name = "NAME", value_delimiter = ',', value_parser = http::host_name)]
    pub allowed_hosts: Vec<String>,
    /// Ask the process that runs with these settings whether it is ready, and exit: 0 if it is, 1 if it is not or does not answer
    /// within two seconds. The health check of a container.
    #[arg(long)]
    pub health: bool,
}

/// Settings of the admin routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdminConfig {
    /// The address; `None` for the default.
    pub listen: Option<SocketAddr>,
    /// Names besides `localhost`, names without a dot, and addresses.
    pub allowed_hosts: Vec<String>,
}

impl AdminArgs {
    /// With `--health`, asks the running process, and ends this one. It comes before all other checks: they read models.
    pub fn answer_health(&self) {
        if self.health {
            health::answer(self.admin.unwrap_or(DEFAULT));
        }
    }

    /// The settings. clap has checked them.
    ///
    /// # Errors
    /// None.
    pub fn check(&self) -> Result<AdminConfig, Vec<String>> {
        Ok(AdminConfig { listen: self.admin, allowed_hosts: self.allowed_hosts.clone() })
    }
}

/// Serves the admin routes until the guard is dropped. Neither the process's work nor its other clients share the thread, the
/// connections or their limit.
///
/// # Errors
/// The address could not be bound, or a thread could not be started.
pub fn serve(config: &AdminConfig, registry: Registry, readiness: Readiness) -> io::Result<DropGuard> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(bind(config)).map_err(io::Error::other)?;
    let address = listener.local_addr()?;
    let (stop, routes) = (CancellationToken::new(), router(registry, readiness));
    // A scraper names a container (`poller:9090`).
    let hosts = Hosts { allowed: config.allowed_hosts.clone(), local_names: true };
    let options = Options { limits: LIMITS, hosts: Some(hosts), ..Options::default() };
    let server = http::serve(listener, routes, options, stop.clone());
    std::thread::Builder::new().name("admin".to_owned()).spawn(move || runtime.block_on(server))?;
    tracing::info!(%address, "metrics and readiness at http://{address}/");
    Ok(stop.drop_guard())
}

async fn bind(config: &AdminConfig) -> Result<tokio::net::TcpListener, BindError> {
    let Some(address) = config.listen else {
        return match http::bind(DEFAULT).await {
            // Another newswire on this machine.
            Err(error) if error.source.kind() == io::ErrorKind::AddrInUse => {
                tracing::warn!("{error}; using a free port, --admin sets one");
                http::bind(SocketAddr::new(DEFAULT.ip(), 0)).await
            }
            bound => bound,
        };
    };
    http::bind(address).await
}

/// Readiness of a process: it is ready while all conditions that its services added are met.
#[derive(Clone, Default)]
pub struct Readiness {
    conditions: Arc<Mutex<Vec<ConditionState>>>,
    watched: Arc<Mutex<Vec<Watched>>>,
}

/// Returns conditions as they are when it is called: the name of each, and why it is not met.
type Watched = Arc<dyn Fn() -> Vec<(String, Option<String>)> + Send + Sync>;

impl std::fmt::Debug for Readiness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.conditions()).finish()
    }
}

/// The state of a condition, as `/readyz` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConditionState {
    /// Its name: `gateway-caught-up`.
    pub name: String,
    /// Whether it is met.
    pub met: bool,
    /// Why it is not met; empty if it is.
    pub detail: String,
}

/// A service's handle to its condition.
#[derive(Debug, Clone)]
pub struct Condition {
    readiness: Readiness,
    index: usize,
}

impl Readiness {
    /// Adds a condition. It is not met until the service calls [`Condition::met`].
    #[must_use]
    pub fn add(&self, name: &str) -> Condition {
        let mut conditions = self.lock();
        conditions.push(ConditionState { name: name.to_owned(), met: false, detail: "starting".to_owned() });
        Condition { readiness: self.clone(), index: conditions.len() - 1 }
    }

    /// Adds conditions that are asked for whenever the process is asked whether it is ready. `conditions` must not block; it
    /// returns the name of each, and why it is not met.
    pub fn watch(&self, conditions: impl Fn() -> Vec<(String, Option<String>)> + Send + Sync + 'static) {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(conditions));
    }

    /// True while every condition is met.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.conditions().iter().all(|condition| condition.met)
    }

    /// All conditions: first those that were added, then those that are asked for, each in the order in which they came.
    #[must_use]
    pub fn conditions(&self) -> Vec<ConditionState> {
        let mut all = self.lock().clone();
        let watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.extend(watched.iter().flat_map(|conditions| conditions()).map(|(name, fault)| ConditionState {
            name,
            met: fault.is_none(),
            detail: fault.unwrap_or_default(),
        }));
        all
    }

    fn lock(&self) -> MutexGuard<'_, Vec<ConditionState>> {
        // Each change is one assignment, so a panic cannot leave the list inconsistent.
        self.conditions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Condition {
    /// Marks the condition as met.
    pub fn met(&self) {
        self.set(true, String::new());
    }

    /// Marks the condition as not met, because of `detail`.
    pub fn not_met(&self, detail: impl Into<String>) {
        self.set(false, detail.into());
    }

    fn set(&self, met: bool, detail: String) {
        if let Some(state) = self.readiness.lock().get_mut(self.index) {
            state.met = met;
            state.detail = detail;
        }
    }
}

#[derive(Clone)]
struct AdminState {
    registry: Registry,
    readiness: Readiness,
}

/// A router with the three routes, to merge into a service's own or to serve with [`crate::http::serve`].
pub fn router(registry: Registry, readiness: Readiness) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(AdminState { registry, readiness })
}

/// Prometheus text exposition format 0.0.4.
async fn metrics(State(admin): State<AdminState>) -> Response {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&admin.registry.gather(), &mut text) {
        Ok(()) => ([(header::CONTENT_TYPE, encoder.format_type().to_owned())], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be encoded");
            (StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be encoded\n").into_response()
        }
    }
}

/// The body of `/readyz`.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    conditions: Vec<ConditionState>,
}

async fn ready(State(admin): State<AdminState>) -> Response {
    let conditions = admin.readiness.conditions();
    let ready = conditions.iter().all(|condition| condition.met);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready, conditions })).into_response()
}
