//! JSON Feed 1.0 and 1.1, value by value: a value of another type than specified costs itself, never the feed.

mod tree;

use proto::v1::Media;
use serde_json::Value;

use super::base_urls::BaseUrls;
use super::builder::{MOST, add, inherited, is_mime};
use crate::dates;
use crate::document::{Context, Document, DocumentError, Entry};
use crate::salvage::repair::{Repair, Repairs};

/// Reads a JSON Feed.
///
/// # Errors
/// JSON that is no feed.
pub fn read(text: &str, cx: &Context<'_>, repairs: &mut Repairs) -> Result<Document, DocumentError> {
    let value = match tree::read(text, cx.limits.items) {
        Ok(value) => value,
        Err(e) => {
            repairs.add(Repair::Truncated);
            let mended = mend(text, cx.limits.items).and_then(|text| tree::read(&text, cx.limits.items).ok());
            mended.ok_or_else(|| DocumentError::Json(e.to_string()))?
        }
    };
    let version = value.get("version").and_then(Value::as_str).unwrap_or_default();
    let items = value.get("items").and_then(Value::as_array);
    let claims =
        version.contains("jsonfeed.org") || value.get("feed_url").is_some() || value.get("home_page_url").is_some();
    if items.is_none() && !version.contains("jsonfeed.org") {
        return Err(DocumentError::Json("it has no items".into()));
    }
    if !claims && value.get("title").is_none() {
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
            repairs.add(Repair::TooManyItems);
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
    let plain = string(item, "content_text", &mut repairs);
    if entry.content.is_empty() {
        entry.content = plain;
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
            repairs.add(Repair::BadDate);
        }
        (date, dates::as_written(&text))
    };
    (entry.published, entry.published_text) = date("date_published");
    (entry.updated, entry.updated_text) = date("date_modified");
    let tags = item.get("tags");
    for tag in tags.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        add(&mut entry.categories, tag);
    }
    // One text where a list should be.
    for tag in tags.and_then(Value::as_str).unwrap_or_default().split(',') {
        add(&mut entry.categories, tag);
    }
    let mut media = |url: String, kind: &str, title: String, length: i64| {
        if !kind.is_empty() && !is_mime(kind) || url.is_empty() {
            repairs.add(Repair::Media);
        }
        if !url.is_empty() && entry.media.len() < MOST && !entry.media.iter().any(|m| m.url == url) {
            let kind = if is_mime(kind) { kind.to_owned() } else { String::new() };
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
    let says = [&entry.guid, &entry.link, &entry.title, &entry.summary, &entry.content].iter().any(|t| !t.is_empty());
    if !says {
        repairs.add(Repair::EmptyItem);
    }
    entry.warnings = repairs.names();
    for warning in [entry.published, entry.updated]
        .into_iter()
        .flatten()
        .filter_map(|date| date.warning())
        .map(proto::Warning::as_str)
    {
        if !entry.warnings.contains(&warning) {
            entry.warnings.push(warning);
        }
    }
    entry
}

/// A string; a number or a truth value as its text.
fn string(value: &Value, key: &str, repairs: &mut Repairs) -> String {
    match value.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => {
            repairs.add(Repair::JsonType);
            number.to_string()
        }
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            repairs.add(Repair::JsonType);
            String::new()
        }
    }
}

/// `authors` of 1.1, `author` of 1.0.
fn authors(value: &Value) -> Vec<String> {
    let many = value.get("authors").and_then(Value::as_array).into_iter().flatten();
    let mut all: Vec<String> = Vec::new();
    for author in many.chain(value.get("author")) {
        let name = author.as_str().or_else(|| author.get("name").and_then(Value::as_str)).unwrap_or_default().trim();
        add(&mut all, name);
    }
    all
}

/// A document closed after the last value that is whole on the level of the items, or after number `most` and one more.
fn mend(text: &str, most: usize) -> Option<String> {
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
                // In an array that is a member of the whole: after an item.
                if open.len() == 2 && open.last() == Some(&b']') {
                    kept = Some(i + 1);
                    count += 1;
                    if count > most {
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
