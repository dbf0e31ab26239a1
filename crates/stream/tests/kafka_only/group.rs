//! Members of one group.

use crate::{
    bystander::{Bystander, prefix, runtime},
    worker::{FENCED, Role, Worker},
};
use proto::topic::Topic;
use std::time::Duration;
use stream::{Event, LogError, Runtime};
use test_support::wait::eventually;

#[test]
fn two_members_and_a_rebalance_repeat_nothing() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let prefix = prefix("rebalance");
    let mut bystander = Bystander::new(&kafka, &prefix);
    let role = |replica| Role { kafka: &kafka, prefix: &prefix, replica, freeze_at: None };
    bystander.feed(500);
    let mut first = Worker::start(&role("0"));
    first.wait_for("working");
    let mut second = Worker::start(&role("1"));
    // Fed while the partitions move.
    let mut moved = false;
    for _ in 0..200 {
        bystander.feed(50);
        bystander.results();
        moved = bystander.writers().len() == 2;
        if moved {
            break;
        }
    }
    assert!(moved, "the second member never got a partition");
    // One is killed, and the other takes over.
    second.kill();
    bystander.feed(500);
    bystander.check();
    assert!(first.stop().success());
}

#[test]
fn an_owner_frozen_after_its_offsets_were_sent_writes_nothing_when_it_wakes() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let prefix = prefix("frozen");
    let mut bystander = Bystander::new(&kafka, &prefix);
    bystander.feed(100);
    let role = |replica, freeze_at| Role { kafka: &kafka, prefix: &prefix, replica, freeze_at };
    let mut frozen = Worker::start(&role("0", Some("stream::commit::offsets")));
    frozen.wait_frozen();
    // A transaction that is not committed is invisible.
    assert_eq!(bystander.results(), 0);
    let successor = Worker::start(&role("1", None));
    bystander.check();
    assert_eq!(bystander.writers().into_iter().collect::<Vec<_>>(), ["1"]);
    // No other process has its name: it rejoins, and what it had written stays invisible.
    frozen.thaw();
    bystander.feed(100);
    bystander.check();
    assert!(successor.stop().success());
    assert!(frozen.stop().success());
}

#[test]
fn a_member_whose_transaction_timed_out_rejoins_and_repeats_nothing() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let prefix = prefix("timeout");
    let mut bystander = Bystander::new(&kafka, &prefix);
    bystander.feed(100);
    let role = Role { kafka: &kafka, prefix: &prefix, replica: "0", freeze_at: Some("stream::commit::offsets") };
    let mut worker = Worker::start(&role);
    worker.wait_frozen();
    // The broker aborts its transaction and raises its epoch.
    let (log, topic) = (bystander.runtime.log.clone(), bystander.runtime.names.of(Topic::Articles));
    log.settled_ends(&topic).unwrap();
    worker.thaw();
    bystander.check();
    bystander.feed(100);
    bystander.check();
    assert!(worker.stop().success());
}

#[test]
fn a_predecessor_killed_with_its_transaction_open_is_aborted_at_once_by_the_same_replica() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let prefix = prefix("killed");
    let mut bystander = Bystander::new(&kafka, &prefix);
    bystander.feed(100);
    for point in ["stream::commit::produced", "stream::commit::offsets", "stream::commit::done"] {
        let role = |freeze_at| Role { kafka: &kafka, prefix: &prefix, replica: "0", freeze_at };
        let mut killed = Worker::start(&role(Some(point)));
        killed.wait_frozen();
        killed.kill();
        let successor = Worker::start(&role(None));
        bystander.check();
        assert!(successor.stop().success());
        bystander.feed(100);
    }
    let last = Worker::start(&Role { kafka: &kafka, prefix: &prefix, replica: "0", freeze_at: None });
    bystander.check();
    assert!(last.stop().success());
}

#[test]
fn a_second_process_with_the_same_replica_fences_the_first() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let prefix = prefix("same");
    let mut bystander = Bystander::new(&kafka, &prefix);
    bystander.feed(100);
    let role = || Role { kafka: &kafka, prefix: &prefix, replica: "0", freeze_at: None };
    let mut first = Worker::start(&role());
    eventually(Duration::from_secs(30), "the first works", || bystander.results() == 100);
    let second = Worker::start(&role());
    bystander.feed(100);
    bystander.check();
    bystander.feed(100);
    bystander.check();
    assert_eq!(first.wait_end().code(), Some(FENCED));
    assert!(second.stop().success());
}

#[test]
fn a_lost_member_does_not_join_again_under_a_name_that_another_process_has() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let prefix = prefix("rejoin");
    let [ours, theirs] = [0; 2].map(|_| runtime(&kafka, &prefix, "0"));
    ours.ensure_topics().unwrap();
    let spec = ours.member("count", Topic::Raw, &[]);
    let assigned = |runtime: &Runtime| {
        let mut member = runtime.log.join(&spec).unwrap();
        let wait = Duration::from_millis(100);
        eventually(Duration::from_secs(30), "assigned", || matches!(member.poll(1, wait), Ok(Event::Assigned(_))));
        member
    };
    drop(assigned(&ours));
    // No other process has the name yet.
    drop(assigned(&ours));
    let _successor = assigned(&theirs);
    assert!(matches!(ours.log.join(&spec), Err(LogError::Fenced(_))));
}
