//! Whether a poll changed anything that a restart must not lose.

use crate::diff;
use proto::v1::FeedState;

/// True where `after` differs from `before` only in schedule, validators and the times at which entries were last seen. With
/// the old values the next poll transfers one body too many and publishes nothing twice.
pub(super) fn only_schedule_changed(before: &FeedState, after: &FeedState) -> bool {
    durable(before) == durable(after) && diff::contains_all(&before.packed_entries, &after.packed_entries)
}

/// The part of a state that is written whenever it changes. All fields are listed, so that a new one does not compile
/// until it is decided on.
fn durable(state: &FeedState) -> FeedState {
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
        entries_generation,
        churning_polls,
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
        entries_generation: *entries_generation,
        churning_polls: *churning_polls,
        ..FeedState::default()
    }
}
