//! Pages that would cost a parser more than they are worth.

use std::collections::HashMap;

use crate::Main;
use crate::scan::{Piece, Scanner, is_void};

/// Longest page in which the main content is looked for, in bytes, and most tags of it.
const MAX_BYTES: usize = 5 << 20;
const MAX_TAGS: usize = 40_000;
/// Open elements below which no exact estimate is needed.
const SHALLOW: usize = 120;
/// Letters of a paragraph that is kept.
const SENTENCE: usize = 60;

/// Elements that the next one of their kind, or the end of their parent, closes.
const SELF_ENDING: [&str; 14] =
    ["dd", "dt", "li", "optgroup", "option", "p", "rp", "rt", "tbody", "td", "tfoot", "th", "thead", "tr"];

/// True if a tree of the page would be too deep or too large.
pub(super) fn is_costly(html: &str) -> bool {
    if html.len() > MAX_BYTES {
        return true;
    }
    // The number of open elements is the depth, or more than it: the end tags that are missing are not guessed.
    let mut open: HashMap<String, usize> = HashMap::new();
    let (mut depth, mut tags, mut deepest) = (0_usize, 0_usize, 0_usize);
    for piece in Scanner::new(html) {
        match piece {
            Piece::Start(tag) if !is_void(tag.name) && !tag.attributes.ends_with('/') => {
                tags += 1;
                let name = tag.name.to_ascii_lowercase();
                if !SELF_ENDING.contains(&name.as_str()) {
                    *open.entry(name).or_default() += 1;
                    depth += 1;
                    deepest = deepest.max(depth);
                }
            }
            Piece::Start(_) => tags += 1,
            Piece::End(name, _) => {
                if let Some(count) = open.get_mut(&name.to_ascii_lowercase()).filter(|count| **count > 0) {
                    *count -= 1;
                    depth -= 1;
                }
            }
            _ => {}
        }
    }
    tags > MAX_TAGS || deepest > SHALLOW && text::Document::parse(html).is_too_deep()
}

/// The paragraphs of a page that are as long as sentences.
pub(super) fn paragraphs(html: &str) -> Main {
    let plain = text::plain(html);
    let is_long = |text: &&str| super::prune::letters(text) >= SENTENCE;
    let kept: Vec<&str> = plain.split("\n\n").filter(is_long).collect();
    let html = kept.iter().map(|text| format!("<p>{}</p>", escaped(text))).collect();
    Main { html, text: kept.join("\n\n") }
}

/// Text as HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
