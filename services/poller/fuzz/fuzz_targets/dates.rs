//! Parses any text as a date. A result is at most a day in the future.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let now = jiff::Timestamp::constant(1_800_000_000, 0);
    if let Some(date) = poller::dates::parse(text, now) {
        let day = jiff::SignedDuration::from_hours(24);
        assert!(date.at <= now + day);
    }
});
