//! When a feed is next due. Pure: the clock and the randomness are passed in.

mod hints;

pub use hints::{max_age, retry_after};

use crate::feed::Hints;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// No feed is left alone for longer than this.
pub const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// A publisher's own figure (ttl, `sy:`, max-age) is honoured up to here: many say a day and publish by the minute.
const LONGEST_HINT: SignedDuration = SignedDuration::from_hours(1);
/// A quiet feed is polled at most this much more seldom than the base interval.
const QUIET_FACTOR: i32 = 6;

/// What came of a poll, as far as the schedule cares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Came {
    /// New or changed entries.
    News,
    /// Nothing new.
    Nothing,
    /// It failed, for the `failures`-th time in a row (from 1).
    Failure {
        /// Failures in a row, this one among them.
        failures: i32,
    },
}

/// What a publisher asks for beside the document's hints.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Asked {
    /// Retry-After.
    pub retry_after: Option<SignedDuration>,
    /// Cache-Control max-age, less Age.
    pub max_age: Option<SignedDuration>,
}

/// A decision: the interval in force (before jitter), and when to come again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Next {
    /// Seconds, at least 1.
    pub interval_s: i32,
    /// The time.
    pub at: Timestamp,
}

/// When a feed is next due.
///
/// News brings the interval back to `base`; a poll without news makes it a quarter longer, up to six times the base or an
/// hour, whichever is less. `min_interval_s` (the operator's) and the publisher's hints are floors. A failure doubles it, up
/// to a day. Retry-After is always waited for, up to a day. `random` is in 0..1 and spreads the time: ten per cent either
/// way, after a failure a half.
#[must_use]
#[expect(clippy::too_many_arguments, reason = "a pure rule of independent figures; a struct would only rename them")]
pub fn next(
    now: Timestamp,
    came: Came,
    previous_s: i32,
    base: SignedDuration,
    min_interval_s: i32,
    hints: &Hints,
    asked: Asked,
    random: f64,
) -> Next {
    let base_s = base.as_secs_f64().max(0.05);
    let floor_s = hint_s(hints, asked).max(f64::from(min_interval_s.max(0)));
    let most_s = LONGEST.as_secs_f64();
    let quiet_s = (base_s * f64::from(QUIET_FACTOR)).min(3_600.0).max(base_s);
    let (interval_s, jitter) = match came {
        Came::News => (base_s, 0.2),
        Came::Nothing => ((f64::from(previous_s).max(base_s) * 1.25).min(quiet_s), 0.2),
        Came::Failure { failures } => (base_s * 2f64.powi(failures.clamp(1, 30)), 1.0),
    };
    let interval_s = interval_s.max(floor_s).min(most_s);
    let spread_s = interval_s * (1.0 + jitter * (random.clamp(0.0, 1.0) - 0.5));
    let retry_s = asked.retry_after.map_or(0.0, |wait| wait.as_secs_f64());
    // A floor is a promise: jitter goes above it only.
    let wait_s = spread_s.max(floor_s).max(retry_s).min(most_s);
    let at = now.checked_add(SignedDuration::from_millis((wait_s * 1_000.0) as i64)).unwrap_or(now);
    Next { interval_s: (interval_s.ceil() as i32).max(1), at: unskipped(at, hints) }
}

fn hint_s(hints: &Hints, asked: Asked) -> f64 {
    let age = asked.max_age.map_or(0.0, |age| age.as_secs_f64());
    f64::from(hint_interval_s(hints)).max(age.min(LONGEST_HINT.as_secs_f64()))
}

/// Seconds that a document asks for between two polls (RSS `ttl`, `sy:updatePeriod`), an hour at most; 0 for nothing.
#[must_use]
pub fn hint_interval_s(hints: &Hints) -> i32 {
    let ttl = hints.ttl_min.map_or(0, |minutes| i64::from(minutes) * 60);
    let period = hints.update_period_s.map_or(0, i64::from);
    i32::try_from(ttl.max(period).min(LONGEST_HINT.as_secs())).unwrap_or(0)
}

/// The first time from `at` that lies in no skipped hour or day (RSS 2.0 skipHours and skipDays, GMT), at most three days
/// later: a feed that skips everything does not mean it.
fn unskipped(at: Timestamp, hints: &Hints) -> Timestamp {
    let mut time = at;
    for _ in 0..72 {
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

    fn plain(came: Came, previous_s: i32, asked: Asked, hints: &Hints) -> i64 {
        let now = at("2026-11-24T12:00:00Z");
        next(now, came, previous_s, BASE, 0, hints, asked, 0.5).at.duration_since(now).as_secs()
    }

    #[test]
    fn news_keeps_it_at_the_base_and_quiet_lengthens_it_to_a_bound() {
        let none = Hints::default();
        assert_eq!(plain(Came::News, 1_800, Asked::default(), &none), 300);
        let mut interval = 300;
        let mut seen = Vec::new();
        for _ in 0..12 {
            interval = i32::try_from(plain(Came::Nothing, interval, Asked::default(), &none)).unwrap();
            seen.push(interval);
        }
        assert_eq!(seen.first(), Some(&375));
        assert_eq!(seen.last(), Some(&1_800));
    }

    #[test]
    fn failures_double_up_to_a_day() {
        let none = Hints::default();
        let waits: Vec<i64> = [1, 2, 3, 8, 30, i32::MAX]
            .map(|failures| plain(Came::Failure { failures }, 300, Asked::default(), &none))
            .to_vec();
        assert_eq!(waits, [600, 1_200, 2_400, 76_800, 86_400, 86_400]);
    }

    #[test]
    fn what_the_publisher_asks_for_is_a_floor() {
        let none = Hints::default();
        let ttl = Hints { ttl_min: Some(20), ..Hints::default() };
        assert_eq!(plain(Came::News, 300, Asked::default(), &ttl), 1_200);
        let week = Hints { update_period_s: Some(604_800), ..Hints::default() };
        assert_eq!(plain(Came::News, 300, Asked::default(), &week), 3_600);
        let age = Asked { max_age: Some(SignedDuration::from_secs(900)), ..Asked::default() };
        assert_eq!(plain(Came::News, 300, age, &none), 900);
        let retry = Asked { retry_after: Some(SignedDuration::from_hours(2)), ..Asked::default() };
        assert_eq!(plain(Came::Failure { failures: 1 }, 300, retry, &none), 7_200);
    }

    #[test]
    fn skipped_hours_and_days_are_waited_out_but_not_for_ever() {
        let hours = Hints { skip_hours: vec![12, 13], ..Hints::default() };
        assert_eq!(plain(Came::News, 300, Asked::default(), &hours), 2 * 3_600);
        let all = Hints { skip_hours: (0..24).collect(), ..Hints::default() };
        assert_eq!(plain(Came::News, 300, Asked::default(), &all), 300);
        let tuesday = Hints { skip_days: vec![jiff::civil::Weekday::Tuesday], ..Hints::default() };
        assert_eq!(plain(Came::News, 300, Asked::default(), &tuesday), 12 * 3_600);
    }

    proptest! {
        #[test]
        fn never_early_never_lost(
            failures in 0i32..100, previous in -5i32..100_000, base in 1i64..100_000, floor in 0i32..80_000,
            ttl in proptest::option::of(0u32..100_000), retry in proptest::option::of(0i64..1_000_000), random in 0f64..1f64,
        ) {
            let now = at("2026-11-24T12:00:00Z");
            let came = if failures == 0 { Came::Nothing } else { Came::Failure { failures } };
            let hints = Hints { ttl_min: ttl, ..Hints::default() };
            let asked = Asked { retry_after: retry.map(SignedDuration::from_secs), max_age: None };
            let next = next(now, came, previous, SignedDuration::from_secs(base), floor, &hints, asked, random);
            let wait = next.at.duration_since(now).as_secs();
            prop_assert!(wait <= LONGEST.as_secs());
            prop_assert!(wait >= i64::from(floor).min(LONGEST.as_secs()));
            prop_assert!(wait >= retry.unwrap_or(0).min(LONGEST.as_secs()));
            prop_assert!(next.interval_s >= 1);
        }
    }
}
