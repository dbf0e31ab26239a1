//! The records that the poller writes.

use super::{queue::ScheduledFeed, recent::MAX_POLLS, status::Condition};
use crate::{
    diff::{self, Publish},
    identity::{PACKED_BYTES, SeenEntry, pack},
    outgoing::{bad_key, outgoing, unencodable},
    poll::PollUpdate,
    schedule::Arrivals,
};
use jiff::Timestamp;
use proto::{
    key, partition, time,
    topic::Topic,
    v1::{FeedEntries, FeedHealth, FeedState},
};
use stream::{LogError, Outgoing, Runtime};

/// Upper bound for the bytes of a record's key and headers, and of what a record of entries has besides them.
const OVERHEAD: usize = 1_024;

/// The record of an item.
pub(super) fn raw(runtime: &Runtime, publish: Publish, limit: usize, now: Timestamp) -> Result<Outgoing, LogError> {
    let Publish { mut item, entry_key, fingerprint } = publish;
    let value =
        diff::encode_within(&mut item, runtime.encoding, limit.saturating_sub(OVERHEAD)).map_err(unencodable)?;
    let id = diff::event_id(&item.feed_id, &entry_key, &fingerprint);
    let to = partition::of(item.article_id.as_bytes(), runtime.partitions);
    let trace = diff::traceparent(&id);
    let key = Topic::Raw.key(&item.article_id).map_err(bad_key)?;
    outgoing::<proto::v1::RawItem>(runtime, (to, key), value, &id, Some(&trace), now)
}

/// The changelog record of a feed's state, on the feed's own partition.
pub(super) fn state(
    runtime: &Runtime,
    partition: i32,
    state: &FeedState,
    now: Timestamp,
) -> Result<Outgoing, LogError> {
    let value = Topic::FeedState.encoding(runtime.encoding).encode(state).map_err(unencodable)?;
    let key = Topic::FeedState.key(&state.feed_id).map_err(bad_key)?;
    let id = format!("{}/{now}", state.feed_id);
    outgoing::<FeedState>(runtime, (partition, key), value, &id, None, now)
}

/// The changelog record of the entries that belong to `state`. [`diff::MAX_SEEN`] entries are far below the default limit;
/// under a smaller `limit` those that were shown longest ago are left out.
pub(super) fn entries(
    runtime: &Runtime,
    partition: i32,
    state: &FeedState,
    entries: &[SeenEntry],
    limit: usize,
    now: Timestamp,
) -> Result<Outgoing, LogError> {
    let (feed_id, generation) = (state.feed_id.clone(), state.entries_generation);
    let most = limit.saturating_sub(OVERHEAD) / PACKED_BYTES;
    let packed = pack(entries.get(..most).unwrap_or(entries));
    stored_entries(runtime, partition, &FeedEntries { feed_id, generation, packed }, now)
}

/// The changelog record of entries as they are stored.
pub(super) fn stored_entries(
    runtime: &Runtime,
    partition: i32,
    message: &FeedEntries,
    now: Timestamp,
) -> Result<Outgoing, LogError> {
    let FeedEntries { feed_id, generation, .. } = message;
    let key = key::of_entries(feed_id).map_err(bad_key)?.to_vec();
    let id = format!("{feed_id}/entries/{generation}/{now}");
    let value = Topic::FeedState.encoding(runtime.encoding).encode(message).map_err(unencodable)?;
    outgoing::<FeedEntries>(runtime, (partition, key), value, &id, None, now)
}

/// The health record of a feed, on the feed's own partition.
pub(super) fn health(
    runtime: &Runtime,
    feed: &ScheduledFeed,
    state: &FeedState,
    update: Option<&PollUpdate>,
    now: Timestamp,
) -> Result<Outgoing, LogError> {
    let arrivals = state.arrivals.as_ref().map(Arrivals::from_wire).unwrap_or_default();
    let status = Condition::of(&feed.feed, state, now).status.as_str();
    let poll = update.map(|update| update.record.clone());
    let health = FeedHealth {
        feed_id: feed.feed.feed_id.clone(),
        url: feed.feed.url.clone(),
        title: if feed.feed.title.is_empty() { state.title.clone() } else { feed.feed.title.clone() },
        status: status.to_owned(),
        last_success_at: state.last_success_at,
        next_poll_at: if feed.feed.paused { None } else { state.next_poll_at },
        failures: state.failures,
        polls: poll.into_iter().chain(feed.polls.iter()).take(MAX_POLLS).collect(),
        last_entry_at: arrivals.last_at().map(time::to_wire),
        silent_from: arrivals.silent_from_at().map(time::to_wire),
        expected_a_week: arrivals.expected_a_week().unwrap_or_default(),
        last_week: i32::try_from(arrivals.last_week()).unwrap_or(i32::MAX),
        moved_to: state.moved_to.clone(),
    };
    stored_health(runtime, feed.partition, &health, now)
}

/// The record of a feed's health as it is stored.
pub(super) fn stored_health(
    runtime: &Runtime,
    partition: i32,
    health: &FeedHealth,
    now: Timestamp,
) -> Result<Outgoing, LogError> {
    let value = runtime.encoding.encode(health).map_err(unencodable)?;
    let id = format!("{}/health/{now}", health.feed_id);
    let key = Topic::FeedHealth.key(&health.feed_id).map_err(bad_key)?;
    outgoing::<FeedHealth>(runtime, (partition, key), value, &id, None, now)
}

/// A time of the wire; `None` if there is none.
pub(super) fn at(time: Option<&proto::Timestamp>) -> Option<Timestamp> {
    time.and_then(time::from_wire)
}
