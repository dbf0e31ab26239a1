//! A process from its start to its exit code: runtime, signals, a body, a drain.

use crate::{
    admin::{self, Readiness},
    http, shutdown,
    shutdown::{CancellationToken, Drain},
    thread,
};
use prometheus::Registry;
use std::{fmt::Display, future::Future, net::SocketAddr, process::ExitCode, time::Duration};

/// `EX_SOFTWARE` of sysexits.h: something failed that no flag can mend.
pub const EX_SOFTWARE: u8 = 70;
/// `EX_TEMPFAIL` of sysexits.h: it was asked to stop, and the deadline passed.
pub const EX_TEMPFAIL: u8 = 75;

/// Time that everything has to end after SIGTERM.
pub const DRAIN: Duration = Duration::from_secs(15);

/// Where a service that serves nothing else shows its metrics and its health.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Admin")]
pub struct AdminArgs {
    /// Address of /metrics, /healthz and /readyz.
    #[arg(long, env = "NEWSWIRE_ADMIN", value_name = "HOST:PORT", default_value = "127.0.0.1:9090")]
    pub admin: String,
}

impl AdminArgs {
    /// Checks the flag.
    ///
    /// # Errors
    /// A sentence, where it is no address.
    pub fn check(&self) -> Result<SocketAddr, Vec<String>> {
        self.admin
            .parse()
            .map_err(|_| vec![format!("--admin is ADDRESS:PORT, such as 127.0.0.1:9090, not {:?}", self.admin)])
    }
}

/// What a process's body is handed.
#[derive(Clone)]
pub struct Process {
    /// Where metrics are registered.
    pub registry: Registry,
    /// Where conditions of readiness are named.
    pub readiness: Readiness,
    /// Cancelled at SIGTERM and SIGINT.
    pub shutdown: CancellationToken,
}

impl Process {
    /// Opens what the body works on, on a thread of its own: it may wait for another process or for the network.
    ///
    /// # Errors
    /// What `open` says, or that its thread died, as a sentence.
    pub async fn open<T, E>(
        &self,
        open: impl FnOnce(&Registry, &CancellationToken) -> Result<T, E> + Send + 'static,
    ) -> Result<T, String>
    where
        T: Send + 'static,
        E: Display + Send + 'static,
    {
        let (registry, shutdown) = (self.registry.clone(), self.shutdown.clone());
        let opened = thread::run("open", move || open(&registry, &shutdown)).await;
        opened.map_err(|died| died.to_string())?.map_err(|error| error.to_string())
    }
}

/// Runs `body` until it ends, or until 15 s after it was asked to stop. `name` is what the process calls itself.
pub fn run<F, E>(name: &str, body: impl FnOnce(Process) -> F) -> ExitCode
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "{name} cannot start: no runtime");
            return ExitCode::from(EX_SOFTWARE);
        }
    };
    let code = runtime.block_on(async {
        let shutdown = match shutdown::on_signals() {
            Ok(shutdown) => shutdown,
            Err(error) => {
                tracing::error!(%error, "{name} cannot start: no signal handlers");
                return ExitCode::from(EX_SOFTWARE);
            }
        };
        let process =
            Process { registry: Registry::new(), readiness: Readiness::default(), shutdown: shutdown.clone() };
        match shutdown::drain(&shutdown, DRAIN, [body(process)]).await {
            Drain::DeadlinePassed { .. } => ExitCode::from(EX_TEMPFAIL),
            Drain::Drained { results, .. } => match results.into_iter().find_map(Result::err) {
                None => ExitCode::SUCCESS,
                Some(error) => {
                    tracing::error!(%error, "{name} ended: {error}");
                    ExitCode::from(EX_SOFTWARE)
                }
            },
        }
    });
    // A thread that hangs must not keep the process.
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

/// Serves the admin routes beside `body`; ends when `body` ends.
///
/// # Errors
/// Those of `body`, or that the address is not to be had.
pub async fn with_admin<E>(
    listen: SocketAddr,
    process: Process,
    body: impl Future<Output = Result<(), E>>,
) -> Result<(), String>
where
    E: Display,
{
    let listener = http::bind(listen).await.map_err(|error| error.to_string())?;
    let routes = admin::router(process.registry, process.readiness);
    let served = http::serve(listener, routes, http::Limits::default(), process.shutdown.clone());
    let served = tokio::spawn(served);
    let ended = body.await.map_err(|error| error.to_string());
    served.abort();
    ended
}
