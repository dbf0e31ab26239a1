use super::*;
use crate::document::{Date, Entry};
use jiff::SignedDuration;

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn ago(hours: i64) -> Option<Date> {
    let at = now().checked_sub(SignedDuration::from_hours(hours)).unwrap();
    Some(Date { at, precision: proto::vocab::precision::SECOND, assumed_zone: None, repaired: false })
}

fn entry(name: &str, published: Option<Date>) -> Entry {
    Entry {
        guid: name.into(),
        link: format!("https://e.org/{name}"),
        title: format!("Title {name}"),
        published,
        ..Entry::default()
    }
}

fn document(entries: Vec<Entry>) -> Document {
    Document { title: "E".into(), entries, ..Document::default() }
}

fn feed(backfill: &str) -> Feed {
    let url = "https://e.org/feed";
    Feed { feed_id: proto::id::feed_id(url), url: url.into(), backfill: backfill.into(), ..Feed::default() }
}

/// What a poll after `diff` knows.
fn after(diff: &Diff) -> FeedState {
    FeedState { first_polled_at: Some(time::to_wire(now())), entries: diff.entries.clone(), ..FeedState::default() }
}

fn run(feed: &Feed, state: &FeedState, entries: Vec<Entry>) -> Diff {
    let diff = diff(feed, state, &document(entries), true, &Fetch::default(), now());
    let counts = &diff.counts;
    assert_eq!(counts.seen, counts.new + counts.changed + counts.unchanged + counts.dropped(), "{counts:?}");
    assert_eq!(diff.publish.len(), counts.new + counts.changed);
    diff
}

fn names(diff: &Diff) -> Vec<&str> {
    diff.publish.iter().map(|one| one.item.guid.as_str()).collect()
}

fn aged() -> Vec<Entry> {
    vec![entry("new", ago(1)), entry("day", ago(24)), entry("week", ago(168)), entry("undated", None)]
}

#[test]
fn a_first_poll_takes_what_is_younger_than_48_hours_and_marks_it() {
    let first = run(&feed(""), &FeedState::default(), aged());
    assert_eq!(names(&first), ["undated", "day", "new"]);
    assert!(first.publish.iter().all(|one| one.item.backfill));
    assert_eq!(first.counts.dropped, [(drop_reason::BACKFILL, 1)]);
}

#[test]
fn what_the_policy_left_never_comes_later_and_what_is_new_is_not_marked() {
    let first = run(&feed(""), &FeedState::default(), aged());
    let mut entries = aged();
    entries.push(entry("fresh", ago(0)));
    entries.push(entry("late", ago(100)));
    let second = run(&feed(""), &after(&first), entries);
    assert_eq!(names(&second), ["late", "fresh"]);
    let marks: Vec<bool> = second.publish.iter().map(|one| one.item.backfill).collect();
    assert_eq!(marks, [true, false]);
    assert_eq!(second.counts.unchanged, 4);
}

#[test]
fn the_policies() {
    let taken = |policy: &str| run(&feed(policy), &FeedState::default(), aged()).publish.len();
    assert_eq!(taken("all"), 4);
    assert_eq!(taken("2"), 2);
    assert_eq!(taken("0"), 0);
    assert_eq!(taken("12h"), 2);
    assert_eq!(taken("since 2026-11-23T00:00:00Z"), 3);
    assert_eq!(taken("2026-11-24T11:30:00Z"), 1);
}

#[test]
fn of_what_has_no_date_a_first_poll_takes_twenty() {
    let entries = (0..50).map(|n| entry(&format!("{n}"), None)).collect();
    let first = run(&feed(""), &FeedState::default(), entries);
    assert_eq!(first.publish.len(), MAX_UNDATED);
    assert_eq!(first.entries.len(), 50);
}

#[test]
fn a_change_is_published_again_under_its_id_and_a_new_date_is_none() {
    let first = run(&feed(""), &FeedState::default(), vec![entry("a", ago(1))]);
    let id = first.publish.first().map(|one| one.item.article_id.clone());
    let redated = run(&feed(""), &after(&first), vec![entry("a", ago(0))]);
    assert_eq!(redated.counts.unchanged, 1);
    let moved = Entry { link: "https://e.org/elsewhere".into(), title: "Other".into(), ..entry("a", ago(1)) };
    let second = run(&feed(""), &after(&first), vec![moved]);
    assert_eq!(second.counts.changed, 1);
    assert_eq!(second.publish.first().map(|one| one.item.article_id.clone()), id);
}

#[test]
fn two_entries_of_one_identity_give_one_record_at_every_poll() {
    let twice = || {
        let other = Entry { guid: "b".into(), title: "Other words".into(), ..entry("a", ago(1)) };
        vec![entry("a", ago(1)), other]
    };
    let first = run(&feed(""), &FeedState::default(), twice());
    assert_eq!((first.counts.new, first.counts.dropped()), (1, 1));
    let second = run(&feed(""), &after(&first), twice());
    assert_eq!((second.counts.unchanged, second.counts.dropped()), (1, 1));
}

#[test]
fn a_guid_that_comes_and_goes_repeats_nothing() {
    let bare = Entry { guid: String::new(), ..entry("a", ago(1)) };
    let first = run(&feed(""), &FeedState::default(), vec![bare]);
    let second = run(&feed(""), &after(&first), vec![entry("a", ago(1))]);
    assert_eq!(second.counts.unchanged, 1);
}

fn many(from: usize, count: usize) -> Vec<Entry> {
    (from..from + count).map(|n| entry(&format!("{n}"), ago(1))).collect()
}

#[test]
fn memory_is_twice_the_document_and_keeps_what_it_shows() {
    let feed = feed("");
    let first = run(&feed, &FeedState::default(), many(0, 300));
    let second = run(&feed, &after(&first), many(300, 300));
    assert_eq!(second.entries.len(), 600);
    let third = run(&feed, &after(&second), many(600, 300));
    assert_eq!(third.entries.len(), 600);
    assert_eq!(run(&feed, &after(&third), many(600, 300)).counts.unchanged, 300);
    let short = run(&feed, &after(&third), many(600, 10));
    assert_eq!(short.entries.len(), MIN_SEEN);
    let long = run(&feed, &after(&third), many(10_000, 4_000));
    let longer = run(&feed, &after(&long), many(20_000, 4_000));
    assert_eq!(longer.entries.len(), MAX_SEEN);
    assert_eq!(run(&feed, &after(&longer), many(30_000, 9_000)).entries.len(), 9_000);
}

#[test]
fn a_document_that_ended_early_or_is_empty_makes_nobody_forget() {
    let feed = feed("");
    let first = run(&feed, &FeedState::default(), many(0, 2_000));
    let cut = diff(&feed, &after(&first), &document(many(0, 10)), false, &Fetch::default(), now());
    assert_eq!(cut.entries.len(), 2_000);
    let empty = run(&feed, &after(&cut), vec![]);
    assert_eq!(run(&feed, &after(&empty), many(0, 2_000)).counts.unchanged, 2_000);
}

#[test]
fn the_largest_state_stays_below_half_a_megabyte_and_reads_back() {
    let long = run(&feed(""), &FeedState::default(), many(0, 5_000));
    let longer = run(&feed(""), &after(&long), many(5_000, 5_000));
    let state = FeedState { title: "t".repeat(4_000), etag: "\"".repeat(8_192), ..after(&longer) };
    let mut packed = state.clone();
    pack(&mut packed);
    assert!(packed.entries.is_empty());
    for encoding in [proto::wire::Encoding::Json, proto::wire::Encoding::Protobuf] {
        let bytes = encoding.encode(&packed).unwrap();
        assert!(bytes.len() < 500_000, "{encoding:?}: {}", bytes.len());
        let mut read: FeedState = proto::wire::decode(Some(encoding.content_type()), &bytes).unwrap();
        unpack(&mut read).unwrap();
        assert!(read == state, "{encoding:?}");
    }
}

#[test]
fn few_entries_stay_readable_and_what_is_no_digest_is_not_packed() {
    let seen = |key: String| SeenEntry { entry_key: key, last_seen_min: 7, ..SeenEntry::default() };
    let digest = |n: usize| format!("{n:032x}");
    let mut few = FeedState { entries: (0..MAX_UNPACKED).map(|n| seen(digest(n))).collect(), ..FeedState::default() };
    pack(&mut few);
    assert_eq!((few.entries.len(), few.packed_entries.len()), (MAX_UNPACKED, 0));
    let odd = ["", "A", "é", &"F".repeat(32), &"+".repeat(32)].map(|key| seen(key.to_owned()));
    few.entries.extend(odd.clone());
    let before = few.clone();
    pack(&mut few);
    assert_eq!(few.entries, before.entries, "an entry without article id is no digest either");
    let mut broken = FeedState { packed_entries: vec![0; 45], ..FeedState::default() };
    assert_eq!(unpack(&mut broken), Err(45));
}

#[test]
fn an_item_too_large_for_a_record_is_cut_and_says_so() {
    for encoding in [proto::wire::Encoding::Json, proto::wire::Encoding::Protobuf] {
        for text in ["a", "\u{1}", "é", "\"<\n"] {
            let mut item = RawItem {
                title: "t".into(),
                summary: text.repeat(400_000),
                content: text.repeat(3_000_000),
                ..RawItem::default()
            };
            let bytes = encode_within(&mut item, encoding, 900_000).unwrap();
            assert!(bytes.len() <= 900_000 && bytes.len() > 100_000, "{text:?} {encoding:?}: {}", bytes.len());
            assert_eq!(item.warnings, [CONTENT_CUT]);
        }
    }
    let mut small = RawItem { content: "short".into(), ..RawItem::default() };
    encode_within(&mut small, proto::wire::Encoding::Json, 900_000).unwrap();
    assert!(small.warnings.is_empty());
}

#[test]
fn ids_of_events_are_made_of_what_they_say() {
    let id = event_id("f", "k", "1");
    assert_eq!(id, "f/k/1");
    insta::assert_snapshot!(traceparent(&id).len(), @"55");
    assert!(traceparent(&id).starts_with("00-") && traceparent(&id).ends_with("-01"));
    assert_eq!(traceparent(&id), traceparent(&event_id("f", "k", "1")));
}
