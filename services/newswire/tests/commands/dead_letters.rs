use crate::support::{hold, newswire, run, until};
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

    let list = || newswire(&data, &["dead-letter", "list"]);
    until(&runtime, Topic::DeadLetter, "a dead letter", || list().lines().count() == 1);
    let line = list();
    assert!(line.contains("\tnormaliser\tundecodable\tattempt 1\tnews.raw.v1[1]@0\tpoison\t"), "{line}");
    let number = line.split('\t').next().unwrap();
    let shown: serde_json::Value = serde_json::from_str(&newswire(&data, &["dead-letter", "show", number])).unwrap();
    assert_eq!(shown["record"]["value_text"], "not JSON");
    assert!(newswire(&data, &["dead-letter", "list", "--stage", "enricher"]).is_empty());

    assert!(newswire(&data, &["dead-letter", "replay", "--all", "--dry-run"]).contains("would be replayed"));
    assert_eq!(list().lines().count(), 1);
    newswire(&data, &["dead-letter", "replay", number]);
    until(&runtime, Topic::DeadLetter, "a second refusal", || list().lines().count() == 2);
    let after = list();
    assert!(after.lines().next().unwrap().ends_with("replayed 1x"), "{after}");
    assert!(after.lines().nth(1).unwrap().contains("\tattempt 2\t"), "{after}");
    // The first was replayed before, so only the second is replayed.
    let again = newswire(&data, &["dead-letter", "replay", "--all"]);
    assert!(again.contains("attempt 3") && again.ends_with("1 dead letters\n"), "{again}");
    until(&runtime, Topic::DeadLetter, "a third refusal", || list().contains("\tattempt 3\t"));

    let (_, error, code) = run(&data, &["dead-letter", "show", "2/99"]);
    assert!(code == 70 && error.contains("no dead letter 2/99"), "{code}: {error}");
    let (_, error, code) = run(&data, &["dead-letter", "replay", "first"]);
    assert!(code == 64 && error.contains("PARTITION/OFFSET"), "{code}: {error}");

    shutdown.cancel();
    normaliser.join().unwrap().unwrap();
}
