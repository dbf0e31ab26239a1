//! Delivery guarantees on a real broker: all services as processes, under load and faults; and builds that break a rule,
//! which the run must find.

#![expect(clippy::print_stderr, reason = "the report of a run belongs to the test's output")]

use chaos::{
    fault::FaultKind,
    report::{Report, Required},
    scenario::{Pause, Sabotage, Scenario},
};
use clap::ValueEnum;
use std::sync::{Mutex, PoisonError};

/// Of the run on three brokers: it is always the same.
const CLUSTER_SEED: u64 = 3;

/// `NEWSWIRE_SEED` repeats a run.
fn seed() -> u64 {
    std::env::var("NEWSWIRE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| fastrand::u64(..))
}

/// Runs one scenario at a time, because each needs the whole machine. `None`, after a `skipped:` line, without a broker.
fn run(scenario: &Scenario) -> Option<Report> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let report = chaos::run(scenario)?;
    eprintln!("{}", report.text());
    Some(report)
}

#[test]
fn two_minutes_of_faults_lose_nothing_and_repeat_nothing() {
    // The run on three brokers has its faults, too.
    if !is_full_run("two minutes on one broker") {
        return;
    }
    let scenario = Scenario { pause: Pause::seconds(2, 20, 7), ..Scenario::chaos(seed(), 2, 20.0) };
    let Some(report) = run(&scenario) else { return };
    assert_eq!(report.violations(), Vec::<String>::new(), "NEWSWIRE_SEED={}", scenario.seed);
    // Two minutes do not contain every kind of fault; `make chaos MINUTES=30` requires them.
    let vacuous = report.vacuous(Required { faults: 0, aborts_and_fences: false, in_time: false });
    assert_eq!(vacuous, Vec::<String>::new(), "NEWSWIRE_SEED={}", scenario.seed);
    assert!(report.faults.len() >= 4, "{:?}", report.faults);
    // Binaries that are built without failpoints ignore those faults.
    let at_failpoints = report.faults.keys().filter(|kind| kind.failpoints().is_some()).count();
    assert!(at_failpoints > 0, "{:?}", report.faults);
}

#[test]
fn two_minutes_of_faults_on_three_brokers_lose_nothing_and_repeat_nothing() {
    let scenario = Scenario { pause: Pause::seconds(2, 20, 7), ..Scenario::cluster(CLUSTER_SEED, 2, 20.0) };
    let Some(report) = run(&scenario) else { return };
    assert_eq!(report.violations(), Vec::<String>::new());
    assert_eq!(report.vacuous(Required { faults: 0, aborts_and_fences: false, in_time: false }), Vec::<String>::new());
    let count = |is: fn(&FaultKind) -> bool| report.faults.keys().filter(|kind| is(kind)).count();
    assert!(count(|kind| kind.needs_cluster()) >= 3, "{:?}", report.faults);
    // Binaries that are built without failpoints ignore those faults.
    assert!(count(|kind| kind.failpoints().is_some()) > 0, "{:?}", report.faults);
}

fn assert_found(sabotage: Sabotage) {
    let scenario = Scenario::broken(sabotage, seed());
    let Some(report) = run(&scenario) else { return };
    eprintln!("{sabotage:?}: {:?}", report.violations());
    assert!(report.finds(sabotage), "{sabotage:?} was not found; NEWSWIRE_SEED={}", scenario.seed);
}

/// Whether to run what takes minutes: `make chaos` sets NEWSWIRE_FULL.
fn is_full_run(what: &str) -> bool {
    let is_set = std::env::var_os("NEWSWIRE_FULL").is_some();
    if !is_set {
        test_support::skip(what, "`make chaos` runs it");
    }
    is_set
}

#[test]
fn offsets_committed_outside_the_transaction_are_found() {
    assert_found(Sabotage::OffsetsOutside);
}

#[test]
fn state_applied_before_the_commit_is_found() {
    if is_full_run("sabotage state-first") {
        assert_found(Sabotage::StateFirst);
    }
}

#[test]
fn uncommitted_input_is_found() {
    if is_full_run("sabotage read-uncommitted") {
        assert_found(Sabotage::ReadUncommitted);
    }
}

#[test]
fn a_missing_fence_is_found() {
    if is_full_run("sabotage no-fence") {
        assert_found(Sabotage::NoFence);
    }
}

#[test]
fn state_restored_only_to_the_last_stable_offset_is_found() {
    if is_full_run("sabotage restore-to-stable") {
        assert_found(Sabotage::RestoreToStable);
    }
}

#[test]
fn a_corrected_entry_that_is_another_article_is_found() {
    if is_full_run("sabotage split-corrected") {
        assert_found(Sabotage::SplitCorrected);
    }
}

#[test]
fn a_copy_that_counts_as_the_publishers_text_is_found() {
    if is_full_run("sabotage any-source") {
        assert_found(Sabotage::AnySource);
    }
}

#[test]
fn a_feed_that_is_not_remembered_is_found() {
    if is_full_run("sabotage forget-feeds") {
        assert_found(Sabotage::ForgetFeeds);
    }
}

#[test]
fn a_withdrawn_article_that_is_published_is_found() {
    assert_found(Sabotage::ShowWithdrawn);
}

#[test]
fn nothing_is_found_in_the_same_runs_without_sabotage() {
    if !is_full_run("the runs of the sabotaged builds, without sabotage") {
        return;
    }
    // The runs of the others are equal to the last one.
    let equal = [Sabotage::SplitCorrected, Sabotage::AnySource, Sabotage::ForgetFeeds];
    for &sabotage in Sabotage::value_variants().iter().filter(|sabotage| !equal.contains(sabotage)) {
        let Some(report) = run(&Scenario::broken(sabotage, seed()).healthy()) else { return };
        assert_eq!(report.violations(), Vec::<String>::new(), "{sabotage:?}; NEWSWIRE_SEED={}", report.scenario.seed);
        assert!(report.completed.is_some(), "{sabotage:?}; NEWSWIRE_SEED={}", report.scenario.seed);
    }
}
