//! When a poll's health record may be skipped. Pure.

use jiff::{SignedDuration, Timestamp};

/// Time for which a health record may stay unwritten while its outcome is the same.
const HEALTH_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// True if the health record need not be written: the poll changed only schedule or validators, and the last record
/// (time and outcome) is recent and has the same outcome.
pub(super) fn may_skip_health(
    schedule_only: bool,
    last: Option<&(Timestamp, String)>,
    outcome: &str,
    now: Timestamp,
) -> bool {
    // A time in the future is not recent, so that a clock that went back does not suppress writes.
    let is_recent = |at: Timestamp| at <= now && now.duration_since(at) < HEALTH_INTERVAL;
    schedule_only && last.is_some_and(|(at, last)| last == outcome && is_recent(*at))
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
        let skips = |schedule_only, outcome, now| may_skip_health(schedule_only, Some(&last), outcome, at(now));
        assert!(skips(true, "NOT_MODIFIED", 1_059));
        assert!(!skips(true, "NOT_MODIFIED", 1_060));
        assert!(!skips(true, "NOTHING_NEW", 1_001));
        assert!(!skips(false, "NOT_MODIFIED", 1_001));
        assert!(!skips(true, "NOT_MODIFIED", 999), "the clock went back");
        assert!(!may_skip_health(true, None, "NOT_MODIFIED", at(1_001)));
    }
}
