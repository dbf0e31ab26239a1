//! What commits and aborts make visible, and which member may commit.

use crate::{harness::Harness, help};
use proto::topic::Topic;
use std::{collections::HashMap, time::Duration};
use stream::{Batch, Event, LogError, Session, Transaction};

crate::harness::on_both_logs! {
    a_commit_makes_outputs_and_offsets_visible
    a_refused_transaction_leaves_nothing
    state_of_a_refused_transaction_is_gone
    uncommitted_records_are_read_again_after_a_rewind
    a_restart_continues_at_the_committed_offset
    the_commit_of_a_fenced_zombie_fails
    an_empty_offset_list_is_an_error
    many_groups_commit_at_once
}

/// Six records on six keys.
fn fill(harness: &mut Harness) {
    let raw = harness.names().of(Topic::Raw);
    harness.log().append((0..6).map(|key| help::plain(&raw, &format!("k{key}"), "v")).collect()).unwrap();
}

fn a_commit_makes_outputs_and_offsets_visible(harness: &mut Harness) {
    fill(harness);
    let runtime = harness.runtime();
    let (raw, articles) = (runtime.names.of(Topic::Raw), runtime.names.of(Topic::Articles));
    let mut member = runtime.log.join(&help::spec(&runtime)).unwrap();
    help::assigned(&mut *member);
    let records = help::read(&mut *member, 6);
    assert!(help::all(&*runtime.log, &articles).is_empty());
    assert!(help::has_read_nothing(&runtime));
    let offsets = help::behind(&records);
    let outputs = vec![help::plain(&articles, "a", "1"), help::plain(&articles, "b", "2")];
    member.commit(Batch { outputs, offsets: offsets.clone() }).unwrap();
    assert_eq!(help::all(&*runtime.log, &articles).len(), 2);
    let mut committed = runtime.log.committed(&runtime.names.group("count"), &raw).unwrap();
    // On Kafka a group commits where it starts.
    committed.retain(|_, next| *next > 0);
    assert_eq!(committed, offsets);
    let positions = member.positions();
    assert!(offsets.iter().all(|(partition, next)| positions[partition] == *next));
}

fn too_large(topic: &str) -> stream::Outgoing {
    help::plain(topic, "huge", &"x".repeat(stream::MAX_RECORD_BYTES + 1))
}

fn a_refused_transaction_leaves_nothing(harness: &mut Harness) {
    fill(harness);
    let runtime = harness.runtime();
    let articles = runtime.names.of(Topic::Articles);
    let mut member = runtime.log.join(&help::spec(&runtime)).unwrap();
    help::assigned(&mut *member);
    let offsets = help::behind(&help::read(&mut *member, 6));
    let outputs = vec![help::plain(&articles, "a", "1"), too_large(&articles)];
    let error = member.commit(Batch { outputs, offsets: offsets.clone() }).unwrap_err();
    assert!(matches!(error, LogError::TooLarge { .. }), "{error}");
    assert!(help::all(&*runtime.log, &articles).is_empty());
    assert!(help::has_read_nothing(&runtime));
    // The member still works.
    member.rewind().unwrap();
    let again = help::read(&mut *member, 6);
    member.commit(Batch { outputs: vec![help::plain(&articles, "a", "2")], offsets: help::behind(&again) }).unwrap();
    assert_eq!(help::all(&*runtime.log, &articles).len(), 1);
}

fn state_of_a_refused_transaction_is_gone(harness: &mut Harness) {
    fill(harness);
    let runtime = harness.runtime();
    let (spec, state) = (help::spec(&runtime), runtime.names.of(Topic::ArticleState));
    let change = |value| help::plain(&state, "k0", value);
    let partition = change("").partition;
    let value = |session: &Session| {
        session
            .tables()
            .row(&help::STATE, &Transaction::default(), partition, b"k0")
            .unwrap()
            .map(|row| String::from_utf8(row.value.to_vec()).unwrap())
    };
    let mut session = help::session(&*runtime.log, &spec);
    let mut good = Transaction::default();
    good.put(&session, &help::STATE, change("good")).unwrap();
    good.advance(partition, 0);
    assert_eq!(value(&session), None, "nothing before the commit");
    session.commit(good).unwrap();
    let mut bad = Transaction::default();
    bad.put(&session, &help::STATE, change("bad")).unwrap();
    bad.write(too_large(&state));
    bad.advance(partition, 1);
    session.commit(bad).unwrap_err();
    assert_eq!(value(&session).as_deref(), Some("good"));
    drop(session);
    assert_eq!(value(&help::session(&*runtime.log, &spec)).as_deref(), Some("good"));
}

fn uncommitted_records_are_read_again_after_a_rewind(harness: &mut Harness) {
    fill(harness);
    let runtime = harness.runtime();
    let mut member = runtime.log.join(&help::spec(&runtime)).unwrap();
    help::assigned(&mut *member);
    let mut first = help::read(&mut *member, 6);
    member.rewind().unwrap();
    let mut second = help::read(&mut *member, 6);
    for records in [&mut first, &mut second] {
        records.sort_by_key(|record| (record.partition, record.offset));
    }
    assert_eq!(first, second);
    member.commit(Batch { outputs: vec![], offsets: help::behind(&second) }).unwrap();
    member.rewind().unwrap();
    assert!(matches!(member.poll(10, Duration::from_millis(500)).unwrap(), Event::Idle));
}

fn a_restart_continues_at_the_committed_offset(harness: &mut Harness) {
    fill(harness);
    let runtime = harness.runtime();
    let mut member = runtime.log.join(&help::spec(&runtime)).unwrap();
    help::assigned(&mut *member);
    let records = help::read(&mut *member, 6);
    // Commit one partition only.
    let done = records[0].partition;
    let mut offsets = help::behind(&records);
    offsets.retain(|partition, _| *partition == done);
    member.commit(Batch { outputs: vec![], offsets: offsets.clone() }).unwrap();
    drop((member, runtime));
    harness.close();
    let runtime = harness.runtime();
    let left: Vec<_> = records.iter().filter(|record| record.partition != done).collect();
    let mut member = runtime.log.join(&help::spec(&runtime)).unwrap();
    help::assigned(&mut *member);
    assert_eq!(member.positions()[&done], offsets[&done]);
    let again = help::read(&mut *member, left.len());
    assert_eq!(again.len(), left.len());
    assert!(again.iter().all(|record| left.contains(&record)));
}

fn the_commit_of_a_fenced_zombie_fails(harness: &mut Harness) {
    fill(harness);
    let runtime = harness.runtime();
    let articles = runtime.names.of(Topic::Articles);
    let spec = help::spec(&runtime);
    let mut zombie = runtime.log.join(&spec).unwrap();
    help::assigned(&mut *zombie);
    let offsets = help::behind(&help::read(&mut *zombie, 6));
    let mut successor = runtime.log.join(&spec).unwrap();
    let outputs = vec![help::plain(&articles, "a", "of a zombie")];
    let error = zombie.commit(Batch { outputs, offsets }).unwrap_err();
    assert!(matches!(error, LogError::Fenced(_)), "{error}");
    assert!(help::all(&*runtime.log, &articles).is_empty());
    assert!(help::has_read_nothing(&runtime));
    // The end of the zombie does not affect its successor.
    drop(zombie);
    help::assigned(&mut *successor);
    let offsets = help::behind(&help::read(&mut *successor, 6));
    successor.commit(Batch { outputs: vec![help::plain(&articles, "a", "of the successor")], offsets }).unwrap();
    assert_eq!(help::all(&*runtime.log, &articles)[0].value.as_deref(), Some(b"of the successor".as_slice()));
}

fn an_empty_offset_list_is_an_error(harness: &mut Harness) {
    fill(harness);
    let runtime = harness.runtime();
    let articles = runtime.names.of(Topic::Articles);
    let mut member = runtime.log.join(&help::spec(&runtime)).unwrap();
    help::assigned(&mut *member);
    let outputs = vec![help::plain(&articles, "a", "1")];
    let error = member.commit(Batch { outputs, offsets: HashMap::new() }).unwrap_err();
    assert!(matches!(error, LogError::NoOffsets), "{error}");
    assert!(help::all(&*runtime.log, &articles).is_empty());
}

fn many_groups_commit_at_once(harness: &mut Harness) {
    fill(harness);
    let runtime = harness.runtime();
    let articles = runtime.names.of(Topic::Articles);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (runtime, articles) = (&runtime, &articles);
            scope.spawn(move || {
                let spec = runtime.member(&format!("group{number}"), Topic::Raw, &[]);
                let mut member = runtime.log.join(&spec).unwrap();
                help::assigned(&mut *member);
                for record in help::read(&mut *member, 6) {
                    let outputs = vec![help::plain(articles, &format!("{number}"), &format!("{}", record.offset))];
                    member.commit(Batch { outputs, offsets: help::behind(&[record]) }).unwrap();
                }
            });
        }
    });
    assert_eq!(help::all(&*runtime.log, &articles).len(), 24);
}
