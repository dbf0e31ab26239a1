//! `newswire-normaliser`: the normaliser as a process of its own.

use chassis::{admin::AdminArgs, process, telemetry::TelemetryArgs};
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: chassis::Allocator = chassis::Allocator;

/// Turns raw items into clean, dated articles.
#[derive(clap::Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    log: stream::LogArgs,
    #[command(flatten)]
    normaliser: normaliser::Args,
    #[command(flatten)]
    admin: AdminArgs,
    #[command(flatten)]
    telemetry: TelemetryArgs,
}

fn main() -> ExitCode {
    process::main(
        "newswire-normaliser",
        |args: &Arguments| (&args.telemetry, &args.admin),
        |args| Ok((args.log.check()?, args.normaliser.config())),
        |(log, _)| log.to_string(),
        |(log, normaliser), process| async move {
            stream::faults::armed_from_environment();
            let opened =
                process.open(move |registry, shutdown, waiting| log.start(registry, shutdown, waiting)).await?;
            let Some(runtime) = opened else { return Ok(()) };
            process.readiness.watch(runtime.metrics.readiness());
            Ok(normaliser::run(normaliser, runtime).await?)
        },
    )
}
