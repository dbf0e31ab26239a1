//! Parses any query string and any position as the gateway's API does. A position that was read is written and read again to
//! the same.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    let (query, position) = texts;
    if let Err(problems) = gateway::check_query(query) {
        assert!(!problems.is_empty());
        // An answer quotes what it refuses, but not all of it.
        assert!(problems.iter().all(|problem| problem.len() < 8_000), "{problems:?}");
    }
    if let Some(read) = gateway::Position::parse(position) {
        assert_eq!(gateway::Position::parse(&read.to_string()), Some(read));
    }
});
