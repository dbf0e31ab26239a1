use proto::v1::Feed;
use quick_xml::escape::escape;
use std::fmt::Write;

/// Writes a list that [`super::read`] reads back unchanged, except for `added_at`.
#[must_use]
pub fn write(title: &str, feeds: &[Feed]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n");
    let _ = writeln!(out, "    <title>{}</title>\n  </head>\n  <body>", escape(title));
    for feed in feeds {
        let title = if feed.title.is_empty() { &feed.url } else { &feed.title };
        let interval = if feed.min_interval_s > 0 { feed.min_interval_s.to_string() } else { String::new() };
        let full_text = feed.full_text.to_ascii_lowercase();
        let paused = if feed.paused { "true" } else { "" };
        let tags = feed.tags.iter().map(|tag| category(tag)).collect::<Vec<_>>().join(",");
        let attributes = [
            ("type", "rss"),
            ("text", title.as_str()),
            ("title", &feed.title),
            ("xmlUrl", &feed.url),
            ("htmlUrl", &feed.site_url),
            ("language", &feed.language),
            ("category", &tags),
            ("publisherName", &feed.publisher_name),
            ("publisherCountry", &feed.publisher_country),
            ("rights", &feed.rights),
            ("backfill", &feed.backfill),
            ("fullText", &full_text),
            ("minIntervalS", &interval),
            ("publishText", &feed.publish_text),
            ("paused", paused),
            ("credentialsRef", &feed.credentials_ref),
        ];
        out.push_str("    <outline");
        for (name, value) in attributes {
            if !value.is_empty() {
                let _ = write!(out, " {name}=\"{}\"", attribute(value));
            }
        }
        out.push_str("/>\n");
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

/// The value of an attribute. Controls of the direction of text are character references, so that the list reads back
/// unchanged from any output; C1 controls, which readers take for Windows-1252, are left out.
fn attribute(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in escape(value).chars().filter(|c| !matches!(c, '\u{7f}'..='\u{9f}')) {
        if c >= '\u{7f}' && chassis::terminal::is_control(c) {
            let _ = write!(out, "&#x{:x};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// A tag in `category`, its separators percent-encoded.
fn category(tag: &str) -> String {
    tag.replace('%', "%25").replace(',', "%2C").replace('/', "%2F")
}
