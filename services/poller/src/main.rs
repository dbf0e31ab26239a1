//! `newswire-poller`: the poller as a process of its own.

use chassis::{
    process::{self, AdminArgs},
    telemetry::TelemetryArgs,
};
use std::process::ExitCode;

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
        |args: &Arguments| &args.telemetry,
        |args| Ok((args.admin.admin, args.log.check()?, args.poller.config())),
        |(admin, log, poller), process| async move {
            stream::faults::armed_from_environment();
            let runtime = process.open(move |registry, shutdown| log.start(registry, shutdown)).await?;
            process::with_admin(admin, process, poller::run(poller, runtime)).await
        },
    )
}
