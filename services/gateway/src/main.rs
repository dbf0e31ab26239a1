//! `newswire-gateway`: the gateway as a process of its own.

use chassis::{process, telemetry::TelemetryArgs};
use std::process::ExitCode;

/// Serves enriched articles: a page, an API and a live stream.
#[derive(clap::Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    log: stream::LogArgs,
    #[command(flatten)]
    gateway: gateway::Args,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

fn main() -> ExitCode {
    process::main(
        "newswire-gateway",
        |args: &Arguments| &args.telemetry,
        |args| Ok((args.log.check()?, args.gateway.config())),
        |(log, gateway), process| async move {
            let runtime = process.open(move |registry, shutdown| log.start(registry, shutdown)).await?;
            gateway::run(gateway, runtime, process.readiness).await?;
            Ok(())
        },
    )
}
