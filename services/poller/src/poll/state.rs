//! The state of a feed in its two records: the entries are read only if they are needed, and written only if they changed.

use crate::{
    diff::Remembered,
    identity::{SeenEntry, unpack},
};
use proto::{time, v1::FeedState};

/// True for a state that an earlier version wrote: its entries are in the same record.
pub(super) fn has_own_entries(state: &FeedState) -> bool {
    state.entries_generation == 0 && !state.packed_entries.is_empty()
}

/// Turns a state whose entries are lost into that of a feed that was never polled: it has no validators, so that the next
/// poll returns a document. The generation stays, and tells that there were entries.
pub fn forget_entries(state: &mut FeedState) {
    state.first_polled_at = None;
    state.renewal_due_min = 0;
    for text in [&mut state.etag, &mut state.last_modified, &mut state.body_hash] {
        text.clear();
    }
}

/// What a state remembers, its entries included. They leave the state if they are in it.
pub(super) fn remembered(state: &mut FeedState, stored_entries: impl FnOnce() -> Option<Vec<SeenEntry>>) -> Remembered {
    let packed = std::mem::take(&mut state.packed_entries);
    let entries = match (state.first_polled_at, state.entries_generation) {
        (None, _) => Some(Vec::new()),
        (Some(_), 0) => unpack(&packed).ok(),
        (Some(_), _) => stored_entries(),
    };
    if entries.is_none() {
        forget_entries(state);
    }
    let first_polled_at = state.first_polled_at.as_ref().and_then(time::from_wire);
    // Where there was a generation, there were entries.
    let is_lost = entries.is_none() || (first_polled_at.is_none() && state.entries_generation != 0);
    Remembered { first_polled_at, entries: entries.unwrap_or_default(), is_lost }
}

/// True if `after` differs from `before` only in schedule, validators and entries, which the feed's health shows as times and
/// counts.
pub(super) fn is_same_health(before: &FeedState, after: &FeedState) -> bool {
    shown(before) == shown(after)
}

/// True if the next request has the same validators, and an unchanged document is recognised as before.
pub(super) fn has_same_validators(before: &FeedState, after: &FeedState) -> bool {
    (&before.etag, &before.last_modified, &before.body_hash) == (&after.etag, &after.last_modified, &after.body_hash)
}

/// The part of a state that the feed's health shows as more than times and counts. All fields are listed, so that a new one
/// does not compile until it is decided on.
fn shown(state: &FeedState) -> FeedState {
    let FeedState {
        feed_id,
        url,
        title,
        etag: _,
        last_modified: _,
        first_polled_at,
        last_polled_at: _,
        last_success_at: _,
        next_poll_at: _,
        failures,
        interval_s: _,
        entries: _,
        body_hash: _,
        moved_to,
        gone,
        packed_entries: _,
        hint_interval_s,
        skip_hours,
        skip_days,
        entries_generation: _,
        churning_polls,
        renewal_due_min: _,
        arrivals: _,
        moving_to,
        moving_polls,
        moving_at: _,
        gone_polls,
    } = state;
    FeedState {
        feed_id: feed_id.clone(),
        url: url.clone(),
        title: title.clone(),
        first_polled_at: *first_polled_at,
        failures: *failures,
        moved_to: moved_to.clone(),
        gone: *gone,
        hint_interval_s: *hint_interval_s,
        skip_hours: skip_hours.clone(),
        skip_days: skip_days.clone(),
        churning_polls: *churning_polls,
        moving_to: moving_to.clone(),
        moving_polls: *moving_polls,
        gone_polls: *gone_polls,
        ..FeedState::default()
    }
}
