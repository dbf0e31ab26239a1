//! The oracle: a publisher that knows every item and every change that it ever served, services that are killed, frozen
//! and scaled while a broker is bounced, and a judge that reads the topics with a client that is not ours.
//!
//! [`run`] reads from top to bottom as what a run is. From a seed it makes the same plan again: load, faults and moments.

#![expect(clippy::unwrap_used, reason = "a test harness fails loudly")]

pub mod fleet; // the services as processes, and the broker
pub mod judge; // what must hold of the topics
pub mod ledger; // what must hold of the counters
pub mod load; // items and changes, served over time
pub mod plan; // which faults come when, from a seed
pub mod report; // what a run says of itself

use fleet::Fleet;
use judge::Judge;
use load::Load;
use plan::{Plan, Scenario};
use report::Report;
use std::time::{Duration, Instant};
use test_support::{kafka::Broker, publisher::Publisher};

/// One run.
///
/// # Panics
/// Where the harness itself fails: no broker, no kcat, a binary that is not built.
#[must_use]
pub fn run(scenario: &Scenario, mut broker: Broker) -> Report {
    let plan = Plan::draw(scenario);
    let mut report = Report::new(scenario);
    let publisher = Publisher::start_near(scenario.hosts, scenario.seed);
    let load = Load::new(scenario, &publisher);
    let mut fleet = Fleet::start(scenario, &broker.address, &load.feeds());
    let mut judge = Judge::follow(&broker.address, fleet.prefix());

    let begun = Instant::now();
    let mut faults = plan.faults.iter().peekable();
    let mut rest = begun;
    // The publisher goes on by itself: a fault takes its time, and news does not wait for it.
    let feeding = std::thread::spawn(move || load.feed(begun, publisher));
    while begun.elapsed() < scenario.duration {
        judge.look();
        fleet.tend(&mut report);
        if let Some(fault) = faults.next_if(|fault| begun.elapsed() >= fault.at && rest <= Instant::now()) {
            fleet.inflict(fault, &mut broker, &mut report);
            // A bounce takes its time: what fell due meanwhile keeps its distance too.
            rest = Instant::now() + scenario.pause.0;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let (load, _publisher) = feeding.join().unwrap();
    fleet.heal(&mut report);

    let last_fault = Instant::now();
    while !judge.is_complete(&load) && last_fault.elapsed() < scenario.complete_within {
        judge.look();
        fleet.tend(&mut report);
        std::thread::sleep(Duration::from_millis(50));
    }
    report.completed = judge.is_complete(&load).then(|| last_fault.elapsed());
    // What would come twice has come once every stage has no lag; then the counters stand still.
    fleet.settle(&mut report);
    judge.look();
    fleet.look_at_gateway(&mut report);
    judge.verdict(&load, &broker.address, &mut report);
    report.ledger = ledger::check(&fleet.scrape());
    report.silent = fleet.stages().saturating_sub(report.ledger.len());
    report.published = load.in_time();
    if !report.violations().is_empty() || report.completed.is_none() {
        report.note(format!("the services' logs are in {}", fleet.keep_logs().display()));
    }
    report
}
