//! The first promise on a real broker: every service a process of its own, under load, killed, frozen, scaled, and the
//! broker bounced; and broken versions, which the oracle must catch.

#![expect(clippy::print_stderr, reason = "a run's report belongs into the test's output")]

use std::time::Duration;
use tests::{
    kafka,
    oracle::{
        self,
        plan::{Kind, Scenario},
        report::Report,
        report::Required,
    },
};

/// `NEWSWIRE_SEED` runs a plan again.
fn seed() -> u64 {
    std::env::var("NEWSWIRE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| fastrand::u64(..))
}

fn run(scenario: &Scenario) -> Option<Report> {
    let report = oracle::run(scenario, kafka::start()?);
    eprintln!("{}", report.text());
    Some(report)
}

#[test]
fn two_minutes_of_faults_lose_nothing_and_double_nothing() {
    let mut scenario = Scenario::chaos(seed(), 2, 20.0);
    scenario.pause = (Duration::from_secs(2), Duration::from_secs(20), Duration::from_secs(7));
    let Some(report) = run(&scenario) else { return };
    assert_eq!(report.violations(), Vec::<String>::new(), "NEWSWIRE_SEED={}", scenario.seed);
    // Two minutes do not have every kind; `make chaos MINUTES=30` must.
    let vacuous = report.vacuous(Required { faults: 0, aborts_and_fences: false });
    assert_eq!(vacuous, Vec::<String>::new(), "NEWSWIRE_SEED={}", scenario.seed);
    assert!(report.faults.len() >= 4, "{:?}", report.faults);
}

/// A short run of a broken version, with the faults that show its flaw.
fn caught(sabotage: &'static str, kinds: &[Kind]) {
    let scenario = Scenario {
        duration: Duration::from_secs(50),
        hosts: 4,
        feeds: 20,
        kinds: kinds.to_vec(),
        pause: (Duration::from_secs(2), Duration::from_secs(8), Duration::from_secs(4)),
        sabotage: Some(sabotage),
        ..Scenario::chaos(seed(), 1, 20.0)
    };
    let Some(report) = run(&scenario) else { return };
    let violations = report.violations();
    eprintln!("{sabotage}: {violations:?}");
    assert!(!violations.is_empty(), "{sabotage} was not caught; NEWSWIRE_SEED={}", scenario.seed);
}

#[test]
fn offsets_committed_outside_the_transaction_are_caught() {
    caught("offsets-outside", &[Kind::KillMidTransaction, Kind::KillBeforeProduce]);
}

#[test]
fn uncommitted_input_is_caught() {
    caught("read-uncommitted", &[Kind::KillMidTransaction, Kind::Abort]);
}

#[test]
fn state_applied_before_the_commit_is_caught() {
    caught("state-first", &[Kind::Abort]);
}

#[test]
fn a_missing_fence_is_caught() {
    caught("no-fence", &[Kind::FreezeInTransaction]);
}
