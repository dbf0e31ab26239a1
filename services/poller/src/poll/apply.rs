//! What a poll leads to. Pure: feed, state and result in; items, new state and the line for the health record out.

use super::{Body, Polled};
use crate::{
    diff::{self, Counts, Publish},
    feed::Hints,
    fetch::{FetchError, Fetched},
    schedule::{self, Asked, Came},
};
use jiff::{SignedDuration, Timestamp, civil::Weekday};
use proto::{
    id, time,
    v1::{Feed, FeedState, Fetch, Poll},
    vocab::poll,
};

/// Failures in a row after which a moved feed is asked for at its old address again.
const MOVED_FAILURES: i32 = 3;
/// An error is cut at this many characters.
const MAX_ERROR: usize = 300;
/// Characters of a feed's title that its state keeps.
const MAX_TITLE: usize = 1_000;
/// Bytes of a header's value that a state keeps: a longer one is not kept at all, for half a validator is none.
const MAX_HEADER: usize = 4_096;

/// What a poll leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// Items to publish.
    pub publish: Vec<Publish>,
    /// The feed's new state.
    pub state: FeedState,
    /// The line for the health record; its outcome is one of `proto::vocab::poll`.
    pub line: Poll,
    /// What became of the document's entries.
    pub counts: Counts,
    /// True where the poll succeeded and taught nothing but when to come again, and with which validators.
    pub quiet: bool,
    /// When to poll next; `None` for a feed that is gone.
    pub next: Option<Timestamp>,
}

struct Verdict {
    outcome: &'static str,
    error: String,
    came: Option<Came>,
    asked: Asked,
    http_status: i32,
}

/// Applies a result to what is known of its feed. What the last document asked for stands in the state.
#[must_use]
pub fn apply(feed: &Feed, state: Option<FeedState>, polled: &Polled, base: SignedDuration) -> Applied {
    let now = polled.at;
    let before = state.clone();
    let mut state = state.unwrap_or_default();
    state.feed_id.clone_from(&feed.feed_id);
    state.url.clone_from(&feed.url);
    state.last_polled_at = Some(time::to_wire(now));

    let mut diffed = None;
    let verdict = match &polled.answer {
        Err(failed) => refused(failed),
        Ok((fetched, body)) => {
            let verdict = |outcome, error: String, came| Verdict {
                outcome,
                error,
                came,
                asked: fetched.asked,
                http_status: i32::from(fetched.status),
            };
            match body {
                Body::None if fetched.status == 304 => {
                    keep_validators(&mut state, fetched);
                    verdict(poll::NOT_MODIFIED, String::new(), Some(Came::Nothing))
                }
                Body::None => {
                    // Gone is what the feed's own address says, not a place that it moved to for a while.
                    state.gone = fetched.status == 410 && polled.url.as_str() == feed.url;
                    verdict(poll::HTTP_ERROR, format!("HTTP status {}", fetched.status), None)
                }
                Body::Same => {
                    keep_validators(&mut state, fetched);
                    verdict(poll::NOT_MODIFIED, String::new(), Some(Came::Nothing))
                }
                Body::Unreadable(unreadable) => verdict(poll::UNREADABLE, unreadable.to_string(), None),
                Body::Document { document, hash } => {
                    let diff =
                        diff::diff(feed, &state, document, fetched.truncated.is_none(), &fetch(polled, fetched), now);
                    state.first_polled_at.get_or_insert(time::to_wire(now));
                    state.entries.clone_from(&diff.entries);
                    state.title = document.title.chars().take(MAX_TITLE).collect();
                    state.body_hash.clone_from(hash);
                    keep_validators(&mut state, fetched);
                    if let Some(moved) = &fetched.moved {
                        state.moved_to = bounded(moved.as_str());
                    }
                    keep_hints(&mut state, &document.hints);
                    let outcome = if diff.publish.is_empty() { poll::NOTHING_NEW } else { poll::NEW_ENTRIES };
                    let came = if diff.publish.is_empty() { Came::Nothing } else { Came::News };
                    diffed = Some(diff);
                    let error = fetched.truncated.as_ref().map(|why| format!("the body ended early: {why}"));
                    verdict(outcome, error.unwrap_or_default(), Some(came))
                }
            }
        }
    };
    let waits_only = matches!(polled.answer, Err(FetchError::Closed(_)));
    let came = match verdict.came {
        Some(came) => {
            state.failures = 0;
            state.gone = false;
            state.last_success_at = Some(time::to_wire(now));
            came
        }
        // A host that asked to be left alone was not asked: that is no failure of the feed.
        None if waits_only => Came::Nothing,
        None => {
            state.failures = state.failures.saturating_add(1);
            let lost = matches!(verdict.http_status, 404 | 410) || state.failures >= MOVED_FAILURES;
            if lost && !state.moved_to.is_empty() {
                state.moved_to.clear();
            }
            Came::Failure { failures: state.failures }
        }
    };
    let next = schedule::next(
        now,
        came,
        state.interval_s,
        base,
        feed.min_interval_s,
        &hints(&state),
        verdict.asked,
        chance(&feed.feed_id, now),
    );
    state.interval_s = next.interval_s;
    let next = (!state.gone).then_some(next.at);
    state.next_poll_at = next.map(time::to_wire);

    let (publish, counts) = diffed.map(|diff| (diff.publish, diff.counts)).unwrap_or_default();
    let line = Poll {
        at: Some(time::to_wire(now)),
        outcome: verdict.outcome.to_owned(),
        http_status: verdict.http_status,
        duration_ms: polled.duration_ms,
        bytes: int(polled.bytes),
        entries: int(counts.seen),
        new_entries: int(counts.new),
        changed_entries: int(counts.changed),
        dropped_entries: int(counts.dropped()),
        error: sentence(&verdict.error, &counts),
    };
    let succeeded_quietly = verdict.came == Some(Came::Nothing);
    let quiet = succeeded_quietly && before.is_some_and(|before| super::quiet::adds_nothing(&before, &state));
    Applied { publish, state, line, counts, quiet, next }
}

fn refused(failed: &FetchError) -> Verdict {
    let outcome = match failed {
        FetchError::Refused(_) | FetchError::Robots(_) | FetchError::RobotsUnreadable(_) | FetchError::Closed(_) => {
            poll::REFUSED
        }
        FetchError::Redirect(_) => poll::HTTP_ERROR,
        FetchError::TooLarge(_) => poll::TOO_LARGE,
        FetchError::Network(_) => poll::NETWORK_ERROR,
    };
    let retry_after = match failed {
        FetchError::Closed(closed) => SignedDuration::try_from(closed.0).ok(),
        _ => None,
    };
    Verdict {
        outcome,
        error: failed.to_string(),
        came: None,
        asked: Asked { retry_after, max_age: None },
        http_status: 0,
    }
}

/// What a document asks for holds until the next, restarts included.
fn keep_hints(state: &mut FeedState, hints: &Hints) {
    state.hint_interval_s = schedule::hint_interval_s(hints);
    state.skip_hours = hints.skip_hours.iter().map(|hour| i32::from(*hour)).collect();
    state.skip_days = hints.skip_days.iter().map(|day| i32::from(day.to_monday_one_offset())).collect();
}

fn hints(state: &FeedState) -> Hints {
    let day = |day: &i32| Weekday::from_monday_one_offset(i8::try_from(*day).ok()?).ok();
    Hints {
        update_period_s: u32::try_from(state.hint_interval_s).ok(),
        skip_hours: state.skip_hours.iter().filter_map(|hour| u8::try_from(*hour).ok()).collect(),
        skip_days: state.skip_days.iter().filter_map(day).collect(),
        ..Hints::default()
    }
}

fn bounded(value: &str) -> String {
    if value.len() > MAX_HEADER { String::new() } else { value.to_owned() }
}

/// Validators of a whole answer; a truncated one must be asked for again.
fn keep_validators(state: &mut FeedState, fetched: &Fetched) {
    if fetched.truncated.is_some() {
        state.etag.clear();
        state.last_modified.clear();
    } else if fetched.status == 304 {
        for (kept, sent) in [(&mut state.etag, &fetched.etag), (&mut state.last_modified, &fetched.last_modified)] {
            if !sent.is_empty() {
                *kept = bounded(sent);
            }
        }
    } else {
        state.etag = bounded(&fetched.etag);
        state.last_modified = bounded(&fetched.last_modified);
    }
}

fn fetch(polled: &Polled, fetched: &Fetched) -> Fetch {
    Fetch {
        fetched_at: Some(time::to_wire(polled.at)),
        final_url: fetched.final_url.to_string(),
        http_status: i32::from(fetched.status),
        content_type: fetched.content_type.clone(),
        etag: fetched.etag.clone(),
        last_modified: fetched.last_modified.clone(),
        duration_ms: polled.duration_ms,
        bytes: int(polled.bytes),
    }
}

/// The error in a sentence, and by what names entries were dropped.
fn sentence(error: &str, counts: &Counts) -> String {
    let mut text: String = error.chars().take(MAX_ERROR).collect();
    for (reason, count) in &counts.dropped {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&format!("{count} dropped: {reason}"));
    }
    text
}

/// A number in 0..1 that differs from feed to feed and from poll to poll, and is the same when a commit is tried again.
fn chance(feed_id: &str, now: Timestamp) -> f64 {
    let digits = id::digest(&[b"jitter", feed_id.as_bytes(), now.to_string().as_bytes()]);
    let number = digits.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0);
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

fn int(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
