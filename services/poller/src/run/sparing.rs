//! What need not be written of a poll that taught nothing. Pure.

use jiff::{SignedDuration, Timestamp};

/// A state of more bytes than this is large.
const LARGE: usize = 16 << 10;
/// A large state in which nothing changed is written this seldom: until then the schedule and the validators are in memory.
const STATE: SignedDuration = SignedDuration::from_mins(10);
/// The health of a feed of which there is nothing new to say is written this seldom.
const HEALTH: SignedDuration = SignedDuration::from_mins(1);

/// True where the state that stands on the log, of `bytes` and written at `written_at`, will do.
pub(super) fn spares_state(quiet: bool, bytes: usize, written_at: Option<Timestamp>, now: Timestamp) -> bool {
    quiet && bytes > LARGE && is_recent(written_at, STATE, now)
}

/// True where the health that stands on the log will do: it says the same `outcome`, and is not old. `told` is what was
/// written last, and when.
pub(super) fn spares_health(quiet: bool, told: Option<&(Timestamp, String)>, outcome: &str, now: Timestamp) -> bool {
    quiet && told.is_some_and(|(at, said)| said == outcome && is_recent(Some(*at), HEALTH, now))
}

/// False for a time that lies ahead: a clock that went back keeps nothing from being written.
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
        let spares = |quiet, bytes, now| spares_state(quiet, bytes, Some(at(1_000)), at(now));
        assert!(spares(true, 20_000, 1_599));
        assert!(!spares(true, 20_000, 1_600));
        assert!(!spares(true, 16_000, 1_001));
        assert!(!spares(false, 20_000, 1_001));
        assert!(!spares(true, 20_000, 999), "the clock went back");
        assert!(!spares_state(true, 20_000, None, at(1_001)));
    }

    #[test]
    fn health_is_written_every_minute_and_whenever_it_says_something_else() {
        let told = (at(1_000), "NOT_MODIFIED".to_owned());
        let spares = |quiet, outcome, now| spares_health(quiet, Some(&told), outcome, at(now));
        assert!(spares(true, "NOT_MODIFIED", 1_059));
        assert!(!spares(true, "NOT_MODIFIED", 1_060));
        assert!(!spares(true, "NOTHING_NEW", 1_001));
        assert!(!spares(false, "NOT_MODIFIED", 1_001));
        assert!(!spares_health(true, None, "NOT_MODIFIED", at(1_001)));
    }
}
