//! Order of records, and where tails start.

use crate::{harness::Harness, help};
use proto::topic::Topic;
use std::{collections::HashMap, time::Duration};
use stream::{Record, Start, Tail};
use test_support::wait::eventually;

crate::harness::on_both_logs! {
    records_of_a_key_keep_their_order
    a_record_is_read_as_it_was_written
    a_tail_starts_at_the_given_position
    a_tail_receives_appended_records
    the_error_names_an_unknown_topic
    a_pipeline_with_another_number_of_partitions_is_refused
}

fn records_of_a_key_keep_their_order(harness: &mut Harness) {
    let runtime = harness.runtime();
    let raw = runtime.names.of(Topic::Raw);
    for round in 0..10 {
        let records = (0..20).map(|key| help::plain(&raw, &format!("k{key}"), &format!("{round:04}"))).collect();
        runtime.log.append(records).unwrap();
    }
    let mut member = runtime.log.join(&help::spec(&runtime)).unwrap();
    help::assigned(&mut *member);
    let read = help::read(&mut *member, 200);
    let tailed = help::all(&*runtime.log, &raw);
    for records in [read, tailed] {
        assert_eq!(records.len(), 200);
        let (mut values, mut offsets) = (HashMap::new(), HashMap::new());
        for Record { partition, offset, key, value, .. } in records {
            assert!(offsets.insert(partition, offset) < Some(offset), "offsets of {partition} do not grow");
            assert!(values.insert(key, value.clone()) < Some(value), "a key's records are out of order");
        }
    }
}

fn a_record_is_read_as_it_was_written(harness: &mut Harness) {
    let (log, raw) = (harness.log(), harness.names().of(Topic::Raw));
    let before = jiff::Timestamp::now().as_millisecond();
    let mut record = help::plain(&raw, "kéy", "value");
    record.headers.push(("note".to_owned(), b"twice".to_vec()));
    record.headers.push((String::from("empty"), Vec::new()));
    log.append(vec![record.clone(), stream::Outgoing::tombstone(&raw, record.partition, "kéy")]).unwrap();
    let read = help::all(&*log, &raw);
    let [first, second] = read.as_slice() else { panic!("two records, not {read:?}") };
    assert_eq!((&first.topic, first.partition, &first.key), (&record.topic, record.partition, &record.key));
    assert_eq!((&first.value, &first.headers), (&record.value, &record.headers));
    assert_eq!(second.value, None);
    let after = jiff::Timestamp::now().as_millisecond();
    assert!((before..=after).contains(&first.timestamp_ms), "the time is that of writing");
}

/// The values that a tail reads until it has caught up.
fn values(mut tail: Box<dyn Tail>) -> Vec<String> {
    let mut values = Vec::new();
    eventually(help::DEADLINE, "the tail has caught up", || {
        values.extend(
            tail.poll(3, Duration::from_millis(50))
                .unwrap()
                .into_iter()
                .map(|one| String::from_utf8(one.value.unwrap())),
        );
        tail.caught_up()
    });
    let mut values: Vec<String> = values.into_iter().map(Result::unwrap).collect();
    values.sort();
    values
}

fn a_tail_starts_at_the_given_position(harness: &mut Harness) {
    let (log, raw) = (harness.log(), harness.names().of(Topic::Raw));
    // One key, so one partition, whose order is known.
    for value in ["a", "b"] {
        log.append(vec![help::plain(&raw, "k", value)]).unwrap();
    }
    let second = help::all(&*log, &raw)[1].timestamp_ms;
    eventually(help::DEADLINE, "a millisecond passes", || jiff::Timestamp::now().as_millisecond() > second + 1);
    let between = jiff::Timestamp::now().as_millisecond();
    log.append(vec![help::plain(&raw, "k", "c")]).unwrap();
    let from = |from| values(log.tail(&raw, from).unwrap());
    assert_eq!(from(Start::Beginning), ["a", "b", "c"]);
    assert_eq!(from(Start::End), Vec::<String>::new());
    assert_eq!(from(Start::Time(between)), ["c"]);
    assert_eq!(from(Start::Time(0)), ["a", "b", "c"]);
    assert_eq!(from(Start::Last(1_000_000)), ["a", "b", "c"]);
    // About one: on Kafka a marker is counted too.
    assert!(from(Start::Last(1)).len() <= 1);
    let records = help::all(&*log, &raw);
    let offset = |next| Start::Offsets(HashMap::from([(records[0].partition, next)]));
    assert_eq!(from(offset(records[1].offset)), ["b", "c"]);
    assert_eq!(from(offset(i64::MAX)), ["a", "b", "c"], "the topic was created again");
    assert_eq!(from(Start::Offsets(HashMap::new())), ["a", "b", "c"]);
    let newest = |since_ms, most, reaching| Start::Newest { since_ms, most, reaching };
    let reaching = |next| HashMap::from([(records[0].partition, next)]);
    assert_eq!(from(newest(between, 1_000, HashMap::new())), ["c"]);
    assert_eq!(from(newest(0, 1_000, HashMap::new())), ["a", "b", "c"]);
    assert!(from(newest(0, 1, HashMap::new())).len() <= 1);
    assert_eq!(from(newest(between, 1_000, reaching(records[1].offset))), ["b", "c"]);
    assert_eq!(from(newest(between, 1_000, reaching(i64::MAX))), ["a", "b", "c"], "the topic was created again");
}

fn a_tail_receives_appended_records(harness: &mut Harness) {
    let (log, raw) = (harness.log(), harness.names().of(Topic::Raw));
    log.append(vec![help::plain(&raw, "k", "old")]).unwrap();
    let mut tail = log.tail(&raw, Start::End).unwrap();
    assert!(tail.poll(10, Duration::from_millis(100)).unwrap().is_empty());
    std::thread::scope(|scope| {
        scope.spawn(|| log.append(vec![help::plain(&raw, "k", "new")]).unwrap());
        let mut received = Vec::new();
        eventually(help::DEADLINE, "the tail has received a record", || {
            received.extend(tail.poll(10, Duration::from_secs(5)).unwrap());
            !received.is_empty()
        });
        assert_eq!(received[0].value.as_deref(), Some(b"new".as_slice()));
    });
}

fn the_error_names_an_unknown_topic(harness: &mut Harness) {
    let log = harness.log();
    let name = harness.names().group("nowhere");
    let errors = [log.partitions(&name).err(), log.ends(&name).err()];
    for error in errors {
        assert!(matches!(&error, Some(stream::LogError::NoTopic(topic)) if *topic == name), "{error:?}");
    }
}

fn a_pipeline_with_another_number_of_partitions_is_refused(harness: &mut Harness) {
    let mut runtime = harness.runtime();
    runtime.ensure_topics().unwrap();
    runtime.partitions += 1;
    let error = runtime.ensure_topics().unwrap_err();
    assert!(matches!(&error, stream::LogError::Config(_)) && error.to_string().contains("partitions"), "{error}");
}
