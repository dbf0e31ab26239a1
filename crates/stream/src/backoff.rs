//! Pauses between attempts.

use crate::CancellationToken;
use std::time::{Duration, Instant};

/// How often a pause checks for a shutdown.
const CHECK: Duration = Duration::from_millis(20);

/// Pauses that double from 100 ms to 10 s.
#[derive(Debug)]
pub struct Backoff(Duration);

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(10);

    /// Starts with the shortest pause.
    #[must_use]
    pub fn new() -> Self {
        Backoff(Self::FIRST)
    }

    /// Makes the next pause the shortest again, after a success.
    pub fn reset(&mut self) {
        self.0 = Self::FIRST;
    }

    /// Blocks for the pause, or until `shutdown` is cancelled, and doubles the next one.
    pub fn wait(&mut self, shutdown: &CancellationToken) {
        let end = Instant::now() + self.0;
        while Instant::now() < end && !shutdown.is_cancelled() {
            std::thread::sleep(CHECK);
        }
        self.0 = (self.0 * 2).min(Self::LONGEST);
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}
