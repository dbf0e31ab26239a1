//! When a page is tried again.

use jiff::{SignedDuration, Timestamp};

/// Attempts of one request.
pub(super) const MAX_ATTEMPTS: i32 = 5;
/// A request that is older is given up.
pub(super) const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);
/// The first pause. Each further one is four times as long.
const FIRST: SignedDuration = SignedDuration::from_secs(60);
/// The longest pause that a site may ask for.
const LONGEST: SignedDuration = SignedDuration::from_hours(6);
/// The shortest pause of an attempt that does not count.
const SHORTEST: SignedDuration = SignedDuration::from_secs(5);

/// When the next attempt is due after `attempts` that failed, the last at `now`. `asked`: the pause that the site asks for.
pub(super) fn next(now: Timestamp, attempts: i32, asked: Option<SignedDuration>) -> Timestamp {
    let factor = 4_i32.pow(attempts.clamp(1, MAX_ATTEMPTS).unsigned_abs() - 1);
    let pause = if attempts == 0 { SHORTEST } else { FIRST.saturating_mul(factor) };
    let pause = asked.map_or(pause, |asked| asked.min(LONGEST).max(pause));
    now.checked_add(pause).unwrap_or(now)
}

/// True if a request of this age is given up.
pub(super) fn is_expired(requested: Option<Timestamp>, now: Timestamp) -> bool {
    requested.is_none_or(|requested| now.duration_since(requested) > MAX_AGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_a_site_may_ask_for_a_longer_one() {
        let now = Timestamp::UNIX_EPOCH;
        let after = |attempts, asked: Option<i64>| {
            next(now, attempts, asked.map(SignedDuration::from_secs)).duration_since(now).as_secs()
        };
        assert_eq!([1, 2, 3, 4, 5].map(|attempts| after(attempts, None)), [60, 240, 960, 3_840, 15_360]);
        assert_eq!((after(0, None), after(0, Some(90)), after(2, Some(90))), (5, 90, 240));
        assert_eq!(after(1, Some(1_000_000)), 6 * 3_600);
    }

    #[test]
    fn a_request_is_given_up_after_a_day() {
        let hour = |n: i64| Timestamp::from_second(n * 3_600).unwrap();
        assert!(
            !is_expired(Some(hour(1)), hour(25)) && is_expired(Some(hour(1)), hour(26)) && is_expired(None, hour(1))
        );
    }
}
