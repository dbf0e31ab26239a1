//! What a stage refuses waits, the pipeline goes on, and a replay doubles nothing; `newswire why` tells of both.

use crate::journey::{Log, Newswire};
use proto::{
    partition,
    topic::Topic,
    v1::{Article, RawItem},
    wire::{self, Encoding, Message},
};
use std::{
    io::Write,
    process::{Command, Stdio},
    time::Duration,
};
use stream::{DeadLetter, Outgoing, Record};
use test_support::publisher::{Item, Publisher, opml, rss};

const LIMIT: Duration = Duration::from_secs(60);
const PARTITIONS: i32 = 3;

fn serve(publisher: &Publisher, count: usize) {
    let base = publisher.base(0);
    let items: Vec<Item> = (0..count)
        .map(|at| Item {
            guid: format!("item-{at}"),
            link: format!("{base}/item/{at}"),
            title: format!("Market notice {at}"),
            body: "<p>The market in Lyon opens at eight.</p>".to_owned(),
            published: jiff::Timestamp::now(),
        })
        .collect();
    for path in ["/feed", "/copy"] {
        publisher.put(path, "application/rss+xml", rss("Market", &base, items.iter()));
    }
}

fn record<M: Message>(newswire: &Newswire, topic: Topic, id: &str, message: &M) -> Record {
    let event =
        wire::Attributes { id: "test/0", event_type: M::TYPE, source: "newswire/test", time: jiff::Timestamp::now() };
    Record {
        topic: newswire.name(topic.suffix()),
        partition: partition::of(id.as_bytes(), PARTITIONS),
        offset: 1_000_000,
        timestamp_ms: 0,
        key: id.as_bytes().to_vec(),
        value: Some(Encoding::Json.encode(message).unwrap()),
        headers: wire::headers(Encoding::Json, &event, None),
    }
}

/// Writes a record that nothing of ours would write: on Kafka by a client that is not ours.
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
            newswire.open().append(vec![Outgoing { topic, partition: 1, key, value, headers: Vec::new() }]).unwrap();
        }
    }
}

/// Lines of `dead-letter list` about a key, oldest first.
fn letters(newswire: &Newswire, key: &str) -> Vec<String> {
    let list = newswire.tell(&["dead-letter", "list"]);
    list.lines().filter(|line| line.contains(&format!("\t{key}\t"))).map(str::to_owned).collect()
}

fn number(line: &str) -> &str {
    line.split('\t').next().unwrap()
}

#[test]
fn poison_waits_with_its_reason_and_blocks_nobody() {
    for log in Log::all() {
        let publisher = Publisher::start(1);
        serve(&publisher, 2);
        let feed = format!("{}/feed", publisher.base(0));
        let copy = format!("{}/copy", publisher.base(0));
        let mut newswire =
            Newswire::new(&log, &opml(&[("Market".to_owned(), feed.clone()), ("Copy".to_owned(), copy)]));
        newswire.start();
        newswire.wait_for(2, LIMIT);
        write_poison(&log, &newswire, "poison", "no JSON");
        test_support::wait::eventually(LIMIT, "a dead letter", || letters(&newswire, "poison").len() == 1);
        // Enough for every partition to have one.
        serve(&publisher, 20);
        newswire.wait_for(20, LIMIT);

        let first = letters(&newswire, "poison").remove(0);
        let origin = format!("\tnormaliser\tundecodable\tattempt 1\t{}[1]@", newswire.name("raw.v1"));
        assert!(first.contains(&origin), "{log:?}: {first}");
        let shown = newswire.tell(&["dead-letter", "show", number(&first)]);
        let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["record"]["value_text"], "no JSON", "{log:?}");
        let place = format!("[1]@{}\t", shown["record"]["offset"]);
        assert!(first.contains(&place), "{log:?}: {first}");

        newswire.tell(&["dead-letter", "replay", number(&first)]);
        test_support::wait::eventually(LIMIT, "a second refusal", || letters(&newswire, "poison").len() == 2);
        let second = letters(&newswire, "poison").remove(1);
        assert!(second.contains("\tnormaliser\tundecodable\tattempt 2\t"), "{log:?}: {second}");
        // The first is done with: what came of it is the second.
        let told = newswire.tell(&["dead-letter", "replay", number(&first)]);
        assert!(told.contains("was replayed before") && told.ends_with("0 dead letters\n"), "{log:?}: {told}");
        assert_eq!(letters(&newswire, "poison").len(), 2, "{log:?}");

        let (url, stranger) = (format!("{}/item/7", publisher.base(0)), format!("{}/item/99", publisher.base(0)));
        let mut story = String::new();
        test_support::wait::eventually(LIMIT, "the copy of a story", || {
            story = newswire.tell(&["why", &url]);
            story.contains("; another copy was a duplicate")
        });
        for step in ["in the feed", "polled: ", "admitted: revision 1", "NEW revision 1", "  published: "] {
            assert!(story.contains(step), "{log:?}: {step}: {story}");
        }
        let id = story.split(' ').nth(1).unwrap();
        assert_eq!(newswire.tell(&["why", id]), story, "{log:?}");
        let told = newswire.tell(&["why", &feed]);
        assert!(told.contains("  OK, title \"Market\"") && told.contains("18 new"), "{log:?}: {told}");
        assert!(newswire.tell(&["why", &stranger]).starts_with("never seen"), "{log:?}");
        newswire.end();
    }
}

/// Letters that an earlier version refused, and that this one can work off: one of each stage.
#[test]
fn a_replayed_letter_is_published_once_however_often_it_is_asked_for() {
    for log in Log::all() {
        let publisher = Publisher::start(1);
        serve(&publisher, 1);
        let mut newswire = Newswire::new(&log, &opml(&[("Market".to_owned(), format!("{}/feed", publisher.base(0)))]));
        newswire.start();
        newswire.wait_for(1, LIMIT);
        let url = |name: &str| format!("https://example.org/{name}");
        let [raw_id, article_id, empty_id] = ["raw", "article", "empty"].map(|name| proto::id::article_id(&url(name)));
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
        let empty = RawItem { article_id: empty_id.clone(), url: url("empty"), ..RawItem::default() };
        let refused = [
            ("normaliser", record(&newswire, Topic::Raw, &raw_id, &raw)),
            ("enricher", record(&newswire, Topic::Articles, &article_id, &article)),
        ];
        for (stage, record) in refused {
            let to = record.partition;
            let letter = DeadLetter::new(stage, "panic", "an earlier version", record, jiff::Timestamp::now());
            newswire.open().append(vec![letter.to_outgoing(&newswire.name("dead-letter.v1"), to)]).unwrap();
        }
        for id in [&raw_id, &article_id] {
            let line = letters(&newswire, id).remove(0);
            let told = newswire.tell(&["dead-letter", "replay", number(&line)]);
            assert!(told.contains("attempt 2") && told.ends_with("1 dead letters\n"), "{log:?}: {told}");
            let told = newswire.tell(&["dead-letter", "replay", number(&line)]);
            assert!(told.contains("was replayed before"), "{log:?}: {told}");
        }
        assert_eq!(newswire.tell(&["dead-letter", "replay", "--all"]), "0 dead letters\n", "{log:?}");
        let enriched = newswire.wait_for(3, LIMIT);
        for id in [&raw_id, &article_id] {
            let count = enriched.iter().filter(|record| record["article_id"] == **id).count();
            assert_eq!(count, 1, "{id} on {log:?}");
        }
        assert!(newswire.tell(&["why", &url("raw")]).contains("polled (a replay): "), "{log:?}");

        // Refused for what it says, and found by its address.
        let record = record(&newswire, Topic::Raw, &empty_id, &empty);
        let Record { topic, partition, key, value, headers, .. } = record;
        newswire.open().append(vec![Outgoing { topic, partition, key, value, headers }]).unwrap();
        test_support::wait::eventually(LIMIT, "a refusal", || letters(&newswire, &empty_id).len() == 1);
        let told = newswire.tell(&["why", &url("empty")]);
        assert!(told.contains("refused by the normaliser: no-text, attempt 1"), "{log:?}: {told}");
        assert_eq!(newswire.enriched().len(), 3, "on {log:?}");
        newswire.end();
    }
}
