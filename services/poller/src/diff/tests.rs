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

/// What is remembered after `diff`.
fn after(diff: &Diff) -> Remembered {
    Remembered { first_polled_at: Some(now()), entries: diff.entries.clone(), is_lost: false }
}

fn compare(feed: &Feed, before: &Remembered, document: &Document, is_complete: bool) -> Diff {
    // As if every entry had been long: the limit on what a poll publishes has tests of its own.
    let fetch = Fetch { bytes: 16 << 20, ..Fetch::default() };
    diff(feed, before, document, &identity::fingerprints(document), is_complete, &fetch, Part::WHOLE, now())
}

fn run(feed: &Feed, before: &Remembered, entries: Vec<Entry>) -> Diff {
    let diff = compare(feed, before, &document(entries), true);
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
    let first = run(&feed(""), &Remembered::default(), entries_by_age());
    assert_eq!(names(&first), ["undated", "day", "new"]);
    assert!(first.publish.iter().all(|one| one.item.backfill));
    assert_eq!(first.counts.dropped, [(drop_reason::BACKFILL, 1)]);
}

#[test]
fn entries_that_the_policy_excludes_are_never_published() {
    let first = run(&feed(""), &Remembered::default(), entries_by_age());
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
    let taken = |policy: &str| run(&feed(policy), &Remembered::default(), entries_by_age()).publish.len();
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
    let first = run(&feed(""), &Remembered::default(), entries);
    assert_eq!(first.publish.len(), MAX_UNDATED);
    assert_eq!(first.entries.len(), 50);
}

#[test]
fn a_changed_entry_keeps_its_id_and_a_new_date_is_not_a_change() {
    let first = run(&feed(""), &Remembered::default(), vec![entry("a", ago(1))]);
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
    let first = run(&feed(""), &Remembered::default(), twice());
    assert_eq!((first.counts.new, first.counts.dropped()), (1, 1));
    let second = run(&feed(""), &after(&first), twice());
    assert_eq!((second.counts.unchanged, second.counts.dropped()), (1, 1));
}

#[test]
fn an_added_guid_does_not_publish_an_entry_again() {
    let bare = Entry { guid: String::new(), ..entry("a", ago(1)) };
    let first = run(&feed(""), &Remembered::default(), vec![bare]);
    let second = run(&feed(""), &after(&first), vec![entry("a", ago(1))]);
    assert_eq!(second.counts.unchanged, 1);
}

fn many(from: usize, count: usize) -> Vec<Entry> {
    (from..from + count).map(|n| entry(&format!("{n}"), ago(1))).collect()
}

#[test]
fn the_state_remembers_twice_the_document() {
    let feed = feed("");
    let first = run(&feed, &Remembered::default(), many(0, 300));
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
    let first = run(&feed, &Remembered::default(), many(0, 2_000));
    let cut = compare(&feed, &after(&first), &document(many(0, 10)), false);
    assert_eq!(cut.entries.len(), 2_000);
    let empty = run(&feed, &after(&cut), vec![]);
    assert_eq!(run(&feed, &after(&empty), many(0, 2_000)).counts.unchanged, 2_000);
}

#[test]
fn the_largest_entries_take_360_kb_and_read_back() {
    let long = run(&feed(""), &Remembered::default(), many(0, 5_000));
    let longer = run(&feed(""), &after(&long), many(5_000, 5_000));
    let packed = identity::pack(&longer.entries);
    assert_eq!(packed.len(), MAX_SEEN * identity::PACKED_BYTES);
    assert_eq!(identity::unpack(&packed), Ok(longer.entries));
    assert_eq!(identity::unpack(&[0; 49]), Err(49));
}

#[test]
fn entries_are_changed_by_what_the_document_lists_and_by_time_not_by_dates() {
    let of = |names: &[&str]| names.iter().map(|name| entry(name, ago(1))).collect::<Vec<_>>();
    let first = run(&feed(""), &Remembered::default(), of(&["a", "b"]));
    let is_changed = |entries: Vec<Entry>| {
        let next = run(&feed(""), &after(&first), entries);
        seen_entries::is_changed(&first.entries, &next.entries)
    };
    assert!(!is_changed(of(&["a", "b"])));
    assert!(!is_changed(of(&["b", "a"])), "the order");
    assert!(!is_changed(vec![entry("a", ago(0)), entry("b", None)]), "the dates");
    assert!(!is_changed(vec![]), "an empty document");
    assert!(is_changed(of(&["a"])), "one that is no longer listed");
    assert!(is_changed(of(&["a", "b", "c"])), "one more");
    assert!(is_changed(vec![Entry { title: "Edited".into(), ..entry("a", ago(1)) }, entry("b", ago(1))]), "a text");
    let moved = Entry { link: "https://e.org/moved".into(), ..entry("a", ago(1)) };
    assert!(is_changed(vec![moved, entry("b", ago(1))]), "a link");
    let later = |minutes: u32| {
        let mut entries = first.entries.clone();
        entries.iter_mut().for_each(|entry| entry.seen_min += minutes);
        seen_entries::is_changed(&first.entries, &entries)
    };
    assert_eq!((later(24 * 60 - 1), later(24 * 60)), (false, true), "the time of last sight");
}

#[test]
fn what_a_truncated_document_no_longer_lists_may_still_be_corrected() {
    let text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen \
        seventeen eighteen nineteen twenty";
    let long = |name: &str| Entry { title: "T".into(), summary: text.into(), ..entry(name, ago(1)) };
    let first = run(&feed(""), &Remembered::default(), vec![entry("a", ago(1)), long("old")]);
    let cut = compare(&feed(""), &after(&first), &document(vec![entry("a", ago(1))]), false);
    let corrected = run(&feed(""), &after(&cut), vec![entry("a", ago(1)), long("new")]);
    assert_eq!((corrected.counts.new, corrected.counts.unchanged), (0, 2));
}

#[test]
fn an_excluded_entry_that_changes_is_published_as_unknown() {
    let first = run(&feed("0"), &Remembered::default(), vec![entry("a", ago(100))]);
    assert_eq!((first.publish.len(), first.entries[0].renewed_min), (0, 0));
    let same = run(&feed("0"), &after(&first), vec![entry("a", ago(100))]);
    assert_eq!((same.publish.len(), same.entries[0].renewed_min), (0, 0));
    let edited = |title: &str| vec![Entry { title: title.into(), ..entry("a", ago(100)) }];
    let second = run(&feed("0"), &after(&same), edited("Edited"));
    assert!(!second.publish[0].item.known && second.publish[0].item.backfill);
    assert_eq!(second.entries[0].renewed_min, minutes(now()));
    let third = run(&feed("0"), &after(&second), edited("Edited again"));
    assert!(third.publish[0].item.known && !third.publish[0].item.backfill);
}

#[test]
fn an_excluded_entry_of_a_feed_whose_entries_were_lost_may_have_been_published() {
    let lost = Remembered { is_lost: true, ..Remembered::default() };
    let first = run(&feed("0"), &lost, vec![entry("a", ago(100))]);
    let edited = vec![Entry { title: "Edited".into(), ..entry("a", ago(100)) }];
    assert!(run(&feed("0"), &after(&first), edited).publish[0].item.known);
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
        let diff = compare(&feed, &Remembered::default(), &document, true);
        assert_eq!(diff.publish[0].item.site_url, site);
        assert_eq!(diff.publish[0].item.feed_url, "https://e.org/feed");
    }
}

#[test]
fn a_poll_publishes_no_more_than_its_document_is_worth_and_leaves_the_rest_to_the_next() {
    let long = |name: usize| Entry { content: "x".repeat(300_000), ..entry(&name.to_string(), ago(1)) };
    let document = document((0..10).map(long).collect());
    // Few bytes, compressed or by entities.
    let fetch = Fetch { bytes: 10_000, ..Fetch::default() };
    let fingerprints = identity::fingerprints(&document);
    let poll =
        |before: &Remembered| diff(&feed("all"), before, &document, &fingerprints, true, &fetch, Part::WHOLE, now());
    let first = poll(&Remembered::default());
    assert!(first.is_deferred && (1..=4).contains(&first.publish.len()), "{}", first.publish.len());
    assert_eq!(first.entries.len(), first.publish.len(), "what is left is not remembered");
    let second = poll(&after(&first));
    assert!(names(&second).iter().all(|name| !names(&first).contains(name)) && !second.publish.is_empty());
}

#[test]
fn event_id_and_trace_are_derived_from_the_content() {
    let id = event_id("f", "k", "1");
    assert_eq!(id, "f/k/1");
    insta::assert_snapshot!(traceparent(&id).len(), @"55");
    assert!(traceparent(&id).starts_with("00-") && traceparent(&id).ends_with("-01"));
    assert_eq!(traceparent(&id), traceparent(&event_id("f", "k", "1")));
}

/// What a first poll publishes, in parts of at most `bytes`.
fn in_parts(document: &Document, bytes: usize) -> Vec<(String, String)> {
    let (feed, fetch) = (feed("all"), Fetch { bytes: 16 << 20, ..Fetch::default() });
    let fingerprints = identity::fingerprints(document);
    let (mut before, mut published) = (Remembered::default(), 0);
    let (mut all, mut identities) = (Vec::new(), Vec::new());
    loop {
        let part = Part { bytes, has_one: true, is_last: false, published, identities: &identities };
        let diff = diff(&feed, &before, document, &fingerprints, true, &fetch, part, now());
        published += diff.bytes;
        before = after(&diff);
        if identities.is_empty() {
            identities = diff.identities;
        }
        all.extend(diff.publish.into_iter().map(|one| (one.item.article_id, one.item.title)));
        if diff.left == 0 {
            all.sort_unstable();
            return all;
        }
    }
}

#[test]
fn an_entry_that_waits_is_not_known_by_another_of_its_page() {
    let same = |guid: &str| Entry { guid: guid.into(), title: "Same".into(), ..entry("page", ago(1)) };
    let document = document(vec![entry("first", ago(1)), same("one"), same("other")]);
    assert_eq!(in_parts(&document, 1).len(), 2);
}

proptest::proptest! {
    #[test]
    fn the_parts_of_a_poll_publish_what_one_part_does(
        entries in proptest::collection::vec((0..4_u8, 0..3_u8, 0..4_u8, 0..3_u8, 0..5_i64), 0..8),
        bytes in 0..3_000_usize,
    ) {
        let entries = entries.into_iter().map(|(guid, page, fragment, title, hours)| {
            let fragment = if fragment == 0 { String::new() } else { format!("#{fragment}") };
            Entry {
                guid: if guid == 0 { String::new() } else { format!("g{guid}") },
                link: format!("https://e.org/{page}{fragment}"),
                title: format!("Title {title}"),
                ..entry("", ago(hours))
            }
        });
        let document = document(entries.collect());
        proptest::prop_assert_eq!(in_parts(&document, bytes), in_parts(&document, usize::MAX));
    }
}

#[test]
fn a_new_entry_is_published_with_the_lines_that_known_ones_repeat() {
    let with_note =
        |name: &str| Entry { content: format!("<p>Of {name}.</p><p>Since 1901</p>"), ..entry(name, ago(1)) };
    let mut entries: Vec<Entry> = ["a", "b", "c", "d"].map(with_note).into();
    let first = run(&feed("all"), &Remembered::default(), entries.clone());
    entries.push(with_note("e"));
    let second = run(&feed("all"), &after(&first), entries);
    let lines: Vec<_> = second.publish.iter().map(|one| one.item.repeated_lines.clone()).collect();
    assert_eq!(lines, [["Since 1901".to_owned()]]);
}
