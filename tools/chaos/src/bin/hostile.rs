//! `make chaos`: hostile feeds of random kinds next to a feed of ordinary news, for any time.
#![expect(clippy::print_stdout, reason = "it prints its report")]

use chaos::{
    hostile::{Kinds, Scenario, run},
    run_args::RunArgs,
};
use clap::Parser;
use std::{process::ExitCode, time::Duration};

/// Longest delay of the control feed, at the 99th percentile.
const MAX_DELAY: Duration = Duration::from_secs(5);

/// Runs all services on the embedded log with hostile feeds and one of ordinary news, and checks that this one arrives
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    run: RunArgs,
    /// Hostile feeds, each on a host of its own; each poll of one shows another kind, of random size, mixed or damaged
    #[arg(long, default_value_t = 100)]
    feeds: usize,
    /// One feed of each kind instead, which shows the same document at each poll
    #[arg(long)]
    each: bool,
    /// Largest document in bytes
    #[arg(long, default_value_t = 4 << 20)]
    size: usize,
    /// Seconds between two polls of a feed with new entries
    #[arg(long, default_value_t = 1.0)]
    poll_interval: f64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let scenario = Scenario {
        seed: arguments.run.seed(),
        duration: arguments.run.duration(),
        kinds: if arguments.each { Kinds::Each } else { Kinds::Random(arguments.feeds) },
        size: arguments.size,
        poll_interval: Duration::from_secs_f64(arguments.poll_interval),
        max_delay: Some(MAX_DELAY),
    };
    println!("seed {}", scenario.seed);
    let report = run(&scenario);
    println!("{}", report.text());
    let violations = report.violations();
    for line in &violations {
        println!("VIOLATED {line}");
    }
    if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
