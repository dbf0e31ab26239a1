//! A wall clock that a test moves.

use jiff::{SignedDuration, Timestamp};

/// The present time, moved by the milliseconds in the file that `NEWSWIRE_CLOCK` names. Without the variable or the file it is
/// the present time.
#[must_use]
pub fn now() -> Timestamp {
    static FILE: std::sync::OnceLock<Option<std::ffi::OsString>> = std::sync::OnceLock::new();
    let now = Timestamp::now();
    let file = FILE.get_or_init(|| std::env::var_os("NEWSWIRE_CLOCK"));
    let text = file.as_ref().and_then(|file| std::fs::read_to_string(file).ok());
    let offset = text.and_then(|text| text.trim().parse().ok()).map(SignedDuration::from_millis);
    offset.and_then(|offset| now.checked_add(offset).ok()).unwrap_or(now)
}
