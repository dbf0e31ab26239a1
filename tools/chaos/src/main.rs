//! `make chaos MINUTES=10 SEED=n`: a run of any length.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints its report")]

use chaos::{
    fault::FaultKind,
    report::Required,
    run,
    run_args::RunArgs,
    scenario::{Sabotage, Scenario},
};
use clap::Parser;
use std::process::ExitCode;

/// Runs all services on Kafka brokers of its own, under load and faults, and checks what they wrote.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    run: RunArgs,
    /// Articles a second
    #[arg(long, default_value_t = 200.0)]
    rate: f64,
    /// Brokers: 1, or 3 with the faults that need them
    #[arg(long, value_name = "BROKERS", default_value = "1", value_parser = ["1", "3"])]
    cluster: String,
    /// Required number of faults of each kind [default from 30 minutes on: 10 on one broker, 5 on three; else 0]
    #[arg(long)]
    faults: Option<usize>,
    /// Inject only faults of this kind; may be repeated
    #[arg(long, value_name = "KIND")]
    only: Vec<FaultKind>,
    /// Run a build that breaks a rule, with the faults that expose it, for about a minute; fails if nothing is found
    #[arg(long, conflicts_with_all = ["faults", "only", "cluster"])]
    sabotage: Option<Sabotage>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seed = arguments.run.seed();
    let mut scenario = match arguments.sabotage {
        Some(sabotage) => Scenario::broken(sabotage, seed),
        None if arguments.cluster == "3" => Scenario::cluster(seed, arguments.run.minutes, arguments.rate),
        None => Scenario::chaos(seed, arguments.run.minutes, arguments.rate),
    };
    if let Some(kind) = arguments.only.iter().find(|kind| kind.needs_cluster() && scenario.brokers == 1) {
        eprintln!("chaos: faults of kind {kind} need --cluster 3");
        return ExitCode::from(64);
    }
    if !arguments.only.is_empty() {
        scenario.kinds = arguments.only;
    }
    println!("seed {}", scenario.seed);
    let Some(report) = run(&scenario) else { return ExitCode::from(69) };
    println!("{}", report.text());
    let required = Required {
        faults: arguments.faults.unwrap_or(match scenario.brokers {
            _ if arguments.run.minutes < 30 => 0,
            1 => 10,
            _ => 5,
        }),
        aborts_and_fences: scenario.sabotage.is_none(),
        in_time: scenario.sabotage.is_none(),
    };
    let (violations, vacuous) = (report.violations(), report.vacuous(required));
    for line in &violations {
        println!("VIOLATED {line}");
    }
    for line in &vacuous {
        println!("VACUOUS {line}");
    }
    let success = match scenario.sabotage {
        Some(sabotage) => {
            let found = report.finds(sabotage);
            println!("{}: {}", sabotage.name(), if found { "found" } else { "NOT found" });
            found
        }
        None => violations.is_empty() && vacuous.is_empty(),
    };
    if success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
