//! Which of three forms a text has. Feeds do not say it reliably.

use crate::html::{is_one, unescape};

/// The form of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// HTML.
    Html,
    /// HTML whose tags were escaped a second time.
    Escaped,
    /// Plain text, which may hold character references.
    Plain,
}

/// What was detected.
pub(crate) enum Detected {
    Html,
    /// The source, unescaped once.
    Escaped(String),
    Plain,
}

/// Longest name of a known element, in bytes.
const MAX_NAME: usize = 10;

/// Elements by which HTML is recognised. A `<` before anything else is a character of the text: `a <b` in mathematics,
/// `List<String>` in a feed about programming.
const KNOWN: &str = "a abbr address article aside audio b big blockquote body br center cite code dd del div dl dt em embed \
    figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img ins li link main \
    nav noscript object ol p picture pre q s script section small source span strike strong style sub sup \
    svg table tbody td th thead tr u ul video";

/// Detects the form of `source` in one pass, in two if it holds escaped tags.
pub(crate) fn detect(source: &str) -> Detected {
    if tags(source).next().is_some() || source.contains("<!--") || source.contains("<![CDATA[") {
        return Detected::Html;
    }
    if source.contains("&lt;") || source.contains("&#60;") || source.contains("&#x3") {
        // A text about HTML mentions a tag. HTML that was escaped twice closes one, too.
        let decoded = unescape(source);
        if tags(&decoded).any(|tag| tag.closes || matches!(tag.name.as_str(), "br" | "hr" | "img")) {
            return Detected::Escaped(decoded);
        }
    }
    Detected::Plain
}

struct Tag {
    name: String,
    closes: bool,
}

/// Tags of known elements.
fn tags(source: &str) -> impl Iterator<Item = Tag> {
    source.split('<').skip(1).filter_map(|rest| {
        let (closes, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric())?;
        // Only whitespace, a slash or the tag's end may follow the name, and the tag must end somewhere.
        let (name, tail) = rest.split_at(end);
        if end == 0 || end > MAX_NAME || !tail.starts_with(['>', '/', ' ', '\t', '\n', '\r']) || !tail.contains('>') {
            return None;
        }
        let name = name.to_ascii_lowercase();
        is_one(KNOWN, &name).then_some(Tag { name, closes })
    })
}
