//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// Looks every 50 ms whether it holds.
///
/// # Panics
/// Where it does not within the limit.
pub fn eventually(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    assert!(within(limit, &mut holds), "not within {limit:?}: {what}");
}

/// As [`eventually`], but says whether it held.
pub fn within(limit: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + limit;
    while !holds() {
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}
