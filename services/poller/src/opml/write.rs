use proto::v1::Feed;
use quick_xml::escape::escape;
use std::fmt::Write;

/// Folders within folders, below what [`super::read`] takes: a feed with more tags stands in several places.
const DEPTH: usize = 50;

/// Writes a list that [`super::read`] reads back as it was, but for the time of adding and the credentials.
#[must_use]
pub fn write(title: &str, feeds: &[Feed]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head>\n");
    let _ = writeln!(out, "    <title>{}</title>\n  </head>\n  <body>", escape(title));
    for feed in feeds {
        let title = if feed.title.is_empty() { &feed.url } else { &feed.title };
        let interval = if feed.min_interval_s > 0 { feed.min_interval_s.to_string() } else { String::new() };
        let paused = if feed.paused { "true" } else { "" };
        // `category` has no way to write its own separators: tags with one are written as the folders that they came from.
        let in_folders = feed.tags.iter().any(|tag| tag.contains([',', '/']));
        let tags = if in_folders { String::new() } else { feed.tags.join(",") };
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
            ("minIntervalS", &interval),
            ("paused", paused),
        ];
        let places: Vec<&[String]> = if in_folders { feed.tags.chunks(DEPTH).collect() } else { vec![&[]] };
        for folders in places {
            out.push_str("    ");
            for folder in folders {
                let _ = write!(out, "<outline text=\"{}\">", escape(folder));
            }
            out.push_str("<outline");
            for (name, value) in attributes {
                if !value.is_empty() {
                    let _ = write!(out, " {name}=\"{}\"", escape(value));
                }
            }
            let _ = writeln!(out, "/>{}", "</outline>".repeat(folders.len()));
        }
    }
    out.push_str("  </body>\n</opml>\n");
    out
}
