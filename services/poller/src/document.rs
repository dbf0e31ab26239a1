//! What a feed's document says, whatever its format: the interface between the rooms `parse` and `poll`.

pub use crate::dates::Date;
use jiff::Timestamp;
use proto::v1::Media;

/// What is known about a document beside its bytes.
#[derive(Debug, Clone)]
pub struct Context<'a> {
    /// Final URL, after redirects: the base of relative links.
    pub url: &'a str,
    /// The HTTP header Content-Type as it came, charset and all.
    pub content_type: Option<&'a str>,
    /// The HTTP header Content-Location: a base that stands before the URL (RFC 3986 section 5.1).
    pub content_location: Option<&'a str>,
    /// The HTTP header Content-Language: counts where the document declares no language.
    pub content_language: Option<&'a str>,
    /// How much is read.
    pub limits: Limits,
}

impl<'a> Context<'a> {
    /// A document found at `url`, with the limits that hold by default.
    #[must_use]
    pub fn new(url: &'a str) -> Self {
        Self { url, content_type: None, content_location: None, content_language: None, limits: Limits::default() }
    }
}

/// How much of a document is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Larger documents are refused, in bytes.
    pub bytes: usize,
    /// Items beyond this number are left out, with a warning.
    pub items: usize,
    /// Elements nested deeper than this are read as if they stood at this depth.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 10 << 20, items: 5_000, depth: 200 }
    }
}

/// A feed as read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// What it is written in: `rss2`, `rss1`, `rss0`, `atom1`, `atom0`, `cdf`, `json1`, `sitemap`.
    pub format: &'static str,
    /// Encoding that the bytes were decoded from: its WHATWG name, or `UTF-32LE` or `UTF-32BE`.
    pub encoding: &'static str,
    /// Title; may hold markup.
    pub title: String,
    /// Description, subtitle or tagline.
    pub description: String,
    /// The site's home page, absolute; empty where it names none.
    pub site_url: String,
    /// BCP 47 as declared, in the document or else by HTTP; empty where neither declares one.
    pub language: String,
    /// Rights or copyright statement.
    pub rights: String,
    /// Authors or editors of the whole feed.
    pub authors: Vec<String>,
    /// Categories of the whole feed.
    pub categories: Vec<String>,
    /// When the whole feed was last changed, as it says.
    pub updated: Option<Date>,
    /// Items in the document's order.
    pub entries: Vec<Entry>,
    /// When to come again, and who would push.
    pub hints: Hints,
    /// What was repaired in the document as a whole, by name: see `salvage/README.md`.
    pub warnings: Vec<&'static str>,
}

/// An item of a feed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Entry {
    /// The publisher's id as it stands in the document (guid, id, `rdf:about`); empty where there is none.
    pub guid: String,
    /// True where the guid is the item's URL (RSS 2.0: an absolute URL, and `isPermaLink` not false).
    pub guid_is_permalink: bool,
    /// Link, absolute; empty where there is none.
    pub link: String,
    /// Title as it stands; may hold markup.
    pub title: String,
    /// Summary or description, HTML or text as it came, the entities of the XML layer decoded.
    pub summary: String,
    /// Full content, likewise; empty where the item has only a summary.
    pub content: String,
    /// Names, else mail addresses.
    pub authors: Vec<String>,
    /// Terms.
    pub categories: Vec<String>,
    /// Enclosures, images and Media RSS, their URLs absolute, each URL once.
    pub media: Vec<Media>,
    /// When it was published, as the item says.
    pub published: Option<Date>,
    /// When it was changed, as the item says.
    pub updated: Option<Date>,
    /// The date of publication as written, also where it could not be read; empty where there is none.
    pub published_text: String,
    /// The date of change, likewise.
    pub updated_text: String,
    /// BCP 47 that the item declares itself; empty where only the feed does.
    pub language: String,
    /// Page of its comments, absolute; empty where there is none.
    pub comments: String,
    /// What was repaired in this item, by name.
    pub warnings: Vec<&'static str>,
}

impl Entry {
    /// The date by which the poller orders entries and applies the backfill policy: when the entry was published, else
    /// changed. A date after `now` counts as `now`: a wrong clock must not make an entry the newest forever.
    #[must_use]
    pub fn date(&self, now: Timestamp) -> Option<Timestamp> {
        self.published.or(self.updated).map(|date| date.at.min(now))
    }
}

/// When a publisher wants to be asked again, and who would tell us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// RSS 2.0 `ttl`: minutes for which the document may be kept.
    pub ttl_min: Option<u32>,
    /// RSS `skipHours`: hours of the day, GMT, 0 to 23, in which nothing changes. Sorted, each once.
    pub skip_hours: Vec<u8>,
    /// RSS `skipDays`: days on which nothing changes. In the order of the week, each once.
    pub skip_days: Vec<jiff::civil::Weekday>,
    /// RSS 1.0 `sy:updatePeriod` divided by `sy:updateFrequency`, in seconds.
    pub update_period_s: Option<u32>,
    /// WebSub hubs (`link rel=hub`, JSON Feed `hubs`), absolute.
    pub hubs: Vec<String>,
    /// What the feed calls its own URL (`link rel=self`, `feed_url`), absolute; empty where it does not say.
    pub self_url: String,
    /// RSS `cloud`: the endpoint that registers for notifications; empty where there is none.
    pub cloud: String,
    /// The next page of the feed (RFC 5005), absolute; empty where there is none.
    pub next_url: String,
    /// True where the feed says that it is complete or ended (`fh:complete`, JSON Feed `expired`).
    pub complete: bool,
}

/// Why a document cannot be read as a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Nothing, or white space only.
    #[error("the document is empty")]
    Empty,
    /// Above the limit.
    #[error("the document has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit in force.
        limit: usize,
    },
    /// A web page, whose head may name feeds.
    #[error("a web page, no feed")]
    WebPage,
    /// JSON that is no JSON Feed.
    #[error("JSON, but no JSON Feed: {0}")]
    Json(String),
    /// Anything else; the text says what was found instead.
    #[error("no feed: {0}")]
    NotAFeed(String),
}

impl DocumentError {
    /// A name to count it by.
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
