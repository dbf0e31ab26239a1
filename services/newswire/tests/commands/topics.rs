//! `newswire topics` on an embedded log, and what it says without one.

use crate::support::{newswire, run, run_with};
use serde_json::Value;

/// An object a line.
fn lines(json: &str) -> Vec<Value> {
    json.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn apply_creates_the_topics_and_plan_exits_with_two_while_something_differs() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let applied = newswire(&data, &["topics", "apply"]);
    assert!(applied.contains("news.raw.v1") && applied.ends_with(" changed, 0 refused\n"), "{applied}");
    let planned = newswire(&data, &["topics", "plan"]);
    assert!(planned.ends_with(" topics are as declared\n") && planned.lines().count() == 1, "{planned}");
    assert_eq!(newswire(&data, &["topics", "apply", "--json"]), "");
}

#[test]
fn another_number_of_partitions_is_refused_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    newswire(&data, &["topics", "apply"]);
    let (output, error, code) = run_with(&data, &["topics", "apply", "--json"], 5);
    assert_eq!(code, 2, "{error}");
    let differences = lines(&output);
    let raw = differences.iter().find(|one| one["topic"] == "news.raw.v1").unwrap();
    assert_eq!(
        (&raw["setting"], &raw["found"], &raw["change"]),
        (&"partitions".into(), &"3".into(), &"refused".into())
    );
    assert!(raw["reason"].as_str().unwrap().contains("--partitions 3"), "{raw}");
    let (_, _, code) = run(&data, &["topics", "plan"]);
    assert_eq!(code, 0);
}

#[test]
fn acls_need_no_broker_and_name_the_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let flags = ["--topic-prefix", "eu.news.", "--principal", "enricher=User:CN=it's,O=A B", "--command-config", "a b"];
    let text = newswire(&data, &[&["topics", "acls"][..], &flags].concat());
    let write = text.lines().find(|line| line.contains("--operation Write --topic")).unwrap();
    assert_eq!(
        write,
        "kafka-acls.sh --bootstrap-server HOST:PORT --command-config 'a b' --add --allow-principal \
         'User:CN=it'\\''s,O=A B' --operation Write --topic eu.news.enriched.v1 --topic eu.news.dead-letter.v1"
    );
    assert!(!data.exists());
    let rights = lines(&newswire(&data, &["topics", "acls", "--json"]));
    let services = ["poller", "normaliser", "enricher", "gateway", "operator"];
    assert!(services.iter().all(|service| rights.iter().any(|one| one["service"] == *service)));
}
