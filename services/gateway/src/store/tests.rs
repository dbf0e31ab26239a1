use super::*;
use proto::{v1::EnrichedArticle, vocab::change};

fn article(id: &str, second: i64, revision: i32, enrichment: i32, change: &str) -> Arc<StoredArticle> {
    let enriched = EnrichedArticle {
        article_id: id.to_owned(),
        revision,
        enrichment,
        change: change.to_owned(),
        published_at: Some(proto::Timestamp { seconds: second, nanos: 0 }),
        ..EnrichedArticle::default()
    };
    Arc::new(StoredArticle::new(&enriched, 0).unwrap())
}

fn listed(store: &Store) -> Vec<(String, (i32, i32))> {
    store.newest(None).map(|article| (article.id.to_string(), article.version)).collect()
}

#[test]
fn an_older_record_never_replaces_a_newer_one() {
    let mut store = Store::new(10, 1 << 20);
    assert_eq!(store.apply(&article("a", 1, 2, 1, change::REENRICHED)), Outcome::Shown);
    assert_eq!(store.apply(&article("a", 1, 2, 0, change::UPDATED)), Outcome::Superseded);
    assert_eq!(store.apply(&article("a", 1, 1, 7, change::REENRICHED)), Outcome::Superseded);
    assert_eq!(store.apply(&article("a", 1, 2, 1, change::REENRICHED)), Outcome::Superseded, "a repeat");
    assert_eq!(store.apply(&article("a", 9, 3, 0, change::UPDATED)), Outcome::Shown);
    assert_eq!(listed(&store), [("a".to_owned(), (3, 0))]);
}

#[test]
fn a_withdrawn_article_stays_withdrawn() {
    let mut store = Store::new(10, 1 << 20);
    store.apply(&article("a", 1, 1, 0, change::NEW));
    assert_eq!(store.apply(&article("a", 1, 2, 0, change::WITHDRAWN)), Outcome::Withdrawn);
    assert_eq!(store.apply(&article("a", 1, 1, 1, change::REENRICHED)), Outcome::Superseded);
    assert_eq!((store.len(), store.bytes()), (0, 0));
    assert_eq!(store.apply(&article("a", 1, 3, 0, change::UPDATED)), Outcome::Shown, "published again");
}

#[test]
fn the_oldest_articles_are_dropped_first() {
    let mut store = Store::new(2, 1 << 20);
    for (id, second) in [("b", 2), ("c", 3), ("a", 1), ("d", 4)] {
        store.apply(&article(id, second, 1, 0, change::NEW));
    }
    assert_eq!(listed(&store).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), ["d", "c"]);
}

#[test]
fn bytes_are_bounded_but_one_large_article_is_kept() {
    let one = article("a", 1, 1, 0, change::NEW);
    let mut store = Store::new(100, one.bytes() * 2);
    for (second, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
        store.apply(&article(id, i64::try_from(second).unwrap(), 1, 0, change::NEW));
    }
    assert_eq!(store.len(), 2);
    assert!(store.bytes() <= one.bytes() * 2);
    let mut small = Store::new(100, 1);
    small.apply(&one);
    assert_eq!(small.len(), 1);
}

#[test]
fn a_cursor_continues_among_articles_of_the_same_time() {
    let mut store = Store::new(10, 1 << 20);
    for id in ["a", "b", "c", "d"] {
        store.apply(&article(id, 5, 1, 0, change::NEW));
    }
    let first: Vec<_> = store.newest(None).take(2).cloned().collect();
    let cursor = SortKey::from_cursor(&first[1].sort_key.to_cursor()).unwrap();
    let rest: Vec<&str> = store.newest(Some(&cursor)).map(|article| &*article.id).collect();
    assert_eq!(rest, ["b", "a"]);
}

#[test]
fn an_article_without_a_date_is_sorted_by_the_time_of_its_record() {
    let article = EnrichedArticle { article_id: "a".into(), ..EnrichedArticle::default() };
    assert_eq!(StoredArticle::new(&article, 77).unwrap().sort_key.at_ms, 77);
}

proptest::proptest! {
    /// Whatever the order of records, the highest version of each article remains.
    #[test]
    fn the_highest_version_wins_in_any_order(records in proptest::collection::vec((0..4_u8, 0..4_i32, 0..3_i32), 0..40)) {
        let mut store = Store::new(100, 1 << 20);
        let mut best = std::collections::BTreeMap::new();
        for (id, revision, enrichment) in records {
            let id = format!("a{id}");
            store.apply(&article(&id, i64::from(revision), revision, enrichment, change::UPDATED));
            let version = best.entry(id).or_insert((revision, enrichment));
            *version = (*version).max((revision, enrichment));
        }
        for (id, version) in &best {
            proptest::prop_assert_eq!(store.get(id).unwrap().version, *version);
        }
        proptest::prop_assert_eq!(store.len(), best.len());
        proptest::prop_assert_eq!(store.bytes(), store.newest(None).map(|article| article.bytes()).sum::<usize>());
    }
}
