//! What each kind of answer does to a feed's state and schedule.

use super::*;
use crate::{
    document::{Entry, Hints},
    fetch::address_filter::AddressError,
    rate_limit::HostBlocked,
    schedule::ServerHints,
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
    let fetched = Response {
        final_url: url.clone(),
        moved: None,
        status,
        content_type: String::new(),
        content_location: String::new(),
        content_language: String::new(),
        etag: "\"v2\"".into(),
        last_modified: String::new(),
        server_hints: ServerHints::default(),
        body: Vec::new(),
        truncated: None,
    };
    PollResult {
        number: 1,
        feed_id: id::feed_id(URL),
        url,
        at: now(),
        duration_ms: 5,
        bytes: 9,
        response: Ok((fetched, body)),
    }
}

fn failed(failed: FetchError) -> PollResult {
    PollResult { response: Err(failed), ..answered(0, Body::None) }
}

fn document() -> Body {
    let entry = Entry { link: "https://e.org/a".into(), title: "A".into(), ..Entry::default() };
    let document = Document { title: "E".into(), entries: vec![entry], ..Document::default() };
    Body::Document { document: Box::new(document), hash: "h2".into() }
}

fn run(state: Option<FeedState>, polled: &PollResult) -> PollUpdate {
    apply(&feed(), state, polled, SignedDuration::from_mins(5))
}

fn known() -> FeedState {
    let first = run(None, &answered(200, document()));
    FeedState { etag: "\"v1\"".into(), ..first.state }
}

fn wait(applied: &PollUpdate) -> i64 {
    applied.next_poll_at.map_or(-1, |next| next.duration_since(now()).as_secs())
}

#[test]
fn a_first_document_is_published_and_remembered() {
    let first = run(None, &answered(200, document()));
    assert_eq!(first.record.outcome, outcome::NEW_ENTRIES);
    assert_eq!((first.publish.len(), first.state.entries.len()), (1, 1));
    assert_eq!((first.state.etag.as_str(), first.state.body_hash.as_str()), ("\"v2\"", "h2"));
    assert!(first.state.first_polled_at.is_some() && first.state.last_success_at.is_some());
    let again = run(Some(first.state), &answered(200, document()));
    assert_eq!((again.record.outcome.as_str(), again.publish.len()), (outcome::NOTHING_NEW, 0));
}

#[test]
fn a_failure_keeps_what_is_known_and_waits_longer() {
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
        let before = known();
        let applied = run(Some(before.clone()), &polled);
        assert_eq!(applied.record.outcome, expected);
        assert!(!applied.record.error.is_empty(), "{expected}");
        assert_eq!((applied.state.failures, &applied.state.entries), (1, &before.entries), "{expected}");
        assert_eq!((applied.state.etag, applied.state.body_hash), (before.etag, before.body_hash), "{expected}");
        assert!(applied.next_poll_at.is_some() && applied.state.interval_s == 600, "{expected}");
    }
}

#[test]
fn success_ends_a_row_of_failures() {
    let failing = FeedState { failures: 7, ..known() };
    for body in [Body::Unchanged, document()] {
        assert_eq!(run(Some(failing.clone()), &answered(200, body)).state.failures, 0);
    }
    let unchanged = run(Some(failing), &answered(304, Body::None));
    assert_eq!((unchanged.state.failures, unchanged.record.outcome.as_str()), (0, outcome::NOT_MODIFIED));
}

#[test]
fn gone_is_polled_no_more_unless_only_the_new_place_is() {
    let gone = run(Some(known()), &answered(410, Body::None));
    assert!(gone.state.gone && gone.next_poll_at.is_none() && gone.state.next_poll_at.is_none());
    let elsewhere = PollResult { url: "https://new.org/feed".parse().unwrap(), ..answered(410, Body::None) };
    let moved = FeedState { moved_to: "https://new.org/feed".into(), ..known() };
    let back = run(Some(moved), &elsewhere);
    assert!(!back.state.gone && back.state.moved_to.is_empty() && back.next_poll_at.is_some());
}

#[test]
fn a_permanent_redirect_counts_once_it_has_led_to_a_feed() {
    let moved = |body| {
        let mut polled = answered(200, body);
        if let Ok((fetched, _)) = &mut polled.response {
            fetched.moved = Some("https://new.org/feed".parse().unwrap());
        }
        run(Some(known()), &polled).state.moved_to
    };
    assert_eq!(moved(document()), "https://new.org/feed");
    assert_eq!(moved(Body::Unreadable(DocumentError::WebPage)), "");
}

#[test]
fn a_closed_host_is_no_failure_of_the_feed() {
    let applied = run(Some(known()), &failed(FetchError::Blocked(HostBlocked(Duration::from_secs(7_200)))));
    assert_eq!((applied.state.failures, applied.record.outcome.as_str()), (0, outcome::REFUSED));
    assert_eq!(wait(&applied), 7_200);
}

#[test]
fn a_truncated_document_gives_its_entries_and_is_asked_for_again() {
    let mut polled = answered(200, document());
    if let Ok((fetched, Body::Document { hash, .. })) = &mut polled.response {
        fetched.truncated = Some("reset".into());
        hash.clear();
    }
    let applied = run(None, &polled);
    assert_eq!(applied.publish.len(), 1);
    assert_eq!((applied.state.etag.as_str(), applied.state.body_hash.as_str()), ("", ""));
    assert!(applied.record.error.contains("ended early"));
}

#[test]
fn a_poll_is_quiet_when_it_teaches_nothing_that_must_be_written() {
    assert!(!run(None, &answered(200, document())).schedule_only, "a first poll");
    let titled = |title: &str| {
        let Body::Document { mut document, hash } = document() else { return Body::None };
        document.title = title.into();
        Body::Document { document, hash }
    };
    for (body, status) in [(Body::None, 304), (Body::Unchanged, 200), (document(), 200)] {
        let polled = answered(status, body.clone());
        let quiet = run(Some(known()), &polled);
        assert!(quiet.schedule_only, "{body:?}");
        assert_eq!(quiet.state.etag, "\"v2\"");
        assert!(!run(Some(FeedState { failures: 1, ..known() }), &polled).schedule_only, "the end of a failure");
    }
    assert!(!run(Some(known()), &answered(200, titled("Another"))).schedule_only);
    assert!(!run(Some(known()), &answered(500, Body::None)).schedule_only);
    let closed = run(Some(known()), &failed(FetchError::Blocked(HostBlocked(Duration::from_secs(7_200)))));
    assert!(!closed.schedule_only, "a host that asked to be left alone is left alone after a restart too");
}

#[test]
fn what_a_document_asks_for_holds_when_only_the_state_is_left() {
    let Body::Document { document: mut asking, hash } = document() else { return };
    asking.hints = Hints {
        ttl_min: Some(30),
        skip_hours: vec![12],
        skip_days: vec![jiff::civil::Weekday::Tuesday],
        ..Hints::default()
    };
    let first = run(None, &answered(200, Body::Document { document: asking, hash }));
    assert_eq!(first.state.hint_interval_s, 1_800);
    let encoded = proto::wire::Encoding::Json.encode(&first.state).unwrap();
    let restored: FeedState = proto::wire::decode(None, &encoded).unwrap();
    // The clock of these tests stands on a Tuesday.
    for polled in [answered(304, Body::None), answered(500, Body::None)] {
        assert_eq!(wait(&run(Some(restored.clone()), &polled)), 12 * 3_600);
        let unskipped = FeedState { skip_hours: vec![], skip_days: vec![], ..restored.clone() };
        assert!(wait(&run(Some(unskipped), &polled)) >= 1_800);
        let hour = FeedState { skip_days: vec![99, -1], ..restored.clone() };
        assert_eq!(wait(&run(Some(hour), &polled)), 3_600);
    }
    let none = run(Some(restored), &answered(200, document()));
    assert_eq!((none.state.hint_interval_s, none.state.skip_hours.len(), none.state.skip_days.len()), (0, 0, 0));
}
