//! Parses any text as a date. The text that is kept of it parses to the same date.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poller::dates::{as_written, parse};

fuzz_target!(|text: &str| {
    if let Some(date) = parse(text) {
        assert_eq!(parse(&as_written(text)), Some(date));
    }
});
