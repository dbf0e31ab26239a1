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

/// The state after `diff`.
fn after(diff: &Diff) -> FeedState {
    let packed_entries = identity::pack(&diff.entries);
    FeedState { first_polled_at: Some(time::to_wire(now())), packed_entries, ..FeedState::default() }
}

fn compare(feed: &Feed, state: &FeedState, document: &Document, is_complete: bool) -> Diff {
    diff(feed, state, document, &identity::fingerprints(document), is_complete, &Fetch::default(), now())
}

fn run(feed: &Feed, state: &FeedState, entries: Vec<Entry>) -> Diff {
    let diff = compare(feed, state, &document(entries), true);
    let counts = &diff.counts;
    assert_eq!(counts.seen, counts.new + counts.changed + counts.unchanged + counts.dropped(), "{counts:?}");
    assert_eq!(diff.publish.len(), counts.new + counts.changed);
    diff
}

fn names(diff: &Diff) -> Vec<&str> {
    diff.publish.iter().map(|one| one.item.guid.as_str()).collect()
}

fn entries_by_age() -> Vec<Entry> {
    vec![entry("new", ago(1)), entry("day", ago(24)), entry("week", ago(168)), entry("undated", None)]
}

#[test]
fn the_first_poll_publishes_entries_of_48_hours_as_backfill() {
    let first = run(&feed(""), &FeedState::default(), entries_by_age());
    assert_eq!(names(&first), ["undated", "day", "new"]);
    assert!(first.publish.iter().all(|one| one.item.backfill));
    assert_eq!(first.counts.dropped, [(drop_reason::BACKFILL, 1)]);
}

#[test]
fn entries_that_the_policy_excludes_are_never_published() {
    let first = run(&feed(""), &FeedState::default(), entries_by_age());
    let mut entries = entries_by_age();
    entries.push(entry("fresh", ago(0)));
    entries.push(entry("late", ago(100)));
    let second = run(&feed(""), &after(&first), entries);
    assert_eq!(names(&second), ["late", "fresh"]);
    let marks: Vec<bool> = second.publish.iter().map(|one| one.item.backfill).collect();
    assert_eq!(marks, [true, false]);
    assert_eq!(second.counts.unchanged, 4);
}

#[test]
fn each_policy_selects_its_entries() {
    let taken = |policy: &str| run(&feed(policy), &FeedState::default(), entries_by_age()).publish.len();
    assert_eq!(taken("all"), 4);
    assert_eq!(taken("2"), 2);
    assert_eq!(taken("0"), 0);
    assert_eq!(taken("12h"), 2);
    assert_eq!(taken("since 2026-11-23T00:00:00Z"), 3);
    assert_eq!(taken("2026-11-24T11:30:00Z"), 1);
}

#[test]
fn the_first_poll_publishes_twenty_undated_entries() {
    let entries = (0..50).map(|n| entry(&format!("{n}"), None)).collect();
    let first = run(&feed(""), &FeedState::default(), entries);
    assert_eq!(first.publish.len(), MAX_UNDATED);
    assert_eq!(first.entries.len(), 50);
}

#[test]
fn a_changed_entry_keeps_its_id_and_a_new_date_is_not_a_change() {
    let first = run(&feed(""), &FeedState::default(), vec![entry("a", ago(1))]);
    let id = first.publish.first().map(|one| one.item.article_id.clone());
    let redated = run(&feed(""), &after(&first), vec![entry("a", ago(0))]);
    assert_eq!(redated.counts.unchanged, 1);
    let moved = Entry { link: "https://e.org/elsewhere".into(), title: "Other".into(), ..entry("a", ago(1)) };
    let second = run(&feed(""), &after(&first), vec![moved]);
    assert_eq!(second.counts.changed, 1, "with another date it would be another story");
    assert_eq!(second.publish.first().map(|one| one.item.article_id.clone()), id);
}

#[test]
fn entries_of_one_identity_give_one_record() {
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
fn an_added_guid_does_not_publish_an_entry_again() {
    let bare = Entry { guid: String::new(), ..entry("a", ago(1)) };
    let first = run(&feed(""), &FeedState::default(), vec![bare]);
    let second = run(&feed(""), &after(&first), vec![entry("a", ago(1))]);
    assert_eq!(second.counts.unchanged, 1);
}

fn many(from: usize, count: usize) -> Vec<Entry> {
    (from..from + count).map(|n| entry(&format!("{n}"), ago(1))).collect()
}

#[test]
fn the_state_remembers_twice_the_document() {
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
fn a_truncated_or_empty_document_removes_no_entry() {
    let feed = feed("");
    let first = run(&feed, &FeedState::default(), many(0, 2_000));
    let cut = compare(&feed, &after(&first), &document(many(0, 10)), false);
    assert_eq!(cut.entries.len(), 2_000);
    let empty = run(&feed, &after(&cut), vec![]);
    assert_eq!(run(&feed, &after(&empty), many(0, 2_000)).counts.unchanged, 2_000);
}

#[test]
fn the_largest_state_is_below_400_kb_and_reads_back() {
    let long = run(&feed(""), &FeedState::default(), many(0, 5_000));
    let longer = run(&feed(""), &after(&long), many(5_000, 5_000));
    let state = FeedState { title: "t".repeat(4_000), etag: "\"".repeat(8_192), ..after(&longer) };
    assert_eq!(state.packed_entries.len(), MAX_SEEN * identity::PACKED_BYTES);
    let encoding = proto::wire::Encoding::Protobuf;
    let bytes = encoding.encode(&state).unwrap();
    assert!(bytes.len() < 400_000, "{}", bytes.len());
    let read: FeedState = proto::wire::decode(Some(encoding.content_type()), &bytes).unwrap();
    assert_eq!(identity::unpack(&read.packed_entries), Ok(longer.entries));
    assert_eq!(identity::unpack(&[0; 49]), Err(49));
}

#[test]
fn an_item_too_large_for_a_record_is_shortened_with_a_warning() {
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
            assert_eq!(item.warnings, ["content-cut"]);
        }
    }
    let mut small = RawItem { content: "short".into(), ..RawItem::default() };
    encode_within(&mut small, proto::wire::Encoding::Json, 900_000).unwrap();
    assert!(small.warnings.is_empty());
}

/// Whose text counts is decided by it.
#[test]
fn the_site_of_a_raw_item_is_the_operators_never_the_documents() {
    for site in ["", "https://operator.example/"] {
        let feed = Feed { site_url: site.into(), ..feed("") };
        let document = Document { site_url: "https://victim.example/".into(), ..document(vec![entry("a", ago(1))]) };
        let diff = compare(&feed, &FeedState::default(), &document, true);
        assert_eq!(diff.publish[0].item.site_url, site);
        assert_eq!(diff.publish[0].item.feed_url, "https://e.org/feed");
    }
}

#[test]
fn event_id_and_trace_are_derived_from_the_content() {
    let id = event_id("f", "k", "1");
    assert_eq!(id, "f/k/1");
    insta::assert_snapshot!(traceparent(&id).len(), @"55");
    assert!(traceparent(&id).starts_with("00-") && traceparent(&id).ends_with("-01"));
    assert_eq!(traceparent(&id), traceparent(&event_id("f", "k", "1")));
}
