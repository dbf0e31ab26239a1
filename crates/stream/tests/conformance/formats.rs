//! A version that was rolled back meets what a newer one has written.

use crate::{harness::Harness, help};
use proto::{
    topic::{InTopic as _, Topic},
    v1, wire,
};
use stream::{Outgoing, Runtime};

crate::harness::on_both_logs! {
    a_record_of_a_newer_format_stops_its_stage_before_anything_is_written
    state_of_a_newer_format_stops_its_stage_before_anything_is_written
    a_record_of_the_known_format_is_processed
}

fn of_format(format: u32, record: Outgoing) -> Outgoing {
    Outgoing { headers: vec![(wire::FORMAT_HEADER.to_owned(), format.to_string().into_bytes())], ..record }
}

fn item(runtime: &Runtime, id: &str) -> Outgoing {
    help::item(&runtime.names.of(Topic::Raw), id, "a title")
}

/// Runs the stage until it has stopped; nothing is published, refused or committed.
fn assert_stops(runtime: &Runtime) {
    let halted = runtime.metrics.halted.with_label_values(&["count"]);
    help::run_stage(runtime, || halted.get() == 1);
    assert_eq!(halted.get(), 1);
    assert!(help::has_read_nothing(runtime));
    for topic in [Topic::Articles, Topic::DeadLetter] {
        assert!(help::all(&*runtime.log, &runtime.names.of(topic)).is_empty());
    }
    let faults = runtime.metrics.readiness()().into_iter().filter_map(|(name, fault)| fault.map(|_| name));
    assert_eq!(faults.collect::<Vec<_>>(), ["count-refusals"]);
}

fn a_record_of_a_newer_format_stops_its_stage_before_anything_is_written(harness: &mut Harness) {
    let runtime = harness.runtime();
    let newer = of_format(wire::FORMAT + 1, item(&runtime, "a"));
    // On its partition, so that both are in one batch.
    let known = Outgoing { partition: newer.partition, ..item(&runtime, "b") };
    runtime.log.append(vec![known, newer]).unwrap();
    assert_stops(&runtime);
}

fn state_of_a_newer_format_stops_its_stage_before_anything_is_written(harness: &mut Harness) {
    let runtime = harness.runtime();
    let state = v1::ArticleState { article_id: "a".repeat(32), revision: 1, ..Default::default() };
    let row = Outgoing {
        key: v1::ArticleState::TOPIC.key(&state.article_id).unwrap(),
        value: Some(wire::Encoding::Protobuf.encode(&state).unwrap()),
        ..help::plain(&runtime.names.of(Topic::ArticleState), &state.article_id, "")
    };
    runtime.log.append(vec![of_format(wire::FORMAT + 1, row), item(&runtime, "b")]).unwrap();
    assert_stops(&runtime);
}

fn a_record_of_the_known_format_is_processed(harness: &mut Harness) {
    let runtime = harness.runtime();
    runtime.log.append(vec![of_format(wire::FORMAT, item(&runtime, "a"))]).unwrap();
    help::run_stage(&runtime, || help::is_done(&runtime));
    assert_eq!(help::articles(harness), [("a".to_owned(), 1)]);
}
