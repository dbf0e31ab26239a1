//! `newswire-gateway`: the gateway as a process of its own.

use chassis::{admin::AdminArgs, process, telemetry::TelemetryArgs};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: chassis::Allocator = chassis::Allocator;

/// Serves enriched articles: a page, an API and a live stream.
#[derive(clap::Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    log: stream::LogArgs,
    #[command(flatten)]
    gateway: gateway::Args,
    #[command(flatten)]
    admin: AdminArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

fn main() -> ExitCode {
    process::main(
        "newswire-gateway",
        |args: &Arguments| (&args.telemetry, &args.admin),
        |args| {
            let mut errors = chassis::config::ConfigErrors::default();
            let (log, gateway) = (errors.ok(args.log.check()), errors.ok(args.gateway.config(&args.admin)));
            errors.finish(|| Some((log?, gateway?)))
        },
        |(log, _)| log.to_string(),
        |(log, gateway), process| async move {
            let opened =
                process.open(move |registry, shutdown, waiting| log.start(registry, shutdown, waiting)).await?;
            let Some(runtime) = opened else { return Ok(()) };
            Ok(gateway::run(gateway, runtime, process.readiness).await?)
        },
    )
}
