//! Tests the delivery guarantees under load and faults. A publisher serves items and changes that the test knows. The
//! services are killed, frozen and scaled, and the broker is restarted. kcat, a client that is independent of the product,
//! reads the topics, and a checker compares them with what was served.
//!
//! A seed determines load and faults, so that a run can be repeated.

#![expect(clippy::unwrap_used, reason = "a test harness fails loudly")]

pub mod brokers;
pub mod checker;
pub mod cluster;
pub mod counters;
pub mod fault;
pub mod hostile;
pub mod load;
pub mod operator;
pub mod report;
pub mod run_args;
pub mod scenario;

use brokers::Brokers;
use checker::Checker;
use cluster::Cluster;
use fault::Fault;
use load::{Course, Load, Story};
use operator::Operator;
use report::Report;
use scenario::Scenario;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use test_support::publisher::Publisher;

/// Limit for the operator to finish after the end of the load.
const OPERATES_WITHIN: Duration = Duration::from_secs(90);

/// Time between two rounds of supervision.
const TICK: Duration = Duration::from_millis(50);

/// Runs a scenario on brokers of its own. `None`, after a `skipped:` line, if there are none.
///
/// # Panics
/// If the run itself is not possible: no kcat, a binary that is not built.
#[must_use]
pub fn run(scenario: &Scenario) -> Option<Report> {
    let mut brokers = if scenario.brokers == 1 { Brokers::one()? } else { Brokers::three()? };
    let kafka = brokers.address().to_owned();
    let faults = scenario.faults();
    let mut report = Report::new(scenario);
    let publisher = Publisher::start_near(scenario.hosts, scenario.seed);
    let mut cluster = Cluster::new(scenario, &kafka);
    let (mut operator, operations) = Operator::new(cluster.log_flags(), scenario.duration);
    let load = Load::new(scenario, &publisher, operations);
    cluster.start(&load.feeds());
    let mut checker = Checker::follow(&kafka, cluster.prefix());

    let started = Instant::now();
    let mut faults = faults.iter().peekable();
    let mut next_fault_at = started;
    // On a thread of its own, because injecting a fault may take seconds.
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let publishing = std::thread::spawn(move || load.run(started, publisher, &stopped));
    let is_over = || started.elapsed() >= scenario.duration;
    while !is_over() || (operator.is_busy() && started.elapsed() < scenario.duration + OPERATES_WITHIN) {
        checker.poll(|link| operator.has_restored(link));
        cluster.supervise(&mut report);
        operator.supervise(&mut report, is_over(), |link| checker.is_published(link));
        brokers.supervise(&mut report);
        let is_due = |fault: &&Fault| {
            started.elapsed() >= fault.at
                && next_fault_at <= Instant::now()
                && (brokers.are_ready() || !fault.kind.hits_brokers())
        };
        if let Some(fault) = faults.next_if(is_due) {
            if fault.kind.hits_brokers() {
                brokers.inject(fault, cluster.prefix(), &mut report);
            } else {
                cluster.inject(fault, &mut report);
            }
            // Faults that fell due while this one was injected keep their distance, too.
            next_fault_at = Instant::now() + scenario.pause.shortest;
        }
        std::thread::sleep(TICK);
    }
    stop.store(true, Ordering::SeqCst);
    let (load, _publisher) = publishing.join().unwrap();
    brokers.recover(&mut report);
    cluster.recover(&mut report);

    let last_fault = Instant::now();
    operator.finish(&mut report);
    let mut is_complete = false;
    while !is_complete && last_fault.elapsed() < scenario.complete_within {
        checker.poll(|link| operator.has_restored(link));
        brokers.supervise(&mut report);
        cluster.supervise(&mut report);
        if checker.is_complete(&load, &operator) {
            let at = last_fault.elapsed();
            is_complete = checker.has_every_copy(&load);
            report.completed = is_complete.then_some(at);
        }
        std::thread::sleep(TICK);
    }
    // A repeated record arrives at the latest when no stage has any lag, and then the counters no longer change.
    cluster.settle(&mut report);
    checker.poll(|link| operator.has_restored(link));
    cluster.check_gateway(&mut report);
    checker.check(&load, &operator, &mut report);
    report.courses = courses(scenario, &load, &operator);
    report.counters = counters::of_stages(&cluster.scrape());
    report.without_counters = cluster.stages().saturating_sub(report.counters.len());
    report.published = load.in_time();
    report.served = load.all().len() as u64;
    report.notes.extend(brokers.skipped_markers().into_iter().map(|line| format!("a broker skips a marker: {line}")));
    report.outages = brokers.outages().iter().map(|(from, to)| *to - *from).collect();
    report.in_time = checker.count_in_time(&load, scenario.complete_within, brokers.outages());
    if !report.violations().is_empty() || report.completed.is_none() {
        report.note(format!("the services' logs are in {}", cluster.keep_logs().display()));
        brokers.evidence(cluster.prefix()).into_iter().for_each(|line| report.note(line));
    }
    Some(report)
}

/// Stories served with each course that the scenario has.
fn courses(scenario: &Scenario, load: &Load, operator: &Operator) -> BTreeMap<&'static str, usize> {
    let count = |is: fn(&Story) -> bool| load.all().values().filter(|story| is(story)).count();
    let (withdrawn, restored) = operator.counts();
    let shares = scenario.shares;
    let all = [
        (shares.changed, "changed", count(|story| story.course == Course::Changed && story.titles.len() > 1)),
        (shares.corrected, "corrected", count(|story| story.links.len() > 1)),
        (shares.copied, "copied first", count(|story| story.course == Course::CopiedFirst && story.feeds.len() > 1)),
        (shares.copied, "copied later", count(|story| story.course == Course::CopiedLater && story.copy.is_some())),
        (
            shares.copied,
            "copied after a change",
            count(|story| story.course == Course::CopiedAfterChange && story.copy.is_some()),
        ),
        (shares.withdrawn, "withdrawn", withdrawn),
        (shares.withdrawn, "shown while withdrawn", count(|story| story.shown_withdrawn.is_some())),
        (shares.withdrawn, "restored", restored),
    ];
    all.into_iter().filter(|(share, ..)| *share > 0.0).map(|(_, course, count)| (course, count)).collect()
}
