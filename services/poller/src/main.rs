//! `newswire-poller`: the poller as a process of its own.

use chassis::{admin::AdminArgs, config, process, telemetry::TelemetryArgs};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: chassis::Allocator = chassis::Allocator;

/// Polls feeds and writes their entries to the raw topic.
#[derive(clap::Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    log: stream::LogArgs,
    #[command(flatten)]
    poller: poller::Args,
    #[command(flatten)]
    admin: AdminArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

fn main() -> ExitCode {
    process::main(
        "newswire-poller",
        |args: &Arguments| (&args.telemetry, &args.admin),
        |args| config::both(args.log.check(), args.poller.check()),
        |(log, _)| log.to_string(),
        |(log, poller), process| async move {
            stream::faults::armed_from_environment();
            let opened =
                process.open(move |registry, shutdown, waiting| log.start(registry, shutdown, waiting)).await?;
            let Some(runtime) = opened else { return Ok(()) };
            process.readiness.watch(runtime.metrics.readiness());
            Ok(poller::run(poller, runtime, process.readiness).await?)
        },
    )
}
