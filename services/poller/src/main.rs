//! `newswire-poller`: the poller as a process of its own (network to raw).

use chassis::{config, process, telemetry};
use clap::Parser;
use std::process::ExitCode;

/// The poller of newswire, on its own.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    log: stream::LogArgs,
    #[command(flatten)]
    poller: poller::Args,
    #[command(flatten)]
    admin: process::AdminArgs,
    #[command(flatten)]
    telemetry: telemetry::TelemetryArgs,
}

fn main() -> ExitCode {
    let (log, poller, admin, telemetry) = config::parse(|flags: &Arguments| {
        let mut problems = config::ConfigErrors::default();
        let (log, poller) = (problems.of(flags.log.check()), problems.of(flags.poller.check()));
        let (admin, telemetry) = (problems.of(flags.admin.check()), problems.of(flags.telemetry.check()));
        problems.finish(|| Some((log?, poller?, admin?, telemetry?)))
    });
    telemetry::init(&telemetry);
    stream::faults::armed_from_environment();
    process::run("newswire-poller", |process| async move {
        let runtime = process.open(move |registry, shutdown| log.start(registry, shutdown)).await?;
        process::with_admin(admin, process, poller::run(poller, runtime)).await
    })
}
