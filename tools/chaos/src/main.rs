//! `make chaos MINUTES=10 SEED=n`: the oracle for as long as one likes.
#![expect(clippy::print_stdout, reason = "it prints its report")]

use chaos::{
    plan::{BROKEN, Scenario},
    report::Required,
    run,
};
use clap::Parser;
use std::process::ExitCode;

/// Runs every service on a Kafka of its own, under load and faults, and judges what came out.
#[derive(Parser)]
struct Arguments {
    /// How long load and faults go on.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Everything random is drawn from it; a new one by default.
    #[arg(long)]
    seed: Option<u64>,
    /// Articles a second.
    #[arg(long, default_value_t = 200.0)]
    rate: f64,
    /// Each kind of fault must have struck at least so often; ten in a full run.
    #[arg(long)]
    faults: Option<usize>,
    /// Only this kind of fault, as the report names it; may be given again.
    #[arg(long = "only", value_name = "KIND")]
    only: Vec<String>,
    /// Run a broken version, for a minute and under the faults that show its flaw: it must be caught.
    #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(BROKEN))]
    sabotage: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut scenario =
        Scenario::chaos(arguments.seed.unwrap_or_else(|| fastrand::u64(..)), arguments.minutes, arguments.rate);
    if !arguments.only.is_empty() {
        scenario.kinds.retain(|kind| arguments.only.contains(&format!("{kind:?}")));
    }
    if let Some(sabotage) = &arguments.sabotage {
        scenario = Scenario::broken(sabotage, scenario.seed);
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
    if let Some(sabotage) = scenario.sabotage {
        let caught = report.shows_the_flaw_of(sabotage);
        println!("{sabotage} was {}", if caught { "caught" } else { "NOT caught" });
        return if caught { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if violations.is_empty() && vacuous.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
