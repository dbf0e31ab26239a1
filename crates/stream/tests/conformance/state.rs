//! Tables across restarts.

use crate::{harness::Harness, help};
use proto::topic::Topic;
use std::collections::BTreeMap;
use stream::{Log, MemberSpec, Outgoing, Transaction};

crate::harness::on_both_logs! {
    state_is_restored_after_a_restart
    a_tombstone_deletes_a_row
    duplicates_are_known_across_a_restart
}

/// The rows that a new member restores.
fn restored(log: &dyn Log, spec: &MemberSpec) -> BTreeMap<String, String> {
    let mut member = log.join(spec).unwrap();
    let tables = help::assigned(&mut *member);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    tables
        .values()
        .flat_map(|tables| tables[0].iter(0))
        .map(Result::unwrap)
        .map(|(key, row)| (text(key), text(&row.value)))
        .collect()
}

/// Commits changes of the table.
fn put(log: &dyn Log, spec: &MemberSpec, changes: Vec<Outgoing>) {
    let mut session = help::session(log, spec);
    let mut transaction = Transaction::default();
    for change in changes {
        transaction.advance(change.partition, 0);
        transaction.put(&session, &help::STATE, change).unwrap();
    }
    session.commit(transaction).unwrap();
}

fn state_is_restored_after_a_restart(harness: &mut Harness) {
    let mut expected = BTreeMap::new();
    for round in 0..3 {
        let runtime = harness.runtime();
        let (spec, state) = (help::spec(&runtime), runtime.names.of(Topic::ArticleState));
        assert_eq!(restored(&*runtime.log, &spec), expected);
        let keys = (0..10).map(|key| format!("k{}", key * (round + 1)));
        let changes: Vec<_> = keys.map(|key| help::plain(&state, &key, &format!("round {round}"))).collect();
        for change in &changes {
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            expected.insert(text(&change.key), text(change.value.as_deref().unwrap()));
        }
        put(&*runtime.log, &spec, changes);
        drop(runtime);
        harness.close();
    }
}

fn a_tombstone_deletes_a_row(harness: &mut Harness) {
    let runtime = harness.runtime();
    let (spec, state) = (help::spec(&runtime), runtime.names.of(Topic::ArticleState));
    put(&*runtime.log, &spec, vec![help::plain(&state, "a", "1"), help::plain(&state, "b", "1")]);
    let tombstone = Outgoing { value: None, ..help::plain(&state, "a", "") };
    put(&*runtime.log, &spec, vec![tombstone.clone()]);
    assert_eq!(restored(&*runtime.log, &spec), BTreeMap::from([("b".into(), "1".into())]));
    // A row may be written again after its tombstone.
    put(&*runtime.log, &spec, vec![tombstone, help::plain(&state, "a", "2")]);
    let both = BTreeMap::from([("a".into(), "2".into()), ("b".into(), "1".into())]);
    assert_eq!(restored(&*runtime.log, &spec), both);
}

fn duplicates_are_known_across_a_restart(harness: &mut Harness) {
    let items = |runtime: &stream::Runtime, title: &str| {
        let raw = runtime.names.of(Topic::Raw);
        (0..12).map(|id| help::item(&raw, &format!("a{id}"), title)).collect::<Vec<_>>()
    };
    for title in ["one", "one", "two", "two"] {
        let runtime = harness.runtime();
        runtime.log.append(items(&runtime, title)).unwrap();
        help::run_stage(&runtime, || help::is_done(&runtime));
        drop(runtime);
        harness.close();
    }
    let mut expected: Vec<(String, i32)> =
        (0..12).flat_map(|id| [1, 2].map(|revision| (format!("a{id}"), revision))).collect();
    expected.sort();
    assert_eq!(help::articles(harness), expected);
}
