//! `newswire-normaliser`: the normaliser as a process of its own.

use chassis::{
    process::{self, AdminArgs},
    telemetry::TelemetryArgs,
};
use std::process::ExitCode;

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
        |args: &Arguments| &args.telemetry,
        |args| Ok((args.admin.admin, (args.log.check()?, args.normaliser.config()))),
        |(admin, (log, normaliser)), process| async move {
            stream::faults::armed_from_environment();
            let runtime = process.open(move |registry, shutdown| log.start(registry, shutdown)).await?;
            process::with_admin(admin, process, normaliser::run(normaliser, runtime)).await
        },
    )
}
