//! The effect of each kind of response on a feed's state and schedule.

use super::*;
use crate::{
    diff,
    document::{Entry, Hints},
    fetch::address_filter::AddressError,
    identity::{SeenEntry, pack},
    rate_limit::HostBlockedError,
};
use jiff::SignedDuration;
use proto::{
    id,
    v1::{Feed, FeedState},
    vocab::poll as outcome,
};
use std::time::Duration;

const URL: &str = "https://e.org/feed";

fn now() -> Timestamp {
    "2026-11-24T12:00:00Z".parse().unwrap()
}

fn feed() -> Feed {
    Feed { feed_id: id::feed_id(URL), url: URL.into(), ..Feed::default() }
}

fn answered(status: u16, body: Body) -> PollResult {
    let url: Url = URL.parse().unwrap();
    let response = Response { etag: "\"v2\"".into(), ..Response::bare(&url, status) };
    PollResult {
        number: 1,
        feed_id: id::feed_id(URL),
        url,
        at: now(),
        duration_ms: 5,
        bytes: 9,
        response: Ok((response, body)),
    }
}

fn failed(error: FetchError) -> PollResult {
    PollResult { response: Err(error), ..answered(0, Body::None) }
}

fn document() -> Body {
    let entry = Entry { link: "https://e.org/a".into(), title: "A".into(), ..Entry::default() };
    let document = Document { title: "E".into(), entries: vec![entry], ..Document::default() };
    body(document, "h2")
}

fn body(document: Document, hash: &str) -> Body {
    Body::Document { fingerprints: fingerprints(&document), document: Box::new(document), hash: hash.into() }
}

/// Applies a poll to a state whose entries are those of [`document`].
fn apply_to(state: Option<FeedState>, polled: &PollResult) -> PollUpdate {
    let entries = || apply_with(None, || None, &answered(200, document())).entries;
    apply_with(state, entries, polled)
}

fn apply_with(
    state: Option<FeedState>,
    entries: impl FnOnce() -> Option<Vec<SeenEntry>>,
    polled: &PollResult,
) -> PollUpdate {
    apply(&feed(), state, entries, polled, diff::Part::WHOLE, SignedDuration::from_mins(5))
}

fn polled_state() -> FeedState {
    let first = apply_to(None, &answered(200, document()));
    FeedState { etag: "\"v1\"".into(), ..first.state }
}

fn wait(update: &PollUpdate) -> i64 {
    update.next_poll_at.map_or(-1, |next| next.duration_since(now()).as_secs())
}

#[test]
fn the_first_document_is_published_and_remembered() {
    let first = apply_to(None, &answered(200, document()));
    assert_eq!(first.record.outcome, outcome::NEW_ENTRIES);
    assert_eq!((first.publish.len(), first.entries.as_ref().map(Vec::len)), (1, Some(1)));
    assert_eq!((first.state.entries_generation, first.state.packed_entries.len()), (1, 0));
    assert_eq!((first.state.etag.as_str(), first.state.body_hash.as_str()), ("\"v2\"", "h2"));
    assert!(first.state.first_polled_at.is_some() && first.state.last_success_at.is_some());
    let again = apply_to(Some(first.state), &answered(200, document()));
    assert_eq!((again.record.outcome.as_str(), again.publish.len()), (outcome::NOTHING_NEW, 0));
    assert_eq!((again.entries, again.state.entries_generation), (None, 1));
}

#[test]
fn a_failure_keeps_the_state_and_lengthens_the_interval() {
    let cases = [
        (answered(500, Body::None), outcome::HTTP_ERROR),
        (answered(404, Body::None), outcome::HTTP_ERROR),
        (answered(200, Body::Unreadable(DocumentError::WebPage)), outcome::UNREADABLE),
        (failed(FetchError::Network("reset".into())), outcome::NETWORK_ERROR),
        (failed(FetchError::TooLarge(10)), outcome::TOO_LARGE),
        (failed(FetchError::Robots("https://e.org".into())), outcome::REFUSED),
        (failed(FetchError::Address(AddressError::NoHost)), outcome::REFUSED),
    ];
    for (polled, expected) in cases {
        let before = polled_state();
        let update = apply_to(Some(before.clone()), &polled);
        assert_eq!(update.record.outcome, expected);
        assert!(!update.record.error.is_empty(), "{expected}");
        assert_eq!((update.state.failures, &update.entries), (1, &None), "{expected}");
        assert_eq!((update.state.etag, update.state.body_hash), (before.etag, before.body_hash), "{expected}");
        assert!(update.next_poll_at.is_some() && update.state.interval_s == 600, "{expected}");
    }
}

#[test]
fn success_resets_the_failures() {
    let failing = FeedState { failures: 7, ..polled_state() };
    for body in [Body::Unchanged, document()] {
        assert_eq!(apply_to(Some(failing.clone()), &answered(200, body)).state.failures, 0);
    }
    let unchanged = apply_to(Some(failing), &answered(304, Body::None));
    assert_eq!((unchanged.state.failures, unchanged.record.outcome.as_str()), (0, outcome::NOT_MODIFIED));
}

#[test]
fn only_the_original_address_can_be_gone() {
    let mut gone = apply_to(Some(polled_state()), &answered(410, Body::None));
    for _ in 0..2 {
        assert!(!gone.state.gone && wait(&gone) >= 3_600, "not confirmed");
        gone = apply_to(Some(gone.state), &answered(410, Body::None));
    }
    assert!(gone.state.gone && gone.next_poll_at.is_none() && gone.state.next_poll_at.is_none());
    let mut between = FeedState { gone_polls: 2, ..polled_state() };
    for polled in [answered(404, Body::None), answered(410, Body::None)] {
        between = apply_to(Some(between), &polled).state;
    }
    assert_eq!((between.gone, between.gone_polls), (false, 1), "a 404 between");
    let elsewhere = PollResult { url: "https://new.org/feed".parse().unwrap(), ..answered(410, Body::None) };
    let moved = FeedState { moved_to: "https://new.org/feed".into(), ..polled_state() };
    let back = apply_to(Some(moved), &elsewhere);
    assert!(!back.state.gone && back.state.moved_to.is_empty() && back.next_poll_at.is_some());
}

#[test]
fn the_target_of_a_temporary_redirect_cannot_say_that_a_feed_is_gone() {
    let answers = |is_permanent: bool| {
        let mut polled = answered(410, Body::None);
        if let Ok((response, _)) = &mut polled.response {
            response.final_url = "https://cdn.example/feed".parse().unwrap();
            response.moved = is_permanent.then(|| response.final_url.clone());
        }
        polled
    };
    assert_eq!(apply_to(Some(polled_state()), &answers(false)).state.gone_polls, 0);
    assert_eq!(apply_to(Some(polled_state()), &answers(true)).state.gone_polls, 1);
}

#[test]
fn a_304_for_a_feed_that_was_never_read_is_a_failure() {
    let never = apply_to(None, &answered(304, Body::None));
    assert_eq!((never.record.outcome.as_str(), never.state.failures), (outcome::HTTP_ERROR, 1));
    let again = apply_to(Some(never.state), &answered(304, Body::None));
    assert_eq!((again.state.failures, again.state.etag.as_str()), (2, ""));
}

#[test]
fn a_permanent_redirect_is_remembered_once_three_polls_an_hour_apart_led_to_a_feed() {
    let moved = |bodies: [Body; 3]| {
        let mut state = polled_state();
        for (hour, body) in bodies.into_iter().enumerate() {
            let mut polled = answered(if body == Body::None { 304 } else { 200 }, body);
            polled.at = now() + SignedDuration::from_hours(i64::try_from(hour).unwrap());
            if let Ok((response, _)) = &mut polled.response {
                response.moved = Some("https://new.org/feed".parse().unwrap());
            }
            state = apply_to(Some(state), &polled).state;
        }
        state.moved_to
    };
    assert_eq!(moved([document(), document(), document()]), "https://new.org/feed");
    assert_eq!(moved([document(), Body::Unchanged, Body::None]), "https://new.org/feed");
    assert_eq!(moved([document(), document(), Body::Unreadable(DocumentError::WebPage)]), "");
}

#[test]
fn a_blocked_host_is_not_a_failure_of_the_feed() {
    let update =
        apply_to(Some(polled_state()), &failed(FetchError::Blocked(HostBlockedError(Duration::from_secs(7_200)))));
    assert_eq!((update.state.failures, update.record.outcome.as_str()), (0, outcome::REFUSED));
    assert_eq!(wait(&update), 7_200);
}

#[test]
fn a_truncated_document_is_published_and_requested_again() {
    let mut polled = answered(200, document());
    if let Ok((response, Body::Document { hash, .. })) = &mut polled.response {
        response.truncated = Some("reset".into());
        hash.clear();
    }
    let update = apply_to(None, &polled);
    assert_eq!(update.publish.len(), 1);
    assert_eq!((update.state.etag.as_str(), update.state.body_hash.as_str()), ("", ""));
    assert!(update.record.error.contains("ended early"));
}

#[test]
fn a_poll_without_new_entries_changes_only_the_schedule() {
    assert!(!apply_to(None, &answered(200, document())).is_routine, "a first poll");
    let titled = |title: &str| {
        let Body::Document { mut document, hash, .. } = document() else { return Body::None };
        document.title = title.into();
        body(*document, &hash)
    };
    for (body, status) in [(Body::None, 304), (Body::Unchanged, 200), (document(), 200)] {
        let polled = answered(status, body.clone());
        let update = apply_to(Some(polled_state()), &polled);
        assert!(update.is_routine, "{body:?}");
        assert_eq!(update.state.etag, "\"v2\"");
        assert!(
            !apply_to(Some(FeedState { failures: 1, ..polled_state() }), &polled).is_routine,
            "the end of a series of failures"
        );
    }
    assert!(!apply_to(Some(polled_state()), &answered(200, titled("Another"))).is_routine);
    assert!(!apply_to(Some(polled_state()), &answered(500, Body::None)).is_routine);
    let closed =
        apply_to(Some(polled_state()), &failed(FetchError::Blocked(HostBlockedError(Duration::from_secs(7_200)))));
    assert!(!closed.is_routine, "a block of the host must survive a restart");
}

#[test]
fn the_interval_grows_where_only_markup_and_links_change() {
    let with = |token: usize| {
        let content = format!("<p>Text.</p><img src=\"https://cdn.org/i?token={token}\">");
        let link = format!("https://e.org/a?session={token}");
        let entry = Entry { guid: "1".into(), link, title: "A".into(), content, ..Entry::default() };
        body(Document { entries: vec![entry], ..Document::default() }, &format!("h{token}"))
    };
    let (mut state, mut entries) = (None, None);
    let mut intervals = Vec::new();
    for token in 0..4 {
        let at = now() + SignedDuration::from_hours(6 * i64::try_from(token).unwrap());
        let polled = PollResult { at, ..answered(200, with(token)) };
        let update = apply_with(state, || entries.clone(), &polled);
        assert_eq!(update.publish.len(), usize::from(token == 0));
        intervals.push(update.state.interval_s);
        (state, entries) = (Some(update.state), update.entries.or(entries));
    }
    assert!(intervals.is_sorted_by(|a, b| a < b), "{intervals:?}");
}

#[test]
fn documents_of_nothing_but_new_entries_are_counted() {
    let with = |names: &[&str]| {
        let entry = |name: &&str| Entry { guid: (*name).into(), title: (*name).into(), ..Entry::default() };
        answered(200, body(Document { entries: names.iter().map(entry).collect(), ..Document::default() }, names[0]))
    };
    let (mut state, mut entries) = (None, None);
    for (names, expected) in [
        (&["a", "b"][..], 0),
        (&["c", "d"], 1),
        (&["e", "f"], 2),
        (&["g"], 2),
        (&["h", "i"], 3),
        (&["h", "j"], 0),
        (&["k", "l"], 1),
    ] {
        let update = apply_with(state, || entries.clone(), &with(names));
        assert_eq!(update.state.churning_polls, expected, "{names:?}");
        state = Some(apply_to(Some(update.state), &answered(304, Body::None)).state);
        entries = update.entries.or(entries);
    }
}

#[test]
fn hints_of_a_document_apply_after_a_restart() {
    let Body::Document { document: mut asking, hash, .. } = document() else { return };
    asking.hints = Hints {
        ttl_min: Some(30),
        skip_hours: vec![12],
        skip_days: vec![jiff::civil::Weekday::Tuesday],
        ..Hints::default()
    };
    let first = apply_to(None, &answered(200, body(*asking, &hash)));
    assert_eq!(first.state.hint_interval_s, 1_800);
    let encoded = proto::wire::Encoding::Json.encode(&first.state).unwrap();
    let restored: FeedState = proto::wire::decode(None, &encoded).unwrap();
    // The current time of these tests is a Tuesday.
    for polled in [answered(304, Body::None), answered(500, Body::None)] {
        assert_eq!(wait(&apply_to(Some(restored.clone()), &polled)), 12 * 3_600);
        let unskipped = FeedState { skip_hours: vec![], skip_days: vec![], ..restored.clone() };
        assert!(wait(&apply_to(Some(unskipped), &polled)) >= 1_800);
        let hour = FeedState { skip_days: vec![99, -1], ..restored.clone() };
        assert_eq!(wait(&apply_to(Some(hour), &polled)), 3_600);
    }
    let none = apply_to(Some(restored), &answered(200, document()));
    assert_eq!((none.state.hint_interval_s, none.state.skip_hours.len(), none.state.skip_days.len()), (0, 0, 0));
}

#[test]
fn times_of_last_sight_that_a_clock_ahead_has_written_end_with_the_next_document() {
    let ahead = 365 * 24 * 60;
    let listed = apply_to(None, &answered(200, document())).entries.unwrap()[0];
    let listed = SeenEntry { seen_min: listed.seen_min + ahead, ..listed };
    let gone = SeenEntry { key: 1, article_id: 1, seen_min: listed.seen_min - 60, ..listed };
    let update = apply_with(Some(polled_state()), || Some(vec![listed, gone]), &answered(200, document()));
    let stored = update.entries.expect("they are written again");
    let seen: Vec<(u64, u32)> = stored.iter().map(|entry| (entry.key, entry.seen_min)).collect();
    let now = diff::minutes(now());
    assert_eq!(seen, [(listed.key, now), (gone.key, now - 61)]);
}

fn unread() -> Option<Vec<SeenEntry>> {
    unreachable!("the entries are not read")
}

#[test]
fn a_poll_without_document_does_not_read_the_entries() {
    for polled in [answered(304, Body::None), answered(200, Body::Unchanged), failed(FetchError::Network("x".into()))] {
        let update = apply_with(Some(polled_state()), unread, &polled);
        assert_eq!((update.entries, update.renew.len()), (None, 0));
    }
}

/// The entry of [`document`], renewed so many days ago, and the state that it belongs to.
fn renewed(days: i64) -> (FeedState, Vec<SeenEntry>) {
    let mut entries = apply_to(None, &answered(200, document())).entries.unwrap();
    entries.iter_mut().for_each(|entry| entry.renewed_min -= u32::try_from(days * 24 * 60).unwrap());
    (FeedState { renewal_due_min: diff::next_renewal(&entries), ..polled_state() }, entries)
}

#[test]
fn the_states_of_articles_are_renewed_at_any_poll_of_the_tenth_day() {
    let results = [
        answered(304, Body::None),
        answered(200, Body::Unchanged),
        answered(200, document()),
        answered(500, Body::None),
        failed(FetchError::Network("x".into())),
        failed(FetchError::Blocked(HostBlockedError(Duration::from_secs(60)))),
    ];
    for polled in results {
        let (state, entries) = renewed(7);
        let early = apply_with(Some(state), || Some(entries), &polled);
        assert_eq!((early.renew.len(), early.entries), (0, None));
        let (state, entries) = renewed(10);
        let update = apply_with(Some(state.clone()), || Some(entries.clone()), &polled);
        let items: Vec<_> = update.renew.iter().map(|one| (one.item.article_id.clone(), &*one.item.kind)).collect();
        assert_eq!(items, [(id::article_id("https://e.org/a"), proto::vocab::kind::SEEN)]);
        assert_eq!(update.state.entries_generation, state.entries_generation + 1);
        let stored = update.entries.unwrap();
        assert_eq!(stored[0].renewed_min, diff::minutes(now()));
        // The next is due in eight days at the earliest.
        assert!(i64::from(update.state.renewal_due_min) > now().as_second() / 60 + 7 * 24 * 60);
        assert!(apply_with(Some(update.state), || Some(stored), &polled).renew.is_empty());
    }
}

#[test]
fn a_state_of_an_earlier_version_is_written_in_two_records_at_the_next_poll() {
    let entries = apply_to(None, &answered(200, document())).entries.unwrap();
    let old = FeedState { entries_generation: 0, packed_entries: pack(&entries), ..polled_state() };
    for polled in [answered(304, Body::None), answered(500, Body::None), answered(200, document())] {
        let update = apply_with(Some(old.clone()), unread, &polled);
        assert_eq!((update.publish.len(), update.entries_were_lost), (0, false));
        assert_eq!((update.state.entries_generation, update.state.packed_entries.len()), (1, 0));
        assert_eq!(update.entries.unwrap()[0].key, entries[0].key);
        assert_eq!(update.state.first_polled_at, old.first_polled_at);
    }
}

#[test]
fn a_feed_whose_entries_are_lost_is_polled_as_for_the_first_time() {
    let whole = FeedState { failures: 2, body_hash: "h2".into(), ..polled_state() };
    let update = apply_with(Some(whole.clone()), || None, &answered(200, document()));
    assert!(update.entries_were_lost && !update.publish[0].item.known && update.publish[0].item.backfill);
    assert_eq!(update.state.entries_generation, 2);
    let mut forgotten = whole.clone();
    forget_entries(&mut forgotten);
    assert_eq!((&*forgotten.etag, &*forgotten.last_modified, &*forgotten.body_hash), ("", "", ""));
    // Until a poll succeeds, nothing is renewed and nothing is forgotten that is not lost.
    let failing = apply_with(Some(forgotten), unread, &answered(500, Body::None));
    assert_eq!((failing.entries, failing.state.failures, failing.entries_were_lost), (None, 3, false));
    let later = apply_with(Some(failing.state), unread, &answered(200, document()));
    assert!(later.entries_were_lost && later.publish.len() == 1);
}
