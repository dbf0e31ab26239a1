//! A broker that restarts.

use crate::{
    bystander::{Bystander, prefix},
    worker::{Role, Worker},
};
use std::time::Duration;
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
