//! `newswire-enricher`: the enricher as a process of its own.

use chassis::{
    config,
    process::{self, AdminArgs},
    telemetry::TelemetryArgs,
};
use std::process::ExitCode;

/// Adds entities and countries to articles.
#[derive(clap::Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    log: stream::LogArgs,
    #[command(flatten)]
    enricher: enricher::Args,
    #[command(flatten)]
    admin: AdminArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

fn main() -> ExitCode {
    process::main(
        "newswire-enricher",
        |args: &Arguments| &args.telemetry,
        |args| Ok((args.admin.admin, config::both(args.log.check(), args.enricher.check())?)),
        |(admin, (log, enricher)), process| async move {
            stream::faults::armed_from_environment();
            let runtime = process.open(move |registry, shutdown| log.start(registry, shutdown)).await?;
            process::with_admin(admin, process, enricher::run(enricher, runtime)).await
        },
    )
}
