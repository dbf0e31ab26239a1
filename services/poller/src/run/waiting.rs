//! A poll that is committed in parts.

use crate::{
    diff::{Counts, Part},
    identity::Identity,
    poll::{PollResult, PollUpdate},
};
use proto::vocab::poll;
use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Most polls that wait for their next part, and bytes of their documents.
const MAX_WAITING: usize = 256;
const MAX_BYTES: usize = 16 << 20;
/// What is left of a poll counts half after so long, so that a large one gets its turn among small ones.
const HALVES: Duration = Duration::from_secs(8);

/// A result, and what its committed parts have published.
pub(super) struct Waiting {
    pub(super) result: PollResult,
    /// Bytes that are left; 0 until the first part is staged.
    left: usize,
    since: Instant,
    new: usize,
    changed: usize,
    bytes: usize,
    identities: Vec<Identity>,
}

/// True if so much waits that a poll must be ended: the next poll of its feed goes on with what is left.
pub(super) fn is_too_much(waiting: &VecDeque<Waiting>) -> bool {
    let bytes = || waiting.iter().map(|one| one.result.bytes).sum::<usize>();
    waiting.len() > MAX_WAITING || (waiting.len() > 1 && bytes() > MAX_BYTES)
}

impl Waiting {
    /// A result of which nothing is committed.
    pub(super) fn new(result: PollResult, now: Instant) -> Self {
        Waiting { result, left: 0, since: now, new: 0, changed: 0, bytes: 0, identities: Vec::new() }
    }

    /// True until the first part is staged.
    pub(super) fn is_new(&self) -> bool {
        self.left == 0
    }

    /// The order of those that wait: the one that has least left is the first.
    pub(super) fn order(&self, now: Instant) -> usize {
        let halves = now.duration_since(self.since).as_secs() / HALVES.as_secs();
        self.left >> halves.min(u64::from(usize::BITS - 1))
    }

    /// A part of at most `bytes`; `has_one` if of one item at least.
    pub(super) fn part(&self, bytes: usize, has_one: bool, is_last: bool) -> Part<'_> {
        Part { bytes, has_one, is_last, published: self.bytes, identities: &self.identities }
    }

    /// Makes an update one of a part. One before the last counts the published entries only, and the last counts those that
    /// the others did not, and records the whole poll.
    pub(super) fn account(&self, update: &mut PollUpdate) {
        let counts = &mut update.counts;
        if update.left > 0 {
            let (new, changed) = (counts.new, counts.changed);
            *counts = Counts { seen: new + changed, new, changed, ..Counts::default() };
            return;
        }
        let published = self.new + self.changed;
        if published == 0 {
            return;
        }
        counts.seen = counts.seen.saturating_sub(published);
        counts.unchanged = counts.unchanged.saturating_sub(published);
        let record = &mut update.record;
        record.outcome = poll::NEW_ENTRIES.to_owned();
        record.new_entries = record.new_entries.saturating_add(i32::try_from(self.new).unwrap_or(i32::MAX));
        record.changed_entries = record.changed_entries.saturating_add(i32::try_from(self.changed).unwrap_or(i32::MAX));
    }

    /// Adds a part that is committed, or has nothing to commit.
    pub(super) fn add(&mut self, update: &mut PollUpdate) {
        if self.identities.is_empty() {
            self.identities = std::mem::take(&mut update.identities);
        }
        self.new += update.counts.new;
        self.changed += update.counts.changed;
        self.bytes += update.bytes;
        self.left = update.left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::FetchError;

    fn waiting(left: usize, bytes: usize, since: Instant) -> Waiting {
        let result = PollResult {
            number: 0,
            feed_id: String::new(),
            url: url::Url::parse("http://feeds.example/").unwrap(),
            at: jiff::Timestamp::UNIX_EPOCH,
            duration_ms: 0,
            bytes,
            response: Err(FetchError::Busy("a test")),
        };
        Waiting { left, ..Waiting::new(result, since) }
    }

    #[test]
    fn least_is_first_and_much_gets_its_turn() {
        let start = Instant::now();
        let (little, much) = (waiting(1_000, 0, start), waiting(1 << 20, 0, start));
        assert!(little.order(start) < much.order(start));
        let later = start + HALVES * 20;
        assert!(waiting(1_000, 0, later).order(later) > much.order(later));
        assert_eq!(much.order(start + HALVES * 1_000), 0);
    }

    #[test]
    fn what_waits_is_bounded() {
        let start = Instant::now();
        let some = |count: usize, bytes| (0..count).map(|_| waiting(1, bytes, start)).collect::<VecDeque<_>>();
        assert!(!is_too_much(&some(MAX_WAITING, 1_000)));
        assert!(is_too_much(&some(MAX_WAITING + 1, 0)));
        assert!(is_too_much(&some(2, MAX_BYTES)));
        assert!(!is_too_much(&some(1, 2 * MAX_BYTES)), "one always may");
    }
}
