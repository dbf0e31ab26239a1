//! The clock of the publishers.

use jiff::{SignedDuration, Timestamp};
use std::time::Instant;

/// The system's clock, or one that was set to another time and runs at the same speed.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    start: Option<(Timestamp, Instant)>,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub const fn real() -> Self {
        Clock { start: None }
    }

    /// A clock that shows `start` now.
    #[must_use]
    pub fn starting_at(start: Timestamp) -> Self {
        Clock { start: Some((start, Instant::now())) }
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match self.start {
            None => Timestamp::now(),
            Some((start, since)) => {
                let run = SignedDuration::try_from(since.elapsed()).unwrap_or_default();
                start.checked_add(run).unwrap_or(Timestamp::MAX)
            }
        }
    }
}
