//! The limits of everything that a publisher controls, in one table. They apply where a value enters: to headers in
//! `fetch`, to a document when it has been parsed, to a definition when it is read. What is the feed's stands in each of its
//! items, so its limits are small.

use crate::{
    data_urls,
    document::{Document, Entry},
};
use proto::{
    Warning, id,
    v1::{Feed, PageMetadata},
};
use std::collections::HashSet;

/// What is done with a longer value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// It is cut at a character boundary, and white space at its end is taken off.
    Cut,
    /// It is left out: a part of it would be another value.
    Drop,
    /// Its SHA-256 takes its place: it only identifies.
    Digest,
    /// The request fails.
    Fail,
    /// The definition is refused.
    Refuse,
}

/// The limit of one kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// What is limited.
    pub what: &'static str,
    /// Bytes of a value.
    pub bytes: usize,
    /// Number of values; 1 for a single one.
    pub count: usize,
    /// What is done with a longer value. Further values are left out.
    pub excess: Excess,
}

macro_rules! limits {
    ($($name:ident = $what:literal, $bytes:literal, $count:literal, $excess:ident;)*) => {
        $(
            #[doc = concat!("The limit of: ", $what, ".")]
            pub const $name: Limit = Limit { what: $what, bytes: $bytes, count: $count, excess: Excess::$excess };
        )*
        /// All limits. The README of the poller has the same table.
        pub const ALL: &[Limit] = &[$($name),*];
    };
}

limits! {
    FEED_TITLE = "feed: title", 500, 1, Cut;
    FEED_TEXT = "feed: description, copyright", 2_000, 1, Cut;
    FEED_NAME = "feed: author, category", 200, 64, Cut;
    FEED_URL = "feed: site, next page, self, cloud", 2_048, 1, Drop;
    HUB = "feed: hub", 2_048, 8, Drop;
    LANGUAGE = "feed, item: language", 35, 1, Drop;
    GUID = "item: guid", 1_000, 1, Digest;
    LINK = "item: link, comments page", 8_192, 1, Drop;
    TITLE = "item: title", 20_000, 1, Cut;
    TEXT = "item: summary, content", 1_000_000, 1, Cut;
    SOURCE_NAME = "item: name of the source", 200, 1, Cut;
    SOURCE_URL = "item: URL of the source", 2_048, 1, Drop;
    NAME = "item: author, category", 200, 64, Cut;
    MEDIA_URL = "item: URL of a file", 4_096, 64, Drop;
    MEDIA_TITLE = "item: title of a file", 500, 64, Cut;
    MEDIA_TYPE = "item: media type of a file", 100, 64, Drop;
    DATE_TEXT = "item: date as written", 200, 1, Cut;
    VALIDATOR = "header: ETag, Last-Modified", 1_024, 1, Drop;
    HEADER = "header: Content-Type, Content-Language, Cache-Control, Age, Retry-After, Date", 500, 1, Drop;
    CONTENT_LOCATION = "header: Content-Location", 2_048, 1, Drop;
    LOCATION = "header: Location", 2_048, 1, Fail;
    DEFINITION_TEXT = "definition: title, rights, publisher", 500, 1, Cut;
    DEFINITION_TAG = "definition: tag", 200, 256, Cut;
    DEFINITION_SITE = "definition: site", 2_048, 1, Drop;
    DEFINITION_URL = "definition: URL", 2_048, 1, Refuse;
}

/// Bytes of a page, decompressed: more than a longer one is no article.
pub const MAX_PAGE_BYTES: usize = 5 << 20;

impl Limit {
    /// Applies the limit to a value. True if it was longer.
    pub fn apply(&self, value: &mut String) -> bool {
        if value.len() <= self.bytes {
            return false;
        }
        match self.excess {
            // Without white space at the end, which a reader of the value takes off.
            Excess::Cut => {
                value.truncate(value.floor_char_boundary(self.bytes));
                value.truncate(value.trim_end().len());
            }
            Excess::Drop | Excess::Fail | Excess::Refuse => value.clear(),
            Excess::Digest => *value = format!("sha256:{}", id::digest(&[value.as_bytes()])),
        }
        // The rest would stay allocated with each item.
        value.shrink_to_fit();
        true
    }

    /// Applies the limit to each of several values, which stay different and are not empty.
    fn apply_all(&self, values: &mut Vec<String>) {
        values.truncate(self.count);
        for value in values.iter_mut() {
            self.apply(value);
        }
        let mut seen = HashSet::new();
        values.retain(|value| !value.is_empty() && seen.insert(value.clone()));
    }
}

/// Applies the limits to the metadata of a page.
pub fn page(metadata: &mut PageMetadata) {
    TITLE.apply(&mut metadata.title);
    FEED_TEXT.apply(&mut metadata.description);
    FEED_URL.apply(&mut metadata.canonical_url);
    MEDIA_URL.apply(&mut metadata.image);
    LANGUAGE.apply(&mut metadata.language);
    FEED_TITLE.apply(&mut metadata.site_name);
    FEED_NAME.apply(&mut metadata.section);
    NAME.apply_all(&mut metadata.authors);
    NAME.apply_all(&mut metadata.keywords);
    DATE_TEXT.apply(&mut metadata.published_text);
    DATE_TEXT.apply(&mut metadata.modified_text);
}

/// Applies the limits to a document.
pub fn document(document: &mut Document) {
    FEED_TITLE.apply(&mut document.title);
    FEED_TEXT.apply(&mut document.description);
    FEED_TEXT.apply(&mut document.rights);
    FEED_URL.apply(&mut document.site_url);
    LANGUAGE.apply(&mut document.language);
    FEED_NAME.apply_all(&mut document.authors);
    FEED_NAME.apply_all(&mut document.categories);
    let hints = &mut document.hints;
    HUB.apply_all(&mut hints.hubs);
    for url in [&mut hints.self_url, &mut hints.cloud, &mut hints.next_url] {
        FEED_URL.apply(url);
    }
    document.entries.iter_mut().for_each(entry);
}

fn entry(entry: &mut Entry) {
    GUID.apply(&mut entry.guid);
    LINK.apply(&mut entry.link);
    LINK.apply(&mut entry.comments);
    LINK.apply(&mut entry.original_link);
    SOURCE_NAME.apply(&mut entry.source.name);
    SOURCE_URL.apply(&mut entry.source.url);
    LANGUAGE.apply(&mut entry.language);
    DATE_TEXT.apply(&mut entry.published_text);
    DATE_TEXT.apply(&mut entry.updated_text);
    NAME.apply_all(&mut entry.authors);
    NAME.apply_all(&mut entry.categories);
    entry.media.truncate(MEDIA_URL.count);
    for media in &mut entry.media {
        MEDIA_URL.apply(&mut media.url);
        MEDIA_TITLE.apply(&mut media.title);
        MEDIA_TYPE.apply(&mut media.r#type);
    }
    entry.media.retain(|media| !media.url.is_empty());
    let mut is_cut = TITLE.apply(&mut entry.title);
    for text in [&mut entry.summary, &mut entry.content] {
        if text.len() > PLAIN_TEXT {
            *text = data_urls::removed(text);
            is_cut |= TEXT.apply(text);
        }
    }
    if is_cut && !entry.warnings.contains(&Warning::ContentCut) {
        entry.warnings.push(Warning::ContentCut);
    }
}

/// Longest text in which `data:` URLs stay, in bytes: nothing of them is published.
const PLAIN_TEXT: usize = 64 << 10;

/// Applies the limits to a definition, except to its URL: another one would be another feed.
pub fn definition(feed: &mut Feed) {
    for text in [&mut feed.title, &mut feed.publisher_name, &mut feed.rights] {
        DEFINITION_TEXT.apply(text);
    }
    for text in [&mut feed.publisher_country, &mut feed.language] {
        LANGUAGE.apply(text);
    }
    DEFINITION_SITE.apply(&mut feed.site_url);
    DEFINITION_TAG.apply_all(&mut feed.tags);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_has_the_table_of_limits() {
        let readme = include_str!("../README.md");
        for Limit { what, bytes, count, excess } in ALL {
            let excess = match excess {
                Excess::Cut => "cut",
                Excess::Drop => "left out",
                Excess::Digest => "replaced by its SHA-256",
                Excess::Fail => "the poll fails",
                Excess::Refuse => "the definition is refused",
            };
            let row = format!("| {what} | {bytes} | {count} | {excess} |");
            assert!(readme.lines().any(|line| line == row), "{row}");
        }
    }

    #[test]
    fn a_value_is_cut_between_characters_or_left_out_or_replaced() {
        let long = "é".repeat(2_000);
        let applied = |limit: Limit| {
            let mut value = long.clone();
            limit.apply(&mut value);
            value
        };
        assert_eq!(applied(FEED_TITLE), "é".repeat(250));
        let mut spaced = format!("{} {}", "a".repeat(DEFINITION_TAG.bytes - 1), "b");
        assert!(DEFINITION_TAG.apply(&mut spaced));
        assert_eq!(spaced, "a".repeat(DEFINITION_TAG.bytes - 1), "no white space at its end");
        let mut tags = ["b", "c"].map(|end| "a".repeat(DEFINITION_TAG.bytes) + end).to_vec();
        DEFINITION_TAG.apply_all(&mut tags);
        assert_eq!(tags, ["a".repeat(DEFINITION_TAG.bytes)], "they stay different");
        assert_eq!(applied(LANGUAGE), "");
        assert_eq!(applied(GUID), format!("sha256:{}", id::digest(&[long.as_bytes()])));
    }

    #[test]
    fn data_urls_go_before_text_is_cut() {
        let image = format!("<img src=\"data:image/png;base64,{}\">", "QUJD".repeat(600_000));
        let mut document = Document::default();
        let content = format!("before {image} data: and <b>behind</b>");
        document.entries.push(Entry { content, ..Entry::default() });
        super::document(&mut document);
        let entry = document.entries.first().unwrap();
        assert_eq!(entry.content, "before <img src=\"\"> data: and <b>behind</b>");
        assert!(entry.warnings.is_empty());
    }
}
