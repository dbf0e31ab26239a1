//! `make chaos MINUTES=10 SEED=n`: a run of any length.
#![expect(clippy::print_stdout, reason = "it prints its report")]

use chaos::{
    fault::FaultKind,
    report::Required,
    run,
    scenario::{Sabotage, Scenario},
};
use clap::Parser;
use std::process::ExitCode;

/// Runs all services on a Kafka broker of its own, under load and faults, and checks what they wrote.
#[derive(Parser)]
struct Arguments {
    /// Duration of load and faults
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// Seed of load and faults; random by default
    #[arg(long)]
    seed: Option<u64>,
    /// Articles a second
    #[arg(long, default_value_t = 200.0)]
    rate: f64,
    /// Required number of faults of each kind [default: 10 from 30 minutes on, else 0]
    #[arg(long)]
    faults: Option<usize>,
    /// Inject only faults of this kind; may be repeated
    #[arg(long, value_name = "KIND")]
    only: Vec<FaultKind>,
    /// Run a build that breaks a rule, with the faults that expose it, for about a minute; fails if nothing is found
    #[arg(long, conflicts_with_all = ["faults", "only"])]
    sabotage: Option<Sabotage>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    let mut scenario = match arguments.sabotage {
        Some(sabotage) => Scenario::broken(sabotage, seed),
        None => Scenario::chaos(seed, arguments.minutes, arguments.rate),
    };
    if !arguments.only.is_empty() {
        scenario.kinds = arguments.only;
    }
    let Some(broker) = test_support::kafka::start() else { return ExitCode::from(69) };
    println!("seed {}", scenario.seed);
    let report = run(&scenario, broker);
    println!("{}", report.text());
    let required = Required {
        faults: arguments.faults.unwrap_or(if arguments.minutes >= 30 { 10 } else { 0 }),
        aborts_and_fences: scenario.sabotage.is_none(),
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
