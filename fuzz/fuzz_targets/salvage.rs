//! Reads any bytes as a feed, with different Content-Type headers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poller::document::Context;

const HEADERS: [Option<&str>; 4] =
    [None, Some("text/xml; charset=iso-8859-1"), Some("application/xml; charset=utf-16"), Some("text/xml; charset=shift_jis")];

fuzz_target!(|bytes: &[u8]| {
    let mut context = Context::new("http://127.0.0.1/feed.xml");
    context.content_type = HEADERS[bytes.len() % HEADERS.len()];
    if let Ok(document) = poller::parse::read(bytes, &context) {
        assert!(document.entries.len() <= context.limits.items);
        // Parsing is deterministic.
        assert_eq!(poller::parse::read(bytes, &context).ok(), Some(document));
    }
});
