//! A refused record goes to the dead letters, and the stage continues.

use crate::{harness::Harness, help};
use proto::topic::Topic;
use stream::{DeadLetter, Outgoing};

crate::harness::on_both_logs! {
    refused_records_go_to_the_dead_letters_and_the_stage_continues
}

fn refused_records_go_to_the_dead_letters_and_the_stage_continues(harness: &mut Harness) {
    let runtime = harness.runtime();
    let (raw, dead_letters) = (runtime.names.of(Topic::Raw), runtime.names.of(Topic::DeadLetter));
    let bad = [
        ("undecodable", help::plain(&raw, "k", "{ no JSON \u{0}")),
        (
            "undecodable",
            Outgoing { headers: vec![], ..Outgoing::tombstone(&raw, help::plain(&raw, "k", "").partition, "k") },
        ),
        ("panic", help::item(&raw, "k", "boom")),
        ("no-title", help::item(&raw, "k", "poison")),
    ];
    let mut records = vec![help::item(&raw, "k", "first")];
    records.extend(bad.iter().map(|(_, record)| record.clone()));
    records.push(help::item(&raw, "k", "last"));
    runtime.log.append(records).unwrap();
    help::run_stage(&runtime, || help::is_done(&runtime));

    let written = help::all(&*runtime.log, &raw);
    let found = help::all(&*runtime.log, &dead_letters);
    assert_eq!(found.len(), bad.len());
    for ((reason, sent), (dead_letter, original)) in bad.iter().zip(found.iter().zip(&written[1..])) {
        let dead_letter = DeadLetter::from_record(dead_letter).unwrap();
        assert_eq!(
            (dead_letter.reason.as_str(), dead_letter.stage.as_str(), dead_letter.attempt),
            (*reason, "count", 1)
        );
        assert!(!dead_letter.detail.is_empty());
        assert_eq!(
            (&dead_letter.record.topic, dead_letter.record.partition, dead_letter.record.offset),
            (&raw, original.partition, original.offset)
        );
        assert_eq!((&dead_letter.record.key, &dead_letter.record.value), (&sent.key, &sent.value));
    }
    // A refused record leaves neither state nor output, so the revisions have no gap.
    assert_eq!(help::articles(harness), [("k".to_owned(), 1), ("k".to_owned(), 2)]);
    let count = |counter: &prometheus::IntCounterVec, labels: &[&str]| counter.with_label_values(labels).get();
    let metrics = &runtime.metrics;
    assert_eq!(count(&metrics.read, &["count"]), 6);
    assert_eq!(count(&metrics.out, &["count"]), 2);
    assert_eq!(count(&metrics.dead_letter, &["count", "undecodable"]), 2);
    assert_eq!(count(&metrics.dead_letter, &["count", "panic"]), 1);
    assert_eq!(count(&metrics.dead_letter, &["count", "no-title"]), 1);
}
