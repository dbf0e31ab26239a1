//! `newswire run`: poller, normaliser, enricher and gateway in one process, over one log.

use crate::{feeds, sample};
use chassis::process::Process;
use futures_util::future::{BoxFuture, FutureExt, select_all};
use std::path::PathBuf;
use stream::{CancellationToken, LogArgs, LogConfig, Runtime};

/// Flags of the whole pipeline: those of its services, and where its feeds are.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// OPML file with the feeds. Its feeds are added, and changed where it says otherwise than before; those that it no
    /// longer holds stay until `newswire feeds remove`. Those that cannot be polled are named and passed over.
    #[arg(long, env = "NEWSWIRE_FEEDS", value_name = "FILE")]
    feeds: Option<PathBuf>,
    /// Runs a local publisher of invented news beside the services, and polls it. Allows private networks.
    #[arg(long, env = "NEWSWIRE_SAMPLE")]
    sample: bool,
    /// Port of that publisher, on 127.0.0.2 and the addresses after it.
    #[arg(long, env = "NEWSWIRE_SAMPLE_PORT", value_name = "PORT", default_value_t = sample::PORT)]
    sample_port: u16,
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
}

/// The flags, checked.
pub struct Config {
    feeds: Option<PathBuf>,
    sample: Option<sample::Config>,
    log: LogConfig,
    poller: poller::Config,
    normaliser: normaliser::Config,
    enricher: enricher::Config,
    gateway: gateway::Config,
}

impl Args {
    /// Checks all flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Config, Vec<String>> {
        let mut errors = chassis::config::ConfigErrors::default();
        let (log, mut poller) = (errors.ok(self.log.check()), self.poller.config());
        let enricher = errors.ok(self.enricher.check());
        if let Some(file) = self.feeds.as_ref().filter(|file| !file.is_file()) {
            errors.push(format!("--feeds {}: no such file", file.display()));
        }
        let sample = self.sample.then(|| sample::Config::on_port(self.sample_port));
        errors.finish(|| {
            poller.allow_private_networks |= sample.is_some();
            Some(Config {
                feeds: self.feeds.clone(),
                sample,
                log: log?,
                poller,
                normaliser: self.normaliser.config(),
                enricher: enricher?,
                gateway: self.gateway.config(),
            })
        })
    }
}

/// A service, and what it was when it ended.
type Running = BoxFuture<'static, (&'static str, Result<(), String>)>;

/// Runs everything until it is asked to stop. A service that ends otherwise ends the others and is the error.
///
/// # Errors
/// A sentence that names who failed, and why.
pub async fn run(config: Config, process: Process) -> Result<(), String> {
    stream::faults::armed_from_environment();
    let log = config.log.clone();
    let runtime = process.open(move |registry, shutdown| log.start(registry, shutdown)).await?;
    let mut services: Vec<Running> = Vec::new();
    let mut wanted = Vec::new();
    if let Some(file) = &config.feeds {
        let list = feeds::read(file).map_err(|error| format!("{error:#}"))?;
        for refused in &list.refused {
            let (file, title, error) = (file.display(), &refused.title, &refused.error);
            tracing::warn!(%file, title, %error, "invalid feed in the list, skipped");
        }
        wanted.extend(list.feeds);
    }
    if let Some(sample) = config.sample {
        let publisher = sample::bind(&sample).await.map_err(|error| error.to_string())?;
        wanted.extend(publisher.feeds());
        services.push(named("sample", publisher.serve(sample, process.shutdown.clone()).map(Ok::<(), String>)));
    }
    write_feeds(wanted, &runtime, &config.log).await?;
    services.push(named("poller", poller::run(config.poller, runtime.clone())));
    services.push(named("normaliser", normaliser::run(config.normaliser, runtime.clone())));
    services.push(named("enricher", enricher::run(config.enricher, runtime.clone())));
    services.push(named("gateway", gateway::run(config.gateway, runtime, process.readiness)));
    together(services, &process.shutdown).await
}

async fn write_feeds(wanted: Vec<proto::v1::Feed>, runtime: &Runtime, log: &LogConfig) -> Result<(), String> {
    let (total, log, through) = (wanted.len(), log.clone(), runtime.log.clone());
    if total == 0 {
        tracing::info!("no --feeds: polling those that `newswire feeds` has added");
        return Ok(());
    }
    let written = chassis::thread::run("feeds", move || feeds::sync(&*through, &log, wanted)).await;
    let written = written.map_err(|died| died.to_string())?.map_err(|error| format!("feeds: {error:#}"))?;
    tracing::info!(feeds = total, written, "feeds read");
    Ok(())
}

fn named<E: std::fmt::Display>(
    name: &'static str,
    service: impl Future<Output = Result<(), E>> + Send + 'static,
) -> Running {
    async move { (name, service.await.map_err(|error| error.to_string())) }.boxed()
}

/// Waits for all of them. The first that ends unasked, or badly, has the others stopped.
async fn together(mut services: Vec<Running>, shutdown: &CancellationToken) -> Result<(), String> {
    let mut first = Ok(());
    while !services.is_empty() {
        let ((name, result), _, rest) = select_all(services).await;
        services = rest;
        let result = match result {
            Ok(()) if shutdown.is_cancelled() => Ok(()),
            Ok(()) => Err(format!("the {name} ended without being asked to")),
            Err(error) => Err(format!("the {name} failed: {error}")),
        };
        if let Err(error) = result {
            shutdown.cancel();
            if first.is_ok() {
                first = Err(error);
            } else {
                tracing::error!(error, "after the first failure: {error}");
            }
        }
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_service_that_fails_stops_the_others_and_is_named() {
        let shutdown = CancellationToken::new();
        let patient = {
            let shutdown = shutdown.clone();
            named("patient", async move {
                shutdown.cancelled().await;
                Ok::<(), String>(())
            })
        };
        let failing = named("failing", async { Err::<(), _>("no more room") });
        let ended = together(vec![patient, failing], &shutdown).await;
        assert_eq!(ended.unwrap_err(), "the failing failed: no more room");
    }

    #[tokio::test]
    async fn a_service_that_ends_unasked_is_a_failure() {
        let early = named("early", async { Ok::<(), String>(()) });
        let ended = together(vec![early], &CancellationToken::new()).await;
        assert_eq!(ended.unwrap_err(), "the early ended without being asked to");
    }
}
