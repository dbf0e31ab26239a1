//! Feeds that have moved. A publisher's mistake must not take a feed elsewhere for good: a permanent redirect is remembered
//! only once several polls have confirmed it.

use crate::{fetch::Response, limits, rate_limit::site_of, schedule::MAX_INTERVALS};
use jiff::{SignedDuration, Timestamp};
use proto::{time, v1::FeedState};
use url::Url;

/// Polls that confirm a permanent redirect, or that a feed is gone.
pub(super) const CONFIRMATIONS: i32 = 3;
/// Consecutive failures after which a moved feed is requested at its original address again.
const MAX_FAILURES: i32 = 3;
/// Segments of paths that ask for something before they show what was wanted.
const GATES: [&str; 12] = [
    "login",
    "log-in",
    "signin",
    "sign-in",
    "auth",
    "oauth",
    "sso",
    "account",
    "consent",
    "captcha",
    "challenge",
    "error",
];

/// Time between two polls that both count as a confirmation: twelve base intervals, at most an hour.
pub(super) fn spacing(base: SignedDuration) -> SignedDuration {
    SignedDuration::from_secs_f64((base.as_secs_f64() * MAX_INTERVALS).min(3_600.0))
}

/// Records where a poll that led to a feed was redirected. `is_known` says that the feed there has entries of this one.
pub(super) fn redirected(
    state: &mut FeedState,
    response: &Response,
    is_known: bool,
    now: Timestamp,
    base: SignedDuration,
) {
    let moved = response.moved.as_ref().filter(|_| response.truncated.is_none());
    // Without a redirect the feed is where it was asked for.
    let from = || Url::parse(&state.moved_to).or_else(|_| Url::parse(&state.url)).ok();
    let Some(target) = moved.filter(|target| from().is_some_and(|from| is_move(&from, target, is_known))) else {
        return forget(state);
    };
    let mut target = target.to_string();
    limits::LOCATION.apply(&mut target);
    if state.moving_to != target {
        state.moving_polls = 0;
        state.moving_at = None;
        state.moving_to = target;
    }
    let last = state.moving_at.as_ref().and_then(time::from_wire);
    if last.is_some_and(|last| last <= now && now.duration_since(last) < spacing(base)) {
        return;
    }
    state.moving_at = Some(time::to_wire(now));
    state.moving_polls = state.moving_polls.saturating_add(1);
    if state.moving_polls >= CONFIRMATIONS {
        state.moved_to = std::mem::take(&mut state.moving_to);
        forget(state);
    }
}

/// Records a poll that failed with this HTTP status, or 0: a feed that is not where it has moved to is asked for at its own
/// address again.
pub(super) fn failed(state: &mut FeedState, http_status: i32) {
    if matches!(http_status, 404 | 410) || state.failures >= MAX_FAILURES {
        state.moved_to.clear();
    }
    forget(state);
}

fn forget(state: &mut FeedState) {
    state.moving_to.clear();
    state.moving_polls = 0;
    state.moving_at = None;
}

/// True if a permanent redirect can be a move: not to a login, nor to another site's home page, nor to another site's feed of
/// which nothing is known. Such a redirect is followed at each poll, and never remembered.
fn is_move(from: &Url, to: &Url, is_known: bool) -> bool {
    let is_gate = |segment: &str| {
        let name = segment.split('.').next().unwrap_or_default().to_ascii_lowercase();
        GATES.contains(&name.as_str())
    };
    if to.path_segments().is_some_and(|mut segments| segments.any(is_gate)) {
        return false;
    }
    let is_home = to.path() == "/" && to.query().is_none();
    site_of(from) == site_of(to) || (!is_home && is_known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: SignedDuration = SignedDuration::from_mins(5);

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + minute * 60).unwrap()
    }

    fn response(moved: &str) -> Response {
        let url: Url = "https://old.example/feed".parse().unwrap();
        Response { moved: moved.parse().ok(), ..Response::bare(&url, 200) }
    }

    fn state() -> FeedState {
        FeedState { url: "https://old.example/feed".into(), ..FeedState::default() }
    }

    #[test]
    fn a_move_is_remembered_after_three_polls_an_hour_apart() {
        let mut state = state();
        let new = "https://new.example/feed";
        let mut moved = |target: &str, minute| {
            redirected(&mut state, &response(target), true, at(minute), BASE);
            state.moved_to.clone()
        };
        let minutes = [0, 5, 60, 119];
        assert!(minutes.into_iter().all(|minute| moved(new, minute).is_empty()));
        assert_eq!(moved(new, 120), new);
    }

    #[test]
    fn a_poll_without_the_redirect_or_with_another_or_that_fails_begins_again() {
        for between in ["", "https://other.example/feed", "failure"] {
            let mut state = state();
            let new = response("https://new.example/feed");
            redirected(&mut state, &new, true, at(0), BASE);
            redirected(&mut state, &new, true, at(60), BASE);
            match between {
                "failure" => failed(&mut state, 500),
                other => redirected(&mut state, &response(other), true, at(120), BASE),
            }
            redirected(&mut state, &new, true, at(180), BASE);
            redirected(&mut state, &new, true, at(240), BASE);
            assert_eq!(state.moved_to, "", "{between}");
        }
    }

    #[test]
    fn a_login_a_home_page_and_an_unknown_feed_elsewhere_are_no_move() {
        let from: Url = "https://www.old.example/feed".parse().unwrap();
        for (to, is_known, expected) in [
            ("https://old.example/rss.xml", false, true),
            ("https://feeds.old.example/", false, true),
            ("https://new.example/feed", true, true),
            ("https://new.example/feed", false, false),
            ("https://new.example/", true, false),
            ("https://old.example/login?next=/feed", true, false),
            ("https://old.example/users/sign-in", true, false),
            ("https://old.example/Login.aspx", true, false),
        ] {
            assert_eq!(is_move(&from, &to.parse().unwrap(), is_known), expected, "{to}");
        }
    }

    #[test]
    fn a_feed_that_is_not_where_it_moved_to_is_asked_for_at_its_own_address() {
        let moved = || FeedState { moved_to: "https://new.example/feed".into(), ..state() };
        let after = |failures, status| {
            let mut state = FeedState { failures, ..moved() };
            failed(&mut state, status);
            state.moved_to.is_empty()
        };
        assert!(after(1, 404) && after(1, 410) && after(3, 0));
        assert!(!after(1, 500) && !after(2, 0));
    }
}
