//! Any bytes as a list of feeds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(feeds) = poller::opml::read(bytes) {
        // What was read can be written, and read again.
        let written = poller::opml::write("x", &feeds);
        assert!(feeds.is_empty() || poller::opml::read(written.as_bytes()).is_ok());
    }
});
