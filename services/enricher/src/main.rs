//! `newswire-enricher`: the enricher as a process of its own (article to enriched).

use chassis::{config, process, telemetry};
use clap::Parser;
use std::process::ExitCode;

/// The enricher of newswire, on its own.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    log: stream::LogArgs,
    #[command(flatten)]
    enricher: enricher::Args,
    #[command(flatten)]
    admin: process::AdminArgs,
    #[command(flatten)]
    telemetry: telemetry::TelemetryArgs,
}

fn main() -> ExitCode {
    let (log, enricher, admin, telemetry) = config::parse(|flags: &Arguments| {
        let mut problems = config::ConfigErrors::default();
        let (log, enricher) = (problems.of(flags.log.check()), problems.of(flags.enricher.check()));
        let (admin, telemetry) = (problems.of(flags.admin.check()), problems.of(flags.telemetry.check()));
        problems.finish(|| Some((log?, enricher?, admin?, telemetry?)))
    });
    telemetry::init(&telemetry);
    stream::faults::armed_from_environment();
    process::run("newswire-enricher", |process| async move {
        let runtime = process.open(move |registry, shutdown| log.start(registry, shutdown)).await?;
        process::with_admin(admin, process, enricher::run(enricher, runtime)).await
    })
}
