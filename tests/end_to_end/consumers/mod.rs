//! The programs in `deploy/consumers` on a topic with revisions out of order, repetitions, withdrawals and an aborted
//! transaction.

mod postgres;

use crate::newswire::{LIMIT, Log, Newswire};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use postgres::Postgres;
use proto::{topic::Topic, v1::EnrichedArticle, wire};
use rdkafka::{
    ClientConfig,
    producer::{BaseProducer, BaseRecord, Producer},
};
use std::{
    collections::BTreeMap,
    fs::File,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command},
};
use test_support::{kafka, process::Process, wait::eventually};

/// What a consumer shows: titles by article id.
type Titles = BTreeMap<String, String>;

/// The topic, and what is current in it.
struct Written {
    newswire: Newswire,
    kafka: String,
    topic: String,
    /// The current title of each article that is not withdrawn.
    current: Titles,
    /// The article that is withdrawn.
    withdrawn: String,
    /// Number of committed records.
    records: usize,
}

/// `None`, after a `skipped:` line, without a broker.
fn written(articles: usize) -> Option<Written> {
    let kafka = kafka::shared()?;
    let newswire = Newswire::new(&Log::Kafka(kafka.clone()), "<opml version=\"2.0\"><body/></opml>");
    newswire.run(&["topics", "create"]);
    let (revised, withdrawn, restored) = (id(0), id(1), id(2));
    let mut records = vec![
        record(&revised, (1, 0), "NEW", "first"),
        record(&revised, (2, 0), "UPDATED", "second"),
        record(&revised, (2, 7), "REENRICHED", "second, enriched again"),
        // Late, and repeated.
        record(&revised, (1, 3), "REENRICHED", "first, enriched again"),
        record(&revised, (2, 0), "UPDATED", "second"),
        record(&withdrawn, (1, 0), "NEW", "wrong"),
        record(&withdrawn, (2, 0), "WITHDRAWN", ""),
        record(&withdrawn, (1, 4), "REENRICHED", "wrong, enriched again"),
        record(&restored, (2, 0), "WITHDRAWN", ""),
        record(&restored, (3, 0), "UPDATED", "restored\u{0}"),
    ];
    records.extend((3..articles).map(|number| record(&id(number), (1, 0), "NEW", &format!("article {number}"))));
    let mut current: Titles = (3..articles).map(|number| (id(number), format!("article {number}"))).collect();
    current.insert(revised.clone(), "second, enriched again".to_owned());
    current.insert(restored, "restored\u{0}".to_owned());
    let count = records.len();
    let outgoing = records.iter().map(|record| newswire.outgoing(Topic::Enriched, &record.article_id, record));
    newswire.append(outgoing.collect());
    let topic = newswire.name(Topic::Enriched.suffix());
    abort(&kafka, &topic, &record(&revised, (9, 0), "UPDATED", "never committed"));
    Some(Written { newswire, kafka, topic, current, withdrawn, records: count })
}

fn id(number: usize) -> String {
    proto::id::article_id(&format!("https://news.example.com/{number}"))
}

fn record(article_id: &str, (revision, enrichment): (i32, i32), change: &str, title: &str) -> EnrichedArticle {
    let example = include_str!("../../../proto/examples/v1/EnrichedArticle.json");
    let full: EnrichedArticle = wire::decode(None, example.as_bytes()).unwrap();
    let of_enrichment = EnrichedArticle {
        article_id: article_id.to_owned(),
        revision,
        enrichment,
        change: change.to_owned(),
        title: title.to_owned(),
        gazetteer_version: format!("2026.11.{enrichment}"),
        ..full
    };
    if change != "WITHDRAWN" {
        return of_enrichment;
    }
    EnrichedArticle { body: String::new(), body_html: String::new(), entities: Vec::new(), ..of_enrichment }
}

/// Writes a record in a transaction that is aborted.
fn abort(kafka: &str, topic: &str, record: &EnrichedArticle) {
    let value = wire::Encoding::Json.encode(record).unwrap();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", kafka).set("transactional.id", format!("{topic}-aborted"));
    let producer: BaseProducer = config.create().unwrap();
    producer.init_transactions(LIMIT).unwrap();
    producer.begin_transaction().unwrap();
    producer.send(BaseRecord::to(topic).key(&record.article_id).payload(&value)).map_err(|(error, _)| error).unwrap();
    producer.flush(LIMIT).unwrap();
    producer.abort_transaction(LIMIT).unwrap();
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/consumers")
}

/// A Python that has these packages; `None`, after a `skipped:` line, if there is none.
fn python(packages: &str) -> Option<PathBuf> {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.tools/venv/bin/python");
    let has = Command::new(&python).args(["-c", &format!("import {packages}")]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    skip("the consumers in Python", &format!("no {packages}: make setup"));
    None
}

/// False, after a `skipped:` line, without kcat and jq.
fn has_kcat() -> bool {
    let has = ["kcat", "jq"].iter().all(|command| Command::new(command).arg("-V").output().is_ok());
    if !has {
        skip("the consumer kcat", "no kcat or no jq: make setup");
    }
    has
}

fn skip(what: &str, why: &str) {
    assert!(std::env::var_os("NEWSWIRE_REQUIRE_TOOLS").is_none(), "NEWSWIRE_REQUIRE_TOOLS is set, but {why}");
    test_support::skip(what, why);
}

/// Standard output of a command that must succeed.
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn kcat_prints_the_current_state_of_each_article() {
    let Some(written) = written(20) else { return };
    if !has_kcat() {
        return;
    }
    let lines = output(Command::new(examples().join("kcat/current")).args([&written.kafka, &written.topic]));
    let records: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |record: &serde_json::Value, field: &str| record[field].as_str().unwrap().to_owned();
    let shown: Titles = records.iter().map(|record| (text(record, "article_id"), text(record, "title"))).collect();
    assert_eq!((records.len(), shown), (written.current.len(), written.current));
}

/// A script and the programs that it starts, killed on drop.
struct Script(Child);

impl Drop for Script {
    fn drop(&mut self) {
        let _ = killpg(Pid::from_raw(self.0.id().cast_signed()), Signal::SIGKILL);
        drop(self.0.wait());
    }
}

#[test]
fn kcat_follows_the_topic() {
    let Some(written) = written(3) else { return };
    if !has_kcat() {
        return;
    }
    let log = written.newswire.folder().join("follow");
    let mut command = Command::new(examples().join("kcat/follow"));
    command.args([&written.kafka, &written.topic]).stdout(File::create(&log).unwrap()).process_group(0);
    let _script = Script(command.spawn().unwrap());
    // It begins at the end, wherever that is once it has connected: records are written until it shows one.
    let mut number = 0;
    eventually(LIMIT, "a line of a new record", || {
        number += 1;
        let record = record(&id(number), (1, 0), "NEW", "a new article");
        written.newswire.append(vec![written.newswire.outgoing(Topic::Enriched, &record.article_id, &record)]);
        let lines = std::fs::read_to_string(&log).unwrap();
        lines.contains("2026-11-24T09:15:00+00:00\tNEW\tKE,TZ\ta new article\n")
    });
}

#[test]
fn the_consumer_in_python_keeps_what_is_current() {
    let Some(python) = python("confluent_kafka") else { return };
    let Some(written) = written(20) else { return };
    let program = examples().join("python/consume.py");
    let mut command = Command::new(python);
    command.arg(program).args(["--kafka", &written.kafka, "--topic", &written.topic, "--to-end"]);
    let mut shown = Titles::new();
    for line in output(&mut command).lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [change, article, title] = fields[..] else { panic!("{line:?}") };
        match change {
            "withdrawn" => assert!(shown.remove(article).is_some(), "{line:?}"),
            "new" => assert!(shown.insert(article.to_owned(), title.to_owned()).is_none(), "{line:?}"),
            "changed" => assert!(shown.insert(article.to_owned(), title.to_owned()).is_some(), "{line:?}"),
            _ => panic!("{line:?}"),
        }
    }
    assert_eq!(shown, written.current);
}

/// Two consumers that believe that they own every partition, each killed again and again.
#[test]
fn the_table_in_postgresql_has_each_record_exactly_once() {
    let Some(python) = python("confluent_kafka, pg8000") else { return };
    let Some(database) = Postgres::start() else { return };
    let Some(written) = written(1_000) else { return };
    for _ in 0..2 {
        database.apply(&examples().join("postgres/schema.sql"));
    }
    let program = examples().join("postgres/consume.py");
    let arguments = |group: &str| {
        let flags = ["--kafka", &written.kafka, "--topic", &written.topic, "--database", &database.connection()];
        let own = ["--group", group, "--batch", "10"];
        let program = program.to_str().unwrap();
        [program].iter().chain(&flags).chain(&own).map(ToString::to_string).collect::<Vec<_>>()
    };
    let applied = || database.query("SELECT coalesce(sum(records), 0) FROM arrivals").parse::<usize>().unwrap();
    let log = written.newswire.folder().join("consumers");
    for round in 0..4 {
        let start = |name: String| Process::start(&name, &python, &arguments(&name), &[], &log);
        // A group of their own each: Kafka gives both of them all partitions.
        let mut consumers = ["one", "two"].map(|name| start(format!("{}{name}-{round}", written.topic)));
        let before = applied();
        eventually(LIMIT, "records are applied", || applied() >= (before + 100).min(written.records));
        consumers.iter_mut().for_each(Process::kill);
    }
    let killed_at = applied();
    assert!(killed_at <= written.records, "{killed_at} of {}", written.records);
    let mut last = Command::new(&python);
    output(last.args(arguments(&format!("{}last", written.topic))).arg("--to-end"));

    assert_eq!(applied(), written.records, "each record is counted once");
    let rows = database.query("SELECT article_id || ' ' || title FROM articles ORDER BY article_id");
    let shown: Titles =
        rows.lines().map(|row| row.split_once(' ').unwrap()).map(|(id, title)| (id.into(), title.into())).collect();
    // PostgreSQL has no U+0000.
    let expected: Titles =
        written.current.into_iter().map(|(id, title)| (id, title.replace('\0', "\u{fffd}"))).collect();
    assert_eq!(shown, expected);
    let of_withdrawn = format!("SELECT change || title FROM records WHERE article_id = '{}'", written.withdrawn);
    assert_eq!(database.query(&of_withdrawn), "WITHDRAWN", "no text of it is left");
    let in_kenya =
        "SELECT count(*) FROM articles WHERE record -> 'countries' @> '[{\"code\": \"KE\", \"role\": \"FOCUS\"}]'";
    assert_eq!(database.query(in_kenya), expected.len().to_string());
}
