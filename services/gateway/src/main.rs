//! `newswire-gateway`: the gateway as a process of its own (enriched to people).

use chassis::{config, process, telemetry};
use clap::Parser;
use std::process::ExitCode;

/// The gateway of newswire, on its own.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    log: stream::LogArgs,
    #[command(flatten)]
    gateway: gateway::Args,
    #[command(flatten)]
    telemetry: telemetry::TelemetryArgs,
}

fn main() -> ExitCode {
    let (log, gateway, telemetry) = config::parse(|flags: &Arguments| {
        let mut problems = config::ConfigErrors::default();
        let (log, gateway) = (problems.of(flags.log.check()), problems.of(flags.gateway.check()));
        let telemetry = problems.of(flags.telemetry.check());
        problems.finish(|| Some((log?, gateway?, telemetry?)))
    });
    telemetry::init(&telemetry);
    process::run("newswire-gateway", |process| async move {
        let runtime = process.open(move |registry, shutdown| log.start(registry, shutdown)).await?;
        gateway::run(gateway, runtime, process.readiness).await.map_err(|error| error.to_string())
    })
}
