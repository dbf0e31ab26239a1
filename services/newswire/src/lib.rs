#![doc = include_str!("../README.md")]

mod answer;
mod articles;
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

/// Streams news from feeds into Kafka topics of clean, enriched articles.
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
    /// Serves invented news in four feed formats from several local publishers.
    Sample(sample::Args),
    /// Adds, imports, lists and removes feeds.
    #[command(subcommand)]
    Feeds(feeds::Args),
    /// Withdraws articles, and restores them.
    #[command(subcommand)]
    Articles(articles::Args),
    /// Creates and lists the pipeline's topics, and rebuilds lost state.
    #[command(subcommand)]
    Topics(topics::Args),
    /// Prints the records of a topic, one JSON object a line.
    Tail(Box<tail::Args>),
    /// Reports how far a story or a feed has come, and why.
    Why(Box<why::Args>),
    /// Enriches articles again, with this version and model.
    Replay(Box<replay::Args>),
    /// Lists, shows and replays dead letters: the records that a stage refused.
    #[command(subcommand)]
    DeadLetter(dead_letter::Args),
}

/// A command with its flags checked.
enum Task {
    Run(Box<run::Config>),
    Sample(sample::Config),
    Answer(answer::Answer),
}

/// Parses the arguments of the process and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let (task, telemetry) = config::parse(|arguments: &Arguments| {
        let mut errors = config::ConfigErrors::default();
        let (task, telemetry) = (errors.ok(task(&arguments.command)), errors.ok(arguments.telemetry.check()));
        // A command that prints an answer logs only warnings, unless --log is given.
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
        Command::Sample(args) => Task::Sample(args.config()),
        Command::Feeds(args) => Task::Answer(args.check()?),
        Command::Articles(args) => Task::Answer(args.check()?),
        Command::Topics(args) => Task::Answer(args.check()?),
        Command::Tail(args) => Task::Answer(args.check()?),
        Command::Why(args) => Task::Answer(args.check()?),
        Command::Replay(args) => Task::Answer(args.check()?),
        Command::DeadLetter(args) => Task::Answer(args.check()?),
    })
}
