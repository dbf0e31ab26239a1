//! The data model of a parsed feed document, the same for every format.

pub use crate::dates::Date;
use jiff::Timestamp;
use proto::{Warning, v1::Media};

/// What the parser knows about a document besides its bytes.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// The URL after redirects: the base of relative links.
    pub url: &'a str,
    /// HTTP header Content-Type, charset included.
    pub content_type: Option<&'a str>,
    /// HTTP header Content-Location: the base of relative links if present (RFC 3986 section 5.1).
    pub content_location: Option<&'a str>,
    /// HTTP header Content-Language: the language if the document declares none.
    pub content_language: Option<&'a str>,
    /// Limits of the document.
    pub limits: Limits,
}

impl<'a> Context<'a> {
    /// A document fetched from `url`, without headers and with default limits.
    #[must_use]
    pub fn new(url: &'a str) -> Self {
        Self { url, content_type: None, content_location: None, content_language: None, limits: Limits::default() }
    }
}

/// Limits of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A document of more bytes is rejected.
    pub bytes: usize,
    /// Items beyond this number are dropped, with a warning.
    pub items: usize,
    /// Elements nested deeper are treated as if they were at this depth.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 10 << 20, items: 5_000, depth: 200 }
    }
}

/// A parsed feed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// One of `rss2`, `rss1`, `rss0`, `atom1`, `atom0`, `cdf`, `json1`, `sitemap`.
    pub format: &'static str,
    /// The encoding of the bytes: its WHATWG name, or `UTF-32LE` or `UTF-32BE`.
    pub encoding: &'static str,
    /// Title; may contain markup.
    pub title: String,
    /// Description, subtitle or tagline; may contain markup.
    pub description: String,
    /// Absolute URL of the site's home page; empty if there is none.
    pub site_url: String,
    /// Declared language as a BCP 47 tag, from the document, else from HTTP; empty if there is none.
    pub language: String,
    /// Copyright statement; empty if there is none.
    pub rights: String,
    /// Authors or editors of the feed.
    pub authors: Vec<String>,
    /// Categories of the feed.
    pub categories: Vec<String>,
    /// When the feed was last updated, by its own account.
    pub updated: Option<Date>,
    /// Items in document order.
    pub entries: Vec<Entry>,
    /// Polling and push hints.
    pub hints: Hints,
    /// Repairs of the document as a whole.
    pub warnings: Vec<Warning>,
    /// True if the document ends early. The entry in which it ends is left out.
    pub is_cut: bool,
}

/// How the texts of an item are typed: values of [`proto::vocab::form`]; empty for a text that is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forms {
    /// Of the title.
    pub title: &'static str,
    /// Of the summary.
    pub summary: &'static str,
    /// Of the content.
    pub content: &'static str,
}

/// Where an item comes from, by RSS and Atom `source`. Empty if it names none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Name of the publisher or title of its feed; may contain markup.
    pub name: String,
    /// Absolute URL of its site or feed.
    pub url: String,
}

/// An item of a feed. Absent texts are empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// The publisher's id as written (guid, id, `rdf:about`).
    pub guid: String,
    /// True if the guid is the item's URL (RSS 2.0: an absolute URL, and `isPermaLink` is not false).
    pub guid_is_permalink: bool,
    /// Absolute URL of the article.
    pub link: String,
    /// Title; may contain markup.
    pub title: String,
    /// Summary or description, HTML or plain text. Entities of the XML layer are decoded.
    pub summary: String,
    /// Full content, in the same form as the summary.
    pub content: String,
    /// How title, summary and content are typed.
    pub forms: Forms,
    /// The publisher that an aggregator's entry names.
    pub source: Source,
    /// Absolute URL of the publisher's page, where the carrier of the feed names it apart from the link (`origLink`).
    pub original_link: String,
    /// Names of the authors, or mail addresses if there are no names.
    pub authors: Vec<String>,
    /// Category terms.
    pub categories: Vec<String>,
    /// Enclosures, images and Media RSS. URLs are absolute and unique.
    pub media: Vec<Media>,
    /// Date of publication.
    pub published: Option<Date>,
    /// Date of the last update.
    pub updated: Option<Date>,
    /// Date of publication as written, kept if it cannot be read.
    pub published_text: String,
    /// Date of the last update as written, kept if it cannot be read.
    pub updated_text: String,
    /// Language that the item itself declares, as a BCP 47 tag.
    pub language: String,
    /// Absolute URL of the comments page.
    pub comments: String,
    /// Repairs of this item.
    pub warnings: Vec<Warning>,
}

impl Entry {
    /// The date by which the poller orders entries and applies the backfill policy: when the entry was published, else
    /// changed. A date after `now` counts as `now`: a wrong clock must not make an entry the newest forever.
    #[must_use]
    pub fn date(&self, now: Timestamp) -> Option<Timestamp> {
        self.published.or(self.updated).map(|date| date.at.min(now))
    }
}

/// A publisher's hints on polling and push. Absent URLs are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// RSS 2.0 `ttl`: minutes for which the document may be cached.
    pub ttl_min: Option<u32>,
    /// RSS `skipHours`: hours of the day without updates, GMT, 0 to 23, sorted and unique.
    pub skip_hours: Vec<u8>,
    /// RSS `skipDays`: weekdays without updates, Monday first, unique.
    pub skip_days: Vec<jiff::civil::Weekday>,
    /// RSS 1.0 `sy:updatePeriod` divided by `sy:updateFrequency`, in seconds.
    pub update_period_s: Option<u32>,
    /// Absolute URLs of WebSub hubs (`link rel=hub`, JSON Feed `hubs`).
    pub hubs: Vec<String>,
    /// Absolute URL of the feed by its own account (`link rel=self`, `feed_url`).
    pub self_url: String,
    /// RSS `cloud`: URL of the endpoint that registers for notifications.
    pub cloud: String,
    /// Absolute URL of the feed's next page (RFC 5005).
    pub next_url: String,
    /// True if the feed declares that it is complete or has ended (`fh:complete`, JSON Feed `expired`).
    pub complete: bool,
}

/// Why a document cannot be parsed as a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The document is empty or only whitespace.
    #[error("the document is empty")]
    Empty,
    /// The document is over the limit.
    #[error("the document has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// Bytes of the document.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The document is a web page.
    #[error("the document is a web page, not a feed")]
    WebPage,
    /// The document is JSON, but not a JSON Feed; the text says why.
    #[error("the document is JSON, but not a JSON Feed: {0}")]
    Json(String),
    /// Anything else; the text says what was found.
    #[error("the document is not a feed: {0}")]
    NotAFeed(String),
}

impl DocumentError {
    /// The error's name for metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::WebPage => "web_page",
            Self::Json(_) => "json",
            Self::NotAFeed(_) => "not_a_feed",
        }
    }
}
