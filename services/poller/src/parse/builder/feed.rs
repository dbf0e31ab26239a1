//! The builder of a feed.
use jiff::civil::Weekday;

use super::authors::Authors;
use super::entry::EntryBuilder;
use super::{Ranked, add, inherited};
use crate::dates;
use crate::document::{Date, Document, Entry, Forms, Hints};
use crate::parse::base_urls::BaseUrls;
use crate::parse::elements::{Field, Kind};
use crate::salvage::repairs::Repairs;
use proto::Warning;

/// A feed under construction.
#[derive(Debug, Default)]
pub(in crate::parse) struct FeedBuilder {
    format: &'static str,
    title: Ranked<String>,
    summary: Ranked<String>,
    link: Ranked<String>,
    language: Ranked<String>,
    rights: String,
    updated: Ranked<Date>,
    pub authors: Authors,
    categories: Vec<String>,
    hints: Hints,
    period: Option<u32>,
    frequency: Option<u32>,
    repairs: Repairs,
    pub entries: Vec<Entry>,
    /// Of each entry, how the texts are typed that were not collected.
    pub left_out: Vec<Forms>,
}

/// The defined versions of RSS.
const VERSIONS: [&str; 8] = ["0.90", "0.91", "0.92", "0.93", "0.94", "1.0", "2.0", "2.0.1"];

impl FeedBuilder {
    /// Determines the format from the root element: its lower-case name, its version, and its attributes as written.
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
            repairs.add(Warning::Namespace);
        }
    }

    /// The format, as [`FeedBuilder::root`] has determined it.
    pub fn format(&self) -> &'static str {
        self.format
    }

    /// Takes a language tag.
    pub fn language(&mut self, value: &str, rank: u8) {
        self.language.offer_text(rank, value.trim().to_owned());
    }

    /// The feed's link so far, resolved; empty if there is none.
    pub fn link(&self) -> &str {
        self.link.get().map_or("", String::as_str)
    }

    /// Takes an item.
    pub fn item(&mut self, item: EntryBuilder) {
        self.left_out.push(item.left_out());
        self.entries.push(item.finish());
    }

    /// Takes the text of an element.
    pub fn take(&mut self, field: Field, text: String, bases: &BaseUrls) {
        match field {
            Field::Title(rank) => {
                self.title.offer_text(rank, text);
            }
            Field::Summary(rank) => {
                self.summary.offer_text(rank, text);
            }
            Field::Link(rank) => {
                self.link.offer_text(rank, bases.resolve(&text));
            }
            Field::Published(rank) | Field::Updated(rank) => {
                let rank = rank + if matches!(field, Field::Updated(_)) { 0 } else { 8 };
                if let Some(date) = dates::parse(&text) {
                    self.updated.offer_last(rank, date);
                }
            }
            Field::Author(rank) => self.authors.add_text(rank, &text),
            Field::Name => self.authors.name(text),
            Field::Email => self.authors.email(text),
            Field::Category => add(&mut self.categories, &text),
            Field::Keywords => text.split(',').for_each(|k| add(&mut self.categories, k)),
            Field::Language => {
                self.language.offer_text(0, text);
            }
            Field::Rights => self.rights = text,
            Field::Ttl => self.hints.ttl_min = text.parse().ok(),
            Field::Hour => self.hour(&text),
            Field::Day => self.day(&text),
            Field::Period => self.period = period(&text),
            Field::Frequency => self.frequency = text.parse().ok().filter(|n| *n > 0),
            Field::Content(_)
            | Field::Guid(_)
            | Field::Comments
            | Field::ImageUrl
            | Field::SourceName
            | Field::SourceId
            | Field::OriginalLink => {}
        }
    }

    fn hour(&mut self, text: &str) {
        // RSS 0.91 counts hours from 1 to 24, RSS 2.0 from 0 to 23: 24 is midnight.
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

    /// Takes an element that is read by its attributes; `get` returns an attribute by its lower-case name, or "".
    pub fn attributes<'t>(&mut self, kind: Kind, get: &dyn Fn(&str) -> &'t str, bases: &BaseUrls) {
        match kind {
            Kind::Link => {
                let href = bases.resolve(get("href"));
                match get("rel").rsplit('/').next().unwrap_or_default().to_ascii_lowercase().as_str() {
                    "" | "alternate" => {
                        let kind = get("type");
                        let page = kind.is_empty() || kind.contains("html");
                        self.link.offer_text(if page { 1 } else { 2 }, href);
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
                self.link.offer_text(1, bases.resolve(get("href")));
            }
            Kind::Enclosure | Kind::Content | Kind::Thumbnail | Kind::SourceLink => {}
        }
    }

    /// The feed, and the repairs that the builder made.
    pub fn finish(self) -> (Document, Repairs) {
        let mut hints = self.hints;
        if self.period.is_some() || self.frequency.is_some() {
            // The defaults of the syndication module: daily, once.
            hints.update_period_s = Some(self.period.unwrap_or(86_400) / self.frequency.unwrap_or(1).max(1));
        }
        let authors = self.authors.finish();
        let mut entries = self.entries;
        if self.format.starts_with("atom") && !authors.is_empty() {
            // Entries without authors inherit those of the feed (RFC 4287 section 4.1.1).
            let inherited = inherited(&authors);
            for entry in entries.iter_mut().filter(|e| e.authors.is_empty()) {
                entry.authors = inherited.to_vec();
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
            is_cut: false,
        };
        (document, self.repairs)
    }
}

/// A `sy:updatePeriod` in seconds.
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
