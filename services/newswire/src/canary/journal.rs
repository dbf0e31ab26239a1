//! Which entries are expected at the gateway. Pure: the clock is passed in.

use super::entries::Entries;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// The entries that are expected, and when the poller first got each. Bounded by the limit over the interval.
#[derive(Debug)]
pub(super) struct Journal {
    expected: BTreeMap<i64, Option<Timestamp>>,
    /// The newest entry that was published.
    newest: i64,
    limit: SignedDuration,
}

impl Journal {
    /// Entries after `newest` are expected, each within `limit` of its publication.
    pub(super) fn new(newest: i64, limit: SignedDuration) -> Self {
        Journal { expected: BTreeMap::new(), newest, limit }
    }

    /// Expects the entries that were published until `now`.
    pub(super) fn advance_to(&mut self, now: Timestamp, entries: &Entries) {
        let newest = entries.number_at(now);
        // A clock that jumped ahead published nothing meanwhile.
        let first = (self.newest + 1).max(*entries.listed(now).start());
        self.expected.extend((first..=newest).map(|number| (number, None)));
        self.newest = self.newest.max(newest);
    }

    /// As [`Journal::advance_to`]; returns the entries that have not arrived in time, which are no longer expected.
    pub(super) fn advance(&mut self, now: Timestamp, entries: &Entries) -> Vec<i64> {
        self.advance_to(now, entries);
        let is_late = |number: &i64| now.duration_since(entries.published_at(*number)) > self.limit;
        let missing: Vec<i64> = self.expected.keys().copied().take_while(is_late).collect();
        self.expected.retain(|number, _| !is_late(number));
        missing
    }

    /// The poller got an entry at `now`.
    pub(super) fn served(&mut self, number: i64, now: Timestamp) {
        if let Some(served) = self.expected.get_mut(&number) {
            served.get_or_insert(now);
        }
    }

    /// An entry's article has arrived. Returns when the poller got the entry, if it was expected: not a second time, and not after
    /// the limit.
    pub(super) fn arrived(&mut self, number: i64) -> Option<Option<Timestamp>> {
        self.expected.remove(&number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_arrives_in_time_or_is_missing_once() {
        let start: Timestamp = "2026-11-30T12:00:30Z".parse().unwrap();
        let entries = Entries::new("http://x", SignedDuration::from_secs(60), SignedDuration::from_mins(5), start);
        let after = |seconds: i64| start + SignedDuration::from_secs(seconds);
        let first = entries.number_at(start);
        let mut journal = Journal::new(first, SignedDuration::from_mins(5));
        assert!(journal.advance(after(100), &entries).is_empty());
        assert_eq!(journal.arrived(first), None, "it was published before the start");
        journal.served(first + 1, after(101));
        journal.served(first + 1, after(160));
        assert_eq!(journal.arrived(first + 1), Some(Some(after(101))));
        assert_eq!(journal.arrived(first + 1), None);
        // Entry 2 is of 12:02.
        assert!(journal.advance(after(90 + 299), &entries).is_empty());
        assert_eq!(journal.advance(after(90 + 301), &entries), [first + 2]);
        assert!(journal.advance(after(90 + 302), &entries).is_empty());
        assert_eq!(journal.arrived(first + 2), None);
    }

    #[test]
    fn a_clock_that_jumps_a_year_ahead_makes_few_entries() {
        let start: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        let entries = Entries::new("http://x", SignedDuration::from_secs(1), SignedDuration::from_secs(10), start);
        let mut journal = Journal::new(entries.number_at(start), SignedDuration::from_secs(10));
        let missing = journal.advance("2027-11-30T12:00:00Z".parse().unwrap(), &entries);
        assert!(missing.len() + journal.expected.len() <= 15);
    }
}
