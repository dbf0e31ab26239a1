//! The raw item of an entry, and what its record needs.

use crate::{data_urls, document::Document, identity::IdentifiedEntry};
use proto::{
    Warning, id, time,
    v1::{Feed, Fetch, RawItem},
    vocab, wire,
};

/// The raw item of an entry.
pub(super) fn raw_item(
    feed: &Feed,
    document: &Document,
    one: &IdentifiedEntry<'_>,
    fetch: &Fetch,
    backfill: bool,
) -> RawItem {
    let entry = one.entry;
    let (published, published_text) = match (entry.published, entry.updated) {
        (None, Some(updated)) => (Some(updated), &entry.updated_text),
        (published, _) => (published, &entry.published_text),
    };
    let mut warnings: Vec<String> = Vec::new();
    let dates = [entry.published, entry.updated].into_iter().flatten().filter_map(|date| date.warning());
    for warning in document.warnings.iter().copied().chain(entry.warnings.iter().copied()).chain(dates) {
        warning.add_to(&mut warnings);
    }
    RawItem {
        article_id: one.article_id(),
        kind: vocab::kind::ENTRY.to_owned(),
        feed_id: feed.feed_id.clone(),
        feed_url: feed.url.clone(),
        feed_title: first(&[&document.title, &feed.title]),
        feed_tags: feed.tags.clone(),
        guid: entry.guid.clone(),
        url: entry.link.clone(),
        canonical_url: one.canonical_url.clone(),
        title: entry.title.clone(),
        summary: entry.summary.clone(),
        content: entry.content.clone(),
        title_form: form(&entry.title, entry.forms.title),
        summary_form: form(&entry.summary, entry.forms.summary),
        content_form: form(&entry.content, entry.forms.content),
        source_name: entry.source.name.clone(),
        source_url: entry.source.url.clone(),
        language: first(&[&entry.language, &document.language, &feed.language]),
        authors: entry.authors.clone(),
        categories: entry.categories.clone(),
        media: entry.media.clone(),
        published_at: published.map(|date| time::to_wire(date.at)),
        published_at_source: published.map_or("", |_| vocab::date_source::FEED).to_owned(),
        published_at_precision: published.map_or("", |date| date.precision).to_owned(),
        published_text: published_text.clone(),
        updated_text: entry.updated_text.clone(),
        updated_at: entry.updated.map(|date| time::to_wire(date.at)),
        backfill,
        publisher_name: feed.publisher_name.clone(),
        publisher_country: feed.publisher_country.clone(),
        rights: feed.rights.clone(),
        fetch: Some(fetch.clone()),
        warnings,
        site_url: feed.site_url.clone(),
        full_text: feed.full_text.clone(),
        publish_text: feed.publish_text.clone(),
        ..RawItem::default()
    }
}

/// How a text is typed; empty for one that is absent.
fn form(text: &str, form: &str) -> String {
    if text.is_empty() { String::new() } else { form.to_owned() }
}

/// About the bytes of an entry's raw record, without making it.
pub(super) fn bytes(feed: &Feed, document: &Document, one: &IdentifiedEntry<'_>, fetch: &Fetch) -> usize {
    /// Names, ids, times and punctuation of a record.
    const FIXED: usize = 1_000;
    let entry = one.entry;
    let texts = [&entry.guid, &entry.link, &one.canonical_url, &entry.title, &entry.summary, &entry.content];
    let source = [&entry.source.name, &entry.source.url];
    let shared = [&document.title, &feed.title, &feed.url, &feed.site_url, &feed.rights, &feed.publisher_name];
    let headers = [&fetch.final_url, &fetch.content_type, &fetch.etag, &fetch.last_modified];
    let lists = entry.authors.iter().chain(&entry.categories).chain(&feed.tags);
    let media = entry.media.iter().map(|media| media.url.len() + media.title.len() + media.r#type.len() + 50);
    let all = texts.into_iter().chain(source).chain(shared).chain(headers).chain(lists).map(|text| text.len() + 4);
    FIXED + all.chain(media).sum::<usize>()
}

fn first(texts: &[&String]) -> String {
    texts.iter().find(|text| !text.trim().is_empty()).map(|text| (*text).clone()).unwrap_or_default()
}

/// Encodes an item in at most `limit` bytes. A longer item loses its `data:` URLs. If that is not enough it is shortened, content
/// first and title last, and gets the warning `content-cut`.
///
/// # Errors
/// [`wire::EncodeError`] where a timestamp is out of range.
pub fn encode_within(item: &mut RawItem, encoding: wire::Encoding, limit: usize) -> Result<Vec<u8>, wire::EncodeError> {
    let mut encoded = encoding.encode(item)?;
    if encoded.len() <= limit {
        return Ok(encoded);
    }
    for text in [&mut item.content, &mut item.summary] {
        *text = data_urls::removed(text);
    }
    encoded = encoding.encode(item)?;
    if encoded.len() <= limit {
        return Ok(encoded);
    }
    Warning::ContentCut.add_to(&mut item.warnings);
    for round in 0..64 {
        encoded = encoding.encode(item)?;
        if encoded.len() <= limit {
            break;
        }
        let excess = encoded.len() - limit;
        if let Some(text) = [&mut item.content, &mut item.summary].into_iter().find(|text| !text.is_empty()) {
            shorten(text, excess);
            continue;
        }
        match round % 4 {
            0 => item.media.truncate(item.media.len() / 2),
            1 => {
                item.categories.truncate(item.categories.len() / 2);
                item.authors.truncate(item.authors.len() / 2);
            }
            2 => shorten(&mut item.title, excess),
            // The article id is assigned: an absurdly long URL is no longer needed.
            _ => {
                for text in [&mut item.guid, &mut item.url, &mut item.canonical_url] {
                    if text.len() > 4_096 {
                        text.clear();
                    }
                }
            }
        }
    }
    Ok(encoded)
}

/// Shortens a text by about `excess` bytes of its escaped form, down to nothing.
fn shorten(text: &mut String, excess: usize) {
    let escaped = serde_json::to_string(text).map_or(text.len(), |escaped| escaped.len());
    let keep = escaped.saturating_sub(excess.saturating_add(64));
    // Escapes are spread unevenly, so this is an estimate. The caller repeats it until the item fits.
    let end = (text.len().saturating_mul(keep) / escaped.max(1)).min(text.len().saturating_sub(1));
    text.truncate(text.floor_char_boundary(end));
}

/// Id of an item's event: the same for the same content of the same entry.
#[must_use]
pub fn event_id(feed_id: &str, entry_key: &str, fingerprint: &str) -> String {
    format!("{feed_id}/{entry_key}/{fingerprint}")
}

/// W3C Trace Context (`traceparent`) of an item, whose trace starts here. Derived from the event id, so that a retry has the
/// same one.
#[must_use]
pub fn traceparent(event_id: &str) -> String {
    let trace = id::digest(&[b"trace", event_id.as_bytes()]);
    let mut span = id::digest(&[b"span", event_id.as_bytes()]);
    span.truncate(16);
    format!("00-{trace}-{span}-01")
}
