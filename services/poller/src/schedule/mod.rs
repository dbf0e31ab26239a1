//! When a feed is next due. Pure: the clock and the randomness are passed in.

mod arrivals;
pub mod clock;
mod headers;
mod spread;

pub use arrivals::{Arrivals, MAX_INTERVALS};
pub use headers::{http_date, max_age, retry_after};
pub use spread::Spread;

use crate::document::Hints;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// The longest time between two polls.
pub const MAX_INTERVAL: SignedDuration = SignedDuration::from_hours(24);
/// The longest time from a poll to the next: the longest interval, and the longest run of skipped hours.
pub const MAX_WAIT: SignedDuration = SignedDuration::from_hours(24 + MAX_SKIPPED_HOURS);
/// Skipped hours in a row that are honoured.
const MAX_SKIPPED_HOURS: i64 = 72;
/// Upper bound of a publisher's hint (ttl, `sy:`, max-age): many hint at a day and publish every minute.
const MAX_HINT: SignedDuration = SignedDuration::from_hours(1);

/// The outcome of a poll as far as the schedule depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The feed was read, or has not changed.
    Success,
    /// The poll failed.
    Failure {
        /// Consecutive failures, this one included: 1 or more.
        failures: i32,
    },
}

/// What the HTTP headers say about the next request.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ServerHints {
    /// Retry-After of a response that is not 2xx.
    pub retry_after: Option<SignedDuration>,
    /// Cache-Control max-age minus Age.
    pub max_age: Option<SignedDuration>,
}

/// The next poll.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NextPoll {
    /// The interval before jitter, in seconds, at least 1.
    pub interval_s: i32,
    /// When the feed is due.
    pub at: Timestamp,
}

/// What the time of the next poll depends on, besides the clock.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Poll interval of a feed of which much is expected.
    pub base: SignedDuration,
    /// The operator's lower bound, in seconds.
    pub min_interval_s: i32,
    /// What the last document asks for.
    pub hints: &'a Hints,
    /// What the last response asks for.
    pub server_hints: ServerHints,
}

/// When a feed is next due.
///
/// After a success [`Arrivals::interval`] decides. A failure doubles the base interval, up to a day. The operator's and the
/// publisher's lower bounds hold for both. Retry-After always applies, up to a day. `random` in 0..1 adds jitter: 10 % either
/// way, 50 % after a failure.
#[must_use]
pub fn next(now: Timestamp, outcome: Outcome, arrivals: &Arrivals, rules: &Rules<'_>, random: f64) -> NextPoll {
    let Rules { base, min_interval_s, hints, server_hints } = *rules;
    let floor_s = hint_s(hints, server_hints).max(f64::from(min_interval_s.max(0)));
    let max_s = MAX_INTERVAL.as_secs_f64();
    let (interval_s, jitter) = match outcome {
        Outcome::Success => (arrivals.interval(now, base).as_secs_f64(), 0.2),
        Outcome::Failure { failures } => (base.as_secs_f64().max(0.05) * 2f64.powi(failures.clamp(1, 30)), 1.0),
    };
    let interval_s = interval_s.max(floor_s).min(max_s);
    let spread_s = interval_s * (1.0 + jitter * (random.clamp(0.0, 1.0) - 0.5));
    let retry_s = server_hints.retry_after.map_or(0.0, |wait| wait.as_secs_f64());
    // Jitter never goes below a lower bound.
    let wait_s = spread_s.max(floor_s).max(retry_s).min(max_s);
    let at = now.checked_add(SignedDuration::from_millis((wait_s * 1_000.0) as i64)).unwrap_or(now);
    NextPoll { interval_s: (interval_s.ceil() as i32).max(1), at: after_skipped(at, hints) }
}

fn hint_s(hints: &Hints, server_hints: ServerHints) -> f64 {
    let age = server_hints.max_age.map_or(0.0, |age| age.as_secs_f64());
    f64::from(hint_interval_s(hints)).max(age.min(MAX_HINT.as_secs_f64()))
}

/// Seconds between two polls that a document asks for (RSS `ttl`, `sy:updatePeriod`), at most an hour; 0 if it does not.
#[must_use]
pub fn hint_interval_s(hints: &Hints) -> i32 {
    let ttl = hints.ttl_min.map_or(0, |minutes| i64::from(minutes) * 60);
    let period = hints.update_period_s.map_or(0, i64::from);
    i32::try_from(ttl.max(period).min(MAX_HINT.as_secs())).unwrap_or(0)
}

/// The first time from `at` on outside skipped hours and days (RSS 2.0 skipHours and skipDays, GMT). If that is more than
/// three days later, `at` itself: a feed that skips everything is mistaken.
fn after_skipped(at: Timestamp, hints: &Hints) -> Timestamp {
    let mut time = at;
    for _ in 0..MAX_SKIPPED_HOURS {
        let civil = time.to_zoned_datetime(TimeZone::UTC);
        let hour = u8::try_from(civil.hour()).unwrap_or(0);
        if !hints.skip_hours.contains(&hour) && !hints.skip_days.contains(&civil.weekday()) {
            return time;
        }
        let past = i64::from(civil.minute()) * 60 + i64::from(civil.second());
        let Ok(later) = time.checked_add(SignedDuration::from_secs(3_600 - past)) else { return at };
        time = later;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BASE: SignedDuration = SignedDuration::from_mins(5);

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Seconds until the next poll without jitter, of a feed of which much is expected.
    fn wait_s(outcome: Outcome, server_hints: ServerHints, hints: &Hints) -> i64 {
        let now = at("2026-11-24T12:00:00Z");
        let busy: Vec<Timestamp> = (0..100).map(|at| now - SignedDuration::from_mins(at)).collect();
        let rules = Rules { base: BASE, min_interval_s: 0, hints, server_hints };
        next(now, outcome, &Arrivals::of_document(&busy, now), &rules, 0.5).at.duration_since(now).as_secs()
    }

    #[test]
    fn each_failure_doubles_the_interval_up_to_a_day() {
        let none = Hints::default();
        let waits: Vec<i64> = [1, 2, 3, 8, 30, i32::MAX]
            .map(|failures| wait_s(Outcome::Failure { failures }, ServerHints::default(), &none))
            .to_vec();
        assert_eq!(waits, [600, 1_200, 2_400, 76_800, 86_400, 86_400]);
    }

    #[test]
    fn hints_and_retry_after_are_lower_bounds() {
        let none = Hints::default();
        let ttl = Hints { ttl_min: Some(20), ..Hints::default() };
        assert_eq!(wait_s(Outcome::Success, ServerHints::default(), &ttl), 1_200);
        let week = Hints { update_period_s: Some(604_800), ..Hints::default() };
        assert_eq!(wait_s(Outcome::Success, ServerHints::default(), &week), 3_600);
        let age = ServerHints { max_age: Some(SignedDuration::from_secs(900)), ..ServerHints::default() };
        assert_eq!(wait_s(Outcome::Success, age, &none), 900);
        let retry = ServerHints { retry_after: Some(SignedDuration::from_hours(2)), ..ServerHints::default() };
        assert_eq!(wait_s(Outcome::Failure { failures: 1 }, retry, &none), 7_200);
    }

    #[test]
    fn skipped_hours_and_days_are_honoured_unless_everything_is_skipped() {
        let hours = Hints { skip_hours: vec![12, 13], ..Hints::default() };
        assert_eq!(wait_s(Outcome::Success, ServerHints::default(), &hours), 2 * 3_600);
        let all = Hints { skip_hours: (0..24).collect(), ..Hints::default() };
        assert_eq!(wait_s(Outcome::Success, ServerHints::default(), &all), 300);
        let tuesday = Hints { skip_days: vec![jiff::civil::Weekday::Tuesday], ..Hints::default() };
        assert_eq!(wait_s(Outcome::Success, ServerHints::default(), &tuesday), 12 * 3_600);
    }

    proptest! {
        #[test]
        fn no_poll_is_early_or_more_than_a_day_away(
            failures in 0i32..100, base in 1i64..100_000, floor in 0i32..80_000,
            ttl in proptest::option::of(0u32..100_000), retry in proptest::option::of(0i64..1_000_000), random in 0f64..1f64,
        ) {
            let now = at("2026-11-24T12:00:00Z");
            let outcome = if failures == 0 { Outcome::Success } else { Outcome::Failure { failures } };
            let hints = Hints { ttl_min: ttl, ..Hints::default() };
            let server_hints = ServerHints { retry_after: retry.map(SignedDuration::from_secs), max_age: None };
            let rules =
                Rules { base: SignedDuration::from_secs(base), min_interval_s: floor, hints: &hints, server_hints };
            let next = next(now, outcome, &Arrivals::default(), &rules, random);
            let wait = next.at.duration_since(now).as_secs();
            prop_assert!(wait <= MAX_INTERVAL.as_secs());
            prop_assert!(wait >= i64::from(floor).min(MAX_INTERVAL.as_secs()));
            prop_assert!(wait >= retry.unwrap_or(0).min(MAX_INTERVAL.as_secs()));
            prop_assert!(next.interval_s >= 1);
        }
    }
}
