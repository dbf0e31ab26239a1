//! When a poll's records may be skipped. Pure.

use jiff::{SignedDuration, Timestamp};

/// Time for which a record may stay unwritten.
const MAX_UNWRITTEN: SignedDuration = SignedDuration::from_mins(1);

/// True if the health record need not be written: the poll is routine, and the last record (time and outcome) is recent and has
/// the same outcome.
pub(super) fn may_skip_health(
    is_routine: bool,
    last: Option<&(Timestamp, String)>,
    outcome: &str,
    now: Timestamp,
) -> bool {
    // A time in the future is not recent, so that a clock that went back does not suppress writes.
    let is_recent = |at: Timestamp| at <= now && now.duration_since(at) < MAX_UNWRITTEN;
    is_routine && last.is_some_and(|(at, last)| last == outcome && is_recent(*at))
}

/// True if the state need not be written: nothing but times of the schedule changed, and it was last written, or read at start,
/// less than a minute ago. After a crash the feed is polled at most a minute early.
pub(super) fn may_skip_state(is_quiet: bool, last: Option<Timestamp>, now: Timestamp) -> bool {
    is_quiet && last.is_some_and(|at| at <= now && now.duration_since(at) < MAX_UNWRITTEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn health_is_written_every_minute_and_whenever_its_outcome_changes() {
        let last = (at(1_000), "NOT_MODIFIED".to_owned());
        let skips = |is_routine, outcome, now| may_skip_health(is_routine, Some(&last), outcome, at(now));
        assert!(skips(true, "NOT_MODIFIED", 1_059));
        assert!(!skips(true, "NOT_MODIFIED", 1_060));
        assert!(!skips(true, "NOTHING_NEW", 1_001));
        assert!(!skips(false, "NOT_MODIFIED", 1_001));
        assert!(!skips(true, "NOT_MODIFIED", 999), "the clock went back");
        assert!(!may_skip_health(true, None, "NOT_MODIFIED", at(1_001)));
    }

    #[test]
    fn a_state_is_written_at_least_every_minute_and_whenever_it_says_something() {
        let last = Some(at(1_000));
        assert!(may_skip_state(true, last, at(1_059)));
        assert!(!may_skip_state(true, last, at(1_060)) && !may_skip_state(true, last, at(999)));
        assert!(!may_skip_state(false, last, at(1_001)) && !may_skip_state(true, None, at(1_001)));
    }
}
