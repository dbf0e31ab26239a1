//! Feeds that an HTML page names. Pure.

use crate::{
    definition,
    salvage::{self, repairs::Repairs},
};
use std::collections::HashSet;
use url::Url;

/// Feeds of a page that are listed.
const MAX_FEEDS: usize = 50;
/// Media types of feeds. `text/xml` and `application/json` name one only where the link says `alternate`.
const TYPES: [&str; 7] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/xml",
    "text/xml",
    "application/json",
];
/// Words of a path by which a link without a type looks like one to a feed.
const WORDS: [&str; 5] = ["feed", "feeds", "rss", "atom", "rdf"];

/// A feed that a page names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFeed {
    /// Its absolute URL, http or https.
    pub url: Url,
    /// Its title; empty if the page gives none.
    pub title: String,
    /// True if the page declares it as its feed (`link rel="alternate"`, RFC 4287 and the HTML standard, section 4.6.7.1);
    /// false for a link whose address looks like one.
    pub is_declared: bool,
}

/// The feeds that the page at `url` names: those that it declares, then links that look like feeds. At most 50, each once.
#[must_use]
pub fn feeds(body: &[u8], content_type: Option<&str>, url: &Url) -> Vec<FoundFeed> {
    let decoded = salvage::charset::decode(body, content_type, &mut Repairs::default());
    let text::Links { base, links } = text::links(&decoded.text);
    let base = base.and_then(|base| url.join(&base).ok()).unwrap_or_else(|| url.clone());
    let mut seen = HashSet::new();
    let mut found: Vec<FoundFeed> = Vec::new();
    for is_declared in [true, false] {
        for link in &links {
            let address = definition::without_feed_scheme(link.address.trim());
            let Ok(mut to) = base.join(&address) else { continue };
            to.set_fragment(None);
            let is_feed = if is_declared { declares_feed(link) } else { link.is_anchor && looks_like_feed(&to) };
            if is_feed && matches!(to.scheme(), "http" | "https") && found.len() < MAX_FEEDS && seen.insert(to.clone())
            {
                found.push(FoundFeed { url: to, title: link.title.clone(), is_declared });
            }
        }
    }
    found
}

fn declares_feed(link: &text::Link) -> bool {
    let is_alternate = link.rel.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("alternate"));
    let media_type = link.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    is_alternate && TYPES.contains(&media_type.as_str())
}

fn looks_like_feed(url: &Url) -> bool {
    let is_word = |word: &str| WORDS.contains(&word.to_ascii_lowercase().as_str());
    let mut segments = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty());
    segments.next_back().is_some_and(|last| last.split(['.', '-', '_']).any(is_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_feeds_come_first_and_each_once() {
        let page = br#"<html><head><base href="https://cdn.example/en/">
            <link rel="stylesheet alternate" type="text/css" href="a.css"><link rel="canonical" href="/feed">
            <link rel="Alternate" type="application/rss+xml; charset=utf-8" title="News" href="rss.xml#top">
            <link rel="alternate" type="application/feed+json" href="//json.example/feed"></head>
            <a href="rss.xml">again</a><a href="/sport/feed/">Sport</a><a href="/feedback">no</a><a href="javascript:rss">no</a>"#;
        let found = feeds(page, Some("text/html"), &"https://www.example/".parse().unwrap());
        let found: Vec<(&str, &str, bool)> =
            found.iter().map(|feed| (feed.url.as_str(), feed.title.as_str(), feed.is_declared)).collect();
        assert_eq!(
            found,
            [
                ("https://cdn.example/en/rss.xml", "News", true),
                ("https://json.example/feed", "", true),
                ("https://cdn.example/sport/feed/", "", false),
            ]
        );
    }
}
