use super::*;
use proto::{v1::EnrichedArticle, vocab::change};

fn entry(id: &str, second: i64, revision: i32, enrichment: i32, change: &str) -> Arc<Entry> {
    let article = EnrichedArticle {
        article_id: id.to_owned(),
        revision,
        enrichment,
        change: change.to_owned(),
        published_at: Some(proto::Timestamp { seconds: second, nanos: 0 }),
        ..EnrichedArticle::default()
    };
    Arc::new(Entry::new(&article, 0).unwrap())
}

fn shown(store: &Store) -> Vec<(String, (i32, i32))> {
    store.newest(None).map(|entry| (entry.id.to_string(), entry.rank)).collect()
}

#[test]
fn an_older_record_never_turns_an_article_back() {
    let mut store = Store::new(10, 1 << 20);
    assert_eq!(store.take(&entry("a", 1, 2, 1, change::REENRICHED)), Outcome::Shown);
    assert_eq!(store.take(&entry("a", 1, 2, 0, change::UPDATED)), Outcome::Superseded);
    assert_eq!(store.take(&entry("a", 1, 1, 7, change::REENRICHED)), Outcome::Superseded);
    assert_eq!(store.take(&entry("a", 1, 2, 1, change::REENRICHED)), Outcome::Superseded, "a repeat");
    assert_eq!(store.take(&entry("a", 9, 3, 0, change::UPDATED)), Outcome::Shown);
    assert_eq!(shown(&store), [("a".to_owned(), (3, 0))]);
}

#[test]
fn a_withdrawn_article_stays_away() {
    let mut store = Store::new(10, 1 << 20);
    store.take(&entry("a", 1, 1, 0, change::NEW));
    assert_eq!(store.take(&entry("a", 1, 2, 0, change::WITHDRAWN)), Outcome::Withdrawn);
    assert_eq!(store.take(&entry("a", 1, 1, 1, change::REENRICHED)), Outcome::Superseded);
    assert_eq!((store.len(), store.bytes()), (0, 0));
    assert_eq!(store.take(&entry("a", 1, 3, 0, change::UPDATED)), Outcome::Shown, "published again");
}

#[test]
fn the_oldest_make_room() {
    let mut store = Store::new(2, 1 << 20);
    for (id, second) in [("b", 2), ("c", 3), ("a", 1), ("d", 4)] {
        store.take(&entry(id, second, 1, 0, change::NEW));
    }
    assert_eq!(shown(&store).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), ["d", "c"]);
}

#[test]
fn bytes_are_bounded_too_and_one_large_article_is_still_shown() {
    let one = entry("a", 1, 1, 0, change::NEW);
    let mut store = Store::new(100, one.bytes() * 2);
    for (at, id) in ["a", "b", "c", "d"].into_iter().enumerate() {
        store.take(&entry(id, i64::try_from(at).unwrap(), 1, 0, change::NEW));
    }
    assert_eq!(store.len(), 2);
    assert!(store.bytes() <= one.bytes() * 2);
    let mut small = Store::new(100, 1);
    small.take(&one);
    assert_eq!(small.len(), 1);
}

#[test]
fn pages_go_on_where_they_stopped_also_among_equal_times() {
    let mut store = Store::new(10, 1 << 20);
    for id in ["a", "b", "c", "d"] {
        store.take(&entry(id, 5, 1, 0, change::NEW));
    }
    let first: Vec<_> = store.newest(None).take(2).cloned().collect();
    let cursor = Place::from_cursor(&first[1].place.to_cursor()).unwrap();
    let rest: Vec<&str> = store.newest(Some(&cursor)).map(|entry| &*entry.id).collect();
    assert_eq!(rest, ["b", "a"]);
}

#[test]
fn without_any_date_the_time_of_writing_counts() {
    let article = EnrichedArticle { article_id: "a".into(), ..EnrichedArticle::default() };
    assert_eq!(Entry::new(&article, 77).unwrap().place.at_ms, 77);
}

proptest::proptest! {
    /// In whatever order records come, the highest rank of each article is what is left.
    #[test]
    fn the_highest_rank_wins_in_any_order(records in proptest::collection::vec((0..4_u8, 0..4_i32, 0..3_i32), 0..40)) {
        let mut store = Store::new(100, 1 << 20);
        let mut best = std::collections::BTreeMap::new();
        for (id, revision, enrichment) in records {
            let id = format!("a{id}");
            store.take(&entry(&id, i64::from(revision), revision, enrichment, change::UPDATED));
            let rank = best.entry(id).or_insert((revision, enrichment));
            *rank = (*rank).max((revision, enrichment));
        }
        for (id, rank) in &best {
            proptest::prop_assert_eq!(store.get(id).unwrap().rank, *rank);
        }
        proptest::prop_assert_eq!(store.len(), best.len());
        proptest::prop_assert_eq!(store.bytes(), store.newest(None).map(|e| e.bytes()).sum::<usize>());
    }
}
