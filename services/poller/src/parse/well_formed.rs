//! What needs no repair: feed-rs reads the texts, the walk over the structure gives what it does not model.

use feed_rs::model;
use proto::v1::Media;

use super::builder::add as push;
use super::xml::{self, Parsed, Scope};
use crate::document::{Context, Document, Entry};
use crate::salvage::repair::{Repair, Repairs};

/// Reads a document that feed-rs reads well as it is; `None` where the other reader is needed. `before` is what the
/// text already went through: with a repair behind it, no document is untouched.
#[must_use]
pub fn parse(text: &str, cx: &Context<'_>, before: Repairs) -> Option<Document> {
    if !before.is_empty() {
        return None;
    }
    let walked = xml::parse(text, cx, Scope::Structure).ok()?;
    if !walked.repairs.is_empty() || walked.peculiar || !suits(&walked) {
        return None;
    }
    // The text is UTF-8 by now, whatever its declaration says.
    let body = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>")?.1,
        None => text,
    };
    let parser = feed_rs::parser::Builder::new().sanitize_content(false).timestamp_parser(|_| None).build();
    let feed = parser.parse(body.as_bytes()).ok()?;
    merge(walked.document, feed)
}

/// Formats that feed-rs reads as we do.
fn suits(walked: &Parsed) -> bool {
    let (root, version) = (walked.root.0.as_str(), walked.root.1.as_str());
    match walked.document.format {
        "rss2" => root == "rss" && version == "2.0",
        "rss1" => root == "rdf",
        "atom1" => root == "feed",
        _ => false,
    }
}

/// The frame with feed-rs's texts in it; `None` where the two saw different things.
fn merge(mut frame: Document, feed: model::Feed) -> Option<Document> {
    if frame.entries.len() != feed.entries.len() {
        return None;
    }
    put(&mut frame.title, text(feed.title));
    put(&mut frame.description, text(feed.description));
    put(&mut frame.rights, text(feed.rights));
    terms(&mut frame.categories, feed.categories);
    // What says nothing at all is left to the reader that counts it.
    let silent = |e: &Entry| e.title.is_empty() && e.link.is_empty() && e.guid.is_empty() && e.summary.is_empty();
    for (entry, read) in frame.entries.iter_mut().zip(feed.entries) {
        // The frame has no texts.
        entry.warnings.retain(|w| *w != Repair::EmptyItem.name());
        fill(entry, read);
    }
    (!frame.entries.iter().any(silent)).then_some(frame)
}

fn fill(entry: &mut Entry, read: model::Entry) {
    put(&mut entry.title, text(read.title));
    put(&mut entry.summary, text(read.summary));
    put(&mut entry.content, read.content.and_then(|c| c.body).map(|b| b.trim().to_owned()).unwrap_or_default());
    terms(&mut entry.categories, read.categories);
    for object in read.media {
        if entry.summary.is_empty() {
            entry.summary = object.description.map(|d| d.content.trim().to_owned()).unwrap_or_default();
        }
        let title = object.title.map(|t| t.content).unwrap_or_default();
        for content in object.content {
            // The frame has read media already, with URLs as they stand: only what it lacks is added.
            if !entry.media.is_empty() {
                break;
            }
            let Some(url) = content.url else { continue };
            let number = |n: Option<u32>| n.and_then(|n| i32::try_from(n).ok()).unwrap_or(0);
            add(
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
            add(entry, Media { url: thumbnail.image.uri, ..Media::default() });
        }
    }
}

fn add(entry: &mut Entry, media: Media) {
    if entry.media.is_empty() && !media.url.is_empty() {
        entry.media.push(media);
    }
}

/// The frame has what comes from elements that feed-rs does not read; what it reads stands before that.
fn put(field: &mut String, read: String) {
    if !read.is_empty() {
        *field = read;
    }
}

fn terms(all: &mut Vec<String>, read: Vec<model::Category>) {
    for category in read {
        push(all, &category.term);
    }
}

fn text(text: Option<model::Text>) -> String {
    text.map(|t| t.content.trim().to_owned()).unwrap_or_default()
}
