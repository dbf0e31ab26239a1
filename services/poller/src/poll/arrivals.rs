//! What a poll tells of when entries of its feed arrive.

use super::{Body, PollResult};
use crate::{
    dates::Date,
    diff::{Diff, Part, Publish},
    document::Document,
    schedule::Arrivals,
};
use jiff::Timestamp;
use proto::{
    time,
    v1::{FeedState, RawItem},
    vocab::precision,
};

/// The feed's history after a poll. The first document gives it a history at once; after it, the entries that are new count.
/// A poll that failed tells nothing.
pub(super) fn updated(
    state: &FeedState,
    result: &PollResult,
    diff: Option<&Diff>,
    part: Part<'_>,
    is_success: bool,
) -> Arrivals {
    let known = state.arrivals.as_ref().map(Arrivals::from_wire);
    let now = result.at;
    match (&result.response, known) {
        (_, known) if !is_success => known.unwrap_or_default(),
        (Ok((_, Body::Document { document, .. })), None) if part.published == 0 => {
            Arrivals::of_document(&times(document), now)
        }
        (_, known) => {
            let mut arrivals = known.unwrap_or_default();
            arrivals.observe(now);
            let publish = diff.map(|diff| diff.publish.as_slice()).unwrap_or_default();
            arrivals.arrived(publish.iter().filter(|publish| is_arrival(publish)).map(|one| published(&one.item)), now);
            arrivals
        }
    }
}

/// True for a new entry that the feed did not have at its first poll.
fn is_arrival(publish: &Publish) -> bool {
    !publish.item.known && !publish.item.backfill
}

/// How long ago each new entry was published when it was first seen, in seconds, where the publisher states a time.
pub(crate) fn delays_s(publish: &[Publish], now: Timestamp) -> Vec<f64> {
    let times = publish.iter().filter(|publish| is_arrival(publish)).filter_map(|one| published(&one.item));
    times.map(|at| now.duration_since(at).as_secs_f64()).filter(|delay| *delay >= 0.0).collect()
}

/// When an item was published, where that is known to the minute.
fn published(item: &RawItem) -> Option<Timestamp> {
    let at = item.published_at.as_ref().and_then(time::from_wire)?;
    is_exact(&item.published_at_precision).then_some(at)
}

fn times(document: &Document) -> Vec<Timestamp> {
    let date = |entry: &crate::document::Entry| entry.published.or(entry.updated);
    let exact = |date: &Date| is_exact(date.precision);
    document.entries.iter().filter_map(date).filter(exact).map(|date| date.at).collect()
}

fn is_exact(text: &str) -> bool {
    [precision::SECOND, precision::MINUTE].contains(&text)
}
