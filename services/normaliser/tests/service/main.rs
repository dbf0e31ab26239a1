//! The service on the embedded log.
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, not the functions that they call")]

mod service;

use proto::{
    topic::Topic,
    v1::{ArticleState, RawItem, Signature, Withdrawal},
    vocab::kind,
};
use service::{PARTITIONS, Service, fetched, item};
use std::collections::HashMap;
use stream::{DeadLetter, Outgoing, header};

const A: &str = "https://example.com/a";
const B: &str = "https://example.com/b";
const TEXT: &str = "The dam opened on Tuesday and the minister spoke of light for two hundred villages in the valley.";
const CHANGED: &str = "The dam opened on Tuesday, late.";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_item_is_an_article_with_a_signature() {
    let service = Service::new();
    service.append([service.outgoing(&item(A, "f", TEXT))]);
    service.drain().await;
    assert_eq!(service.articles(), [(A.into(), 1, "NEW".into())]);
    let signatures: Vec<Signature> = service.read(Topic::Signatures);
    let [signature] = signatures.as_slice() else { panic!("{signatures:?}") };
    assert_eq!((signature.article_id.as_str(), signature.minhashes.len()), (proto::id::article_id(A).as_str(), 64));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_a_duplicate_and_a_changed_text_an_update() {
    let service = Service::new();
    let items = [item(A, "f", TEXT), item(A, "g", TEXT), item(A, "f", CHANGED), item(A, "g", TEXT)];
    service.append(items.iter().map(|item| service.outgoing(item)));
    service.drain().await;
    assert_eq!(service.articles(), [(A.into(), 1, "NEW".into()), (A.into(), 2, "UPDATED".into())]);
    assert_eq!(service.counts(), (4, 2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_items_are_dead_letters() {
    let service = Service::new();
    let valid = service.outgoing(&item(B, "f", TEXT));
    let empty = RawItem { title: String::new(), content: String::new(), ..item(B, "f", "") };
    let key = b"another key".to_vec();
    service.append([
        service.outgoing(&empty),
        Outgoing { partition: proto::partition::of(&key, PARTITIONS), key, ..valid.clone() },
        Outgoing { partition: (valid.partition + 1) % PARTITIONS, ..valid.clone() },
        Outgoing { value: Some(b"no JSON".to_vec()), ..valid },
    ]);
    service.drain().await;
    let records = service.records(Topic::DeadLetter);
    let mut reasons: Vec<String> =
        records.iter().map(|record| DeadLetter::from_record(record).unwrap().reason).collect();
    reasons.sort();
    assert_eq!(reasons, ["key-mismatch", "no-text", "undecodable", "wrong-partition"]);
    assert_eq!((service.articles(), service.counts()), (vec![], (4, 0, 0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_restores_the_state_and_continues_at_the_committed_offset() {
    let service = Service::new();
    let items = [item(A, "f", TEXT), item(A, "g", TEXT), item(A, "f", CHANGED)];
    service.append(items.iter().map(|item| service.outgoing(item)));
    service.drain().await;

    let service = service.restart();
    service.append([service.outgoing(&item(A, "f", CHANGED)), service.outgoing(&item(B, "h", TEXT))]);
    service.drain().await;
    assert_eq!(service.counts(), (2, 1, 1));
    assert_eq!(
        service.articles(),
        [(A.into(), 1, "NEW".into()), (A.into(), 2, "UPDATED".into()), (B.into(), 1, "NEW".into())]
    );
    let states = service.read::<ArticleState>(Topic::ArticleState);
    let states: HashMap<&str, &ArticleState> = states.iter().map(|one| (one.article_id.as_str(), one)).collect();
    assert_eq!(states[proto::id::article_id(A).as_str()].feed_ids, ["f", "g"]);
    assert_eq!(states[proto::id::article_id(B).as_str()].revision, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_item_that_is_older_than_the_current_revision_is_a_duplicate() {
    let service = Service::new();
    let older = service.outgoing(&fetched(item(A, "f", CHANGED), 50));
    let replay_of = vec![(header::REPLAY_OF.to_owned(), b"0/7".to_vec())];
    service.append([service.outgoing(&fetched(item(A, "f", TEXT), 100)), Outgoing { headers: replay_of, ..older }]);
    service.drain().await;
    assert_eq!(service.articles(), [(A.into(), 1, "NEW".into())]);
    assert_eq!(service.counts(), (2, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seen_item_renews_the_state_and_is_dropped_without_one() {
    let service = Service::new();
    let seen = |url: &str| {
        let item = RawItem { article_id: proto::id::article_id(url), kind: kind::SEEN.into(), ..RawItem::default() };
        service.outgoing(&fetched(item, 900_000))
    };
    service.append([service.outgoing(&fetched(item(A, "f", TEXT), 100)), seen(A), seen(B)]);
    service.drain().await;
    assert_eq!((service.counts(), service.dropped("no-state")), ((3, 1, 1), 1));
    let states: Vec<ArticleState> = service.read(Topic::ArticleState);
    let seconds = states.last().unwrap().last_seen_at.map(|at| at.seconds);
    assert_eq!(seconds, Some(service::FIRST_FETCH + 900_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_entry_without_state_is_updated_with_an_unused_revision() {
    let service = Service::new();
    let minute = jiff::Timestamp::now().as_second() / 60;
    service.append([service.outgoing(&RawItem { known: true, ..item(A, "f", TEXT) })]);
    service.drain().await;
    let articles = service.articles();
    let [(_, revision, change)] = articles.as_slice() else { panic!("{articles:?}") };
    assert!(i64::from(*revision) >= minute, "{revision}");
    assert_eq!(change, "UPDATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_survives_a_restart_and_ends_with_its_restoration() {
    let service = Service::new();
    let withdraw =
        RawItem { kind: kind::WITHDRAW.into(), title: String::new(), content: String::new(), ..item(A, "", "") };
    let items = [&item(A, "f", TEXT), &withdraw, &withdraw, &item(A, "g", CHANGED)];
    service.append(items.map(|item| service.outgoing(item)));
    service.drain().await;
    assert_eq!(service.changes(), ["NEW", "WITHDRAWN"]);
    let withdrawals: Vec<Withdrawal> = service.read(Topic::Withdrawals);
    let withdrawal = withdrawals.first().unwrap();
    assert_eq!((withdrawal.article_id.clone(), withdrawal.withdrawn_at.is_some()), (proto::id::article_id(A), true));
    assert_eq!(service.dropped("withdrawn"), 1);

    let service = service.restart();
    let restore = RawItem { kind: kind::RESTORE.into(), ..item(A, "f", TEXT) };
    service.append([&item(A, "f", "A third text."), &restore, &restore].map(|item| service.outgoing(item)));
    service.drain().await;
    assert_eq!(service.changes(), ["NEW", "WITHDRAWN", "UPDATED"]);
    assert!(service.records(Topic::Withdrawals).last().unwrap().value.is_none(), "the row is deleted");
    let signed: Vec<i32> = service.read::<Signature>(Topic::Signatures).iter().map(|one| one.revision).collect();
    assert_eq!(signed, [1, 3], "a withdrawn revision has no signature");
}
