//! `newswire-enricher`: the enricher as a process of its own.

use chassis::{admin::AdminArgs, config, process, telemetry::TelemetryArgs};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: chassis::Allocator = chassis::Allocator;

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
        |args: &Arguments| (&args.telemetry, &args.admin),
        |args| config::both(args.log.check(), args.enricher.check()),
        |(log, _)| log.to_string(),
        |(log, enricher), process| async move {
            stream::faults::armed_from_environment();
            let opened =
                process.open(move |registry, shutdown, waiting| log.start(registry, shutdown, waiting)).await?;
            let Some(runtime) = opened else { return Ok(()) };
            process.readiness.watch(runtime.metrics.readiness());
            Ok(enricher::run(enricher, runtime).await?)
        },
    )
}
