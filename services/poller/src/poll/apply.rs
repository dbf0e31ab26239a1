//! The effect of a poll. Pure: definition, state and result in; items to publish, new state and poll record out.

use super::{
    Body, PollResult, arrivals, moves,
    state::{self, remembered},
};
use crate::{
    diff::{self, Counts, Diff, Part, Publish, Remembered},
    document::Hints,
    fetch::{FetchError, Response},
    identity::{Identity, SeenEntry},
    schedule::{self, Outcome, Rules, ServerHints},
};
use jiff::{SignedDuration, Timestamp, civil::Weekday};
use proto::{
    id, time,
    v1::{Feed, FeedState, Fetch, Poll},
    vocab::poll,
};

/// Characters of an error in a poll record.
const MAX_ERROR_CHARS: usize = 300;

/// The effect of a poll.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PollUpdate {
    /// Items to publish.
    pub publish: Vec<Publish>,
    /// SEEN items, which renew the states of articles.
    pub renew: Vec<Publish>,
    /// The feed's new state.
    pub state: FeedState,
    /// The feed's new entries, of the generation that `state` names; `None` if those that are stored still hold.
    pub entries: Option<Vec<SeenEntry>>,
    /// True if the feed's entries were lost and the document was read as that of a first poll.
    pub entries_were_lost: bool,
    /// The poll record for the feed's health. Its outcome is one of `proto::vocab::poll`.
    pub record: Poll,
    /// The document's entries by outcome.
    pub counts: Counts,
    /// Bytes of the items to publish, about.
    pub bytes: usize,
    /// Bytes of the items that are left to the poll's next part, about; 0 if it has none.
    pub left: usize,
    /// For [`Part::identities`] of the next part, if this was the first.
    pub identities: Vec<Identity>,
    /// True if the poll succeeded and changed nothing that the feed's health shows, but times and counts.
    pub is_routine: bool,
    /// True if besides this only times of the schedule changed: nothing is published, and validators and entries are the same.
    pub is_quiet: bool,
    /// When to poll next; `None` for a feed that is gone.
    pub next_poll_at: Option<Timestamp>,
}

/// What a response means for the feed.
struct Evaluation {
    /// One of `proto::vocab::poll`.
    outcome: &'static str,
    error: String,
    http_status: i32,
    server_hints: ServerHints,
    is_success: bool,
    /// The comparison with the state, where there is a document.
    diff: Option<Diff>,
}

/// Applies a poll's result to the state of its feed. `base` is the poll interval of a feed with new entries. The hints of the
/// last document are read from the state.
///
/// `stored_entries` returns the entries that belong to the state, or `None` if they are lost. It is called only if there is a
/// document, or if articles of the feed are due to be renewed.
///
/// Until the update has no next part, the result is applied again, to the state that the part before it has left.
#[must_use]
pub fn apply(
    feed: &Feed,
    state: Option<FeedState>,
    stored_entries: impl FnOnce() -> Option<Vec<SeenEntry>>,
    result: &PollResult,
    part: Part<'_>,
    base: SignedDuration,
) -> PollUpdate {
    let (now, now_min) = (result.at, diff::minutes(result.at));
    let before = state.clone();
    let mut state = state.unwrap_or_default();
    state.feed_id.clone_from(&feed.feed_id);
    state.url.clone_from(&feed.url);

    let has_document = matches!(&result.response, Ok((_, Body::Document { .. })));
    let is_old = state::has_own_entries(&state);
    let mut remembered = if has_document || is_old || diff::is_renewal_due(&state, now_min) {
        remembered(&mut state, stored_entries)
    } else {
        Remembered::default()
    };
    let is_of_future = diff::distrust_future(&mut remembered.entries, now_min);
    state.last_polled_at = Some(time::to_wire(now));

    let mut evaluation = match &result.response {
        Err(error) => fetch_failed(error),
        Ok((response, body)) => evaluate(feed, &mut state, &remembered, (result, part), (response, body), base),
    };
    // A blocked host got no request: the feed did not fail.
    let is_blocked = matches!(result.response, Err(FetchError::Blocked(_)));
    let outcome = if evaluation.is_success {
        state.failures = 0;
        state.gone = false;
        state.gone_polls = 0;
        state.last_success_at = Some(time::to_wire(now));
        Outcome::Success
    } else if is_blocked {
        Outcome::Success
    } else {
        state.failures = state.failures.saturating_add(1);
        moves::failed(&mut state, evaluation.http_status);
        // Only the feed's own address can say that it is gone, not a temporary redirect's target.
        let is_own = |response: &Response| response.moved.is_some() || response.final_url == result.url;
        let answers = result.response.as_ref().is_ok_and(|(response, _)| is_own(response));
        if evaluation.http_status == 410 && answers && result.url.as_str() == feed.url {
            state.gone_polls = state.gone_polls.saturating_add(1);
            state.gone = state.gone_polls >= moves::CONFIRMATIONS;
            let wait = evaluation.server_hints.retry_after.unwrap_or_default().max(moves::spacing(base));
            evaluation.server_hints.retry_after = Some(wait);
        } else {
            (state.gone, state.gone_polls) = (false, 0);
        }
        Outcome::Failure { failures: state.failures }
    };
    let arrivals = arrivals::updated(&state, result, evaluation.diff.as_ref(), part, evaluation.is_success);
    let hints = stored_hints(&state);
    let server_hints = evaluation.server_hints;
    let rules = Rules { base, min_interval_s: feed.min_interval_s, hints: &hints, server_hints };
    let next = schedule::next(now, outcome, &arrivals, &rules, jitter(&feed.feed_id, now));
    state.arrivals = Some(arrivals.to_wire());
    state.interval_s = next.interval_s;
    let next_poll_at = (!state.gone).then_some(next.at);
    state.next_poll_at = next_poll_at.map(time::to_wire);

    let document_entries = evaluation.diff.as_mut().map(|diff| std::mem::take(&mut diff.entries));
    let mut entries = document_entries.unwrap_or_else(|| remembered.entries.clone());
    let renew = diff::renew(&mut entries, &feed.feed_id, now_min);
    let entries = (is_old || is_of_future || diff::is_changed(&remembered.entries, &entries)).then_some(entries);
    if let Some(entries) = &entries {
        state.entries_generation = state.entries_generation.checked_add(1).unwrap_or(1);
        state.renewal_due_min = diff::next_renewal(entries);
    }

    let (publish, counts, bytes, left, identities) = evaluation
        .diff
        .map(|diff| (diff.publish, diff.counts, diff.bytes, diff.left, diff.identities))
        .unwrap_or_default();
    let record = Poll {
        at: Some(time::to_wire(now)),
        outcome: evaluation.outcome.to_owned(),
        http_status: evaluation.http_status,
        duration_ms: result.duration_ms,
        bytes: int(result.bytes),
        entries: int(counts.seen),
        new_entries: int(counts.new),
        changed_entries: int(counts.changed),
        dropped_entries: int(counts.dropped()),
        error: error_text(&evaluation.error, &counts),
    };
    let is_routine =
        evaluation.is_success && before.as_ref().is_some_and(|before| state::is_same_health(before, &state));
    let entries_were_lost = has_document && remembered.is_lost;
    let is_quiet = is_routine
        && !entries_were_lost
        && (publish.is_empty() && renew.is_empty() && entries.is_none() && left == 0)
        && before.is_some_and(|before| state::has_same_validators(&before, &state));
    PollUpdate {
        publish,
        renew,
        state,
        entries,
        entries_were_lost,
        record,
        counts,
        bytes,
        left,
        identities,
        is_routine,
        is_quiet,
        next_poll_at,
    }
}

/// Evaluates a response and stores in `state` what it says of the feed.
fn evaluate(
    feed: &Feed,
    state: &mut FeedState,
    remembered: &Remembered,
    (result, part): (&PollResult, Part<'_>),
    (response, body): (&Response, &Body),
    base: SignedDuration,
) -> Evaluation {
    let evaluation = |outcome, error: String, is_success| Evaluation {
        outcome,
        error,
        http_status: i32::from(response.status),
        server_hints: response.server_hints,
        is_success,
        diff: None,
    };
    let was_read = state.first_polled_at.is_some() || !state.etag.is_empty() || !state.last_modified.is_empty();
    match body {
        Body::None if response.status != 304 => {
            evaluation(poll::HTTP_ERROR, format!("HTTP status {}", response.status), false)
        }
        // A server that answers 304 to everything: there is no stored copy that it could mean.
        Body::None if !was_read => evaluation(poll::HTTP_ERROR, "HTTP status 304 without a document".to_owned(), false),
        Body::None | Body::Unchanged => {
            store_validators(state, response);
            moves::redirected(state, response, true, result.at, base);
            evaluation(poll::NOT_MODIFIED, String::new(), true)
        }
        Body::Unreadable(error) => evaluation(poll::UNREADABLE, error.to_string(), false),
        Body::Document { document, fingerprints, hash } => {
            let is_complete = response.truncated.is_none();
            let fetch = fetch_record(result, response);
            let diff = diff::diff(feed, remembered, document, fingerprints, is_complete, &fetch, part, result.at);
            // The first part of the poll tells.
            match diff.is_all_new.filter(|_| part.published == 0) {
                Some(true) => state.churning_polls = state.churning_polls.saturating_add(1),
                Some(false) => state.churning_polls = 0,
                None => {}
            }
            state.first_polled_at.get_or_insert(time::to_wire(result.at));
            state.title.clone_from(&document.title);
            state.body_hash.clone_from(hash);
            store_validators(state, response);
            if diff.is_deferred || diff.left > 0 {
                // The next poll must get the document again.
                for text in [&mut state.etag, &mut state.last_modified, &mut state.body_hash] {
                    text.clear();
                }
            }
            if part.published == 0 {
                let is_known = remembered.entries.is_empty() || diff.counts.unchanged + diff.counts.changed > 0;
                moves::redirected(state, response, is_known, result.at, base);
            }
            store_hints(state, &document.hints);
            let has_news = !diff.publish.is_empty() || part.published > 0;
            let outcome = if has_news { poll::NEW_ENTRIES } else { poll::NOTHING_NEW };
            let error = response.truncated.as_ref().map(|reason| format!("the body ended early: {reason}"));
            Evaluation { diff: Some(diff), ..evaluation(outcome, error.unwrap_or_default(), true) }
        }
    }
}

fn fetch_failed(error: &FetchError) -> Evaluation {
    let outcome = match error {
        FetchError::Address(_)
        | FetchError::Robots(_)
        | FetchError::RobotsUnreachable(_)
        | FetchError::Blocked(_)
        | FetchError::Credentials(_) => poll::REFUSED,
        FetchError::Redirect(_) => poll::HTTP_ERROR,
        FetchError::TooLarge(_) => poll::TOO_LARGE,
        FetchError::NotHtml(_) | FetchError::Fault(_) => poll::UNREADABLE,
        FetchError::Network(_) | FetchError::NoAnswer { .. } | FetchError::Local(_) | FetchError::Busy(_) => {
            poll::NETWORK_ERROR
        }
    };
    let retry_after = match error {
        FetchError::Blocked(blocked) => SignedDuration::try_from(blocked.0).ok(),
        _ => None,
    };
    Evaluation {
        outcome,
        error: error.to_string(),
        http_status: 0,
        server_hints: ServerHints { retry_after, max_age: None },
        is_success: false,
        diff: None,
    }
}

/// The hints of a document apply until the next document, across restarts.
fn store_hints(state: &mut FeedState, hints: &Hints) {
    state.hint_interval_s = schedule::hint_interval_s(hints);
    state.skip_hours = hints.skip_hours.iter().map(|hour| i32::from(*hour)).collect();
    state.skip_days = hints.skip_days.iter().map(|day| i32::from(day.to_monday_one_offset())).collect();
}

fn stored_hints(state: &FeedState) -> Hints {
    let day = |day: &i32| Weekday::from_monday_one_offset(i8::try_from(*day).ok()?).ok();
    Hints {
        update_period_s: u32::try_from(state.hint_interval_s).ok(),
        skip_hours: state.skip_hours.iter().filter_map(|hour| u8::try_from(*hour).ok()).collect(),
        skip_days: state.skip_days.iter().filter_map(day).collect(),
        ..Hints::default()
    }
}

/// Stores the validators of a complete response, which are within their limit. A truncated one is requested again without
/// validators.
fn store_validators(state: &mut FeedState, response: &Response) {
    if response.truncated.is_some() {
        state.etag.clear();
        state.last_modified.clear();
    } else if response.status == 304 {
        for (stored, sent) in [(&mut state.etag, &response.etag), (&mut state.last_modified, &response.last_modified)] {
            if !sent.is_empty() {
                stored.clone_from(sent);
            }
        }
    } else {
        state.etag.clone_from(&response.etag);
        state.last_modified.clone_from(&response.last_modified);
    }
}

fn fetch_record(result: &PollResult, response: &Response) -> Fetch {
    Fetch {
        fetched_at: Some(time::to_wire(result.at)),
        final_url: response.final_url.to_string(),
        http_status: i32::from(response.status),
        content_type: response.content_type.clone(),
        etag: response.etag.clone(),
        last_modified: response.last_modified.clone(),
        duration_ms: result.duration_ms,
        bytes: int(result.bytes),
        content_language: response.content_language.clone(),
    }
}

/// The error of a poll record: the error itself, then the dropped entries by reason.
fn error_text(error: &str, counts: &Counts) -> String {
    let mut text: String = error.chars().take(MAX_ERROR_CHARS).collect();
    for (reason, count) in &counts.dropped {
        if !text.is_empty() {
            text.push_str("; ");
        }
        text.push_str(&format!("{count} dropped: {reason}"));
    }
    text
}

/// A number in 0..1 that differs by feed and poll, and is the same when a transaction is retried.
fn jitter(feed_id: &str, now: Timestamp) -> f64 {
    let digits = id::digest(&[b"jitter", feed_id.as_bytes(), now.to_string().as_bytes()]);
    let number = digits.get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0);
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

fn int(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
