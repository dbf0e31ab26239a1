//! Dead letters: the pipeline continues, a replay repeats nothing, and `newswire why` reports them.

use crate::{
    feed::Feed,
    newswire::{LIMIT, Log, Newswire},
};
use proto::{
    topic::Topic,
    v1::{Article, RawItem},
};
use serde_json::Value;
use std::{
    io::Write,
    process::{Command, Stdio},
};
use stream::Outgoing;
use test_support::wait::eventually;

crate::on_both_logs! {
    a_record_that_cannot_be_decoded_does_not_block_its_partition
    a_refused_record_can_be_replayed_and_is_refused_again
    a_dead_letter_is_replayed_once
    a_refused_item_is_found_by_its_url
    the_history_of_an_article_names_every_step
}

/// Writes a raw item that cannot be decoded; on Kafka with kcat.
fn write_poison(log: &Log, newswire: &Newswire, key: &str, value: &str) {
    let topic = newswire.name("raw.v1");
    match log {
        Log::Kafka(address) => {
            let mut kcat = Command::new("kcat")
                .args(["-b", address, "-P", "-t", &topic, "-p", "1", "-k", key])
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            kcat.stdin.take().unwrap().write_all(value.as_bytes()).unwrap();
            assert!(kcat.wait().unwrap().success());
        }
        Log::Embedded => {
            let (key, value) = (key.as_bytes().to_vec(), Some(value.as_bytes().to_vec()));
            newswire.append(vec![Outgoing { topic, partition: 1, key, value, headers: Vec::new() }]);
        }
    }
}

/// What `dead-letter list` has of a key, oldest first.
fn dead_letters(newswire: &Newswire, key: &str) -> Vec<Value> {
    let list = newswire.run(&["dead-letter", "list", "--json"]);
    let all = list.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter(|refused| refused["key"] == key).collect()
}

/// The number that `dead-letter show` and `replay` take.
fn number(refused: &Value) -> &str {
    refused["dead_letter"].as_str().unwrap()
}

/// Stage, reason and attempt.
fn refusal(refused: &Value) -> (&str, &str, i64) {
    let text = |name: &str| refused[name].as_str().unwrap();
    (text("stage"), text("reason"), refused["attempt"].as_i64().unwrap())
}

fn a_record_that_cannot_be_decoded_does_not_block_its_partition(log: &Log) {
    let mut feed = Feed::new(2);
    let mut newswire = feed.newswire(log);
    newswire.start();
    newswire.wait_for(2);
    write_poison(log, &newswire, "poison", "no JSON");
    eventually(LIMIT, "a dead letter", || dead_letters(&newswire, "poison").len() == 1);
    // Enough items for every partition to have one.
    feed.add(18);
    newswire.wait_for(20);
    newswire.stop();
}

fn a_refused_record_can_be_replayed_and_is_refused_again(log: &Log) {
    let feed = Feed::new(1);
    let mut newswire = feed.newswire(log);
    newswire.start();
    newswire.wait_for(1);
    write_poison(log, &newswire, "poison", "no JSON");
    eventually(LIMIT, "a dead letter", || dead_letters(&newswire, "poison").len() == 1);
    let first = dead_letters(&newswire, "poison").remove(0);
    assert_eq!(refusal(&first), ("normaliser", "undecodable", 1));
    assert_eq!((&first["topic"], &first["partition"]), (&newswire.name("raw.v1").into(), &1.into()));
    let shown: Value = serde_json::from_str(&newswire.run(&["dead-letter", "show", number(&first)])).unwrap();
    assert_eq!(shown["record"]["value_text"], "no JSON");
    assert_eq!(first["offset"], shown["record"]["offset"]);

    newswire.run(&["dead-letter", "replay", number(&first)]);
    eventually(LIMIT, "a second dead letter", || dead_letters(&newswire, "poison").len() == 2);
    let second = dead_letters(&newswire, "poison").remove(1);
    assert_eq!(refusal(&second), ("normaliser", "undecodable", 2));
    let output = newswire.run(&["dead-letter", "replay", number(&first)]);
    assert!(output.contains("was replayed before") && output.ends_with("0 dead letters\n"), "{output}");
    assert_eq!(dead_letters(&newswire, "poison").len(), 2);
    newswire.stop();
}

fn a_dead_letter_is_replayed_once(log: &Log) {
    let feed = Feed::new(1);
    let mut newswire = feed.newswire(log);
    newswire.start();
    newswire.wait_for(1);
    let url = |name: &str| format!("https://example.org/{name}");
    let [raw_id, article_id] = ["raw", "article"].map(|name| proto::id::article_id(&url(name)));
    let raw = RawItem {
        article_id: raw_id.clone(),
        url: url("raw"),
        title: "A bridge in Porto is closed".to_owned(),
        ..RawItem::default()
    };
    let article = Article {
        article_id: article_id.clone(),
        revision: 1,
        change: "NEW".to_owned(),
        url: url("article"),
        title: "A tunnel in Genoa is open".to_owned(),
        ..Article::default()
    };
    newswire.refuse("normaliser", newswire.outgoing(Topic::Raw, &raw_id, &raw));
    newswire.refuse("enricher", newswire.outgoing(Topic::Articles, &article_id, &article));
    for id in [&raw_id, &article_id] {
        let line = dead_letters(&newswire, id).remove(0);
        let output = newswire.run(&["dead-letter", "replay", number(&line)]);
        assert!(output.contains("attempt 2") && output.ends_with("1 dead letters\n"), "{output}");
        let output = newswire.run(&["dead-letter", "replay", number(&line)]);
        assert!(output.contains("was replayed before"), "{output}");
    }
    assert_eq!(newswire.run(&["dead-letter", "replay", "--all"]), "0 dead letters\n");
    let enriched = newswire.wait_for(3);
    for id in [&raw_id, &article_id] {
        assert_eq!(enriched.iter().filter(|record| record["article_id"] == **id).count(), 1, "{id}");
    }
    assert!(newswire.run(&["why", &url("raw")]).contains("polled (a replay): "));
    assert_eq!(newswire.enriched().len(), 3);
    newswire.stop();
}

fn a_refused_item_is_found_by_its_url(log: &Log) {
    let feed = Feed::new(1);
    let mut newswire = feed.newswire(log);
    newswire.start();
    newswire.wait_for(1);
    let url = "https://example.org/empty";
    let id = proto::id::article_id(url);
    let item = RawItem { article_id: id.clone(), url: url.to_owned(), ..RawItem::default() };
    newswire.append(vec![newswire.outgoing(Topic::Raw, &id, &item)]);
    eventually(LIMIT, "a dead letter", || dead_letters(&newswire, &id).len() == 1);
    let output = newswire.run(&["why", url]);
    assert!(output.contains("refused by the normaliser: no-text, attempt 1"), "{output}");
    newswire.stop();
}

fn the_history_of_an_article_names_every_step(log: &Log) {
    let feed = Feed::new(2);
    // The same items under another URL.
    feed.publisher.put("/copy", "application/rss+xml", feed.document(&feed.items));
    let (url, copy) = (feed.url(), feed.url().replace("/feed", "/copy"));
    let list = test_support::publisher::opml(&[("Harbour".to_owned(), url.clone()), ("Copy".to_owned(), copy)]);
    let mut newswire = Newswire::new(log, &list);
    newswire.start();
    newswire.wait_for(2);
    let mut history = String::new();
    eventually(LIMIT, "the copy is a duplicate", || {
        history = newswire.run(&["why", &feed.items[1].link]);
        history.contains("; another copy was a duplicate")
    });
    for step in ["in the feed", "polled: ", "admitted: revision 1", "NEW revision 1", "  published: "] {
        assert!(history.contains(step), "{step}: {history}");
    }
    let id = history.split(' ').nth(1).unwrap();
    assert_eq!(newswire.run(&["why", id]), history);
    let polls = newswire.run(&["why", &url]);
    assert!(polls.contains("  OK, title \"Harbour\"") && polls.contains("2 new"), "{polls}");
    assert!(newswire.run(&["why", &format!("{url}/unknown")]).starts_with("never seen"));
    newswire.stop();
}
