//! The publisher's own copies, those of other sources, and replayed ones.

use super::*;

/// A copy of `https://example.com/a` by a feed of `example.com`.
fn own(feed: &str, written: Option<i64>, fetched: i64) -> RawItem {
    RawItem { feed_url: "https://feeds.example.com/rss".into(), ..other(feed, written, fetched) }
}

/// The same by a feed of another site.
fn other(feed: &str, written: Option<i64>, fetched: i64) -> RawItem {
    RawItem {
        canonical_url: "https://example.com/a".into(),
        feed_url: "https://aggregator.example/rss".into(),
        ..copy(feed, written, fetched)
    }
}

fn replay(state: &mut Option<ArticleState>, raw: &RawItem, hash: &str) -> Option<i32> {
    deliver(state, raw, hash, Delivery { replayed: true, ..Delivery::at(at(10_000)) })
}

#[test]
fn another_source_never_changes_the_publishers_own_text() {
    let mut state = None;
    step(&mut state, &own("o", Some(0), 0), "real");
    assert_eq!(step(&mut state, &other("x", Some(500), 500), "fake"), None);
    assert_eq!(step(&mut state, &other("x", None, 600), "fake"), None);
    let state = state.unwrap();
    assert_eq!((state.content_hash.as_str(), state.source_rank.as_str()), ("real", "OWN"));
    assert_eq!(state.feed_ids, ["o", "x"]);
}

#[test]
fn the_publishers_own_text_replaces_that_of_another_source_whatever_the_dates() {
    for (fake, real) in [(Some(500), Some(0)), (Some(500), None), (None, Some(0)), (None, None)] {
        let mut state = None;
        assert_eq!(step(&mut state, &other("x", fake, 500), "fake"), Some(1));
        assert_eq!(step(&mut state, &own("o", real, 600), "real"), Some(2), "{fake:?} {real:?}");
        let state = state.unwrap();
        assert_eq!((state.source_rank.as_str(), state.feed_id.as_str()), ("OWN", "o"));
        assert!(state.earlier_hashes.is_empty());
    }
}

#[test]
fn the_publishers_own_copy_of_the_same_text_only_raises_the_rank() {
    let mut state = None;
    step(&mut state, &other("x", Some(500), 500), "real");
    assert_eq!(step(&mut state, &own("o", Some(0), 600), "real"), None);
    let raised = state.clone().unwrap();
    assert_eq!((raised.revision, raised.source_rank.as_str(), raised.feed_id.as_str()), (1, "OWN", "o"));
    // The other source's later date does not make the publisher's next text old.
    assert_eq!(step(&mut state, &own("o", Some(100), 700), "corrected"), Some(2));
}

#[test]
fn another_sources_date_for_the_same_text_does_not_make_the_publishers_next_text_old() {
    let mut state = None;
    step(&mut state, &own("o", Some(0), 0), "real");
    step(&mut state, &other("x", Some(500), 500), "real");
    assert_eq!(step(&mut state, &own("o", Some(100), 600), "corrected"), Some(2));
}

#[test]
fn a_text_that_another_source_had_first_is_not_an_earlier_text_of_the_publisher() {
    let mut state = None;
    step(&mut state, &other("x", None, 0), "second");
    step(&mut state, &other("x", None, 1), "third");
    assert_eq!(step(&mut state, &own("o", None, 2), "first"), Some(3));
    assert_eq!(step(&mut state, &own("o", None, 3), "second"), Some(4));
    assert_eq!(step(&mut state, &own("o", None, 4), "third"), Some(5));
}

#[test]
fn copies_of_other_sources_follow_the_rules_of_equals_among_themselves() {
    let mut state = None;
    step(&mut state, &other("x", Some(0), 0), "one");
    assert_eq!(step(&mut state, &other("y", None, 1), "two"), None);
    assert_eq!(step(&mut state, &other("y", Some(2), 2), "two"), Some(2));
    assert_eq!(step(&mut state, &other("x", Some(0), 3), "one"), None);
}

#[test]
fn a_copy_of_another_source_does_not_bring_back_a_withdrawn_article_of_its_publisher() {
    let mut state = None;
    step(&mut state, &own("o", Some(0), 0), "real");
    state.as_mut().unwrap().withdrawn = true;
    assert_eq!(step(&mut state, &other("x", Some(500), 500), "fake"), None);
    assert_eq!(state.as_ref().unwrap().feed_ids, ["o", "x"]);
    assert_eq!(step(&mut state, &own("o", Some(0), 600), "real"), Some(2));
    // Of an article that was never the publisher's, any copy does.
    let mut state = None;
    step(&mut state, &other("x", None, 0), "fake");
    state.as_mut().unwrap().withdrawn = true;
    assert_eq!(step(&mut state, &other("y", None, 1), "fake"), Some(2));
}

#[test]
fn a_state_without_rank_is_one_of_another_source() {
    let mut state = None;
    step(&mut state, &own("o", Some(500), 500), "unranked");
    state.as_mut().unwrap().source_rank.clear();
    assert_eq!(step(&mut state, &own("o", Some(0), 600), "real"), Some(2));
    assert_eq!(state.unwrap().source_rank, "OWN");
}

#[test]
fn a_replayed_copy_that_was_fetched_before_the_current_revision_is_a_duplicate() {
    let mut state = None;
    step(&mut state, &own("o", None, 100), "second");
    assert_eq!(replay(&mut state, &own("p", None, 50), "first"), None);
    assert_eq!(replay(&mut state, &own("o", Some(90), 99), "first"), None);
    assert_eq!(state.as_ref().unwrap().feed_ids, ["o", "p"]);
    // One that was fetched later is judged as any other copy.
    assert_eq!(replay(&mut state, &own("o", None, 101), "third"), Some(2));
    assert_eq!(state.unwrap().revised_at, Some(proto::time::to_wire(at(101))));
}

#[test]
fn a_copy_that_is_not_replayed_may_have_been_fetched_before_the_current_revision() {
    let mut state = None;
    step(&mut state, &own("o", None, 100), "one");
    assert_eq!(step(&mut state, &own("o", None, 50), "two"), Some(2));
}

#[test]
fn a_replayed_copy_of_the_publisher_counts_against_a_later_one_of_another_source() {
    let mut state = None;
    step(&mut state, &other("x", None, 100), "fake");
    assert_eq!(replay(&mut state, &own("o", None, 50), "real"), Some(2));
}
