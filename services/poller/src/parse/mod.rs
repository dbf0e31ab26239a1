//! From a document's bytes to what it says.
//!
//! 1. Size, charset, characters: `salvage` makes clean text of the bytes.
//! 2. A walk that looks at the structure only gives ids, links, dates and hints, and says whether anything needs repair.
//! 3. Where nothing does, feed-rs reads the texts. Else our own reader takes the whole document as it is meant.

pub mod base_urls;
mod builder;
mod capture;
pub mod elements;
pub mod json;
pub mod namespaces;
pub mod well_formed;
pub mod xml;

use std::borrow::Cow;

use crate::document::{Context, Document, DocumentError};
use crate::salvage::charset;
use crate::salvage::references::{without_c1, without_controls};
use crate::salvage::repair::{Repair, Repairs};
use xml::Scope;

/// Reads a feed of any format and in any state.
///
/// Never recurses and never takes more than one pass of each kind, so that neither depth nor size of the input can
/// exhaust the stack or the clock.
///
/// # Errors
/// What cannot be read as a feed at all, or is too large.
pub fn read(bytes: &[u8], cx: &Context<'_>) -> Result<Document, DocumentError> {
    let (text, encoding, mut repairs) = text(bytes, cx)?;
    let mut document = if text.starts_with(['{', '[']) {
        json::read(&text, cx, &mut repairs)?
    } else {
        match well_formed::parse(&text, cx, repairs) {
            Some(document) => document,
            None => {
                let walked = xml::parse(&text, cx, Scope::Full)?;
                repairs.merge(walked.repairs);
                walked.document
            }
        }
    };
    document.encoding = encoding;
    if document.language.is_empty() {
        document.language = spoken(cx.content_language.unwrap_or_default());
    }
    document.warnings = repairs.names();
    Ok(document)
}

/// The one language of a Content-Language; a page for readers of several says nothing about its text.
fn spoken(header: &str) -> String {
    let tag = header.trim();
    let subtag = |part: &str| !part.is_empty() && part.len() <= 8 && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let one = tag.len() <= 35 && tag.split('-').all(subtag) && tag.bytes().take(2).all(|b| b.is_ascii_alphabetic());
    if one { tag.to_owned() } else { String::new() }
}

/// The document as text: decoded, without byte order mark, control characters and white space around it.
///
/// # Errors
/// Empty, or above the limit.
pub fn text<'a>(bytes: &'a [u8], cx: &Context<'_>) -> Result<(Cow<'a, str>, &'static str, Repairs), DocumentError> {
    if bytes.len() > cx.limits.bytes {
        return Err(DocumentError::TooLarge { bytes: bytes.len(), limit: cx.limits.bytes });
    }
    let mut repairs = Repairs::default();
    let charset::Decoded { mut text, encoding } = charset::decode(bytes, cx.content_type, &mut repairs);
    if let Some(clean) = without_controls(&text) {
        repairs.add(Repair::ControlCharacters);
        text = Cow::Owned(clean);
    }
    if let Some(once) = charset::undo_double(&text) {
        repairs.add(Repair::DoubleEncoded);
        text = Cow::Owned(once);
    }
    if let Some(meant) = without_c1(&text) {
        repairs.add(Repair::ControlCharacters);
        text = Cow::Owned(meant);
    }
    // A mark may survive behind white space or a header's charset.
    let around = |c: char| c.is_whitespace() || c == '\u{feff}';
    let text = match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_matches(around)),
        Cow::Owned(text) => Cow::Owned(text.trim_matches(around).to_owned()),
    };
    if text.is_empty() { Err(DocumentError::Empty) } else { Ok((text, encoding, repairs)) }
}

#[cfg(test)]
mod tests;
