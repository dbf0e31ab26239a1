#![doc = include_str!("../README.md")]

mod answer;
mod dead_letter;
mod exclusive;
mod feeds;
mod rebuild;
mod replay;
mod run;
pub mod sample;
mod tail;
mod topics;
mod why;

use chassis::{config, process, telemetry};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// From feeds on the network to enriched articles in Kafka and in a browser.
#[derive(Parser)]
#[command(name = "newswire", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    telemetry: telemetry::TelemetryArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Runs poller, normaliser, enricher and gateway in one process.
    Run(Box<run::Args>),
    /// Serves invented news in four feed formats under several hosts, to try things out with.
    Sample(sample::Args),
    /// Adds, imports, lists and removes feeds.
    #[command(subcommand)]
    Feeds(feeds::Args),
    /// Creates and lists the pipeline's topics.
    #[command(subcommand)]
    Topics(topics::Args),
    /// Prints a topic's records, a JSON object a line.
    Tail(Box<tail::Args>),
    /// Tells where a story or a feed is, and why.
    Why(Box<why::Args>),
    /// Enriches articles once more, with this version and model.
    Replay(Box<replay::Args>),
    /// Lists, shows and replays what a stage refused.
    #[command(subcommand)]
    DeadLetter(dead_letter::Args),
}

/// What is to be done, with its flags checked.
enum Task {
    Run(Box<run::Config>),
    Sample(sample::Config),
    Answer(answer::Answer),
}

/// Reads the process's arguments and does what they say.
#[must_use]
pub fn main() -> ExitCode {
    let (task, telemetry) = config::parse(|arguments: &Arguments| {
        let mut errors = config::ConfigErrors::default();
        let (task, telemetry) = (errors.ok(task(&arguments.command)), errors.ok(arguments.telemetry.check()));
        // A command that answers has no running commentary.
        let quiet = arguments.telemetry.log.is_none() && matches!(task, Some(Task::Answer(_)));
        let telemetry = telemetry.map(|config| match quiet {
            true => telemetry::TelemetryConfig { filter: "warn".to_owned(), ..config },
            false => config,
        });
        errors.finish(|| Some((task?, telemetry?)))
    });
    telemetry::init(&telemetry);
    match task {
        Task::Run(config) => process::run("newswire", |process| run::run(*config, process)),
        Task::Sample(config) => process::run("newswire sample", |process| sample::run(config, process.shutdown)),
        Task::Answer(answer) => answer::print(answer),
    }
}

fn task(command: &Command) -> Result<Task, Vec<String>> {
    Ok(match command {
        Command::Run(args) => Task::Run(Box::new(args.check()?)),
        Command::Sample(args) => Task::Sample(args.check()?),
        Command::Feeds(args) => Task::Answer(args.check()?),
        Command::Topics(args) => Task::Answer(args.check()?),
        Command::Tail(args) => Task::Answer(args.check()?),
        Command::Why(args) => Task::Answer(args.check()?),
        Command::Replay(args) => Task::Answer(args.check()?),
        Command::DeadLetter(args) => Task::Answer(args.check()?),
    })
}
