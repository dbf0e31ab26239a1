use jiff::{SignedDuration, Timestamp};
use std::time::Instant;

/// Tells the time to the publishers: the real one, or one that started elsewhere and runs as fast.
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

    /// It is `start` now.
    #[must_use]
    pub fn from(start: Timestamp) -> Self {
        Clock { start: Some((start, Instant::now())) }
    }

    /// What time it is.
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
