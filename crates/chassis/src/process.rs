//! A process from its flags to its exit code.

use crate::{
    admin::{self, Readiness},
    config, http,
    shutdown::{self, CancellationToken, Drain},
    telemetry::{self, TelemetryArgs},
    thread,
};
use clap::Parser;
use prometheus::Registry;
use std::{error::Error, fmt::Display, future::Future, net::SocketAddr, process::ExitCode, time::Duration};

/// `EX_SOFTWARE` of sysexits.h: the process failed, for a reason that no flag can correct.
pub const EX_SOFTWARE: u8 = 70;
/// `EX_TEMPFAIL` of sysexits.h: the drain did not end by its deadline.
pub const EX_TEMPFAIL: u8 = 75;

/// Time that a process has to end after SIGTERM.
pub const DRAIN: Duration = Duration::from_secs(15);

/// Flag for the admin routes of a service without an HTTP server of its own.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Admin")]
pub struct AdminArgs {
    /// Address of /metrics, /healthz and /readyz.
    #[arg(long, env = "NEWSWIRE_ADMIN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9090",
          value_parser = config::listen_address)]
    pub admin: SocketAddr,
}

/// What a process provides to the service that runs in it.
#[derive(Clone)]
pub struct Process {
    /// Registry of the process's metrics.
    pub registry: Registry,
    /// Readiness of the process.
    pub readiness: Readiness,
    /// Cancelled on SIGTERM and SIGINT.
    pub shutdown: CancellationToken,
}

/// Error of a process that ends it.
pub type ServiceError = Box<dyn Error + Send + Sync>;

impl Process {
    /// Runs `open`, which may block on the network or on another process, on a thread of its own.
    ///
    /// # Errors
    /// The message of `open`'s error, or that its thread panicked.
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
        opened.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }
}

/// `main` of a service: parses and checks its flags, starts logging, and runs `service` until it ends.
///
/// `telemetry` and `check` read the parsed flags `A`; `service` gets what `check` returns.
pub fn main<A, C, F>(
    name: &str,
    telemetry: impl FnOnce(&A) -> &TelemetryArgs,
    check: impl FnOnce(&A) -> Result<C, Vec<String>>,
    service: impl FnOnce(C, Process) -> F,
) -> ExitCode
where
    A: Parser,
    F: Future<Output = Result<(), ServiceError>>,
{
    let (config, telemetry) = config::parse(|args: &A| config::both(check(args), telemetry(args).check()));
    telemetry::init(&telemetry);
    run(name, |process| service(config, process))
}

/// Runs `body` until it ends, or until 15 s ([`DRAIN`]) after a signal. `name` is the process's name in the log.
pub fn run<F, E>(name: &str, body: impl FnOnce(Process) -> F) -> ExitCode
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "{name} could not start: no runtime");
            return ExitCode::from(EX_SOFTWARE);
        }
    };
    let code = runtime.block_on(async {
        let shutdown = match shutdown::on_signals() {
            Ok(shutdown) => shutdown,
            Err(error) => {
                tracing::error!(%error, "{name} could not start: no signal handlers");
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
                    tracing::error!(%error, "{name} failed: {error}");
                    ExitCode::from(EX_SOFTWARE)
                }
            },
        }
    });
    // A blocking thread that hangs must not keep the process alive.
    runtime.shutdown_timeout(Duration::from_secs(1));
    code
}

/// Serves the admin routes on `listen` until `service` ends.
///
/// # Errors
/// The address could not be bound, or `service` failed.
pub async fn with_admin<E>(
    listen: SocketAddr,
    process: Process,
    service: impl Future<Output = Result<(), E>>,
) -> Result<(), ServiceError>
where
    E: Into<ServiceError>,
{
    let listener = http::bind(listen).await?;
    let routes = admin::router(process.registry, process.readiness);
    let server = tokio::spawn(http::serve(listener, routes, http::Limits::default(), process.shutdown.clone()));
    let ended = service.await;
    server.abort();
    ended.map_err(Into::into)
}
