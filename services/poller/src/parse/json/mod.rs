//! JSON Feed 1.0 and 1.1. A value of the wrong type is dropped or converted, and the rest of the feed is read. What is no valid
//! JSON is repaired first.

mod repair;
mod tree;

use std::borrow::Cow;

use proto::v1::Media;
use serde_json::Value;

use super::base_urls::BaseUrls;
use super::builder::{MAX_VALUES, add, inherited, is_blank, is_media_type};
use crate::dates;
use crate::document::{Context, Document, DocumentError, Entry, Forms};
use crate::salvage::repairs::Repairs;
use proto::{Warning, vocab::form};

/// Parses a JSON Feed. One that ends early, or has an error that cannot be repaired, is closed after its last complete item.
///
/// # Errors
/// [`DocumentError::Json`] if the text is not JSON, or JSON but not a feed.
pub fn read(text: &str, cx: &Context<'_>, repairs: &mut Repairs) -> Result<Document, DocumentError> {
    let max = cx.limits.items;
    let (value, is_cut) = match tree::read(text, max) {
        Ok(value) => (value, false),
        Err(error) => {
            let repaired = repair::repaired(text);
            let (value, is_cut) = match tree::read(&repaired, max) {
                Ok(value) => (value, false),
                Err(_) => {
                    let closed = close_truncated(&repaired, max).and_then(|text| tree::read(&text, max).ok());
                    (closed.ok_or_else(|| DocumentError::Json(error.to_string()))?, true)
                }
            };
            if matches!(repaired, Cow::Owned(_)) {
                repairs.add(Warning::JsonType);
            }
            (value, is_cut)
        }
    };
    let version = value.get("version").and_then(Value::as_str).unwrap_or_default();
    let items = value.get("items").and_then(Value::as_array);
    let is_declared =
        version.contains("jsonfeed.org") || value.get("feed_url").is_some() || value.get("home_page_url").is_some();
    if items.is_none() && !version.contains("jsonfeed.org") {
        return Err(DocumentError::Json("it has no items".into()));
    }
    if !is_declared && value.get("title").is_none() {
        return Err(DocumentError::Json("neither version nor title".into()));
    }
    let mut bases = BaseUrls::new(cx);
    if let Some(home) = value.get("home_page_url").and_then(Value::as_str) {
        bases.push(home);
    }
    let string = |key: &str, repairs: &mut Repairs| string(&value, key, repairs);
    let mut document = Document {
        format: "json1",
        title: string("title", repairs),
        description: string("description", repairs),
        site_url: bases.resolve(&string("home_page_url", repairs)),
        language: string("language", repairs),
        authors: authors(&value),
        is_cut,
        ..Document::default()
    };
    document.hints.self_url = bases.resolve(&string("feed_url", repairs));
    document.hints.next_url = bases.resolve(&string("next_url", repairs));
    document.hints.complete = value.get("expired").and_then(Value::as_bool).unwrap_or(false);
    for hub in value.get("hubs").and_then(Value::as_array).into_iter().flatten() {
        let url = bases.resolve(hub.get("url").and_then(Value::as_str).unwrap_or_default());
        add(&mut document.hints.hubs, &url);
    }
    for (n, item) in items.into_iter().flatten().enumerate() {
        if n >= cx.limits.items {
            repairs.add(Warning::TooManyItems);
            break;
        }
        document.entries.push(entry(item, &bases, inherited(&document.authors)));
    }
    Ok(document)
}

fn entry(item: &Value, bases: &BaseUrls, inherited: &[String]) -> Entry {
    let mut repairs = Repairs::default();
    let mut entry = Entry {
        guid: string(item, "id", &mut repairs),
        title: string(item, "title", &mut repairs),
        summary: string(item, "summary", &mut repairs),
        content: string(item, "content_html", &mut repairs),
        language: string(item, "language", &mut repairs),
        authors: authors(item),
        ..Entry::default()
    };
    // Title and summary are plain text (JSON Feed 1.1).
    entry.forms = Forms { title: form::TEXT, summary: form::TEXT, content: form::HTML };
    let plain = string(item, "content_text", &mut repairs);
    // Markup without words does not hide the text.
    if entry.content.is_empty() || (!plain.is_empty() && is_blank(&entry.content, form::HTML)) {
        (entry.content, entry.forms.content) = (plain, form::TEXT);
    }
    for key in ["url", "external_url"] {
        if entry.link.is_empty() {
            entry.link = bases.resolve(&string(item, key, &mut repairs));
        }
    }
    if super::base_urls::is_absolute(&entry.guid) {
        entry.guid_is_permalink = true;
        if entry.link.is_empty() {
            entry.link.clone_from(&entry.guid);
        }
    }
    if entry.authors.is_empty() {
        entry.authors = inherited.to_vec();
    }
    let mut date = |key: &str| {
        let text = string(item, key, &mut repairs);
        let date = dates::parse(&text);
        if date.is_none() && !text.is_empty() {
            repairs.add(Warning::BadDate);
        }
        (date, dates::as_written(&text))
    };
    (entry.published, entry.published_text) = date("date_published");
    (entry.updated, entry.updated_text) = date("date_modified");
    let tags = item.get("tags");
    for tag in tags.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        add(&mut entry.categories, tag);
    }
    // A single string instead of an array.
    for tag in tags.and_then(Value::as_str).unwrap_or_default().split(',') {
        add(&mut entry.categories, tag);
    }
    let mut media = |url: String, kind: &str, title: String, length: i64| {
        if !kind.is_empty() && !is_media_type(kind) || url.is_empty() {
            repairs.add(Warning::Media);
        }
        if !url.is_empty() && entry.media.len() < MAX_VALUES && !entry.media.iter().any(|m| m.url == url) {
            let kind = if is_media_type(kind) { kind.to_owned() } else { String::new() };
            let length = i32::try_from(length).unwrap_or(0);
            entry.media.push(Media { url, r#type: kind, title, length, ..Media::default() });
        }
    };
    for file in item.get("attachments").and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| file.get(key).and_then(Value::as_str).unwrap_or_default();
        let length = file.get("size_in_bytes").and_then(Value::as_i64).unwrap_or(0);
        media(bases.resolve(text("url")), text("mime_type"), text("title").to_owned(), length);
    }
    for key in ["image", "banner_image"] {
        if let Some(url) = item.get(key).and_then(Value::as_str).filter(|u| !u.is_empty()) {
            media(bases.resolve(url), "", String::new(), 0);
        }
    }
    let has_content =
        [&entry.guid, &entry.link, &entry.title, &entry.summary, &entry.content].iter().any(|t| !t.is_empty());
    if !has_content {
        repairs.add(Warning::EmptyItem);
    }
    entry.warnings = repairs.warnings();
    for warning in [entry.published, entry.updated].into_iter().flatten().filter_map(|date| date.warning()) {
        if !entry.warnings.contains(&warning) {
            entry.warnings.push(warning);
        }
    }
    entry
}

/// A string, or a number as its text; empty for any other type.
fn string(value: &Value, key: &str, repairs: &mut Repairs) -> String {
    match value.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => {
            repairs.add(Warning::JsonType);
            number.to_string()
        }
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            repairs.add(Warning::JsonType);
            String::new()
        }
    }
}

/// The names in `authors` (version 1.1) and `author` (version 1.0).
fn authors(value: &Value) -> Vec<String> {
    let many = value.get("authors").and_then(Value::as_array).into_iter().flatten();
    let mut all: Vec<String> = Vec::new();
    for author in many.chain(value.get("author")) {
        let name = author.as_str().or_else(|| author.get("name").and_then(Value::as_str)).unwrap_or_default().trim();
        add(&mut all, name);
    }
    all
}

/// Closes a truncated document after its last complete item, or after `max_items` items and one more.
fn close_truncated(text: &str, max_items: usize) -> Option<String> {
    let (mut open, mut in_string, mut escaped) = (Vec::new(), false, false);
    let (mut count, mut kept) = (0, None);
    for (i, b) in text.bytes().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                if open.pop() != Some(b) {
                    return None;
                }
                // The end of an element of a top-level array, such as an item.
                if open.len() == 2 && open.last() == Some(&b']') {
                    kept = Some(i + 1);
                    count += 1;
                    if count > max_items {
                        break;
                    }
                }
            }
            _ => {}
        }
        if open.len() > 128 {
            return None;
        }
    }
    Some(format!("{}]}}", text.get(..kept?)?))
}
