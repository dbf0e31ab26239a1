//! What an operator does when a part of the log is gone, and what is repeated then: the table under "Disaster" in
//! services/README.md.

use crate::journey::{Log, Newswire};
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
    time::Duration,
};
use stream::{Batch, Event, MemberSpec, Outgoing, Start};
use test_support::publisher::{Item, Publisher, opml, rss};

const LIMIT: Duration = Duration::from_secs(90);

/// A feed of the tests' own publisher, with what it has shown.
struct Harbour {
    publisher: Publisher,
    base: String,
    items: Vec<Item>,
}

impl Harbour {
    fn new(count: usize) -> Self {
        let publisher = Publisher::start(1);
        let base = publisher.base(0);
        let mut harbour = Harbour { publisher, base, items: Vec::new() };
        harbour.add(count);
        harbour
    }

    fn newswire(&self, log: &Log) -> Newswire {
        Newswire::new(log, &opml(&[("Harbour".to_owned(), format!("{}/feed", self.base))]))
    }

    fn add(&mut self, count: usize) {
        for _ in 0..count {
            let at = self.items.len();
            self.items.push(Item {
                guid: format!("item-{at}"),
                link: format!("{}/item/{at}", self.base),
                title: format!("Harbour report number {at}"),
                body: "<p>The tide was high, and three ships came in.</p>".to_owned(),
                published: jiff::Timestamp::now(),
            });
        }
        self.serve();
    }

    fn change(&mut self, at: usize, body: &str) {
        self.items[at].body = format!("<p>{body}</p>");
        self.serve();
    }

    fn serve(&self) {
        self.publisher.put("/feed", "application/rss+xml", rss("Harbour", &self.base, self.items.iter()));
    }
}

/// Item and revision of each record, in order; each may be there once only.
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

/// Runs an administrator's call until it is done: a broker is not at once done with a group that has just gone.
fn administer<F, T, E>(address: &str, what: &str, mut call: impl FnMut(AdminClient<DefaultClientContext>) -> F)
where
    F: Future<Output = rdkafka::error::KafkaResult<Vec<Result<T, E>>>>,
    E: std::fmt::Debug,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    test_support::wait::eventually(LIMIT, what, || {
        let client = ClientConfig::new().set("bootstrap.servers", address).create().unwrap();
        runtime.block_on(call(client)).is_ok_and(|results| results.iter().all(Result::is_ok))
    });
}

/// Loses a topic: Kafka's is deleted; the embedded log's, which can't lose one alone, has every row of it deleted.
fn lose_topic(log: &Log, newswire: &Newswire, topic: Topic) {
    let name = newswire.name(topic.suffix());
    match log {
        Log::Kafka(address) => {
            administer(address, "the topic's end", |client| {
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
            let gone = |(partition, key): (i32, Vec<u8>)| {
                Outgoing::tombstone(&name, partition, std::str::from_utf8(&key).unwrap())
            };
            log.append(rows.into_iter().map(gone).collect()).unwrap();
        }
    }
}

/// Loses a group's offsets: Kafka's group is deleted; the embedded log's is set back to the beginning.
fn lose_offsets(log: &Log, newswire: &Newswire, stage: &str, source: Topic) {
    let (group, source) = (newswire.name(stage), newswire.name(source.suffix()));
    match log {
        Log::Kafka(address) => administer(address, "the group's end", |client| {
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
            };
            let mut member = log.join(&spec).unwrap();
            assert!(matches!(member.poll(1, LIMIT).unwrap(), Event::Assigned(_)));
            member.commit(Batch { outputs: Vec::new(), offsets: HashMap::from([(0, 0), (1, 0), (2, 0)]) }).unwrap();
        }
    }
}

/// The worst of it: neither the poller nor the normaliser remembers anything.
#[test]
fn a_lost_article_state_is_rebuilt_and_revisions_go_on() {
    for log in Log::all() {
        let mut harbour = Harbour::new(5);
        let mut newswire = harbour.newswire(&log);
        newswire.start();
        newswire.wait_for(5, LIMIT);
        harbour.change(0, "The tide was low, and no ship came in.");
        newswire.wait_for(6, LIMIT);

        // Beside a normaliser that writes state it would be wrong.
        let (answer, trouble, code) = newswire.ask(&["topics", "rebuild-state"]);
        assert!(code != 0 && answer.is_empty() && trouble.contains("stop"), "{log:?}: {code} {answer}{trouble}");
        newswire.end();

        lose_topic(&log, &newswire, Topic::ArticleState);
        lose_topic(&log, &newswire, Topic::FeedState);
        let told = newswire.tell(&["topics", "rebuild-state", "--dry-run"]);
        assert!(told.starts_with("5 articles published, 5 states would be written"), "{log:?}: {told}");
        let told = newswire.tell(&["topics", "rebuild-state"]);
        assert!(told.starts_with("5 articles published, 5 states written"), "{log:?}: {told}");
        assert!(told.contains("5 were missing, 0 of an earlier revision"), "{log:?}: {told}");
        let told = newswire.tell(&["topics", "rebuild-state"]);
        assert!(told.starts_with("5 articles published, 0 states written"), "{log:?}: {told}");

        // The poller takes the feed for a new one and hands everything on; the normaliser knows it.
        newswire.start();
        test_support::wait::eventually(LIMIT, "everything again, as duplicates", || {
            newswire.counted("newswire_stage_duplicate_total", "normaliser") >= 5
        });
        harbour.change(0, "The tide was high again, and seven ships came in.");
        harbour.change(1, "Four ships came in, one of them on fire.");
        harbour.add(1);
        newswire.wait_for(9, LIMIT);
        for topic in ["articles.v1", "enriched.v1"] {
            let found = revisions(&newswire.read(topic));
            assert_eq!(found, expected(&[3, 2, 1, 1, 1, 1]), "{topic} on {log:?}");
        }
        newswire.end();
    }
}

#[test]
fn without_the_feeds_state_items_come_again_and_articles_do_not() {
    for log in Log::all() {
        let mut harbour = Harbour::new(4);
        let mut newswire = harbour.newswire(&log);
        newswire.start();
        newswire.wait_for(4, LIMIT);
        newswire.end();
        lose_topic(&log, &newswire, Topic::FeedState);
        // Changed while nobody looked: an update, whatever the poller takes it for.
        harbour.change(2, "Nine ships came in.");
        newswire.start();
        newswire.wait_for(5, LIMIT);
        test_support::wait::eventually(LIMIT, "three duplicates", || {
            newswire.counted("newswire_stage_duplicate_total", "normaliser") == 3
        });
        assert_eq!(newswire.read("raw.v1").len(), 8, "on {log:?}");
        assert_eq!(revisions(&newswire.read("articles.v1")), expected(&[1, 1, 2, 1]), "on {log:?}");
        assert_eq!(newswire.enriched().len(), 5, "on {log:?}");
        newswire.end();
    }
}

#[test]
fn lost_offsets_repeat_no_article_and_enriched_records_under_their_own_keys() {
    for log in Log::all() {
        let mut harbour = Harbour::new(4);
        let mut newswire = harbour.newswire(&log);
        newswire.start();
        newswire.wait_for(4, LIMIT);
        harbour.change(0, "The tide was low, and no ship came in.");
        let once = newswire.wait_for(5, LIMIT);
        newswire.end();

        lose_offsets(&log, &newswire, "normaliser", Topic::Raw);
        newswire.start();
        test_support::wait::eventually(LIMIT, "every raw item again", || {
            newswire.counted("newswire_stage_duplicate_total", "normaliser") == 5
        });
        assert_eq!(newswire.counted("newswire_stage_out_total", "normaliser"), 0, "on {log:?}");
        assert_eq!(revisions(&newswire.read("articles.v1")), expected(&[2, 1, 1, 1]), "on {log:?}");
        assert_eq!(newswire.enriched().len(), 5, "on {log:?}");
        newswire.end();

        lose_offsets(&log, &newswire, "enricher", Topic::Articles);
        newswire.start();
        let twice = newswire.wait_for(10, LIMIT);
        assert_eq!(twice.len(), 10, "on {log:?}");
        assert_eq!(revisions(&newswire.read("articles.v1")), expected(&[2, 1, 1, 1]), "on {log:?}");
        // The same records under the same keys, but for the time: who upserts sees nothing of it.
        let before = upserted(&once);
        assert_eq!(before.len(), 5);
        assert_eq!(upserted(&twice), before, "on {log:?}");
        newswire.end();
    }
}

/// Records by the uniqueness key, the later in the place of the earlier, without the time of enrichment.
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
