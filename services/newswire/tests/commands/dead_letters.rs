use crate::support::{hold, json, newswire, run, until};
use proto::topic::Topic;
use stream::Outgoing;

/// The record is refused again after each replay, with one attempt more, while the stage keeps running.
#[test]
fn a_refused_record_is_listed_and_replayed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (runtime, shutdown) = hold(&data);
    let poison = Outgoing {
        topic: runtime.names.of(Topic::Raw),
        partition: 1,
        key: b"poison".to_vec(),
        value: Some(b"not JSON".to_vec()),
        headers: Vec::new(),
    };
    runtime.log.append(vec![poison]).unwrap();
    let running = runtime.clone();
    let normaliser = std::thread::spawn(move || {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        tokio.block_on(normaliser::run(normaliser::Config::default(), running))
    });

    let list = || json(&data, &["dead-letter", "list"]);
    until(&runtime, Topic::DeadLetter, "a dead letter", || list().len() == 1);
    let refused = list().remove(0);
    assert_eq!((&refused["stage"], &refused["reason"]), (&"normaliser".into(), &"undecodable".into()));
    assert_eq!((&refused["attempt"], &refused["key"], &refused["replays"]), (&1.into(), &"poison".into(), &0.into()));
    let number = refused["dead_letter"].as_str().unwrap();
    let table = newswire(&data, &["dead-letter", "list"]);
    assert!(table.contains("  normaliser  undecodable  ") && table.contains("  news.raw.v1[1]@0  poison  "), "{table}");
    let shown: serde_json::Value = serde_json::from_str(&newswire(&data, &["dead-letter", "show", number])).unwrap();
    assert_eq!(shown["record"]["value_text"], "not JSON");
    assert!(json(&data, &["dead-letter", "list", "--stage", "enricher"]).is_empty());

    assert!(newswire(&data, &["dead-letter", "replay", "--all", "--dry-run"]).contains("would be replayed"));
    assert_eq!(list().len(), 1);
    newswire(&data, &["dead-letter", "replay", number]);
    until(&runtime, Topic::DeadLetter, "a second refusal", || list().len() == 2);
    let after = list();
    assert_eq!((&after[0]["replays"], &after[1]["attempt"]), (&1.into(), &2.into()));
    // The first was replayed before, so only the second is replayed.
    let again = newswire(&data, &["dead-letter", "replay", "--all"]);
    assert!(again.contains("attempt 3") && again.ends_with("1 dead letters\n"), "{again}");
    until(&runtime, Topic::DeadLetter, "a third refusal", || list().last().is_some_and(|last| last["attempt"] == 3));

    let (_, error, code) = run(&data, &["dead-letter", "show", "2/99"]);
    assert!(code == 70 && error.contains("no dead letter 2/99"), "{code}: {error}");
    let (_, error, code) = run(&data, &["dead-letter", "replay", "first"]);
    assert!(code == 64 && error.contains("PARTITION/OFFSET"), "{code}: {error}");

    shutdown.cancel();
    normaliser.join().unwrap().unwrap();
}
