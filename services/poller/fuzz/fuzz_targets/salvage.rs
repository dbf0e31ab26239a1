//! Any bytes, with and without a header, through the whole of `parse::read`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poller::document::Context;

const HEADERS: [Option<&str>; 4] =
    [None, Some("text/xml; charset=iso-8859-1"), Some("application/xml; charset=utf-16"), Some("text/xml; charset=shift_jis")];

fuzz_target!(|bytes: &[u8]| {
    let mut cx = Context::new("http://127.0.0.1/feed.xml");
    cx.content_type = HEADERS[bytes.len() % HEADERS.len()];
    if let Ok(document) = poller::parse::read(bytes, &cx) {
        assert!(document.entries.len() <= cx.limits.items);
        // The same bytes say the same thing.
        assert_eq!(poller::parse::read(bytes, &cx).ok(), Some(document));
    }
});
