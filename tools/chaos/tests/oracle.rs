//! The first promise on a real broker: every service a process of its own, under load, killed, frozen, scaled, and the
//! broker bounced; and broken versions, which the oracle must catch.

#![expect(clippy::print_stderr, reason = "a run's report belongs into the test's output")]

use chaos::{
    plan::{BROKEN, Scenario},
    report::{Report, Required},
};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use test_support::kafka;

/// `NEWSWIRE_SEED` runs a plan again.
fn seed() -> u64 {
    std::env::var("NEWSWIRE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| fastrand::u64(..))
}

/// Runs take the machine for themselves, one after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn run(scenario: &Scenario) -> Option<Report> {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let report = chaos::run(scenario, kafka::start()?);
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
    // Binaries that were built without failpoints would pass by quietly.
    let armed = report.faults.keys().filter(|kind| kind.failpoints().is_some()).count();
    assert!(armed > 0, "{:?}", report.faults);
}

fn caught(sabotage: &str) {
    let scenario = Scenario::broken(sabotage, seed());
    let Some(report) = run(&scenario) else { return };
    let violations = report.violations();
    eprintln!("{sabotage}: {violations:?}");
    assert!(report.shows_the_flaw_of(sabotage), "{sabotage} was not caught; NEWSWIRE_SEED={}", scenario.seed);
}

/// Two of the five run with every `make test`; all of them with `make chaos`, which sets NEWSWIRE_FULL.
fn full(what: &str) -> bool {
    let full = std::env::var_os("NEWSWIRE_FULL").is_some();
    if !full {
        eprintln!("skipped: {what} (`make chaos` runs it)");
    }
    full
}

#[test]
fn offsets_committed_outside_the_transaction_are_caught() {
    caught("offsets-outside");
}

#[test]
fn state_applied_before_the_commit_is_caught() {
    caught("state-first");
}

#[test]
fn uncommitted_input_is_caught() {
    if full("the broken version read-uncommitted") {
        caught("read-uncommitted");
    }
}

#[test]
fn a_missing_fence_is_caught() {
    if full("the broken version no-fence") {
        caught("no-fence");
    }
}

#[test]
fn state_restored_only_to_the_last_stable_offset_is_caught() {
    if full("the broken version restore-to-stable") {
        caught("restore-to-stable");
    }
}

/// What catches the broken must not accuse the sound.
#[test]
fn the_version_that_ships_is_not_caught_by_the_same_runs() {
    if !full("the version that ships, under the runs of the broken ones") {
        return;
    }
    for sabotage in BROKEN {
        let Some(report) = run(&Scenario::broken(sabotage, seed()).healthy()) else { return };
        assert_eq!(report.violations(), Vec::<String>::new(), "{sabotage}; NEWSWIRE_SEED={}", report.scenario.seed);
        assert!(report.completed.is_some(), "{sabotage}; NEWSWIRE_SEED={}", report.scenario.seed);
    }
}
