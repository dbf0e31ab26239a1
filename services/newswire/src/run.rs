//! `newswire run`: poller, normaliser, enricher and gateway in one process, over one log.

use crate::{
    canary::{self, Canary},
    feeds::{self, FeedFile},
    log_state, sample,
};
use chassis::{
    admin::{AdminArgs, AdminConfig},
    config::Settings,
    process::Process,
};
use futures_util::future::{BoxFuture, FutureExt, select_all};
use std::path::PathBuf;
use stream::{CancellationToken, LogArgs, LogConfig, Runtime};

/// Flags of the pipeline: its feeds, its log and its services.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Pipeline")]
pub struct Args {
    /// OPML file of feeds to add or update. Feeds that cannot be polled are logged and skipped.
    #[arg(long, env = "NEWSWIRE_FEEDS", value_name = "FILE")]
    feeds: Option<PathBuf>,
    /// Read the file of feeds again when it changes.
    #[arg(long, env = "NEWSWIRE_WATCH_FEEDS", requires = "feeds")]
    watch_feeds: bool,
    /// Remove feeds that came from the file when it no longer lists them. Otherwise they stay until `newswire feeds remove`. An
    /// empty file, and one with a feed that cannot be polled, removes none.
    #[arg(long, env = "NEWSWIRE_REMOVE_UNLISTED_FEEDS", requires = "feeds")]
    remove_unlisted_feeds: bool,
    /// Also runs local publishers of invented news and polls them. Allows private networks.
    #[arg(long, env = "NEWSWIRE_SAMPLE")]
    sample: bool,
    /// Port of those publishers, on 127.0.0.2 and the addresses after it.
    #[arg(long, env = "NEWSWIRE_SAMPLE_PORT", value_name = "PORT", default_value_t = sample::PORT)]
    sample_port: u16,
    #[command(flatten)]
    canary: canary::RunArgs,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    poller: poller::Args,
    #[command(flatten)]
    normaliser: normaliser::Args,
    #[command(flatten)]
    enricher: enricher::Args,
    #[command(flatten)]
    gateway: gateway::Args,
    #[command(flatten)]
    admin: AdminArgs,
}

/// The flags, checked.
pub struct Config {
    feeds: Option<FeedFile>,
    sample: Option<sample::Config>,
    canary: Option<canary::Config>,
    log: LogConfig,
    poller: poller::Config,
    normaliser: normaliser::Config,
    enricher: enricher::Config,
    gateway: gateway::Config,
    /// Settings of the admin routes.
    pub admin: AdminConfig,
}

impl Args {
    /// Checks all flags.
    ///
    /// # Errors
    /// One message for each invalid flag.
    pub fn check(&self) -> Result<Config, Vec<String>> {
        self.admin.answer_health();
        let mut errors = chassis::config::ConfigErrors::default();
        let (log, poller) = (errors.ok(self.log.check()), errors.ok(self.poller.check()));
        let (enricher, admin) = (errors.ok(self.enricher.check()), errors.ok(self.admin.check()));
        let gateway = errors.ok(self.gateway.config(&self.admin));
        if let Some(file) = self.feeds.as_ref().filter(|file| !file.is_file()) {
            errors.push(format!("--feeds {}: no such file", file.display()));
        }
        let sample = self.sample.then(|| sample::Config::on_port(self.sample_port));
        errors.finish(|| {
            let mut poller = poller?;
            poller.allow_private_networks |= sample.is_some();
            Some(Config {
                feeds: self.feeds.clone().map(|path| FeedFile {
                    path,
                    is_watched: self.watch_feeds,
                    removes: self.remove_unlisted_feeds,
                }),
                sample,
                canary: self.canary.config(self.gateway.api_token_file.as_deref()),
                log: log?,
                poller,
                normaliser: self.normaliser.config(),
                enricher: enricher?,
                gateway: gateway?,
                admin: admin?,
            })
        })
    }
}

impl Config {
    /// Logs what runs, on which log and with which settings.
    pub fn announce(&self, settings: &Settings) {
        let file =
            self.feeds.as_ref().map(|file| std::path::absolute(&file.path).unwrap_or_else(|_| file.path.clone()));
        let feeds = file.map_or_else(|| "those of the log".to_owned(), |file| file.display().to_string());
        let (version, log, settings) = (env!("CARGO_PKG_VERSION"), self.log.to_string(), settings.changed.join(" "));
        tracing::info!(version, log, feeds, settings, "newswire starts");
    }
}

/// A service: its name and, once it has ended, its result.
type Running = BoxFuture<'static, (&'static str, Result<(), String>)>;

/// Runs all services until shutdown. A service that ends earlier stops the others.
///
/// # Errors
/// The first service that failed or ended early, with its error.
pub async fn run(config: Config, process: Process) -> Result<(), String> {
    stream::faults::armed_from_environment();
    let log = config.log.clone();
    let writable = process.readiness.add("log-writable");
    let opened = process.open(move |registry, shutdown, waiting| log.start(registry, shutdown, waiting)).await?;
    let Some(runtime) = opened else { return Ok(()) };
    process.readiness.watch(runtime.metrics.readiness());
    let mut services: Vec<Running> = Vec::new();
    if let Some(file) = config.feeds {
        let (log, credentials) = (config.log.clone(), config.poller.credentials.clone());
        feeds::apply(&file, runtime.log.clone(), &log, &credentials).await?;
        if file.is_watched {
            let shutdown = process.shutdown.clone();
            services.push(named("list of feeds", feeds::watch(file, runtime.clone(), log, credentials, shutdown)));
        }
    } else if config.sample.is_none() {
        tracing::info!("no --feeds; polling the feeds that `newswire feeds` has added");
    }
    if let Some(sample) = config.sample {
        let publishers = sample::bind(&sample).await.map_err(|error| error.to_string())?;
        write_feeds(publishers.feeds(), &runtime, &config.log).await?;
        let (shutdown, log) = (process.shutdown.clone(), runtime.log.clone());
        let withdrawn =
            publishers.newest(&sample).map(|url| sample::withdraw(url, log, config.log.clone(), shutdown.clone()));
        let withdrawn = futures_util::future::OptionFuture::from(withdrawn);
        let served = publishers.serve(sample, shutdown);
        services.push(named("sample", async {
            futures_util::join!(served, withdrawn);
            Ok::<(), String>(())
        }));
    }
    let listener = chassis::http::bind(config.gateway.listen).await.map_err(|error| error.to_string())?;
    let mut poller = config.poller;
    if let Some(canary) = config.canary {
        let canary = Canary::bind(canary, &process.registry).await.map_err(|error| error.to_string())?;
        poller.private_origins.push(canary.origin().to_owned());
        write_feeds(vec![canary.feed()], &runtime, &config.log).await?;
        let gateway = listener.local_addr().map(|address| canary::base(address, address.port()));
        let gateway = gateway.map_err(|error| error.to_string())?;
        let (stream, shutdown) = (process.readiness.add("canary-stream"), process.shutdown.clone());
        services.push(named("canary", async move { canary.run(&gateway, stream, shutdown).await }));
    }
    services.push(named("poller", poller::run(poller, runtime.clone(), process.readiness.clone())));
    services.push(named("normaliser", normaliser::run(config.normaliser, runtime.clone())));
    services.push(named("enricher", enricher::run(config.enricher, runtime.clone())));
    let (gateway, of_gateway, readiness) = (config.gateway, runtime.clone(), process.readiness);
    services.push(named("gateway", async move { gateway::serve(listener, &gateway, of_gateway, readiness).await }));
    // Last: until its condition is met, the others have added theirs.
    services.push(named("log", log_state::report(runtime, writable)));
    run_all(services, &process.shutdown).await
}

async fn write_feeds(list: Vec<proto::v1::Feed>, runtime: &Runtime, config: &LogConfig) -> Result<(), String> {
    let (total, config, log) = (list.len(), config.clone(), runtime.log.clone());
    let written = chassis::thread::run("feeds", move || feeds::sync(&*log, &config, list)).await;
    let written = written.map_err(|error| error.to_string())?.map_err(|error| format!("feeds: {error:#}"))?;
    tracing::info!(feeds = total, written, "feeds updated");
    Ok(())
}

fn named<E: std::fmt::Display>(
    name: &'static str,
    service: impl Future<Output = Result<(), E>> + Send + 'static,
) -> Running {
    async move { (name, service.await.map_err(|error| error.to_string())) }.boxed()
}

/// Waits for all services. Once one fails or ends early, the others are stopped.
async fn run_all(mut services: Vec<Running>, shutdown: &CancellationToken) -> Result<(), String> {
    let mut first = Ok(());
    while !services.is_empty() {
        let ((name, result), _, rest) = select_all(services).await;
        services = rest;
        let result = match result {
            Ok(()) if shutdown.is_cancelled() => Ok(()),
            Ok(()) => Err(format!("the {name} ended without a shutdown")),
            Err(error) => Err(format!("the {name} failed: {error}")),
        };
        if let Err(error) = result {
            shutdown.cancel();
            if first.is_ok() {
                first = Err(error);
            } else {
                tracing::error!(error, "further failure during shutdown: {error}");
            }
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_service_that_fails_stops_the_others_and_is_the_error() {
        let shutdown = CancellationToken::new();
        let patient = {
            let shutdown = shutdown.clone();
            named("patient", async move {
                shutdown.cancelled().await;
                Ok::<(), String>(())
            })
        };
        let failing = named("failing", async { Err::<(), _>("no space left") });
        let ended = run_all(vec![patient, failing], &shutdown).await;
        assert_eq!(ended.unwrap_err(), "the failing failed: no space left");
    }

    #[tokio::test]
    async fn a_service_that_ends_without_a_shutdown_is_an_error() {
        let early = named("early", async { Ok::<(), String>(()) });
        let ended = run_all(vec![early], &CancellationToken::new()).await;
        assert_eq!(ended.unwrap_err(), "the early ended without a shutdown");
    }
}
