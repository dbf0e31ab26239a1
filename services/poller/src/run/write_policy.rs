//! When a poll's state or health record may be skipped. Pure.

use jiff::{SignedDuration, Timestamp};

/// A state of more bytes than this is large.
const LARGE_STATE: usize = 16 << 10;
/// Time for which a large state may stay unwritten while only schedule or validators change: they are kept in memory.
const STATE_INTERVAL: SignedDuration = SignedDuration::from_mins(10);
/// Time for which a health record may stay unwritten while its outcome is the same.
const HEALTH_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// True if the state need not be written: the poll changed only schedule or validators (`schedule_only`), and the stored
/// state has many `bytes` and was written recently.
pub(super) fn may_skip_state(schedule_only: bool, bytes: usize, written_at: Option<Timestamp>, now: Timestamp) -> bool {
    schedule_only && bytes > LARGE_STATE && is_recent(written_at, STATE_INTERVAL, now)
}

/// True if the health record need not be written: the poll changed only schedule or validators, and the last record
/// (time and outcome) is recent and has the same outcome.
pub(super) fn may_skip_health(
    schedule_only: bool,
    last: Option<&(Timestamp, String)>,
    outcome: &str,
    now: Timestamp,
) -> bool {
    let is_same = |(at, last): &(Timestamp, String)| last == outcome && is_recent(Some(*at), HEALTH_INTERVAL, now);
    schedule_only && last.is_some_and(is_same)
}

/// False for a time in the future, so that a clock that went back does not suppress writes.
fn is_recent(at: Option<Timestamp>, within: SignedDuration, now: Timestamp) -> bool {
    at.is_some_and(|at| at <= now && now.duration_since(at) < within)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_large_state_is_written_every_ten_minutes_and_whenever_it_changes() {
        let skips = |schedule_only, bytes, now| may_skip_state(schedule_only, bytes, Some(at(1_000)), at(now));
        assert!(skips(true, 20_000, 1_599));
        assert!(!skips(true, 20_000, 1_600));
        assert!(!skips(true, 16_000, 1_001));
        assert!(!skips(false, 20_000, 1_001));
        assert!(!skips(true, 20_000, 999), "the clock went back");
        assert!(!may_skip_state(true, 20_000, None, at(1_001)));
    }

    #[test]
    fn health_is_written_every_minute_and_whenever_its_outcome_changes() {
        let last = (at(1_000), "NOT_MODIFIED".to_owned());
        let skips = |schedule_only, outcome, now| may_skip_health(schedule_only, Some(&last), outcome, at(now));
        assert!(skips(true, "NOT_MODIFIED", 1_059));
        assert!(!skips(true, "NOT_MODIFIED", 1_060));
        assert!(!skips(true, "NOTHING_NEW", 1_001));
        assert!(!skips(false, "NOT_MODIFIED", 1_001));
        assert!(!may_skip_health(true, None, "NOT_MODIFIED", at(1_001)));
    }
}
