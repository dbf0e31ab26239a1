//! Pages that would cost a parser more than they are worth.

use std::collections::HashMap;

use crate::Main;
use crate::scan::{Piece, Scanner, is_void};

/// Longest page in which the main content is looked for, in bytes, and most tags and character references of it.
const MAX_BYTES: usize = 3 << 20;
const MAX_TAGS: usize = 20_000;
const MAX_REFERENCES: usize = 200_000;
/// Most bytes of text, each times its depth: methods look at the text of each element. Pages of news sites have up to 2.5
/// million, and are up to 40 elements deep.
const MAX_WORK: usize = 8_000_000;
/// Bytes of a costly page that are read.
const MAX_READ: usize = 1 << 20;
/// Elements within one that is no content, below which they do no harm.
const MAX_SKIPPED: usize = 64;
/// Open elements below which no exact estimate is needed.
const SHALLOW: usize = 120;
/// Letters of a paragraph that is kept.
const SENTENCE: usize = 60;

/// Elements that the next one of their kind, or the end of their parent, closes.
const SELF_ENDING: [&str; 14] =
    ["dd", "dt", "li", "optgroup", "option", "p", "rp", "rt", "tbody", "td", "tfoot", "th", "thead", "tr"];

/// Elements whose depth `text` does not estimate, since it skips them.
const SKIPPED: [&str; 11] =
    ["audio", "button", "canvas", "datalist", "map", "math", "object", "select", "svg", "template", "video"];

/// True if a tree of the page would be too deep or too large.
pub(super) fn is_costly(html: &str) -> bool {
    let count = |byte| memchr::memchr_iter(byte, html.as_bytes()).count();
    if html.len() > MAX_BYTES || count(b'<') > 3 * MAX_TAGS || count(b'&') > MAX_REFERENCES {
        return true;
    }
    // The number of open elements is the depth, or more than it: the end tags that are missing are not guessed.
    let mut open: HashMap<String, usize> = HashMap::new();
    let (mut depth, mut tags, mut deepest) = (0_usize, 0_usize, 0_usize);
    let mut work = 0_usize;
    // The depth at which the outermost skipped element begins.
    let mut skipped: Option<usize> = None;
    for piece in Scanner::new(html) {
        match piece {
            Piece::Start(tag) if !is_void(tag.name) && !tag.attributes.ends_with('/') => {
                tags += 1;
                let name = tag.name.to_ascii_lowercase();
                if skipped.is_none() && SKIPPED.contains(&name.as_str()) {
                    skipped = Some(depth);
                }
                if !SELF_ENDING.contains(&name.as_str()) || skipped.is_some() {
                    *open.entry(name).or_default() += 1;
                    depth += 1;
                    deepest = deepest.max(depth);
                    if skipped.is_some_and(|from| depth > from + MAX_SKIPPED) {
                        return true;
                    }
                }
            }
            Piece::Start(_) => tags += 1,
            Piece::End(name, _) => {
                if let Some(count) = open.get_mut(&name.to_ascii_lowercase()).filter(|count| **count > 0) {
                    *count -= 1;
                    depth = depth.saturating_sub(1);
                    skipped = skipped.filter(|from| depth > *from);
                }
            }
            Piece::Text(text) => work += text.len() * depth,
            _ => {}
        }
    }
    work > MAX_WORK || tags > MAX_TAGS || deepest > SHALLOW && text::Document::parse(&marked(html)).is_too_deep()
}

/// With an element by which `text` recognises HTML: a page need not have any that it knows.
fn marked(html: &str) -> String {
    format!("<html>{html}")
}

/// The paragraphs of a page that are as long as sentences.
pub(super) fn paragraphs(html: &str) -> Main {
    let plain = text::plain(&marked(html.get(..html.floor_char_boundary(MAX_READ)).unwrap_or(html)));
    let is_long = |text: &&str| super::prune::letters(text) >= SENTENCE;
    let kept: Vec<&str> = plain.split("\n\n").filter(is_long).collect();
    let html = kept.iter().map(|text| format!("<p>{}</p>", escaped(text))).collect();
    Main { html, text: kept.join("\n\n") }
}

/// Text as HTML.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
