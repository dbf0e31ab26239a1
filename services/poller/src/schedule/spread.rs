//! Feeds that are all due at once are polled one after the other: at start, after an outage and when a list is imported.

use jiff::{SignedDuration, Timestamp};

/// The time between two of them: 250 a second.
const STEP: SignedDuration = SignedDuration::from_millis(4);

/// Spreads feeds that are due at once over a window. The first is due at once, the others four milliseconds after the one
/// before; what is beyond the window begins at its start again, so that the feeds are spread over it evenly.
#[derive(Debug, Clone, Default)]
pub struct Spread {
    /// When the next one is due.
    next: Option<Timestamp>,
}

impl Spread {
    /// When a feed is due that could be polled at `now`, within `window` from now.
    pub fn place(&mut self, now: Timestamp, window: SignedDuration) -> Timestamp {
        let end = now.checked_add(window).unwrap_or(now);
        let at = match self.next {
            // A clock that was set back leaves a time far ahead.
            Some(next) if next >= now && next <= end => next,
            _ => now,
        };
        self.next = at.checked_add(STEP).ok();
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_700_000_000_000 + millis).unwrap()
    }

    #[test]
    fn a_hundred_thousand_feeds_are_spread_over_the_poll_interval() {
        let (mut spread, window) = (Spread::default(), SignedDuration::from_mins(5));
        let mut seconds = vec![0; 301];
        for _ in 0..100_000 {
            let due = spread.place(at(0), window);
            seconds[usize::try_from(due.duration_since(at(0)).as_secs()).unwrap()] += 1;
        }
        let (least, most) = (seconds[..300].iter().min().unwrap(), seconds.iter().max().unwrap());
        assert!((250..=500).contains(least) && *most <= 501, "{least} to {most} a second");
    }

    #[test]
    fn one_feed_is_due_at_once_and_a_clock_that_is_set_back_delays_none() {
        let (mut spread, window) = (Spread::default(), SignedDuration::from_secs(1));
        assert_eq!(spread.place(at(0), window), at(0));
        assert_eq!(spread.place(at(0), window), at(4));
        assert_eq!(spread.place(at(5_000), window), at(5_000));
        assert_eq!(spread.place(at(-100_000), window), at(-100_000));
    }
}
