//! The builder of an item.
use proto::v1::Media;

use super::authors::Authors;
use super::texts::RankedText;
use super::{MAX_VALUES, Ranked, add};
use crate::dates;
use crate::document::{Date, Entry, Forms, Source};
use crate::parse::base_urls::{BaseUrls, is_absolute};
use crate::parse::elements::{Field, Kind};
use crate::salvage::repairs::Repairs;
use proto::Warning;

/// An item under construction.
#[derive(Debug, Default)]
pub(in crate::parse) struct EntryBuilder {
    title: Ranked<String>,
    summary: RankedText,
    content: RankedText,
    title_form: Ranked<&'static str>,
    /// How the texts are typed that are not collected here.
    left_out: Forms,
    source_name: Ranked<String>,
    source_url: Ranked<String>,
    original_link: String,
    link: Ranked<String>,
    guid: Ranked<String>,
    permalink: bool,
    /// The URL of a guid that is a relative link; else empty.
    guid_link: String,
    published: Ranked<(Date, String)>,
    updated: Ranked<(Date, String)>,
    /// The first text of each kind that is not a date.
    unread_published: String,
    unread_updated: String,
    /// Dates parsed so far.
    dates: usize,
    language: Ranked<String>,
    comments: String,
    pub authors: Authors,
    categories: Vec<String>,
    media: Vec<Media>,
    pub repairs: Repairs,
}

impl EntryBuilder {
    /// Takes an `rdf:about`.
    pub fn about(&mut self, value: &str) {
        self.permalink |= self.guid.offer_text(4, value.trim().to_owned()) && is_absolute(value);
    }

    /// Takes an absolute link.
    pub fn link(&mut self, value: &str, rank: u8) {
        self.link.offer_text(rank, value.to_owned());
    }

    /// Takes a language tag.
    pub fn language(&mut self, value: &str, rank: u8) {
        self.language.offer_text(rank, value.trim().to_owned());
    }

    /// Takes a date of [`Field::Published`] or [`Field::Updated`].
    pub fn date(&mut self, field: Field, text: &str) {
        if self.dates >= MAX_VALUES {
            return;
        }
        self.dates += 1;
        let written = dates::as_written(text);
        match (dates::parse(text), field) {
            (Some(date), Field::Published(rank)) => self.published.offer_last(rank, (date, written)),
            (Some(date), Field::Updated(rank)) => self.updated.offer_last(rank, (date, written)),
            (_, field) => {
                self.repairs.add(Warning::BadDate);
                let published = matches!(field, Field::Published(_));
                let unread = if published { &mut self.unread_published } else { &mut self.unread_updated };
                if unread.is_empty() {
                    *unread = written;
                }
            }
        }
    }

    /// Takes how the text of an element is typed that is not collected here. Of several elements feed-rs reads the last.
    pub fn form(&mut self, field: Field, form: &'static str) {
        match field {
            Field::Title(_) => self.left_out.title = form,
            Field::Summary(_) => self.left_out.summary = form,
            Field::Content(_) => self.left_out.content = form,
            _ => {}
        }
    }

    /// What [`EntryBuilder::form`] took.
    pub fn left_out(&self) -> Forms {
        self.left_out
    }

    /// Takes the text of an element, which is typed as `form`. True if feed-rs prefers another of several elements.
    pub fn take(&mut self, field: Field, text: String, form: &'static str, permalink: bool, bases: &BaseUrls) -> bool {
        match field {
            Field::Title(rank) => {
                if self.title.offer_text(rank, text) {
                    self.title_form.offer(rank, form);
                    return false;
                }
                return true;
            }
            Field::Summary(rank) => self.summary.offer(rank, text, form),
            Field::Content(rank) => self.content.offer(rank, text, form),
            Field::SourceName => {
                self.source_name.offer_text(0, text);
            }
            Field::SourceId if is_absolute(&text) => {
                self.source_url.offer_text(2, text);
            }
            Field::SourceId => {}
            Field::OriginalLink => self.original_link = bases.resolve(&text),
            Field::Link(rank) => {
                let link = bases.resolve(&text);
                if link.is_empty() {
                    self.repairs.add(Warning::BadLink);
                }
                return !self.link.offer_text(rank, link);
            }
            Field::Guid(rank) => {
                let may_be_link = permalink && rank == 0;
                let absolute = may_be_link && is_absolute(&text);
                let guid_link = if may_be_link && !absolute { bases.resolve_guid(&text) } else { String::new() };
                if self.guid.offer_text(rank, text) {
                    (self.permalink, self.guid_link) = (absolute, guid_link);
                }
            }
            Field::Published(_) | Field::Updated(_) => self.date(field, &text),
            Field::Author(rank) => self.authors.add_text(rank, &text),
            Field::Name => self.authors.name(text),
            Field::Email => self.authors.email(text),
            Field::Category => add(&mut self.categories, &text),
            Field::Keywords => text.split(',').for_each(|k| add(&mut self.categories, k)),
            Field::Language => {
                self.language.offer_text(0, text);
            }
            Field::Comments => self.comments = bases.resolve(&text),
            Field::ImageUrl => self.add_media(Media { url: bases.resolve(&text), ..Media::default() }),
            Field::Rights | Field::Ttl | Field::Hour | Field::Day | Field::Period | Field::Frequency => {}
        }
        false
    }

    /// Takes an element that is read by its attributes; `get` returns an attribute by its lower-case name, or "".
    pub fn attributes<'t>(&mut self, kind: Kind, get: &dyn Fn(&str) -> &'t str, bases: &BaseUrls) {
        match kind {
            Kind::Link => {
                let href = bases.resolve(get("href"));
                let rel = get("rel").rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
                match rel.as_str() {
                    "" | "alternate" => {
                        // The HTML page has precedence over other representations (RFC 4287 section 4.2.7.2).
                        let kind = get("type");
                        let page = kind.is_empty() || kind.contains("html");
                        self.link(&href, if page { 1 } else { 2 });
                    }
                    "enclosure" => self.file(href, get("type"), get("title"), get),
                    "replies" if get("type").contains("html") => self.comments = href,
                    _ => {}
                }
                if get("href").is_empty() {
                    self.repairs.add(Warning::BadLink);
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
            Kind::SourceLink => {
                let url = if get("url").is_empty() { get("href") } else { get("url") };
                match get("rel").to_ascii_lowercase().as_str() {
                    "" | "alternate" => self.source_url.offer_text(0, bases.resolve(url)),
                    "self" => self.source_url.offer_text(1, bases.resolve(url)),
                    _ => false,
                };
            }
            Kind::Cdf => self.link(&bases.resolve(get("href")), 1),
            Kind::Cloud | Kind::Complete => {}
        }
    }

    fn file<'t>(&mut self, url: String, kind: &str, title: &str, get: &dyn Fn(&str) -> &'t str) {
        let number = |key: &str| get(key).parse::<i32>().ok().filter(|n| *n > 0).unwrap_or(0);
        let is_valid = is_media_type(kind);
        if url.is_empty() || (!kind.is_empty() && !is_valid) {
            self.repairs.add(Warning::Media);
        }
        let length = number("length").max(number("filesize"));
        let kind = if is_valid { kind } else { "" };
        self.add_media(Media {
            url,
            r#type: kind.to_owned(),
            title: title.to_owned(),
            width: number("width"),
            height: number("height"),
            length,
        });
    }

    /// Adds a file whose URL is new.
    pub fn add_media(&mut self, media: Media) {
        if !media.url.is_empty() && self.media.len() < MAX_VALUES && !self.media.iter().any(|m| m.url == media.url) {
            self.media.push(media);
        }
    }

    /// The item. An empty one is kept with a warning, so that the code that drops it counts it.
    pub fn finish(mut self) -> Entry {
        let guid = self.guid.take().unwrap_or_default();
        let (published, published_text) = self.published.take().unzip();
        let (updated, updated_text) = self.updated.take().unzip();
        let link = match self.link.take() {
            Some(link) => link,
            None if is_absolute(&guid) && self.permalink => guid.clone(),
            // Some feeds have no other link.
            None if !self.original_link.is_empty() => self.original_link.clone(),
            None => self.guid_link,
        };
        let mut entry = Entry {
            guid_is_permalink: self.permalink && !guid.is_empty(),
            guid,
            link,
            title: self.title.take().unwrap_or_default(),
            summary: self.summary.text,
            content: self.content.text,
            forms: Forms {
                title: self.title_form.take().unwrap_or_default(),
                summary: self.summary.form,
                content: self.content.form,
            },
            source: Source {
                name: self.source_name.take().unwrap_or_default(),
                url: self.source_url.take().unwrap_or_default(),
            },
            original_link: self.original_link,
            authors: self.authors.finish(),
            categories: self.categories,
            media: self.media,
            published,
            updated,
            published_text: published_text.unwrap_or(self.unread_published),
            updated_text: updated_text.unwrap_or(self.unread_updated),
            language: self.language.take().unwrap_or_default().replace('_', "-"),
            comments: self.comments,
            warnings: Vec::new(),
        };
        let has_content = !entry.title.is_empty()
            || !entry.link.is_empty()
            || !entry.guid.is_empty()
            || !entry.summary.is_empty()
            || !entry.content.is_empty()
            || !entry.media.is_empty()
            || !entry.authors.is_empty()
            || !entry.categories.is_empty()
            || entry.published.is_some()
            || entry.updated.is_some();
        if !has_content {
            self.repairs.add(Warning::EmptyItem);
        }
        let dates = [entry.published, entry.updated];
        entry.warnings = self.repairs.warnings();
        for warning in dates.into_iter().flatten().filter_map(|date| date.warning()) {
            if !entry.warnings.contains(&warning) {
                entry.warnings.push(warning);
            }
        }
        entry
    }
}

/// True for a media type `type/subtype` (RFC 6838), with or without parameters.
pub(in crate::parse) fn is_media_type(kind: &str) -> bool {
    let bare = kind.split(';').next().unwrap_or_default().trim();
    let token = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    bare.split_once('/').is_some_and(|(a, b)| token(a) && token(b))
}
