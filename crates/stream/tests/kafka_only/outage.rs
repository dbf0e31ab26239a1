//! A broker that restarts.

use crate::{
    bystander::{Bystander, prefix, runtime},
    worker::{Role, Worker},
};
use proto::topic::Topic;
use std::time::Duration;
use stream::Event;
use test_support::wait::eventually;

#[test]
fn a_killed_broker_that_restarts_loses_and_repeats_nothing() {
    let Some(mut broker) = test_support::kafka::start() else { return };
    let kafka = broker.address.clone();
    let prefix = prefix("outage");
    let mut bystander = Bystander::new(&kafka, &prefix);
    bystander.feed(200);
    let worker = Worker::start(&Role { kafka: &kafka, prefix: &prefix, replica: "0", freeze_at: None });
    eventually(Duration::from_secs(30), "the worker works", || bystander.results() > 0);
    bystander.feed(2_000);
    broker.kill();
    broker.restart();
    bystander.check();
    bystander.feed(200);
    bystander.check();
    assert!(worker.stop().success());
}

/// The worker's transaction is open while the broker stops. One that is being committed may stay open for good if its
/// partitions have no other replica: docs/delivery-guarantees.md, known problems in Kafka.
#[test]
fn a_stopped_broker_that_restarts_loses_and_repeats_nothing() {
    let Some(mut broker) = test_support::kafka::start() else { return };
    let kafka = broker.address.clone();
    let prefix = prefix("bounce");
    let mut bystander = Bystander::new(&kafka, &prefix);
    bystander.feed(2_000);
    let freeze_at = Some("stream::commit::offsets");
    let mut worker = Worker::start(&Role { kafka: &kafka, prefix: &prefix, replica: "0", freeze_at });
    worker.wait_frozen();
    broker.stop();
    broker.restart();
    worker.thaw();
    bystander.check();
    bystander.feed(200);
    bystander.check();
    assert!(worker.stop().success());
}

/// Its polls find nothing, as when there is no news.
#[test]
fn a_member_without_work_sees_that_its_broker_is_gone() {
    let Some(mut broker) = test_support::kafka::start() else { return };
    let runtime = runtime(&broker.address, &prefix("gone"), "0");
    runtime.ensure_topics().unwrap();
    let mut member = runtime.log.join(&runtime.member("count", Topic::Raw, &[])).unwrap();
    let wait = Duration::from_millis(100);
    eventually(Duration::from_secs(30), "assigned", || matches!(member.poll(1, wait), Ok(Event::Assigned(_))));
    let is_disconnected = |member: &mut dyn stream::Member| {
        drop(member.poll(1, wait));
        member.findings().is_disconnected
    };
    assert!(!is_disconnected(&mut *member));
    broker.kill();
    eventually(Duration::from_secs(30), "disconnected", || is_disconnected(&mut *member));
    broker.restart();
    eventually(Duration::from_secs(60), "connected", || !is_disconnected(&mut *member));
}
