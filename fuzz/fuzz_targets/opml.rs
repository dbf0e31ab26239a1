//! Reads any bytes as OPML. What was read survives a round trip.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poller::credentials::SecretParameters;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(list) = poller::opml::read_all(bytes, &SecretParameters::default()) {
        let written = poller::opml::write("x", &list.feeds);
        let again = poller::opml::read_all(written.as_bytes(), &SecretParameters::default()).unwrap();
        assert!(again.refused.is_empty(), "{:?}", again.refused);
        assert_eq!(again.feeds, list.feeds);
    }
});
