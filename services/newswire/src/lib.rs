#![doc = include_str!("../README.md")]

mod answer;
mod articles;
mod canary;
mod dead_letter;
mod exclusive;
mod explain;
mod feeds;
mod log;
mod log_state;
mod output;
mod positions;
mod progress;
mod rebuild;
mod replay;
mod run;
pub mod sample;
mod settings;
mod shell;
mod tail;
mod topics;
mod why;

use chassis::{config, process::Starting, telemetry};
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
    /// Serves a feed and waits for its articles at the gateway: a test of the whole pipeline, as metrics.
    Canary(canary::Args),
    /// Adds, imports, lists, polls and removes feeds.
    #[command(subcommand)]
    Feeds(Box<feeds::Args>),
    /// Withdraws articles, and restores them.
    #[command(subcommand)]
    Articles(articles::Args),
    /// Compares, changes and lists the pipeline's topics, prints the rights of each service, and rebuilds lost state.
    #[command(subcommand)]
    Topics(topics::Args),
    /// Lists the positions of the stages, and accepts new ones in place of those that were lost.
    #[command(subcommand)]
    Positions(positions::Args),
    /// Prints the records of a topic, one JSON object a line.
    Tail(Box<tail::Args>),
    /// Reports how far a story or a feed has come, and why.
    Why(Box<why::Args>),
    /// Reports what the normaliser makes of a story, and by which rules.
    Explain(Box<explain::Args>),
    /// Enriches articles again, with this version and model.
    Replay(Box<replay::Args>),
    /// Lists, shows and replays dead letters: the records that a stage refused.
    #[command(subcommand)]
    DeadLetter(dead_letter::Args),
    /// Checks, repairs, backs up and converts the file of the embedded log, and releases groups.
    #[command(subcommand)]
    Log(log::Args),
    /// Prints every setting of the pipeline, its value, and what gave it: a flag, a variable, the file, or the default.
    Config(Box<settings::Args>),
    /// Prints a script that completes commands and flags in a shell.
    Completions(shell::Completions),
    /// Prints the manual page of a command, or writes those of all.
    Man(shell::Man),
}

/// A command with its flags checked.
enum Task {
    Run(Box<run::Config>),
    Sample(sample::Config),
    Canary(Box<canary::Service>),
    Answer(answer::Answer),
    /// Prints the settings, which are known once all of them are read.
    Settings(output::OutputArgs),
}

/// The definition of the command line: commands, flags, variables and defaults.
#[must_use]
pub fn command() -> clap::Command {
    config::command::<Arguments>()
}

/// Parses the arguments of the process and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    // Only what runs until a signal handles signals: a command ends by their default action.
    let commands = command();
    let command = std::env::args_os().skip(1).find(|arg| commands.find_subcommand(arg).is_some());
    let is_service = command.is_some_and(|name| name == "run" || name == "sample" || name == "canary");
    let starting = is_service.then(|| Starting::new("newswire"));
    let ((task, telemetry), settings) = config::parse(|arguments: &Arguments| {
        let mut errors = config::ConfigErrors::default();
        let (task, telemetry) = (errors.ok(task(&arguments.command)), errors.ok(arguments.telemetry.check()));
        // A command that prints an answer logs only warnings, unless --log is given.
        let quiet = arguments.telemetry.log.is_none() && matches!(task, Some(Task::Answer(_) | Task::Settings(_)));
        let telemetry = telemetry.map(|config| match quiet {
            true => telemetry::TelemetryConfig { filter: "warn".to_owned(), ..config },
            false => config,
        });
        errors.finish(|| Some((task?, telemetry?)))
    });
    telemetry::init(&telemetry);
    // `newswire config` names them itself.
    if !matches!(task, Task::Settings(_)) {
        settings.warn();
    }
    let starting = || starting.unwrap_or_else(|| Starting::new("newswire"));
    match task {
        Task::Run(config) => {
            config.announce(&settings);
            let admin = config.admin.clone();
            starting().run("newswire", Some(&admin), |process| run::run(*config, process))
        }
        Task::Sample(config) => {
            starting().run("newswire sample", None, |process| sample::run(config, process.shutdown))
        }
        Task::Canary(service) => {
            let admin = service.admin.clone();
            starting().run("newswire canary", Some(&admin), |process| canary::run(*service, process))
        }
        Task::Answer(answer) => answer::print(answer),
        Task::Settings(output) => answer::print(settings::answer(settings, output)),
    }
}

fn task(command: &Command) -> Result<Task, Vec<String>> {
    Ok(match command {
        Command::Run(args) => Task::Run(Box::new(args.check()?)),
        Command::Sample(args) => Task::Sample(args.config()),
        Command::Canary(args) => Task::Canary(Box::new(args.check()?)),
        Command::Feeds(args) => Task::Answer(args.check()?),
        Command::Articles(args) => Task::Answer(args.check()?),
        Command::Topics(args) => Task::Answer(args.check()?),
        Command::Positions(args) => Task::Answer(args.check()?),
        Command::Tail(args) => Task::Answer(args.check()?),
        Command::Why(args) => Task::Answer(args.check()?),
        Command::Explain(args) => Task::Answer(args.check()?),
        Command::Replay(args) => Task::Answer(args.check()?),
        Command::DeadLetter(args) => Task::Answer(args.check()?),
        Command::Log(args) => Task::Answer(args.check()?),
        Command::Config(args) => Task::Settings(args.output),
        Command::Completions(args) => Task::Answer(args.check()?),
        Command::Man(args) => Task::Answer(args.check()?),
    })
}
