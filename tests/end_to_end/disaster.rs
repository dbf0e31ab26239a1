//! Loss of offsets and state topics: what is repeated, and what is not. See docs/delivery-guarantees.md.

use crate::{
    feed::Feed,
    newswire::{LIMIT, Log, Newswire},
};
use proto::topic::Topic;
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::ControlFlow,
};
use stream::{Batch, Event, MemberSpec, Outgoing, Start};
use test_support::wait::eventually;

crate::on_both_logs! {
    a_lost_article_state_is_rebuilt_and_revisions_continue
    a_lost_feed_state_repeats_items_but_no_article
    lost_offsets_repeat_no_article_and_enriched_records_keep_their_keys
}

/// The revisions of each item, in the order of the records.
fn revisions(records: &[Value]) -> BTreeMap<String, Vec<u64>> {
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for record in records {
        let item = record["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        found.entry(item).or_default().push(record["revision"].as_u64().unwrap());
    }
    found
}

fn expected(revisions: &[u64]) -> BTreeMap<String, Vec<u64>> {
    revisions.iter().enumerate().map(|(item, last)| (item.to_string(), (1..=*last).collect())).collect()
}

/// Repeats an administrative call until it succeeds: a broker needs some time after the last member has left a group.
fn administer<F, T, E>(address: &str, what: &str, mut call: impl FnMut(AdminClient<DefaultClientContext>) -> F)
where
    F: Future<Output = rdkafka::error::KafkaResult<Vec<Result<T, E>>>>,
    E: std::fmt::Debug,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    eventually(LIMIT, what, || {
        let client = ClientConfig::new().set("bootstrap.servers", address).create().unwrap();
        runtime.block_on(call(client)).is_ok_and(|results| results.iter().all(Result::is_ok))
    });
}

/// Loses a topic: on Kafka the topic is deleted, in the embedded log all its keys.
fn lose_topic(log: &Log, newswire: &Newswire, topic: Topic) {
    let name = newswire.name(topic.suffix());
    match log {
        Log::Kafka(address) => {
            administer(address, "the topic is deleted", |client| {
                let name = name.clone();
                async move { client.delete_topics(&[name.as_str()], &AdminOptions::new()).await }
            });
        }
        Log::Embedded => {
            let log = newswire.open();
            let mut rows: BTreeSet<(i32, Vec<u8>)> = BTreeSet::new();
            stream::scan(&*log, &name, Start::Beginning, LIMIT, |record| {
                rows.insert((record.partition, record.key));
                ControlFlow::Continue(())
            })
            .unwrap();
            let tombstone =
                |(partition, key)| Outgoing { topic: name.clone(), partition, key, value: None, headers: Vec::new() };
            log.append(rows.into_iter().map(tombstone).collect()).unwrap();
        }
    }
}

/// Loses the offsets of a group: on Kafka the group is deleted, in the embedded log its offsets are reset to 0.
fn lose_offsets(log: &Log, newswire: &Newswire, stage: &str, source: Topic) {
    let (group, source) = (newswire.name(stage), newswire.name(source.suffix()));
    match log {
        Log::Kafka(address) => administer(address, "the group is deleted", |client| {
            let group = group.clone();
            async move { client.delete_groups(&[group.as_str()], &AdminOptions::new()).await }
        }),
        Log::Embedded => {
            let log = newswire.open();
            let spec = MemberSpec {
                stage: stage.to_owned(),
                group,
                replica: "disaster".to_owned(),
                source,
                tables: Vec::new(),
                recovery: stream::Recovery::default(),
            };
            let mut member = log.join(&spec).unwrap();
            assert!(matches!(member.poll(1, LIMIT).unwrap(), Event::Assigned(_)));
            member.commit(Batch { outputs: Vec::new(), offsets: HashMap::from([(0, 0), (1, 0), (2, 0)]) }).unwrap();
        }
    }
}

fn a_lost_article_state_is_rebuilt_and_revisions_continue(log: &Log) {
    let mut feed = Feed::new(5);
    let mut newswire = feed.newswire(log);
    newswire.start();
    newswire.wait_for(5);
    feed.change(0, "The tide was low, and no ship came in.");
    newswire.wait_for(6);

    // A running normaliser would overwrite the rebuilt state.
    let (output, error, code) = newswire.try_run(&["topics", "rebuild-state"]);
    assert!(code != 0 && output.is_empty() && error.contains("stop"), "{code} {output}{error}");
    newswire.stop();

    lose_topic(log, &newswire, Topic::ArticleState);
    lose_topic(log, &newswire, Topic::FeedState);
    let output = newswire.run(&["topics", "rebuild-state", "--dry-run"]);
    assert!(output.starts_with("5 articles published, 5 states would be written"), "{output}");
    let output = newswire.run(&["topics", "rebuild-state"]);
    assert!(output.starts_with("5 articles published, 5 states written"), "{output}");
    assert!(output.contains("5 were missing, 0 of an earlier revision"), "{output}");
    let output = newswire.run(&["topics", "rebuild-state"]);
    assert!(output.starts_with("5 articles published, 0 states written"), "{output}");

    // The poller treats the feed as new and publishes all entries; the normaliser knows them.
    newswire.start();
    eventually(LIMIT, "five duplicates", || newswire.counter("newswire_stage_duplicate_total", "normaliser") >= 5);
    feed.change(0, "The tide was high again, and seven ships came in.");
    feed.change(1, "Four ships came in, one of them on fire.");
    feed.add(1);
    newswire.wait_for(9);
    for topic in ["articles.v1", "enriched.v1"] {
        let found = revisions(&newswire.read(topic));
        assert_eq!(found, expected(&[3, 2, 1, 1, 1, 1]), "{topic}");
    }
    newswire.stop();
}

fn a_lost_feed_state_repeats_items_but_no_article(log: &Log) {
    let mut feed = Feed::new(4);
    let mut newswire = feed.newswire(log);
    newswire.start();
    newswire.wait_for(4);
    newswire.stop();
    lose_topic(log, &newswire, Topic::FeedState);
    // An item that has changed meanwhile is an update.
    feed.change(2, "Nine ships came in.");
    newswire.start();
    newswire.wait_for(5);
    eventually(LIMIT, "three duplicates", || newswire.counter("newswire_stage_duplicate_total", "normaliser") == 3);
    assert_eq!(newswire.read("raw.v1").len(), 8);
    assert_eq!(revisions(&newswire.read("articles.v1")), expected(&[1, 1, 2, 1]));
    assert_eq!(newswire.enriched().len(), 5);
    newswire.stop();
}

fn lost_offsets_repeat_no_article_and_enriched_records_keep_their_keys(log: &Log) {
    let mut feed = Feed::new(4);
    let mut newswire = feed.newswire(log);
    newswire.start();
    newswire.wait_for(4);
    feed.change(0, "The tide was low, and no ship came in.");
    let once = newswire.wait_for(5);
    newswire.stop();

    lose_offsets(log, &newswire, "normaliser", Topic::Raw);
    newswire.start();
    eventually(LIMIT, "every raw item is read again", || {
        newswire.counter("newswire_stage_duplicate_total", "normaliser") == 5
    });
    assert_eq!(newswire.counter("newswire_stage_out_total", "normaliser"), 0);
    assert_eq!(revisions(&newswire.read("articles.v1")), expected(&[2, 1, 1, 1]));
    assert_eq!(newswire.enriched().len(), 5);
    newswire.stop();

    lose_offsets(log, &newswire, "enricher", Topic::Articles);
    newswire.start();
    if matches!(log, Log::Kafka(_)) {
        // It would publish a month again, so it waits for an operator.
        eventually(LIMIT, "the enricher waits", || newswire.counter("newswire_stage_held_partitions", "enricher") > 0);
        assert_eq!(newswire.enriched().len(), 5);
        let output = newswire.run(&["positions", "accept", "enricher", "--to", "beginning"]);
        assert!(output.contains("the position is gone; accepted 0"), "{output}");
    }
    let twice = newswire.wait_for(10);
    assert_eq!(twice.len(), 10);
    assert_eq!(revisions(&newswire.read("articles.v1")), expected(&[2, 1, 1, 1]));
    // A client that upserts by the unique key sees no change, except in enriched_at.
    let before = upserted(&once);
    assert_eq!(before.len(), 5);
    assert_eq!(upserted(&twice), before);
    newswire.stop();
}

/// The last record of each unique key, without the time of enrichment.
fn upserted(records: &[Value]) -> BTreeMap<String, Value> {
    let keyed = records.iter().map(|record| {
        let parts = ["article_id", "revision", "enricher_version", "gazetteer_version", "model_version"];
        let key = parts.map(|part| record[part].to_string()).join(" ");
        let mut record = record.clone();
        record.as_object_mut().unwrap().remove("enriched_at").unwrap();
        (key, record)
    });
    keyed.collect()
}
