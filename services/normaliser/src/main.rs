//! `newswire-normaliser`: the normaliser as a process of its own (raw to article).

use chassis::{config, process, telemetry};
use clap::Parser;
use std::process::ExitCode;

/// The normaliser of newswire, on its own.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(flatten)]
    log: stream::LogArgs,
    #[command(flatten)]
    normaliser: normaliser::Args,
    #[command(flatten)]
    admin: process::AdminArgs,
    #[command(flatten)]
    telemetry: telemetry::TelemetryArgs,
}

fn main() -> ExitCode {
    let (log, normaliser, admin, telemetry) = config::parse(|flags: &Arguments| {
        let mut problems = config::ConfigErrors::default();
        let (log, normaliser) = (problems.of(flags.log.check()), problems.of(flags.normaliser.check()));
        let (admin, telemetry) = (problems.of(flags.admin.check()), problems.of(flags.telemetry.check()));
        problems.finish(|| Some((log?, normaliser?, admin?, telemetry?)))
    });
    telemetry::init(&telemetry);
    stream::faults::armed_from_environment();
    process::run("newswire-normaliser", |process| async move {
        let runtime = process.open(move |registry, shutdown| log.start(registry, shutdown)).await?;
        process::with_admin(admin, process, normaliser::run(normaliser, runtime)).await
    })
}
