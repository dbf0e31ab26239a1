//! `newswire replay`: what an earlier version enriched is enriched again, once, through `kill -9` and live updates, and
//! the gateway is never turned back.

use crate::journey::{Log, Newswire};
use enricher::Knowledge;
use proto::{
    partition,
    topic::Topic,
    v1::{Article, EnrichedArticle},
    vocab::change,
    wire::{self, Encoding, Message},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};
use stream::{Batch, Event, MemberSpec, Outgoing};
use test_support::publisher::opml;

const LIMIT: Duration = Duration::from_secs(60);
const PARTITIONS: i32 = 3;
const ARTICLES: usize = 60;

fn article(at: usize, revision: i32) -> Article {
    let url = format!("https://example.org/{at}");
    Article {
        article_id: proto::id::article_id(&url),
        revision,
        change: if revision == 1 { change::NEW } else { change::UPDATED }.to_owned(),
        url,
        title: format!("Notice {at} of the harbour, revision {revision}"),
        body: "A ferry from Tunisia has come to Malta.".to_owned(),
        language: "en".to_owned(),
        ..Article::default()
    }
}

fn outgoing<M: Message>(newswire: &Newswire, topic: Topic, id: &str, message: &M) -> Outgoing {
    let event =
        wire::Attributes { id: "test/0", event_type: M::TYPE, source: "newswire/test", time: jiff::Timestamp::now() };
    Outgoing {
        topic: newswire.name(topic.suffix()),
        partition: partition::of(id.as_bytes(), PARTITIONS),
        key: id.as_bytes().to_vec(),
        value: Some(Encoding::Json.encode(message).unwrap()),
        headers: wire::headers(Encoding::Json, &event, None),
    }
}

fn publish(newswire: &Newswire, articles: &[Article]) {
    let records = articles.iter().map(|one| outgoing(newswire, Topic::Articles, &one.article_id, one));
    newswire.open().append(records.collect()).unwrap();
}

/// Articles, and what an earlier version of the enricher made of them: it is done with all of them.
fn an_earlier_version_was_here(newswire: &Newswire, knowledge: &Knowledge) {
    let articles: Vec<Article> = (0..ARTICLES).map(|at| article(at, 1)).collect();
    publish(newswire, &articles);
    let log = newswire.open();
    let old = articles.iter().map(|one| {
        let mut enriched: EnrichedArticle = enricher::enrich(one, knowledge, jiff::Timestamp::now()).unwrap();
        enriched.enricher_version = "enricher-0.0.1".to_owned();
        enriched.countries.clear();
        outgoing(newswire, Topic::Enriched, &one.article_id, &enriched)
    });
    log.append(old.collect()).unwrap();
    let source = newswire.name(Topic::Articles.suffix());
    let spec = MemberSpec {
        stage: enricher::STAGE.to_owned(),
        group: newswire.name(enricher::STAGE),
        replica: "earlier".to_owned(),
        source: source.clone(),
        tables: Vec::new(),
    };
    let offsets: HashMap<i32, i64> = log.ends(&source).unwrap();
    let mut member = log.join(&spec).unwrap();
    test_support::wait::eventually(LIMIT, "the group's partitions", || {
        matches!(member.poll(1, Duration::from_millis(100)).unwrap(), Event::Assigned(_))
    });
    member.commit(Batch { outputs: Vec::new(), offsets }).unwrap();
}

/// Each uniqueness key with the enrichment it came with; none may be there twice.
fn unique(records: &[Value]) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    for record in records {
        let parts = ["article_id", "revision", "enricher_version", "gazetteer_version", "model_version"];
        let key = parts.map(|part| record[part].to_string()).join(" ");
        let twice = found.insert(key.clone(), record["enrichment"].as_i64().unwrap());
        assert_eq!(twice, None, "{key} is there twice");
    }
    found
}

/// (revision, enrichment) of each article.
type Ranks = BTreeMap<String, (i64, i64)>;

fn ranks<'a>(records: impl IntoIterator<Item = &'a Value>) -> Ranks {
    let mut ranks = Ranks::new();
    for record in records {
        let number = |field: &str| record[field].as_i64().unwrap();
        let rank = (number("revision"), number("enrichment"));
        let highest = ranks.entry(record["article_id"].as_str().unwrap().to_owned()).or_insert(rank);
        *highest = rank.max(*highest);
    }
    ranks
}

/// What the gateway shows; no article of it may have gone back since `before`.
fn shown(newswire: &Newswire, before: &mut Ranks) -> Ranks {
    let now = ranks(newswire.get("/v1/articles?limit=100")["articles"].as_array().unwrap());
    for (id, rank) in &now {
        let last = before.entry(id.clone()).or_insert(*rank);
        assert!(rank >= last, "the gateway turned {id} back from {last:?} to {rank:?}");
        *last = *rank;
    }
    now
}

fn reenriched(records: &[Value]) -> usize {
    records.iter().filter(|record| record["change"] == change::REENRICHED).count()
}

#[test]
fn killed_and_started_again_under_live_updates_nothing_is_there_twice() {
    let knowledge = Knowledge::shipped().unwrap();
    for log in Log::all() {
        let mut newswire = Newswire::new(&log, &opml(&[]));
        newswire.tell(&["topics", "create"]);
        an_earlier_version_was_here(&newswire, &knowledge);
        let command = ["replay", "--topic", "articles", "--from", "2020-01-01T00:00:00Z"];
        let said = newswire.tell(&[command.as_slice(), &["--dry-run"]].concat());
        assert!(said.contains("60 would be enriched again") && said.contains("60 of them with another"), "{said}");
        assert_eq!(newswire.enriched().len(), ARTICLES, "a dry run writes nothing, on {log:?}");

        // On the embedded log one process holds the file; on Kafka all goes on beside the replay.
        let beside = matches!(log, Log::Kafka(_));
        let mut seen = Ranks::new();
        if beside {
            newswire.start();
            newswire.wait_for(ARTICLES, LIMIT);
            test_support::wait::eventually(LIMIT, "all articles in the gateway", || {
                shown(&newswire, &mut seen).len() == ARTICLES
            });
        }
        let mut replay = newswire.spawn(&[command.as_slice(), &["--rate", "10"]].concat());
        if !beside {
            // Before it holds the file, a command that looks on would take it.
            test_support::wait::eventually(LIMIT, "the socket of the log", || newswire.socket().exists());
        }
        test_support::wait::eventually(LIMIT, "a part of the replay", || {
            assert!(replay.ended().is_none(), "{}", replay.last_words());
            if beside {
                shown(&newswire, &mut seen);
            }
            // The file's holder serves its socket, also where it is a replay.
            reenriched(&newswire.enriched()) > 5
        });
        if beside {
            // Some of them have been enriched again, some not.
            publish(&newswire, &(0..ARTICLES).step_by(4).map(|at| article(at, 2)).collect::<Vec<_>>());
        }
        replay.kill();
        let part = reenriched(&newswire.enriched());
        assert!(part > 0 && part < ARTICLES, "{part} on {log:?}");

        let said = newswire.tell(&[command.as_slice(), &["--rate", "1000"]].concat());
        assert!(said.contains("skipped: up-to-date"), "it goes on where it was, on {log:?}: {said}");
        if beside {
            assert!(said.contains("skipped: superseded"), "{said}");
            test_support::wait::eventually(LIMIT, "the updates", || {
                shown(&newswire, &mut seen).values().filter(|rank| rank.0 == 2).count() == ARTICLES / 4
            });
        } else {
            newswire.start();
        }
        let records = newswire.wait_for(ARTICLES, LIMIT);
        unique(&records);
        let best = ranks(&records);
        let updated: BTreeSet<String> = best.iter().filter(|(_, rank)| rank.0 == 2).map(|one| one.0.clone()).collect();
        assert!(best.iter().all(|(id, rank)| *rank == if updated.contains(id) { (2, 0) } else { (1, 1) }), "{best:?}");
        test_support::wait::eventually(LIMIT, "the gateway", || shown(&newswire, &mut seen) == best);
        newswire.end();
        newswire.start();
        test_support::wait::eventually(LIMIT, "the gateway once more", || {
            test_support::http::get(&newswire.address(), "/healthz").is_some() && shown(&newswire, &mut seen) == best
        });
        newswire.end();

        // Nothing left, and says so; another topic gets everything, once.
        let said = newswire.tell(&command);
        assert!(said.ends_with("nothing to do\n"), "{log:?}: {said}");
        assert_eq!(newswire.enriched().len(), records.len(), "on {log:?}");
        let to = newswire.name("trial");
        for _ in 0..2 {
            newswire.tell(&[command.as_slice(), &["--to", &to]].concat());
            let trial = newswire.read("trial");
            assert_eq!(trial.len(), ARTICLES, "on {log:?}");
            unique(&trial);
        }
    }
}

/// Two letters handed back by two processes at once: one of them is first, the other finds that it is done.
#[test]
fn two_replays_of_dead_letters_at_once_double_nothing() {
    for log in Log::all() {
        let mut newswire = Newswire::new(&log, &opml(&[]));
        newswire.start();
        test_support::wait::eventually(LIMIT, "newswire", || {
            newswire.counted("newswire_stage_partitions", "enricher") == 3
        });
        let one = article(1, 1);
        let record = outgoing(&newswire, Topic::Articles, &one.article_id, &one);
        let record = stream::Record {
            topic: record.topic,
            partition: record.partition,
            offset: 1_000_000,
            timestamp_ms: 0,
            key: record.key,
            value: record.value,
            headers: record.headers,
        };
        let to = record.partition;
        let letter = stream::DeadLetter::new("enricher", "panic", "an earlier version", record, jiff::Timestamp::now());
        newswire.open().append(vec![letter.to_outgoing(&newswire.name("dead-letter.v1"), to)]).unwrap();
        let mut both: Vec<_> = (0..2).map(|_| newswire.spawn(&["dead-letter", "replay", "--all"])).collect();
        test_support::wait::eventually(LIMIT, "their ends", || both.iter_mut().all(|one| one.ended().is_some()));
        // Both may have been refused by one another before anything was written: then nothing is lost either.
        newswire.tell(&["dead-letter", "replay", "--all"]);
        newswire.wait_for(1, LIMIT);
        test_support::wait::eventually(LIMIT, "the enricher", || {
            let (group, topic) = (newswire.name("enricher"), newswire.name("articles.v1"));
            let log = newswire.open();
            let (done, ends) = (log.committed(&group, &topic).unwrap(), log.ends(&topic).unwrap());
            ends.iter().all(|(partition, end)| *end == 0 || done.get(partition) >= Some(&(end - 1)))
        });
        assert_eq!(newswire.enriched().len(), 1, "on {log:?}");
        assert_eq!(newswire.read("articles.v1").len(), 1, "on {log:?}");
        newswire.end();
    }
}
