//! The last polls of a feed, in little memory: there are a million of them for 100,000 feeds.

use jiff::Timestamp;
use proto::{time, v1::Poll, vocab::poll as outcome};
use std::collections::VecDeque;

/// Polls that are remembered, as many as a health record has.
pub(super) const MAX_POLLS: usize = 10;

/// All outcomes of this version.
const OUTCOMES: [&str; 8] = [
    outcome::NEW_ENTRIES,
    outcome::NOTHING_NEW,
    outcome::NOT_MODIFIED,
    outcome::HTTP_ERROR,
    outcome::NETWORK_ERROR,
    outcome::TOO_LARGE,
    outcome::UNREADABLE,
    outcome::REFUSED,
];

/// The last polls, newest first, at most [`MAX_POLLS`].
#[derive(Debug, Clone, Default)]
pub(super) struct RecentPolls(VecDeque<Brief>);

/// A [`Poll`] in 56 bytes.
#[derive(Debug, Clone)]
struct Brief {
    /// Milliseconds since 1970.
    at_ms: i64,
    /// Index in [`OUTCOMES`].
    outcome: u8,
    http_status: u16,
    duration_ms: i32,
    bytes: i32,
    entries: i32,
    new_entries: i32,
    changed_entries: i32,
    dropped_entries: i32,
    error: Option<Box<str>>,
}

impl Brief {
    /// `None` for an outcome that this version does not know.
    fn of(poll: Poll) -> Option<Self> {
        let outcome = OUTCOMES.iter().position(|outcome| *outcome == poll.outcome)?;
        Some(Brief {
            at_ms: poll.at.as_ref().and_then(time::from_wire).map_or(0, Timestamp::as_millisecond),
            outcome: u8::try_from(outcome).ok()?,
            http_status: u16::try_from(poll.http_status).unwrap_or_default(),
            duration_ms: poll.duration_ms,
            bytes: poll.bytes,
            entries: poll.entries,
            new_entries: poll.new_entries,
            changed_entries: poll.changed_entries,
            dropped_entries: poll.dropped_entries,
            error: (!poll.error.is_empty()).then(|| poll.error.into()),
        })
    }

    fn outcome(&self) -> &'static str {
        OUTCOMES.get(usize::from(self.outcome)).copied().unwrap_or_default()
    }

    fn poll(&self) -> Poll {
        Poll {
            at: Timestamp::from_millisecond(self.at_ms).ok().map(time::to_wire),
            outcome: self.outcome().to_owned(),
            http_status: self.http_status.into(),
            duration_ms: self.duration_ms,
            bytes: self.bytes,
            entries: self.entries,
            new_entries: self.new_entries,
            changed_entries: self.changed_entries,
            dropped_entries: self.dropped_entries,
            error: self.error.as_deref().unwrap_or_default().to_owned(),
        }
    }
}

impl RecentPolls {
    /// Those of a health record, newest first.
    pub(super) fn of(polls: Vec<Poll>) -> Self {
        RecentPolls(polls.into_iter().filter_map(Brief::of).take(MAX_POLLS).collect())
    }

    /// Adds a poll as the newest.
    pub(super) fn add(&mut self, poll: Poll) {
        if let Some(brief) = Brief::of(poll) {
            self.0.truncate(MAX_POLLS - 1);
            self.0.push_front(brief);
        }
    }

    /// The polls, newest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Poll> {
        self.0.iter().map(Brief::poll)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if there are as many as are remembered, and all have this outcome.
    pub(super) fn are_all(&self, outcome: &str) -> bool {
        self.0.len() == MAX_POLLS && self.0.iter().all(|poll| poll.outcome() == outcome)
    }

    /// True if any took longer than `millis`, or had a document of more bytes than `bytes`.
    pub(super) fn exceed(&self, millis: u128, bytes: i32) -> bool {
        let is_slow = |poll: &Brief| u128::try_from(poll.duration_ms).is_ok_and(|duration| duration > millis);
        self.0.iter().any(|poll| is_slow(poll) || poll.bytes > bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll(number: i32) -> Poll {
        Poll {
            at: Timestamp::from_second(1_700_000_000 + i64::from(number)).ok().map(time::to_wire),
            outcome: outcome::HTTP_ERROR.into(),
            http_status: 503,
            duration_ms: number,
            bytes: 1,
            entries: 2,
            new_entries: 3,
            changed_entries: 4,
            dropped_entries: 5,
            error: "HTTP status 503".into(),
        }
    }

    #[test]
    fn the_last_ten_polls_are_kept_whole_and_newest_first() {
        let mut recent = RecentPolls::of((0..3).map(poll).collect());
        assert_eq!(recent.iter().collect::<Vec<_>>(), [poll(0), poll(1), poll(2)]);
        (3..20).for_each(|number| recent.add(poll(number)));
        assert_eq!(recent.iter().collect::<Vec<_>>(), (10..20).rev().map(poll).collect::<Vec<_>>());
        recent.add(Poll { outcome: "OF_ANOTHER_VERSION".into(), ..poll(20) });
        assert_eq!((recent.iter().count(), size_of::<Brief>()), (10, 56));
    }

    #[test]
    fn slow_and_large_polls_and_a_common_outcome_are_found() {
        let mut recent = RecentPolls::of(vec![poll(7); 9]);
        assert!(!recent.are_all(outcome::HTTP_ERROR));
        recent.add(poll(9));
        assert!(recent.are_all(outcome::HTTP_ERROR) && !recent.are_all(outcome::NOT_MODIFIED));
        assert!(recent.exceed(8, 1) && recent.exceed(9, 0) && !recent.exceed(9, 1));
    }
}
