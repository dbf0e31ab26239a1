//! The service on the embedded log: new, duplicate, updated and refused items, before and after a restart.
#![expect(clippy::unwrap_used, reason = "clippy sees no test in the helpers of an integration test")]

use proto::{
    topic::{Names, Topic},
    v1::{Article, ArticleState, Fetch, RawItem, Signature, Withdrawal},
    vocab::kind,
    wire::Encoding,
};
use std::{collections::HashMap, ops::ControlFlow, path::Path, sync::Arc, time::Duration};
use stream::{
    CancellationToken, DeadLetter, Log, Metrics, Outgoing, Record, Runtime, Start, embedded::Embedded, header,
};

const PARTITIONS: i32 = 4;

fn runtime(folder: &Path) -> Runtime {
    let registry = prometheus::Registry::new();
    let runtime = Runtime {
        log: Arc::new(Embedded::open(folder).unwrap()),
        names: Names::default(),
        partitions: PARTITIONS,
        retention: Vec::new(),
        encoding: Encoding::Json,
        replica: "0".into(),
        metrics: Metrics::new(&registry).unwrap(),
        registry,
        shutdown: CancellationToken::new(),
    };
    runtime.ensure_topics().unwrap();
    runtime
}

fn item(url: &str, feed: &str, body: &str) -> RawItem {
    RawItem {
        article_id: proto::id::article_id(url),
        kind: kind::ENTRY.into(),
        feed_id: feed.into(),
        feed_title: "Example Post".into(),
        url: url.into(),
        canonical_url: url.into(),
        title: format!("Dam {url} opens - Example Post"),
        content: format!("<p>{body}</p><p>Post a Comment</p>"),
        ..Default::default()
    }
}

fn outgoing(runtime: &Runtime, item: &RawItem, key: &str) -> Outgoing {
    Outgoing {
        topic: runtime.names.of(Topic::Raw),
        partition: proto::partition::of(key.as_bytes(), PARTITIONS),
        key: key.as_bytes().to_vec(),
        value: Some(Encoding::Json.encode(item).unwrap()),
        headers: Vec::new(),
    }
}

fn all(log: &dyn Log, topic: &str) -> Vec<Record> {
    let mut records = Vec::new();
    stream::scan(log, topic, Start::Beginning, Duration::from_secs(20), |record| {
        records.push(record);
        ControlFlow::Continue(())
    })
    .unwrap();
    records
}

/// Runs the service until every raw item is processed.
async fn drain(runtime: &Runtime) {
    let service = tokio::spawn(normaliser::run(normaliser::Config { batch: 3 }, runtime.clone()));
    let (raw, group) = (runtime.names.of(Topic::Raw), runtime.names.group(normaliser::STAGE));
    let (log, state) = (runtime.log.clone(), runtime.names.of(Topic::ArticleState));
    let waited = tokio::task::spawn_blocking(move || {
        stream::until(&*log, &state, Duration::from_secs(60), || {
            let (ends, done) = (log.ends(&raw).unwrap(), log.committed(&group, &raw).unwrap());
            ends.iter().all(|(partition, end)| *end == 0 || done.get(partition) >= Some(end))
        })
    });
    let waited = waited.await.unwrap();
    runtime.shutdown.cancel();
    service.await.unwrap().unwrap();
    waited.unwrap();
}

fn articles(runtime: &Runtime) -> Vec<(String, i32, String)> {
    let mut found: Vec<_> = all(&*runtime.log, &runtime.names.of(Topic::Articles))
        .iter()
        .map(|record| record.decode::<Article>().unwrap())
        .map(|article| (article.canonical_url, article.revision, article.change))
        .collect();
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_raw_item_has_one_outcome_and_a_restart_repeats_none() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = ("https://example.com/a", "https://example.com/b");
    let (id_a, id_b) = (proto::id::article_id(a), proto::id::article_id(b));
    let first = "The dam opened on Tuesday and the minister spoke of light for two hundred villages in the valley.";
    {
        let runtime = runtime(folder.path());
        let wrong = (proto::partition::of(id_a.as_bytes(), PARTITIONS) + 1) % PARTITIONS;
        let empty = RawItem { title: String::new(), content: String::new(), ..item(b, "f", "") };
        runtime
            .log
            .append(vec![
                outgoing(&runtime, &item(a, "f", first), &id_a),
                outgoing(&runtime, &item(a, "g", first), &id_a),
                outgoing(&runtime, &item(a, "f", "The dam opened on Tuesday, late."), &id_a),
                outgoing(&runtime, &item(a, "g", first), &id_a),
                outgoing(&runtime, &empty, &id_b),
                outgoing(&runtime, &item(b, "f", first), "another key"),
                // From a producer with another partitioner.
                Outgoing { partition: wrong, ..outgoing(&runtime, &item(a, "f", first), &id_a) },
                Outgoing { value: Some(b"no JSON".to_vec()), ..outgoing(&runtime, &item(b, "f", first), &id_b) },
            ])
            .unwrap();
        drain(&runtime).await;
        assert_eq!(articles(&runtime), [(a.into(), 1, "NEW".into()), (a.into(), 2, "UPDATED".into())]);

        let mut reasons: Vec<String> = all(&*runtime.log, &runtime.names.of(Topic::DeadLetter))
            .iter()
            .map(|record| DeadLetter::from_record(record).unwrap().reason)
            .collect();
        reasons.sort();
        assert_eq!(reasons, ["key-mismatch", "no-text", "undecodable", "wrong-partition"]);

        // The counters balance: read = out + duplicate + dead letters.
        let stage = &[normaliser::STAGE];
        let count = |counter: &prometheus::IntCounterVec| counter.with_label_values(stage).get();
        let metrics = &runtime.metrics;
        assert_eq!((count(&metrics.read), count(&metrics.out), count(&metrics.duplicate)), (8, 2, 2));

        let signatures = all(&*runtime.log, &runtime.names.of(Topic::Signatures));
        let signature: Signature = signatures.first().unwrap().decode().unwrap();
        assert_eq!((signature.article_id.as_str(), signature.minhashes.len()), (id_a.as_str(), 64));
    }
    // A restart on the same folder restores the state and continues at the committed offset.
    let runtime = runtime(folder.path());
    runtime
        .log
        .append(vec![
            outgoing(&runtime, &item(a, "f", "The dam opened on Tuesday, late."), &id_a),
            outgoing(&runtime, &item(b, "h", first), &id_b),
        ])
        .unwrap();
    drain(&runtime).await;
    assert_eq!(
        articles(&runtime),
        [(a.into(), 1, "NEW".into()), (a.into(), 2, "UPDATED".into()), (b.into(), 1, "NEW".into())]
    );
    let states: HashMap<String, ArticleState> = all(&*runtime.log, &runtime.names.of(Topic::ArticleState))
        .iter()
        .map(|record| record.decode::<ArticleState>().unwrap())
        .map(|state| (state.article_id.clone(), state))
        .collect();
    assert_eq!(states[&id_a].feed_ids, ["f", "g"]);
    assert_eq!(states[&id_b].revision, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn seen_items_known_entries_and_replays_are_judged_by_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = runtime(folder.path());
    let (a, b) = ("https://example.com/a", "https://example.com/b");
    let (id_a, id_b) = (proto::id::article_id(a), proto::id::article_id(b));
    let fetched = |item: RawItem, second: i64| {
        let fetched_at = Some(proto::time::to_wire(jiff::Timestamp::from_second(1_790_000_000 + second).unwrap()));
        RawItem { fetch: Some(Fetch { fetched_at, ..Fetch::default() }), ..item }
    };
    let seen = |id: &str, second| {
        let item =
            RawItem { article_id: id.into(), feed_id: "f".into(), kind: kind::SEEN.into(), ..RawItem::default() };
        outgoing(&runtime, &fetched(item, second), id)
    };
    let replay_of = vec![(header::REPLAY_OF.to_owned(), b"0/7".to_vec())];
    let before = jiff::Timestamp::now().as_second() / 60;
    runtime
        .log
        .append(vec![
            outgoing(&runtime, &fetched(item(a, "f", "The dam opened."), 100), &id_a),
            Outgoing {
                headers: replay_of,
                ..outgoing(&runtime, &fetched(item(a, "f", "The dam is to open."), 50), &id_a)
            },
            seen(&id_a, 900_000),
            seen(&id_b, 900_000),
            outgoing(&runtime, &RawItem { known: true, ..item(b, "f", "The dam closed.") }, &id_b),
        ])
        .unwrap();
    drain(&runtime).await;
    let published = articles(&runtime);
    let revision = published[1].1;
    assert!(i64::from(revision) >= before, "{revision}");
    assert_eq!(published, [(a.into(), 1, "NEW".into()), (b.into(), revision, "UPDATED".into())]);
    let metrics = runtime.metrics.stage(normaliser::STAGE);
    assert_eq!((metrics.out.get(), metrics.duplicate.get(), metrics.dropped("no-state").get()), (2, 2, 1));
    let states = all(&*runtime.log, &runtime.names.of(Topic::ArticleState));
    let state: ArticleState =
        states.iter().rfind(|record| record.key == Topic::ArticleState.key(&id_a).unwrap()).unwrap().decode().unwrap();
    assert_eq!(state.last_seen_at.map(|at| at.seconds), Some(1_790_900_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_survives_a_restart_and_ends_with_its_restoration() {
    let folder = tempfile::tempdir().unwrap();
    let url = "https://example.com/a";
    let id = proto::id::article_id(url);
    let text = "The dam opened on Tuesday and the minister spoke of light for two hundred villages in the valley.";
    let command = |kind: &str, text: &str| RawItem { kind: kind.into(), ..item(url, "f", text) };
    let withdraw = RawItem {
        article_id: id.clone(),
        kind: kind::WITHDRAW.into(),
        url: url.into(),
        canonical_url: url.into(),
        ..RawItem::default()
    };
    let changes = |runtime: &Runtime| articles(runtime).into_iter().map(|(_, _, change)| change).collect::<Vec<_>>();
    let rows = |runtime: &Runtime| all(&*runtime.log, &runtime.names.of(Topic::Withdrawals));
    {
        let runtime = runtime(folder.path());
        let records = [&item(url, "f", text), &withdraw, &withdraw, &item(url, "g", "Another text.")];
        runtime.log.append(records.map(|item| outgoing(&runtime, item, &id)).to_vec()).unwrap();
        drain(&runtime).await;
        assert_eq!(changes(&runtime), ["NEW", "WITHDRAWN"]);
        let row: Withdrawal = rows(&runtime)[0].decode().unwrap();
        assert_eq!((row.article_id.as_str(), row.withdrawn_at.is_some()), (id.as_str(), true));
        assert_eq!(runtime.metrics.stage(normaliser::STAGE).dropped("withdrawn").get(), 1);
    }
    let runtime = runtime(folder.path());
    runtime.log.append(vec![outgoing(&runtime, &item(url, "f", "A third text."), &id)]).unwrap();
    runtime.log.append(vec![outgoing(&runtime, &command(kind::RESTORE, text), &id)]).unwrap();
    runtime.log.append(vec![outgoing(&runtime, &command(kind::RESTORE, text), &id)]).unwrap();
    drain(&runtime).await;
    assert_eq!(changes(&runtime), ["NEW", "WITHDRAWN", "UPDATED"]);
    assert!(rows(&runtime).last().unwrap().value.is_none(), "the row is deleted");
    let signatures = all(&*runtime.log, &runtime.names.of(Topic::Signatures));
    let revisions = signatures.iter().map(|record| record.decode::<Signature>().unwrap().revision);
    assert_eq!(revisions.collect::<Vec<_>>(), [1, 3], "a withdrawn revision has no signature");
}
