//! Documents that need no repair: feed-rs reads the texts, newswire's own parser reads what feed-rs does not model.

use feed_rs::model;
use proto::v1::Media;

use super::builder::{add, is_blank};
use super::xml::{self, Parsed, Scope};
use crate::document::{Context, Document, Entry, Forms};
use crate::salvage::repairs::Repairs;
use proto::Warning;

/// Parses a document that needs no repair; `None` if newswire's own parser is needed. `before` are the repairs of the text: a
/// document with any is not parsed here.
#[must_use]
pub fn parse(text: &str, cx: &Context<'_>, before: Repairs) -> Option<Document> {
    if !before.is_empty() {
        return None;
    }
    let parsed = xml::parse(text, cx, Scope::Structure).ok()?;
    if !parsed.repairs.is_empty() || parsed.needs_own_parser || !is_supported(&parsed) {
        return None;
    }
    // The text is UTF-8, whatever its XML declaration says.
    let body = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>")?.1,
        None => text,
    };
    let parser = feed_rs::parser::Builder::new().sanitize_content(false).timestamp_parser(|_| None).build();
    let feed = parser.parse(body.as_bytes()).ok()?;
    merge(parsed.document, &parsed.left_out, feed)
}

/// True for the formats that feed-rs and newswire's own parser read alike.
fn is_supported(parsed: &Parsed) -> bool {
    let (root, version) = (parsed.root.0.as_str(), parsed.root.1.as_str());
    match parsed.document.format {
        "rss2" => root == "rss" && version == "2.0",
        "rss1" => root == "rdf",
        "atom1" => root == "feed",
        _ => false,
    }
}

/// The structure with feed-rs's texts, which are typed as `left_out`; `None` if the two differ in their items.
fn merge(mut structure: Document, left_out: &[Forms], feed: model::Feed) -> Option<Document> {
    if structure.entries.len() != feed.entries.len() {
        return None;
    }
    set(&mut structure.title, text(feed.title));
    set(&mut structure.description, text(feed.description));
    set(&mut structure.rights, text(feed.rights));
    add_terms(&mut structure.categories, feed.categories);
    // An empty item is left to newswire's own parser, which warns of it.
    let is_empty = |e: &Entry| e.title.is_empty() && e.link.is_empty() && e.guid.is_empty() && e.summary.is_empty();
    for ((entry, read), forms) in structure.entries.iter_mut().zip(feed.entries).zip(left_out) {
        // Every item of the structure lacks its texts.
        entry.warnings.retain(|w| *w != Warning::EmptyItem);
        add_texts(entry, read, forms);
    }
    (!structure.entries.iter().any(is_empty)).then_some(structure)
}

/// Adds the texts that feed-rs read, which are typed as `forms`.
fn add_texts(entry: &mut Entry, read: model::Entry, forms: &Forms) {
    let title = text(read.title);
    if !title.is_empty() && !forms.title.is_empty() {
        entry.forms.title = forms.title;
    }
    set(&mut entry.title, title);
    let content = read.content.and_then(|c| c.body).map(|b| b.trim().to_owned()).unwrap_or_default();
    set_text(&mut entry.summary, &mut entry.forms.summary, text(read.summary), forms.summary);
    set_text(&mut entry.content, &mut entry.forms.content, content, forms.content);
    add_terms(&mut entry.categories, read.categories);
    for object in read.media {
        if entry.summary.is_empty() {
            entry.summary = object.description.map(|d| d.content.trim().to_owned()).unwrap_or_default();
        }
        let title = object.title.map(|t| t.content).unwrap_or_default();
        for content in object.content {
            // The structure has the media that it found, with URLs as written: only missing media are added.
            if !entry.media.is_empty() {
                break;
            }
            let Some(url) = content.url else { continue };
            let number = |n: Option<u32>| n.and_then(|n| i32::try_from(n).ok()).unwrap_or(0);
            add_media(
                entry,
                Media {
                    url: url.into(),
                    r#type: content.content_type.map(|t| t.to_string()).unwrap_or_default(),
                    title: title.clone(),
                    width: number(content.width),
                    height: number(content.height),
                    length: content.size.and_then(|n| i32::try_from(n).ok()).unwrap_or(0),
                },
            );
        }
        for thumbnail in object.thumbnails {
            add_media(entry, Media { url: thumbnail.image.uri, ..Media::default() });
        }
    }
}

fn add_media(entry: &mut Entry, media: Media) {
    if entry.media.is_empty() && !media.url.is_empty() {
        entry.media.push(media);
    }
}

/// Sets a field. A value of an element that feed-rs does not read stays if feed-rs has none.
fn set(field: &mut String, read: String) {
    if !read.is_empty() {
        *field = read;
    }
}

/// Sets a text, which is typed as `read_form`; empty if the structure has its element, too. A text without words does not hide that
/// of an element that feed-rs does not read.
fn set_text(field: &mut String, typed: &mut &'static str, read: String, read_form: &'static str) {
    if read.is_empty() {
        return;
    }
    let read_form = if read_form.is_empty() { *typed } else { read_form };
    if field.is_empty() || !is_blank(&read, read_form) || is_blank(field, typed) {
        (*field, *typed) = (read, read_form);
    }
}

fn add_terms(all: &mut Vec<String>, read: Vec<model::Category>) {
    for category in read {
        add(all, &category.term);
    }
}

fn text(text: Option<model::Text>) -> String {
    text.map(|t| t.content.trim().to_owned()).unwrap_or_default()
}
