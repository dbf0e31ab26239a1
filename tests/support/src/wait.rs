//! Waiting for a condition, with a limit.

use std::time::{Duration, Instant};

/// Time between two checks of a condition.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `holds` returns true.
///
/// # Panics
/// If it does not within `limit`; the message names `what`.
pub fn eventually(limit: Duration, what: &str, holds: impl FnMut() -> bool) {
    assert!(within(limit, holds), "not within {limit:?}: {what}");
}

/// Waits until `holds` returns true; false if it does not within `limit`.
pub fn within(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !holds() {
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
    true
}
