//! The first promise on a real broker: every service a process of its own, under load, killed, frozen, scaled, and the
//! broker bounced; and broken versions, which the oracle must catch.

#![expect(clippy::print_stderr, reason = "a run's report belongs into the test's output")]

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
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

/// Runs take the machine for themselves, one after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn run(scenario: &Scenario) -> Option<Report> {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
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

/// A short run, for a broken version and the faults that show its flaw.
fn short(sabotage: &'static str, kinds: &[Kind]) -> Scenario {
    Scenario {
        duration: Duration::from_secs(40),
        complete_within: Duration::from_secs(15),
        hosts: 4,
        feeds: 20,
        kinds: kinds.to_vec(),
        pause: (Duration::from_secs(2), Duration::from_secs(8), Duration::from_secs(4)),
        sabotage: Some(sabotage),
        ..Scenario::chaos(seed(), 1, 20.0)
    }
}

fn caught(scenario: &Scenario) {
    let sabotage = scenario.sabotage.unwrap_or_default();
    let Some(report) = run(scenario) else { return };
    let violations = report.violations();
    eprintln!("{sabotage}: {violations:?}");
    assert!(!violations.is_empty(), "{sabotage} was not caught; NEWSWIRE_SEED={}", scenario.seed);
}

#[test]
fn offsets_committed_outside_the_transaction_are_caught() {
    caught(&short("offsets-outside", &[Kind::KillMidTransaction, Kind::KillBeforeProduce]));
}

/// Two of the five run with every `make test`; all of them with `make chaos`, which sets NEWSWIRE_FULL.
fn full(what: &str) -> bool {
    let full = std::env::var_os("NEWSWIRE_FULL").is_some();
    if !full {
        eprintln!("skipped: the broken version {what} (`make chaos` runs it)");
    }
    full
}

#[test]
fn uncommitted_input_is_caught() {
    if !full("read-uncommitted") {
        return;
    }
    caught(&short("read-uncommitted", &[Kind::KillMidTransaction, Kind::Abort]));
}

#[test]
fn state_applied_before_the_commit_is_caught() {
    caught(&short("state-first", &[Kind::Abort]));
}

#[test]
fn a_missing_fence_is_caught() {
    if !full("no-fence") {
        return;
    }
    caught(&short("no-fence", &[Kind::FreezeInTransaction]));
}

#[test]
fn state_restored_only_to_the_last_stable_offset_is_caught() {
    if !full("restore-to-stable") {
        return;
    }
    // A transaction stays open for most of the run, and others take over and die behind it.
    caught(&Scenario {
        duration: Duration::from_secs(70),
        complete_within: Duration::from_secs(40),
        transaction_timeout_ms: 45_000,
        changed: 0.8,
        victims: Some("normaliser"),
        ..short("restore-to-stable", &[Kind::FreezeBeforeOffsets, Kind::Kill, Kind::Kill, Kind::Kill])
    });
}
