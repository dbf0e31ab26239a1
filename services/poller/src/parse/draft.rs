//! A feed and an item while they are read: of several sources of the same thing, the best that is there.

use jiff::civil::Weekday;
use proto::v1::Media;

use super::elements::{Field, Kind};
use super::urls::{Bases, is_absolute};
use crate::dates;
use crate::feed::{Context, Date, Document, Entry, Hints};
use crate::salvage::repair::{Repair, Repairs};

/// The best of several sources: the lowest rank, and of one rank the first.
#[derive(Debug)]
struct Best<T>(Option<(u8, T)>);

impl<T> Default for Best<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Best<T> {
    fn offer(&mut self, rank: u8, value: T) -> bool {
        let better = self.0.as_ref().is_none_or(|(r, _)| rank < *r);
        if better {
            self.0 = Some((rank, value));
        }
        better
    }

    fn take(self) -> Option<T> {
        self.0.map(|(_, v)| v)
    }
}

impl Best<String> {
    fn text(&mut self, rank: u8, value: String) -> bool {
        !value.is_empty() && self.offer(rank, value)
    }
}

/// Most names, terms and files that an item may bring.
pub(super) const MOST: usize = 64;

/// Adds a name or term, each once, as far as there is room.
pub(super) fn add(list: &mut Vec<String>, value: &str) {
    let value = value.trim();
    if !value.is_empty() && list.len() < MOST && !list.iter().any(|v| v == value) {
        list.push(value.to_owned());
    }
}

/// Authors as they come: by text, or as persons with a name and an address.
#[derive(Debug, Default)]
pub(super) struct People {
    texts: Vec<(u8, String)>,
    persons: Vec<(String, String)>,
}

impl People {
    pub fn begin(&mut self) {
        if self.persons.len() < MOST {
            self.persons.push(Default::default());
        }
    }

    fn name(&mut self, name: String) {
        if let Some(person) = self.persons.last_mut() {
            person.0 = name;
        }
    }

    fn email(&mut self, email: String) {
        if let Some(person) = self.persons.last_mut() {
            person.1 = email;
        }
    }

    fn text(&mut self, rank: u8, text: &str) {
        if self.texts.len() < MOST {
            self.texts.push((rank, author(text)));
        }
    }

    fn finish(self) -> Vec<String> {
        let mut all = Vec::new();
        for (name, email) in self.persons {
            add(&mut all, if name.is_empty() { &email } else { &name });
        }
        let best = self.texts.iter().map(|(r, _)| *r).min();
        for (_, text) in self.texts.iter().filter(|(r, _)| Some(*r) == best) {
            add(&mut all, text);
        }
        all
    }
}

/// The name in `mail@host (Name)`, `Name (mail@host)` or `Name <mail@host>`; else the text.
pub(super) fn author(text: &str) -> String {
    let text = text.trim();
    let split = |open: char, close: char| {
        let (before, rest) = text.split_once(open)?;
        let (inside, after) = rest.split_once(close)?;
        Some((before.trim(), inside.trim(), after.trim()))
    };
    let name = match split('(', ')') {
        Some((before, inside, _)) if before.contains('@') => Some(inside),
        Some((before, inside, _)) if inside.contains('@') => Some(before),
        _ => match split('<', '>') {
            Some((before, inside, _)) if inside.contains('@') => Some(before),
            _ => None,
        },
    };
    name.map(|n| n.trim_matches('"')).filter(|n| !n.is_empty()).unwrap_or(text).to_owned()
}

/// An item while it is read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    title: Best<String>,
    summary: Best<String>,
    content: Best<String>,
    link: Best<String>,
    guid: Best<String>,
    permalink: bool,
    published: Best<Date>,
    updated: Best<Date>,
    language: Best<String>,
    comments: String,
    pub people: People,
    categories: Vec<String>,
    media: Vec<Media>,
    pub repairs: Repairs,
}

impl Draft {
    pub fn about(&mut self, value: &str) {
        self.permalink |= self.guid.text(4, value.trim().to_owned()) && is_absolute(value);
    }

    pub fn link(&mut self, value: &str, rank: u8) {
        self.link.text(rank, value.to_owned());
    }

    pub fn language(&mut self, value: &str, rank: u8) {
        self.language.text(rank, value.trim().to_owned());
    }

    pub fn date(&mut self, field: Field, text: &str, cx: &Context<'_>) {
        match (dates::parse(text, cx.now), field) {
            (Some(date), Field::Published(rank)) => {
                self.published.offer(rank, date);
            }
            (Some(date), Field::Updated(rank)) => {
                self.updated.offer(rank, date);
            }
            _ => self.repairs.add(Repair::BadDate),
        }
    }

    /// Takes a text. True where feed-rs would have taken another of several.
    pub fn take(&mut self, field: Field, text: String, permalink: bool, bases: &Bases, cx: &Context<'_>) -> bool {
        match field {
            Field::Title(rank) => return !self.title.text(rank, text),
            Field::Summary(rank) => {
                self.summary.text(rank, text);
            }
            Field::Content(rank) => {
                self.content.text(rank, text);
            }
            Field::Link(rank) => {
                let link = bases.resolve(&text);
                if link.is_empty() {
                    self.repairs.add(Repair::BadLink);
                }
                return !self.link.text(rank, link);
            }
            Field::Guid(rank) => {
                let absolute = permalink && rank == 0 && is_absolute(&text);
                if self.guid.text(rank, text) {
                    self.permalink = absolute;
                }
            }
            Field::Published(_) | Field::Updated(_) => self.date(field, &text, cx),
            Field::Author(rank) => self.people.text(rank, &text),
            Field::Name => self.people.name(text),
            Field::Email => self.people.email(text),
            Field::Category => add(&mut self.categories, &text),
            Field::Keywords => text.split(',').for_each(|k| add(&mut self.categories, k)),
            Field::Language => {
                self.language.text(0, text);
            }
            Field::Comments => self.comments = bases.resolve(&text),
            Field::ImageUrl => self.add_media(Media { url: bases.resolve(&text), ..Media::default() }),
            Field::Rights | Field::Ttl | Field::Hour | Field::Day | Field::Period | Field::Frequency => {}
        }
        false
    }

    pub fn attributes<'t>(&mut self, kind: Kind, get: &dyn Fn(&str) -> &'t str, bases: &Bases) {
        match kind {
            Kind::Link => {
                let href = bases.resolve(get("href"));
                let rel = get("rel").rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
                match rel.as_str() {
                    "" | "alternate" => {
                        // The page before other forms of it (RFC 4287 section 4.2.7.2).
                        let kind = get("type");
                        let page = kind.is_empty() || kind.contains("html");
                        self.link(&href, if page { 1 } else { 2 });
                    }
                    "enclosure" => self.file(href, get("type"), get("title"), get),
                    "replies" if get("type").contains("html") => self.comments = href,
                    _ => {}
                }
                if get("href").is_empty() {
                    self.repairs.add(Repair::BadLink);
                }
            }
            Kind::Enclosure | Kind::Content => {
                let url = if get("url").is_empty() { get("href") } else { get("url") };
                let url = bases.resolve(url);
                self.file(url, get("type"), "", get);
            }
            Kind::Thumbnail => {
                let url = if get("url").is_empty() { get("href") } else { get("url") };
                let url = bases.resolve(url);
                self.file(url, "", "", get);
            }
            Kind::Category => {
                let term = [get("term"), get("label"), get("text")].into_iter().find(|t| !t.is_empty());
                add(&mut self.categories, term.unwrap_or_default());
            }
            Kind::Cdf => self.link(&bases.resolve(get("href")), 1),
            Kind::Cloud | Kind::Complete => {}
        }
    }

    fn file<'t>(&mut self, url: String, kind: &str, title: &str, get: &dyn Fn(&str) -> &'t str) {
        let number = |key: &str| get(key).parse::<i32>().ok().filter(|n| *n > 0).unwrap_or(0);
        let proper = is_mime(kind);
        if url.is_empty() || (!kind.is_empty() && !proper) {
            self.repairs.add(Repair::Media);
        }
        let length = number("length").max(number("filesize"));
        let kind = if proper { kind } else { "" };
        self.add_media(Media {
            url,
            r#type: kind.to_owned(),
            title: title.to_owned(),
            width: number("width"),
            height: number("height"),
            length,
        });
    }

    pub fn add_media(&mut self, media: Media) {
        if !media.url.is_empty() && self.media.len() < MOST && !self.media.iter().any(|m| m.url == media.url) {
            self.media.push(media);
        }
    }

    /// The item. One that says nothing at all is kept with its warning, so that whoever drops it counts it.
    pub fn finish(mut self) -> Entry {
        let guid = self.guid.take().unwrap_or_default();
        let (published, updated) = (self.published.take(), self.updated.take());
        let link = match self.link.take() {
            Some(link) => link,
            None if is_absolute(&guid) && self.permalink => guid.clone(),
            None => String::new(),
        };
        let entry = Entry {
            guid_is_permalink: self.permalink && !guid.is_empty(),
            guid,
            link,
            title: self.title.take().unwrap_or_default(),
            summary: self.summary.take().unwrap_or_default(),
            content: self.content.take().unwrap_or_default(),
            authors: self.people.finish(),
            categories: self.categories,
            media: self.media,
            published,
            updated,
            language: self.language.take().unwrap_or_default().replace('_', "-"),
            comments: self.comments,
            warnings: Vec::new(),
        };
        let says = !entry.title.is_empty()
            || !entry.link.is_empty()
            || !entry.guid.is_empty()
            || !entry.summary.is_empty()
            || !entry.content.is_empty()
            || !entry.media.is_empty()
            || !entry.authors.is_empty()
            || !entry.categories.is_empty()
            || entry.published.is_some()
            || entry.updated.is_some();
        if !says {
            self.repairs.add(Repair::EmptyItem);
        }
        let mut entry = entry;
        let dates = [entry.published, entry.updated];
        entry.warnings = self.repairs.names();
        for warning in dates.into_iter().flatten().filter_map(|d| d.warning) {
            if !entry.warnings.contains(&warning) {
                entry.warnings.push(warning);
            }
        }
        entry
    }
}

/// `type/subtype` of RFC 6838, with parameters.
pub(super) fn is_mime(kind: &str) -> bool {
    let bare = kind.split(';').next().unwrap_or_default().trim();
    let token = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    bare.split_once('/').is_some_and(|(a, b)| token(a) && token(b))
}

/// A feed while it is read.
#[derive(Debug, Default)]
pub(super) struct FeedDraft {
    format: &'static str,
    title: Best<String>,
    summary: Best<String>,
    link: Best<String>,
    language: Best<String>,
    rights: String,
    updated: Best<Date>,
    pub people: People,
    categories: Vec<String>,
    hints: Hints,
    period: Option<u32>,
    frequency: Option<u32>,
    repairs: Repairs,
    pub entries: Vec<Entry>,
}

/// Versions of RSS that were ever defined.
const VERSIONS: [&str; 8] = ["0.90", "0.91", "0.92", "0.93", "0.94", "1.0", "2.0", "2.0.1"];

impl FeedDraft {
    /// Notes what the root says of the format.
    pub fn root(&mut self, name: &str, version: Option<&str>, inside: &str, repairs: &mut Repairs) {
        self.format = match name {
            "feed" | "entry" if inside.contains("purl.org/atom/ns") || version.is_some_and(|v| v.starts_with("0.")) => {
                "atom0"
            }
            "feed" | "entry" => "atom1",
            "rdf" if inside.contains("netscape.com/rdf/simple/0.9") => "rss0",
            "rdf" => "rss1",
            "channel" if inside.contains("purl.org/net/rss1.1") => "rss1",
            "channel" => "cdf",
            "urlset" => "sitemap",
            _ if version.is_some_and(|v| v.starts_with("0.9")) => "rss0",
            _ => "rss2",
        };
        if name == "rss" && !version.is_some_and(|v| VERSIONS.contains(&v)) {
            repairs.add(Repair::Namespace);
        }
    }

    pub fn language(&mut self, value: &str, rank: u8) {
        self.language.text(rank, value.trim().to_owned());
    }

    pub fn take(&mut self, field: Field, text: String, bases: &Bases, cx: &Context<'_>) {
        match field {
            Field::Title(rank) => {
                self.title.text(rank, text);
            }
            Field::Summary(rank) => {
                self.summary.text(rank, text);
            }
            Field::Link(rank) => {
                self.link.text(rank, bases.resolve(&text));
            }
            Field::Published(rank) | Field::Updated(rank) => {
                let rank = rank + if matches!(field, Field::Updated(_)) { 0 } else { 8 };
                if let Some(date) = dates::parse(&text, cx.now) {
                    self.updated.offer(rank, date);
                }
            }
            Field::Author(rank) => self.people.text(rank, &text),
            Field::Name => self.people.name(text),
            Field::Email => self.people.email(text),
            Field::Category => add(&mut self.categories, &text),
            Field::Keywords => text.split(',').for_each(|k| add(&mut self.categories, k)),
            Field::Language => {
                self.language.text(0, text);
            }
            Field::Rights => self.rights = text,
            Field::Ttl => self.hints.ttl_min = text.parse().ok(),
            Field::Hour => self.hour(&text),
            Field::Day => self.day(&text),
            Field::Period => self.period = period(&text),
            Field::Frequency => self.frequency = text.parse().ok().filter(|n| *n > 0),
            Field::Content(_) | Field::Guid(_) | Field::Comments | Field::ImageUrl => {}
        }
    }

    fn hour(&mut self, text: &str) {
        // RSS 0.91 counts from 1 to 24, RSS 2.0 from 0 to 23: 24 is midnight.
        if let Ok(hour) = text.parse::<u8>()
            && hour <= 24
            && let Err(at) = self.hints.skip_hours.binary_search(&(hour % 24))
        {
            self.hints.skip_hours.insert(at, hour % 24);
        }
    }

    fn day(&mut self, text: &str) {
        let day = match text.get(..3).unwrap_or_default().to_ascii_lowercase().as_str() {
            "mon" => Weekday::Monday,
            "tue" => Weekday::Tuesday,
            "wed" => Weekday::Wednesday,
            "thu" => Weekday::Thursday,
            "fri" => Weekday::Friday,
            "sat" => Weekday::Saturday,
            "sun" => Weekday::Sunday,
            _ => return,
        };
        if !self.hints.skip_days.contains(&day) {
            self.hints.skip_days.push(day);
            self.hints.skip_days.sort_by_key(|d| d.to_monday_zero_offset());
        }
    }

    pub fn attributes<'t>(&mut self, kind: Kind, get: &dyn Fn(&str) -> &'t str, bases: &Bases) {
        match kind {
            Kind::Link => {
                let href = bases.resolve(get("href"));
                match get("rel").rsplit('/').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "" | "alternate" => {
                        let kind = get("type");
                        let page = kind.is_empty() || kind.contains("html");
                        self.link.text(if page { 1 } else { 2 }, href);
                    }
                    "self" => self.hints.self_url = href,
                    "hub" => add(&mut self.hints.hubs, &href),
                    "next" => self.hints.next_url = href,
                    _ => {}
                }
            }
            Kind::Category => {
                let term = [get("term"), get("label"), get("text")].into_iter().find(|t| !t.is_empty());
                add(&mut self.categories, term.unwrap_or_default());
            }
            Kind::Cloud => {
                let (domain, port, path) = (get("domain"), get("port"), get("path"));
                if !domain.is_empty() {
                    let port = if port.is_empty() { "80" } else { port };
                    let slash = if path.starts_with('/') { "" } else { "/" };
                    self.hints.cloud = bases.resolve(&format!("http://{domain}:{port}{slash}{path}"));
                }
            }
            Kind::Complete => self.hints.complete = true,
            Kind::Cdf => {
                self.link.text(1, bases.resolve(get("href")));
            }
            Kind::Enclosure | Kind::Content | Kind::Thumbnail => {}
        }
    }

    pub fn finish(self, _cx: &Context<'_>) -> (Document, Repairs) {
        let mut hints = self.hints;
        if self.period.is_some() || self.frequency.is_some() {
            // The module's defaults: daily, once.
            hints.update_period_s = Some(self.period.unwrap_or(86_400) / self.frequency.unwrap_or(1).max(1));
        }
        let authors = self.people.finish();
        let mut entries = self.entries;
        if self.format.starts_with("atom") && !authors.is_empty() {
            // RFC 4287 section 4.1.1: who wrote the feed wrote the entries that do not say otherwise.
            for entry in entries.iter_mut().filter(|e| e.authors.is_empty()) {
                entry.authors.clone_from(&authors);
            }
        }
        let document = Document {
            format: self.format,
            encoding: "",
            title: self.title.take().unwrap_or_default(),
            description: self.summary.take().unwrap_or_default(),
            site_url: self.link.take().unwrap_or_default(),
            language: self.language.take().unwrap_or_default().replace('_', "-"),
            rights: self.rights,
            authors,
            categories: self.categories,
            updated: self.updated.take(),
            entries,
            hints,
            warnings: Vec::new(),
        };
        (document, self.repairs)
    }
}

/// Seconds of a `sy:updatePeriod`.
fn period(text: &str) -> Option<u32> {
    Some(match text.to_ascii_lowercase().as_str() {
        "hourly" => 3_600,
        "daily" => 86_400,
        "weekly" => 604_800,
        "monthly" => 2_592_000,
        "yearly" => 31_536_000,
        _ => return None,
    })
}
