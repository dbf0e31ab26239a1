use super::outlines::{Outlines, Piece};
use crate::{
    credentials::SecretParameters,
    definition::{self, DefinitionError},
    salvage::{characters::without_controls, charset, repairs::Repairs},
};
use proto::v1::Feed;
use std::{borrow::Cow, collections::HashMap};

/// Maximum size of a list in bytes.
const MAX_BYTES: usize = 32 << 20;
/// Maximum number of feeds in a list.
const MAX_FEEDS: usize = 100_000;
/// Maximum nesting of folders that become tags; the names of deeper ones are ignored.
const MAX_DEPTH: usize = 100;
/// Maximum number of tags of a feed; further tags are dropped.
pub const MAX_TAGS: usize = 256;
/// Number of refused feeds that an error lists; the others are counted.
const MAX_LISTED: usize = 20;
/// Characters of a refused outline's title in its error.
pub const MAX_NAMED_CHARS: usize = 200;

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
    /// The list is not OPML.
    #[error("not OPML: the list has no <opml> or <outline> element")]
    NotOpml,
    /// These feeds are invalid.
    #[error("{}", summary(.0))]
    Feeds(Vec<InvalidFeedError>),
}

/// An outline of a list that gives no feed.
#[derive(Debug, thiserror::Error)]
#[error("the feed {title:?}: {error}")]
pub struct InvalidFeedError {
    /// The outline's title, secrets masked, at most [`MAX_NAMED_CHARS`] characters; where there is none, the
    /// outline's number in the list, from 1.
    pub title: String,
    /// What is wrong.
    pub error: OutlineError,
}

/// What is wrong with an outline.
#[derive(Debug, thiserror::Error)]
pub enum OutlineError {
    /// The feed is invalid.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// It has neither an address nor outlines in it.
    #[error("the outline has no xmlUrl")]
    NoAddress,
    /// It is a link to a page or to another list.
    #[error("the outline is of type {0:?}, not a feed")]
    Link(String),
    /// Its tag is not closed before the next one.
    #[error("the outline's markup is broken")]
    Markup,
    /// The list ends in it.
    #[error("the list ends early, within this outline")]
    Cut,
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
    let List { feeds, refused } = read_all(bytes, &SecretParameters::default())?;
    if refused.is_empty() { Ok(feeds) } else { Err(OpmlError::Feeds(refused)) }
}

/// Reads a list in any encoding that a feed may have. An outline with `xmlUrl` is a feed. An outline without is a folder,
/// whose name becomes a tag of the feeds in it. A feed in several folders is one feed with several tags. Whatever is wrong
/// with an outline, it is refused by name, and the rest of the list is read. `secrets` are masked in what is refused.
///
/// # Errors
/// [`OpmlError`] if the list is not OPML or exceeds a limit.
pub fn read_all(bytes: &[u8], secrets: &SecretParameters) -> Result<List, OpmlError> {
    if bytes.len() > MAX_BYTES {
        return Err(OpmlError::TooLarge { what: "bytes", limit: MAX_BYTES });
    }
    let mut text = charset::decode(bytes, None, &mut Repairs::default()).text;
    if let Some(clean) = without_controls(&text) {
        text = Cow::Owned(clean);
    }
    let mut outlines = Outlines::new(&text);
    let mut reading =
        Reading { secrets, list: List::default(), places: HashMap::new(), folders: Vec::new(), deeper: 0, count: 0 };
    for piece in outlines.by_ref() {
        reading.count += usize::from(!matches!(piece, Piece::End));
        match piece {
            Piece::End => reading.end(),
            Piece::Outline { attributes, opens } => reading.outline(&attributes, opens)?,
            Piece::Broken(attributes) => reading.refuse(&title(&attributes), OutlineError::Markup)?,
            Piece::Cut(attributes) => reading.refuse(&title(&attributes), OutlineError::Cut)?,
        }
    }
    if outlines.is_opml { Ok(reading.list) } else { Err(OpmlError::NotOpml) }
}

/// An open outline.
struct Folder {
    /// Its name, if it becomes a tag.
    tag: Option<String>,
    /// Title of an outline that is not a folder unless it has outlines in it.
    doubtful: Option<String>,
}

/// What has been read of a list.
struct Reading<'s> {
    secrets: &'s SecretParameters,
    list: List,
    /// Index of each feed in the list, by id.
    places: HashMap<String, usize>,
    folders: Vec<Folder>,
    /// Open folders beyond [`MAX_DEPTH`].
    deeper: usize,
    /// Outlines so far.
    count: usize,
}

impl Reading<'_> {
    fn outline(&mut self, attributes: &HashMap<String, String>, opens: bool) -> Result<(), OpmlError> {
        if let Some(folder) = self.folders.last_mut() {
            folder.doubtful = None;
        }
        let kind = attributes.get("type").map(|kind| kind.to_ascii_lowercase()).unwrap_or_default();
        let is_feed = ["rss", "atom", "feed", "rdf"].iter().any(|known| kind.contains(known));
        let title = title(attributes);
        // Some lists name a feed's address `url`, which is otherwise that of a page or of another list.
        let address = if is_feed { &["xmlurl", "xml-url", "url"][..] } else { &["xmlurl", "xml-url"][..] };
        let url = first(attributes, address);
        let is_link = matches!(kind.as_str(), "link" | "include");
        if url.is_empty() && (!opens || is_link) {
            self.refuse(&title, if is_link { OutlineError::Link(kind) } else { OutlineError::NoAddress })?;
        }
        if !url.is_empty() {
            let tags = self.folders.iter().filter_map(|folder| folder.tag.as_ref());
            match feed(attributes, &url, &title, tags, self.secrets) {
                Ok(feed) => self.add(feed)?,
                Err(error) => self.refuse(&title, error.into())?,
            }
        }
        if opens && self.folders.len() >= MAX_DEPTH {
            self.deeper += 1;
        } else if opens {
            let is_folder = url.is_empty() && !is_link;
            let tag = (is_folder && !is_feed && !title.is_empty()).then(|| title.clone());
            self.folders.push(Folder { tag, doubtful: is_folder.then_some(title) });
        }
        Ok(())
    }

    /// Ends the innermost open outline.
    fn end(&mut self) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(Folder { doubtful: Some(title), .. }) = self.folders.pop() {
            // At the limit the outline is still counted by the next one.
            let _ = self.refuse(&title, OutlineError::NoAddress);
        }
    }

    fn add(&mut self, feed: Feed) -> Result<(), OpmlError> {
        match self.places.get(&feed.feed_id).and_then(|at| self.list.feeds.get_mut(*at)) {
            Some(known) => feed.tags.into_iter().for_each(|tag| add(&mut known.tags, tag)),
            None => {
                self.may_add()?;
                self.places.insert(feed.feed_id.clone(), self.list.feeds.len());
                self.list.feeds.push(feed);
            }
        }
        Ok(())
    }

    fn refuse(&mut self, title: &str, error: OutlineError) -> Result<(), OpmlError> {
        self.may_add()?;
        let title = match title {
            "" => format!("outline {}", self.count),
            // Some lists use the URL as title.
            url if url.contains("://") => self.secrets.masked(url),
            title => title.to_owned(),
        };
        self.list.refused.push(InvalidFeedError { title: title.chars().take(MAX_NAMED_CHARS).collect(), error });
        Ok(())
    }

    fn may_add(&self) -> Result<(), OpmlError> {
        if self.list.feeds.len() + self.list.refused.len() < MAX_FEEDS {
            return Ok(());
        }
        Err(OpmlError::TooLarge { what: "feeds", limit: MAX_FEEDS })
    }
}

fn title(attributes: &HashMap<String, String>) -> String {
    first(attributes, &["title", "text"])
}

fn add(tags: &mut Vec<String>, tag: String) {
    if !tag.is_empty() && tags.len() < MAX_TAGS && !tags.contains(&tag) {
        tags.push(tag);
    }
}

fn feed<'f>(
    attributes: &HashMap<String, String>,
    url: &str,
    title: &str,
    folders: impl Iterator<Item = &'f String>,
    secrets: &SecretParameters,
) -> Result<Feed, DefinitionError> {
    definition::parse_url_with(url, secrets)?;
    let get = |names: &[&str]| first(attributes, names);
    let mut tags: Vec<String> = Vec::new();
    // `category` is a comma-separated list of paths (OPML 2.0): "/News/World,Politics". `write` percent-encodes separators.
    let categories = get(&["category"]);
    let decoded = |part: &str| part.replace("%2C", ",").replace("%2F", "/").replace("%25", "%").trim().to_owned();
    for tag in folders.cloned().chain(categories.split([',', '/']).map(decoded)) {
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
        credentials_ref: get(&["credentialsref"]),
        backfill: get(&["backfill"]),
        full_text: get(&["fulltext"]),
        min_interval_s: get(&["minintervals"]).parse().unwrap_or(0).max(0),
        publish_text: get(&["publishtext"]),
        paused: get(&["paused"]).eq_ignore_ascii_case("true"),
        ..Feed::default()
    };
    // The caller sets `added_at`.
    let complete = definition::complete(feed, jiff::Timestamp::UNIX_EPOCH)?;
    // An outline must have a text. If that is the URL, the feed has no title; a long one is cut only as a title.
    let titled = [title, &complete.title].iter().all(|title| *title != url && *title != complete.url);
    let title = if titled { complete.title } else { String::new() };
    Ok(Feed { added_at: None, title, ..complete })
}

fn first(attributes: &HashMap<String, String>, names: &[&str]) -> String {
    let value = names.iter().find_map(|name| attributes.get(*name)).map(String::as_str).unwrap_or_default();
    // `write` leaves C1 controls out. There may be white space before the last one.
    let written: String = value.chars().filter(|c| !matches!(c, '\u{7f}'..='\u{9f}')).collect();
    written.trim().to_owned()
}
