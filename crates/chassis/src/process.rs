//! A process from its flags to its exit code.

use crate::{
    admin::{self, AdminArgs, AdminConfig, Readiness},
    config, observed,
    shutdown::{self, CancellationToken, Drain, Signals},
    telemetry::{self, TelemetryArgs},
    terminal::Escaped,
    thread,
};
use clap::Parser;
use prometheus::Registry;
use std::{error::Error, fmt::Display, future::Future, io::Write, process::ExitCode, time::Duration};
use tokio::runtime::Runtime;

/// `EX_SOFTWARE` of sysexits.h: the process failed, for a reason that no flag can correct.
pub const EX_SOFTWARE: u8 = 70;
/// `EX_TEMPFAIL` of sysexits.h: the drain did not end by its deadline.
pub const EX_TEMPFAIL: u8 = 75;

/// Time that a process has to end after SIGTERM.
pub const DRAIN: Duration = Duration::from_secs(15);

/// Fewest threads of the runtime. A server that sends interim responses without an end (RFC 9110 section 15.2) keeps the
/// thread that reads them busy, for as long as its request may take; the other threads go on.
const MIN_WORKERS: usize = 8;
/// Turns of a task after which a thread looks for new input and for tasks of other threads; 61 and about 31 by default. A turn
/// takes a tenth of a second if there is always more to read.
const TURNS: u32 = 4;

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
    /// Runs `open`, which may block on the network or on another process, on a thread of its own. It gets the registry, the
    /// shutdown token, and a function that reports what it waits for: the process is not ready meanwhile. `None` if the
    /// shutdown came first.
    ///
    /// # Errors
    /// The message of `open`'s error, or that its thread panicked.
    pub async fn open<T, E>(
        &self,
        open: impl FnOnce(&Registry, &CancellationToken, &dyn Fn(&str)) -> Result<T, E> + Send + 'static,
    ) -> Result<Option<T>, String>
    where
        T: Send + 'static,
        E: Display + Send + 'static,
    {
        let (registry, shutdown) = (self.registry.clone(), self.shutdown.clone());
        let condition = self.readiness.add("log-open");
        let waiting = condition.clone();
        let opened = thread::run("open", move || open(&registry, &shutdown, &|detail| waiting.not_met(detail)));
        // Nothing is written before it is open, so the thread may be left behind.
        let Some(opened) = self.shutdown.run_until_cancelled(opened).await else { return Ok(None) };
        let opened = opened.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        condition.met();
        Ok(Some(opened))
    }
}

fn runtime() -> std::io::Result<Runtime> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(processors.max(MIN_WORKERS))
        .event_interval(TURNS)
        .global_queue_interval(TURNS)
        .enable_all()
        .build()
}

/// A process before its service runs: the signal handlers are installed, so that a signal while flags are checked and models
/// are read is not lost.
pub struct Starting {
    runtime: Runtime,
    signals: Signals,
}

impl Starting {
    /// Starts the runtime and installs the signal handlers. Ends the process if that is not possible.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::prepare().unwrap_or_else(|error| {
            // Logging begins later.
            drop(writeln!(Escaped::new(std::io::stderr().lock()), "{name} could not start: {error}"));
            std::process::exit(i32::from(EX_SOFTWARE))
        })
    }

    fn prepare() -> std::io::Result<Self> {
        let runtime = runtime()?;
        let signals = runtime.block_on(async { Signals::install() })?;
        Ok(Starting { runtime, signals })
    }

    /// Runs `body` until it ends, or until 15 s ([`DRAIN`]) after a signal. `name` is the process's name in the log. The admin
    /// routes are served from the start, if `admin` is given. The soft limit of file descriptors is raised to the hard one: the
    /// usual 1,024 are few for sockets.
    pub fn run<F, E>(self, name: &str, admin: Option<&AdminConfig>, body: impl FnOnce(Process) -> F) -> ExitCode
    where
        F: Future<Output = Result<(), E>>,
        E: Display,
    {
        if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
            tracing::warn!(%error, "the limit of file descriptors could not be raised");
        }
        let shutdown = self.signals.start();
        let process =
            Process { registry: Registry::new(), readiness: Readiness::default(), shutdown: shutdown.clone() };
        if let Err(error) = observed::register(&process.registry, process.readiness.clone()) {
            tracing::warn!(%error, "/metrics lacks memory and readiness");
        }
        let served = admin.map(|admin| admin::serve(admin, process.registry.clone(), process.readiness.clone()));
        let _admin = match served.transpose() {
            Ok(admin) => admin,
            Err(error) => {
                tracing::error!(%error, "{name} could not start: {error}");
                return ExitCode::from(EX_SOFTWARE);
            }
        };
        let code = self.runtime.block_on(async {
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
        self.runtime.shutdown_timeout(Duration::from_secs(1));
        code
    }
}

/// `main` of a service: parses and checks its flags, starts logging, and runs `service` until it ends.
///
/// `common` reads the flags that every service has, `check` those of this service; `log` describes the log that it runs on.
/// `service` gets what `check` returns.
pub fn main<A, C, F>(
    name: &str,
    common: impl Fn(&A) -> (&TelemetryArgs, &AdminArgs),
    check: impl FnOnce(&A) -> Result<C, Vec<String>>,
    log: impl FnOnce(&C) -> String,
    service: impl FnOnce(C, Process) -> F,
) -> ExitCode
where
    A: Parser,
    F: Future<Output = Result<(), ServiceError>>,
{
    let starting = Starting::new(name);
    let ((config, (telemetry, admin)), settings) = config::parse(|args: &A| {
        let (telemetry, admin) = common(args);
        admin.answer_health();
        config::both(check(args), config::both(telemetry.check(), admin.check()))
    });
    telemetry::init(&telemetry);
    settings.warn();
    let (version, settings) = (env!("CARGO_PKG_VERSION"), settings.changed.join(" "));
    tracing::info!(version, log = log(&config), settings, "{name} starts");
    starting.run(name, Some(&admin), |process| service(config, process))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        hint::black_box,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Sends a byte and back, `times` times.
    async fn exchange(times: usize) -> std::io::Result<()> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let mut one = tokio::net::TcpStream::connect(listener.local_addr()?).await?;
        let (mut other, _) = listener.accept().await?;
        for _ in 0..times {
            one.write_all(b"a").await?;
            other.read_u8().await?;
            other.write_all(b"b").await?;
            one.read_u8().await?;
        }
        Ok(())
    }

    #[test]
    fn tasks_that_always_have_work_do_not_hold_the_others() {
        let (runtime, turns) = (runtime().unwrap(), Arc::new(AtomicUsize::new(0)));
        // Enough for every thread that the runtime has by default.
        for _ in 0..std::thread::available_parallelism().unwrap().get().min(MIN_WORKERS / 2) {
            let turns = Arc::clone(&turns);
            // As a connection that reads without an end: it is woken at once.
            runtime.spawn(std::future::poll_fn::<(), _>(move |context| {
                black_box((0..100_000_u64).map(black_box).sum::<u64>());
                turns.fetch_add(1, Ordering::Relaxed);
                context.waker().wake_by_ref();
                std::task::Poll::Pending
            }));
        }
        let exchanged = runtime.spawn(exchange(100));
        runtime.block_on(exchanged).unwrap().unwrap();
        let turns = turns.load(Ordering::Relaxed);
        runtime.shutdown_background();
        assert!(turns < 240, "{turns} turns of the others meanwhile");
    }
}
