//! Tests the delivery guarantees under load and faults. A publisher serves items and changes that the test knows. The
//! services are killed, frozen and scaled, and the broker is restarted. kcat, a client that is independent of the product,
//! reads the topics, and a checker compares them with what was served.
//!
//! A seed determines load and faults, so that a run can be repeated.

#![expect(clippy::unwrap_used, reason = "a test harness fails loudly")]

pub mod checker;
pub mod cluster;
pub mod counters;
pub mod fault;
pub mod load;
pub mod report;
pub mod scenario;

use checker::Checker;
use cluster::Cluster;
use load::Load;
use report::Report;
use scenario::Scenario;
use std::time::{Duration, Instant};
use test_support::{kafka::Broker, publisher::Publisher};

/// Time between two rounds of supervision.
const TICK: Duration = Duration::from_millis(50);

/// Runs a scenario.
///
/// # Panics
/// If the run itself is not possible: no broker, no kcat, a binary that is not built.
#[must_use]
pub fn run(scenario: &Scenario, mut broker: Broker) -> Report {
    let faults = scenario.faults();
    let mut report = Report::new(scenario);
    let publisher = Publisher::start_near(scenario.hosts, scenario.seed);
    let load = Load::new(scenario, &publisher);
    let mut cluster = Cluster::start(scenario, &broker.address, &load.feeds());
    let mut checker = Checker::follow(&broker.address, cluster.prefix());

    let started = Instant::now();
    let mut faults = faults.iter().peekable();
    let mut next_fault_at = started;
    // On a thread of its own, because injecting a fault may take seconds.
    let publishing = std::thread::spawn(move || load.run(started, publisher));
    while started.elapsed() < scenario.duration {
        checker.poll();
        cluster.supervise(&mut report);
        if let Some(fault) = faults.next_if(|fault| started.elapsed() >= fault.at && next_fault_at <= Instant::now()) {
            cluster.inject(fault, &mut broker, &mut report);
            // Faults that fell due while this one was injected keep their distance, too.
            next_fault_at = Instant::now() + scenario.pause.shortest;
        }
        std::thread::sleep(TICK);
    }
    let (load, _publisher) = publishing.join().unwrap();
    cluster.recover(&mut report);

    let last_fault = Instant::now();
    while !checker.is_complete(&load) && last_fault.elapsed() < scenario.complete_within {
        checker.poll();
        cluster.supervise(&mut report);
        std::thread::sleep(TICK);
    }
    report.completed = checker.is_complete(&load).then(|| last_fault.elapsed());
    // A repeated record arrives at the latest when no stage has any lag, and then the counters no longer change.
    cluster.settle(&mut report);
    checker.poll();
    cluster.check_gateway(&mut report);
    checker.check(&load, &broker.address, &mut report);
    report.counters = counters::of_stages(&cluster.scrape());
    report.without_counters = cluster.stages().saturating_sub(report.counters.len());
    report.published = load.in_time();
    if !report.violations().is_empty() || report.completed.is_none() {
        report.note(format!("the services' logs are in {}", cluster.keep_logs().display()));
    }
    report
}
