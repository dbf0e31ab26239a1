use crate::definition;
use proto::v1::Feed;
use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};
use std::collections::HashMap;

/// Maximum size of a list in bytes.
const MAX_BYTES: usize = 32 << 20;
/// Maximum number of feeds in a list.
const MAX_FEEDS: usize = 100_000;
/// Maximum nesting of folders.
const MAX_DEPTH: usize = 100;
/// Maximum number of tags of a feed; further tags are dropped.
pub const MAX_TAGS: usize = 256;
/// Number of refused feeds that an error lists; the others are counted.
const MAX_LISTED: usize = 20;

/// Why a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum OpmlError {
    /// The list exceeds a limit.
    #[error("the list exceeds the limit of {limit} {what}")]
    TooLarge {
        /// What is limited.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// The list is not well-formed XML.
    #[error("invalid XML at byte {at}: {source}")]
    Xml {
        /// Byte offset of the error.
        at: u64,
        /// The parser's error.
        source: quick_xml::Error,
    },
    /// The list is XML, but not OPML.
    #[error("not OPML: the list has no <opml> or <outline> element")]
    NotOpml,
    /// These feeds are invalid.
    #[error("{}", summary(.0))]
    Feeds(Vec<InvalidFeedError>),
}

/// An invalid feed of a list.
#[derive(Debug, thiserror::Error)]
#[error("the feed {title:?}: {error}")]
pub struct InvalidFeedError {
    /// The feed's title, credentials redacted.
    pub title: String,
    /// Why the feed is invalid.
    pub error: definition::DefinitionError,
}

/// The feeds of a list.
#[derive(Debug, Default)]
pub struct List {
    /// The valid feeds in document order, without `added_at`.
    pub feeds: Vec<Feed>,
    /// The invalid feeds in document order.
    pub refused: Vec<InvalidFeedError>,
}

fn summary(refused: &[InvalidFeedError]) -> String {
    let mut errors: Vec<String> = refused.iter().take(MAX_LISTED).map(ToString::to_string).collect();
    if refused.len() > MAX_LISTED {
        errors.push(format!("and {} others", refused.len() - MAX_LISTED));
    }
    errors.join("; ")
}

/// As [`read_all`], but an invalid feed is an error.
///
/// # Errors
/// As [`read_all`], and [`OpmlError::Feeds`] with all invalid feeds.
pub fn read(bytes: &[u8]) -> Result<Vec<Feed>, OpmlError> {
    let List { feeds, refused } = read_all(bytes)?;
    if refused.is_empty() { Ok(feeds) } else { Err(OpmlError::Feeds(refused)) }
}

/// Reads a list. An outline with `xmlUrl` is a feed. An outline without is a folder, whose name becomes a tag of the feeds in
/// it; of type `rss` it is a dead subscription and ignored. A feed in several folders is one feed with several tags. An
/// invalid feed does not block the rest of the list.
///
/// # Errors
/// [`OpmlError`] if the list is not OPML or exceeds a limit.
pub fn read_all(bytes: &[u8]) -> Result<List, OpmlError> {
    if bytes.len() > MAX_BYTES {
        return Err(OpmlError::TooLarge { what: "bytes", limit: MAX_BYTES });
    }
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text));
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_dangling_amp = true;
    let mut feeds: Vec<Feed> = Vec::new();
    let mut refused: Vec<InvalidFeedError> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut folders: Vec<Option<String>> = Vec::new();
    let mut is_opml = false;
    loop {
        let event = reader.read_event().map_err(|source| OpmlError::Xml { at: reader.error_position(), source })?;
        let (element, opens) = match &event {
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            Event::End(element) => {
                if element.local_name().as_ref().eq_ignore_ascii_case("outline") {
                    folders.pop();
                }
                continue;
            }
            Event::Eof => break,
            _ => continue,
        };
        let name = element.local_name();
        is_opml |= name.as_ref().eq_ignore_ascii_case("opml");
        if !name.as_ref().eq_ignore_ascii_case("outline") {
            continue;
        }
        is_opml = true;
        let attributes = attributes(element);
        let title = first(&attributes, &["title", "text"]);
        let url = first(&attributes, &["xmlurl", "xml-url"]);
        if url.is_empty() {
            if opens {
                if folders.len() >= MAX_DEPTH {
                    return Err(OpmlError::TooLarge { what: "nested folders", limit: MAX_DEPTH });
                }
                let is_feed = attributes.get("type").is_some_and(|kind| kind.eq_ignore_ascii_case("rss"));
                folders.push((!is_feed && !title.is_empty()).then_some(title));
            }
            continue;
        }
        if opens {
            folders.push(None);
        }
        if feeds.len() + refused.len() >= MAX_FEEDS {
            return Err(OpmlError::TooLarge { what: "feeds", limit: MAX_FEEDS });
        }
        let feed = match feed(&attributes, &url, &title, &folders) {
            Ok(feed) => feed,
            Err(error) => {
                // Some lists use the URL as title.
                let title = if title.contains("://") { definition::redact_credentials(&title) } else { title };
                refused.push(InvalidFeedError { title, error });
                continue;
            }
        };
        match places.get(&feed.feed_id).and_then(|at| feeds.get_mut(*at)) {
            Some(known) => {
                for tag in feed.tags {
                    add(&mut known.tags, tag);
                }
            }
            None => {
                places.insert(feed.feed_id.clone(), feeds.len());
                feeds.push(feed);
            }
        }
    }
    if is_opml { Ok(List { feeds, refused }) } else { Err(OpmlError::NotOpml) }
}

fn add(tags: &mut Vec<String>, tag: String) {
    if !tag.is_empty() && tags.len() < MAX_TAGS && !tags.contains(&tag) {
        tags.push(tag);
    }
}

fn feed(
    attributes: &HashMap<String, String>,
    url: &str,
    title: &str,
    folders: &[Option<String>],
) -> Result<Feed, definition::DefinitionError> {
    let get = |names: &[&str]| first(attributes, names);
    let mut tags: Vec<String> = Vec::new();
    // `category` is a comma-separated list of paths (OPML 2.0): "/News/World,Politics". `write` percent-encodes separators.
    let categories = get(&["category"]);
    let decoded = |part: &str| part.replace("%2C", ",").replace("%2F", "/").replace("%25", "%").trim().to_owned();
    for tag in folders.iter().flatten().cloned().chain(categories.split([',', '/']).map(decoded)) {
        add(&mut tags, tag);
    }
    let feed = Feed {
        url: url.to_owned(),
        title: title.to_owned(),
        site_url: get(&["htmlurl", "html-url"]),
        language: get(&["language", "lang"]),
        tags,
        publisher_name: get(&["publishername"]),
        publisher_country: get(&["publishercountry", "country"]).to_ascii_uppercase(),
        rights: get(&["rights", "copyright"]),
        backfill: get(&["backfill"]),
        min_interval_s: get(&["minintervals"]).parse().unwrap_or(0).max(0),
        paused: get(&["paused"]).eq_ignore_ascii_case("true"),
        ..Feed::default()
    };
    // The caller sets `added_at`.
    let complete = definition::complete(feed, jiff::Timestamp::UNIX_EPOCH)?;
    // An outline must have a text. If that is the URL, the feed has no title.
    let titled = complete.title != url && complete.title != complete.url;
    let title = if titled { complete.title } else { String::new() };
    Ok(Feed { added_at: None, title, ..complete })
}

/// Attributes by local name in lower case: prefixes are often undeclared.
fn attributes(element: &BytesStart<'_>) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for attribute in element.html_attributes().with_checks(false).flatten() {
        let name = attribute.key.local_name().as_ref().to_ascii_lowercase();
        let value = unescaped(&attribute.value);
        let value = value.trim().to_owned();
        if !value.is_empty() {
            found.entry(name).or_insert(value);
        }
    }
    found
}

fn first(attributes: &HashMap<String, String>, names: &[&str]) -> String {
    names.iter().find_map(|name| attributes.get(*name)).cloned().unwrap_or_default()
}

/// Decodes references. If one is invalid, such as a bare `&` in a URL, only the five of XML are decoded.
fn unescaped(value: &str) -> String {
    quick_xml::escape::unescape(value).map_or_else(
        |_| {
            let five = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
            five.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to))
        },
        std::borrow::Cow::into_owned,
    )
}
