//! `newswire replay`: articles that an earlier version enriched are enriched again once, also after `kill -9` and with live
//! updates, and the gateway never shows an older record.

use crate::newswire::{LIMIT, Log, Newswire};
use enricher::Knowledge;
use proto::{
    topic::Topic,
    v1::{Article, EnrichedArticle},
    vocab::change,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};
use stream::{Batch, Event, MemberSpec};
use test_support::{publisher::opml, wait::eventually};

crate::on_both_logs! {
    a_replay_that_is_killed_and_started_again_repeats_nothing
    two_replays_of_dead_letters_at_once_repeat_nothing
}

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

fn publish(newswire: &Newswire, articles: &[Article]) {
    let records = articles.iter().map(|one| newswire.outgoing(Topic::Articles, &one.article_id, one));
    newswire.append(records.collect());
}

/// Writes articles, the records of an earlier version of the enricher, and its offsets.
fn write_earlier_version(newswire: &Newswire, knowledge: &Knowledge) {
    let articles: Vec<Article> = (0..ARTICLES).map(|at| article(at, 1)).collect();
    publish(newswire, &articles);
    let log = newswire.open();
    let old = articles.iter().map(|one| {
        let mut enriched: EnrichedArticle = enricher::enrich(one, knowledge, jiff::Timestamp::now()).unwrap();
        enriched.enricher_version = "enricher-0.0.1".to_owned();
        enriched.countries.clear();
        newswire.outgoing(Topic::Enriched, &one.article_id, &enriched)
    });
    log.append(old.collect()).unwrap();
    let source = newswire.name(Topic::Articles.suffix());
    let spec = MemberSpec {
        stage: enricher::STAGE.to_owned(),
        group: newswire.name(enricher::STAGE),
        replica: "earlier".to_owned(),
        source: source.clone(),
        tables: Vec::new(),
        recovery: stream::Recovery::default(),
    };
    let offsets: HashMap<i32, i64> = log.ends(&source).unwrap();
    let mut member = log.join(&spec).unwrap();
    eventually(LIMIT, "the member has its partitions", || {
        matches!(member.poll(1, Duration::from_millis(100)).unwrap(), Event::Assigned(_))
    });
    member.commit(Batch { outputs: Vec::new(), offsets }).unwrap();
}

/// Asserts that each unique key occurs once.
fn assert_unique(records: &[Value]) {
    let mut keys = BTreeSet::new();
    for record in records {
        let parts = ["article_id", "revision", "enricher_version", "gazetteer_version", "model_version"];
        let key = parts.map(|part| record[part].to_string()).join(" ");
        assert!(keys.insert(key.clone()), "{key} occurs twice");
    }
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

/// The ranks of the articles that the gateway shows; none may be lower than in `before`, which is updated.
fn shown(newswire: &Newswire, before: &mut Ranks) -> Ranks {
    let now = ranks(newswire.get("/v1/articles?limit=100")["articles"].as_array().unwrap());
    for (id, rank) in &now {
        let last = before.entry(id.clone()).or_insert(*rank);
        assert!(rank >= last, "the gateway went back from {last:?} to {rank:?} for {id}");
        *last = *rank;
    }
    now
}

fn reenriched(records: &[Value]) -> usize {
    records.iter().filter(|record| record["change"] == change::REENRICHED).count()
}

fn a_replay_that_is_killed_and_started_again_repeats_nothing(log: &Log) {
    let knowledge = Knowledge::shipped().unwrap();
    let mut newswire = Newswire::new(log, &opml(&[]));
    newswire.run(&["topics", "create"]);
    write_earlier_version(&newswire, &knowledge);
    let command = ["replay", "--topic", "articles", "--from", "2020-01-01T00:00:00Z"];
    let output = newswire.run(&[command.as_slice(), &["--dry-run"]].concat());
    assert!(output.contains("60 would be enriched again") && output.contains("60 of them with another"), "{output}");
    assert_eq!(newswire.enriched().len(), ARTICLES, "a dry run writes nothing");

    // In the embedded log one process holds the file; on Kafka the pipeline runs during the replay.
    let is_live = matches!(log, Log::Kafka(_));
    let mut seen = Ranks::new();
    if is_live {
        newswire.start();
        newswire.wait_for(ARTICLES);
        eventually(LIMIT, "the gateway shows all articles", || shown(&newswire, &mut seen).len() == ARTICLES);
    }
    let mut replay = newswire.spawn(&[command.as_slice(), &["--rate", "10"]].concat());
    if !is_live {
        // Before the replay holds the file, another command would hold it.
        eventually(LIMIT, "the replay holds the log", || newswire.socket().exists());
    }
    eventually(LIMIT, "a part is enriched again", || {
        assert!(replay.ended().is_none(), "{}", replay.log_tail());
        if is_live {
            shown(&newswire, &mut seen);
        }
        reenriched(&newswire.enriched()) > 5
    });
    if is_live {
        // Some of these articles have been enriched again, some not.
        publish(&newswire, &(0..ARTICLES).step_by(4).map(|at| article(at, 2)).collect::<Vec<_>>());
    }
    replay.kill();
    let part = reenriched(&newswire.enriched());
    assert!(part > 0 && part < ARTICLES, "{part}");

    let output = newswire.run(&[command.as_slice(), &["--rate", "1000"]].concat());
    assert!(output.contains("skipped: up-to-date"), "{output}");
    if is_live {
        assert!(output.contains("skipped: superseded"), "{output}");
        eventually(LIMIT, "the gateway shows the updates", || {
            shown(&newswire, &mut seen).values().filter(|rank| rank.0 == 2).count() == ARTICLES / 4
        });
    } else {
        newswire.start();
    }
    let records = newswire.wait_for(ARTICLES);
    assert_unique(&records);
    let best = ranks(&records);
    let updated: BTreeSet<String> = best.iter().filter(|(_, rank)| rank.0 == 2).map(|one| one.0.clone()).collect();
    assert!(best.iter().all(|(id, rank)| *rank == if updated.contains(id) { (2, 0) } else { (1, 1) }), "{best:?}");
    eventually(LIMIT, "the gateway shows the best records", || shown(&newswire, &mut seen) == best);
    newswire.stop();
    newswire.start();
    eventually(LIMIT, "the restarted gateway shows them", || newswire.serves() && shown(&newswire, &mut seen) == best);
    newswire.stop();

    // Nothing is left to do. Another topic gets every record once.
    let output = newswire.run(&command);
    assert!(output.ends_with("nothing to do\n"), "{output}");
    assert_eq!(newswire.enriched().len(), records.len());
    let to = newswire.name("trial");
    for _ in 0..2 {
        newswire.run(&[command.as_slice(), &["--to", &to]].concat());
        let trial = newswire.read("trial");
        assert_eq!(trial.len(), ARTICLES);
        assert_unique(&trial);
    }
}

fn two_replays_of_dead_letters_at_once_repeat_nothing(log: &Log) {
    let mut newswire = Newswire::new(log, &opml(&[]));
    newswire.start();
    eventually(LIMIT, "the enricher has its partitions", || {
        newswire.counter("newswire_stage_partitions", "enricher") == 3
    });
    let article = article(1, 1);
    newswire.refuse("enricher", newswire.outgoing(Topic::Articles, &article.article_id, &article));
    let mut replays = [(); 2].map(|()| newswire.spawn(&["dead-letter", "replay", "--all"]));
    eventually(LIMIT, "both replays end", || replays.iter_mut().all(|replay| replay.ended().is_some()));
    // Each may have refused to run because of the other.
    newswire.run(&["dead-letter", "replay", "--all"]);
    newswire.wait_for(1);
    eventually(LIMIT, "the enricher has no lag", || {
        let (group, topic) = (newswire.name("enricher"), newswire.name("articles.v1"));
        let log = newswire.open();
        let (committed, ends) = (log.committed(&group, &topic).unwrap(), log.ends(&topic).unwrap());
        ends.iter().all(|(partition, end)| *end == 0 || committed.get(partition) >= Some(&(end - 1)))
    });
    assert_eq!(newswire.enriched().len(), 1);
    assert_eq!(newswire.read("articles.v1").len(), 1);
    newswire.stop();
}
