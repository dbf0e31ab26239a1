//! Whether a poll taught anything that must outlive this process.

use crate::diff;
use proto::v1::FeedState;

/// True where `after` says nothing that `before` does not: then only the schedule, the validators and the times of its
/// entries differ, and with the old ones the next poll costs one answer more and no article.
pub(super) fn adds_nothing(before: &FeedState, after: &FeedState) -> bool {
    lasting(before) == lasting(after) && diff::knows_all(&before.entries, &after.entries)
}

/// What must be written when it changes. Every field is named, so that one that is added is decided on.
fn lasting(state: &FeedState) -> FeedState {
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
        ..FeedState::default()
    }
}
