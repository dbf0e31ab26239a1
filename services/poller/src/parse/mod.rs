//! Parses a feed document.
//!
//! 1. `salvage` decodes the bytes and removes invalid characters.
//! 2. JSON is read by `json`. In XML, a first pass reads ids, links, dates and hints, and finds out whether the document
//!    needs repair.
//! 3. If it needs none, feed-rs reads the texts (`well_formed`). Else newswire's own parser (`xml`) reads the whole document.

mod base_urls;
mod builder;
mod capture;
pub mod elements;
pub mod json;
pub mod namespaces;
pub mod well_formed;
pub mod xml;

use std::borrow::Cow;

use crate::document::{Context, Document, DocumentError};
use crate::limits;
use crate::salvage::characters::{decode_c1, without_controls};
use crate::salvage::charset;
use crate::salvage::repairs::Repairs;
use proto::Warning;
use xml::Scope;

/// Parses a feed of any format, well-formed or not. There is no recursion and a bounded number of passes, so that a document
/// can exhaust neither stack nor time.
///
/// # Errors
/// [`DocumentError`] if the document is too large or not a feed.
pub fn read(bytes: &[u8], cx: &Context<'_>) -> Result<Document, DocumentError> {
    let (text, encoding, mut repairs) = text(bytes, cx)?;
    let mut document = if text.starts_with(['{', '[']) {
        json::read(&text, cx, &mut repairs)?
    } else {
        match well_formed::parse(&text, cx, repairs) {
            Some(document) => document,
            None => {
                let parsed = xml::parse(&text, cx, Scope::Full)?;
                repairs.merge(parsed.repairs);
                parsed.document
            }
        }
    };
    document.encoding = encoding;
    if document.language.is_empty() {
        document.language = single_language(cx.content_language.unwrap_or_default());
    }
    // An entry that was cut is left out, and the others were not.
    document.warnings = repairs.warnings().into_iter().filter(|warning| *warning != Warning::Truncated).collect();
    limits::document(&mut document);
    Ok(document)
}

/// The language of a Content-Language header; empty if it lists several, which describe readers rather than the text.
fn single_language(header: &str) -> String {
    let tag = header.trim();
    let subtag = |part: &str| !part.is_empty() && part.len() <= 8 && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_tag = tag.len() <= 35 && tag.split('-').all(subtag) && tag.bytes().take(2).all(|b| b.is_ascii_alphabetic());
    if is_tag { tag.to_owned() } else { String::new() }
}

/// The text of a document: decoded, without byte order mark, control characters and surrounding whitespace. Also returns
/// the name of the encoding and the repairs so far.
///
/// # Errors
/// [`DocumentError`] if the document is empty or too large.
pub fn text<'a>(bytes: &'a [u8], cx: &Context<'_>) -> Result<(Cow<'a, str>, &'static str, Repairs), DocumentError> {
    if bytes.len() > cx.limits.bytes {
        return Err(DocumentError::TooLarge { bytes: bytes.len(), limit: cx.limits.bytes });
    }
    let mut repairs = Repairs::default();
    let charset::Decoded { mut text, encoding } = charset::decode(bytes, cx.content_type, &mut repairs);
    if let Some(clean) = without_controls(&text) {
        repairs.add(Warning::ControlCharacters);
        text = Cow::Owned(clean);
    }
    if let Some(decoded) = charset::undo_double_encoding(&text) {
        repairs.add(Warning::DoubleEncoded);
        text = Cow::Owned(decoded);
    }
    if let Some(decoded) = decode_c1(&text) {
        repairs.add(Warning::ControlCharacters);
        text = Cow::Owned(decoded);
    }
    // A byte order mark may remain after whitespace, or if a header names the charset.
    let surrounding = |c: char| c.is_whitespace() || c == '\u{feff}';
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(surrounding)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(surrounding).to_owned()),
    };
    if text.is_empty() { Err(DocumentError::Empty) } else { Ok((text, encoding, repairs)) }
}

#[cfg(test)]
mod tests;
