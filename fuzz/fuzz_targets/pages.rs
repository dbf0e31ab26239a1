//! Strips any text as a page, and reads its metadata, main content and wall.
#![no_main]

use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|html: &str| {
    let url = Url::parse("https://news.example.org/a/b").expect("an address");
    let stripped = page::strip(html);
    assert!(stripped.len() <= html.len() + html.len() / 2 + 16, "{} of {} bytes", stripped.len(), html.len());
    assert_eq!(page::strip(&stripped), stripped);
    for html in [html, &stripped] {
        let metadata = page::metadata(html, &url);
        for address in [&metadata.canonical_url, &metadata.image] {
            assert!(address.is_empty() || address.starts_with("http"), "{address}");
        }
        let main = page::extract(html, Some(url.as_str()));
        assert!(!main.html.is_empty() || main.text.is_empty(), "text without HTML");
        page::wall(html, &metadata, &main);
    }
});
