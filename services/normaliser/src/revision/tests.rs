use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

mod interleavings;
mod lifetime;
mod pages;
mod ranks;

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn copy(feed: &str, written: Option<i64>, fetched: i64) -> RawItem {
    RawItem {
        article_id: "a".into(),
        feed_id: feed.into(),
        updated_at: written.map(|second| proto::time::to_wire(at(second))),
        fetch: Some(proto::v1::Fetch { fetched_at: Some(proto::time::to_wire(at(fetched))), ..Default::default() }),
        ..Default::default()
    }
}

/// Applies a copy to the state. Returns the revision that is published.
fn step(state: &mut Option<ArticleState>, raw: &RawItem, hash: &str) -> Option<i32> {
    deliver(state, raw, hash, Delivery::at(at(0)))
}

fn deliver(state: &mut Option<ArticleState>, raw: &RawItem, hash: &str, delivery: Delivery) -> Option<i32> {
    match decide(raw, state.as_ref(), hash, delivery) {
        Revision::New(next) | Revision::Updated(next) => {
            let revision = next.revision;
            *state = Some(next);
            Some(revision)
        }
        Revision::Duplicate(next) => {
            if let Some(next) = next {
                *state = Some(next);
            }
            None
        }
    }
}

#[test]
fn new_then_duplicate_then_updated() {
    let mut state = None;
    assert_eq!(step(&mut state, &copy("f", None, 0), "one"), Some(1));
    assert_eq!(step(&mut state, &copy("f", None, 60), "one"), None);
    assert_eq!(step(&mut state, &copy("f", None, 120), "two"), Some(2));
    let state = state.unwrap();
    assert_eq!(state.first_seen_at, Some(proto::time::to_wire(at(0))));
    assert_eq!(state.earlier_hashes, ["one"]);
}

#[test]
fn a_duplicate_from_another_feed_adds_the_feed_and_publishes_nothing() {
    let mut state = None;
    step(&mut state, &copy("g", None, 0), "one");
    assert_eq!(step(&mut state, &copy("f", None, 1), "one"), None);
    assert_eq!(state.unwrap().feed_ids, ["f", "g"]);
}

#[test]
fn a_duplicate_seen_within_the_day_leaves_the_state_unwritten() {
    let mut state = None;
    step(&mut state, &copy("f", None, 0), "one");
    let delivery = Delivery::at(at(0));
    assert_eq!(decide(&copy("f", None, 3_600), state.as_ref(), "one", delivery), Revision::Duplicate(None));
    let refreshed = decide(&copy("f", None, 90_000), state.as_ref(), "one", delivery);
    assert!(matches!(refreshed, Revision::Duplicate(Some(_))));
}

#[test]
fn a_feed_that_is_behind_does_not_revert_the_text() {
    let mut state = None;
    step(&mut state, &copy("front", Some(0), 0), "first");
    step(&mut state, &copy("front", Some(100), 100), "second");
    assert_eq!(step(&mut state, &copy("section", Some(0), 200), "first"), None);
    assert_eq!(step(&mut state, &copy("section", None, 300), "first"), None);
    assert_eq!(step(&mut state, &copy("section", Some(400), 400), "third"), Some(3));
}

#[test]
fn two_feeds_with_different_texts_and_increasing_dates_publish_two_revisions() {
    let mut state = None;
    let published = (0..1_000)
        .filter(|n| {
            let (feed, text) = if n % 2 == 0 { ("a", "long") } else { ("b", "short") };
            step(&mut state, &copy(feed, Some(*n), *n), text).is_some()
        })
        .count();
    assert_eq!(published, 2);
}

#[test]
fn an_earlier_text_without_a_later_date_is_a_duplicate() {
    let mut state = None;
    step(&mut state, &copy("f", None, 0), "one");
    step(&mut state, &copy("f", None, 1), "two");
    assert_eq!(step(&mut state, &copy("f", None, 2), "one"), None);
}

#[test]
fn a_publisher_may_revert_a_change_with_a_later_date() {
    let mut state = None;
    step(&mut state, &copy("f", Some(0), 0), "one");
    step(&mut state, &copy("f", Some(1), 1), "two");
    assert_eq!(step(&mut state, &copy("f", Some(2), 2), "one"), Some(3));
}

#[test]
fn a_future_date_does_not_make_later_changes_old() {
    let mut state = None;
    step(&mut state, &copy("f", Some(2_000_000_000), 0), "one");
    assert_eq!(step(&mut state, &copy("f", Some(60), 60), "two"), Some(2));
}

#[test]
fn a_change_that_is_fetched_by_a_clock_that_is_behind_is_an_update() {
    let mut state = None;
    step(&mut state, &copy("f", Some(1_000), 1_001), "one");
    assert_eq!(step(&mut state, &copy("f", Some(1_000), 700), "two"), Some(2));
    assert_eq!(step(&mut state, &copy("f", Some(1_100), 800), "one"), Some(3), "reverted with a later date");
    assert_eq!(step(&mut state, &copy("f", Some(999), 1_200), "three"), None, "its own date is older");
}

#[test]
fn a_withdrawn_article_that_is_shown_again_is_an_update() {
    let mut state = None;
    step(&mut state, &copy("f", None, 0), "one");
    state.as_mut().unwrap().withdrawn = true;
    assert_eq!(step(&mut state, &copy("f", None, 1), "one"), Some(2));
    assert!(!state.unwrap().withdrawn);
}

proptest! {
    /// For any copies in any order: revisions grow by one, `first_seen_at` stays, the feeds are sorted and unique, and a
    /// repeat of the last copy publishes nothing.
    #[test]
    fn the_state_is_consistent_after_any_copies(copies in proptest::collection::vec((0..4u8, proptest::option::of(0..6i64), 0..5u8), 1..60)) {
        let mut state = None;
        let mut revision = 0;
        let mut feeds = HashSet::new();
        for (n, (feed, written, text)) in copies.iter().enumerate() {
            let raw = copy(&format!("f{feed}"), *written, i64::try_from(n).unwrap());
            feeds.insert(raw.feed_id.clone());
            if let Some(published) = step(&mut state, &raw, &text.to_string()) {
                prop_assert_eq!(published, revision + 1);
                revision = published;
            }
            prop_assert_eq!(step(&mut state, &raw, &text.to_string()), None);
        }
        let state = state.unwrap();
        let mut sorted: Vec<_> = feeds.into_iter().collect();
        sorted.sort();
        prop_assert_eq!(state.feed_ids, sorted);
        prop_assert_eq!(state.first_seen_at, Some(proto::time::to_wire(at(0))));
    }

    #[test]
    fn feeds_that_each_repeat_one_text_publish_each_text_at_most_once(rounds in proptest::collection::vec((0..5u8, proptest::option::of(0..1_000i64)), 1..300)) {
        let mut state = None;
        let published = rounds
            .iter()
            .filter(|(feed, written)| step(&mut state, &copy(&format!("f{feed}"), *written, 1_000), &feed.to_string()).is_some())
            .count();
        prop_assert!(published <= 5, "{} revisions of 5 texts", published);
    }
}
