//! Plain text of what a feed calls a title, a summary or a content: HTML, or text, or text that was escaped twice.
//!
//! Only the tokenizer of html5ever runs here, no tree is built: time and memory grow with the length alone, however
//! deep the elements are nested. Paragraphs are separated by one empty line; `br`, items and rows are lines.

mod characters;
mod tokens;

use std::borrow::Cow;

pub use characters::{clean, fold};
pub use tokens::{depth, html};

/// What a string turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// HTML.
    Html,
    /// HTML whose tags came escaped once more.
    Escaped,
    /// Text.
    Plain,
}

/// Elements by which HTML is known. A `<` before anything else is a character of the text: `a <b` in mathematics,
/// `List<String>` in a programmer's feed.
const KNOWN: [&str; 66] = [
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "audio",
    "b",
    "big",
    "blockquote",
    "body",
    "br",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "ins",
    "li",
    "link",
    "main",
    "nav",
    "object",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "script",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tr",
    "u",
    "ul",
];
const KNOWN_TOO: [&str; 6] = ["video", "svg", "th", "thead", "noscript", "source"];

/// Tells HTML from text.
#[must_use]
pub fn form(source: &str) -> Form {
    if tags(source).next().is_some() || source.contains("<!--") || source.contains("<![CDATA[") {
        return Form::Html;
    }
    if source.contains("&lt;") || source.contains("&#60;") || source.contains("&#x3") {
        // A text about HTML mentions a tag; HTML that was escaped twice also closes one.
        let decoded = tokens::unescaped(source);
        let markup = tags(&decoded).any(|tag| tag.closes || matches!(tag.name.as_str(), "br" | "img" | "hr"));
        if markup {
            return Form::Escaped;
        }
    }
    Form::Plain
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
        // Behind the name comes what may follow it in a tag, and somewhere the tag's end.
        let (name, tail) = rest.split_at(end);
        if end == 0 || end > 10 || !tail.starts_with(['>', '/', ' ', '\t', '\n', '\r']) || !tail.contains('>') {
            return None;
        }
        let name = name.to_ascii_lowercase();
        (KNOWN.contains(&name.as_str()) || KNOWN_TOO.contains(&name.as_str())).then_some(Tag { name, closes })
    })
}

/// HTML as it is meant: `source`, or what it is once unescaped, or `None` where it is text.
#[must_use]
pub fn markup(source: &str) -> Option<Cow<'_, str>> {
    match form(source) {
        Form::Html => Some(without_monsters(source.into())),
        Form::Escaped => Some(without_monsters(tokens::unescaped(source).into())),
        Form::Plain => None,
    }
}

/// Attributes of one tag, about, beyond which it has no meaning for a reader.
const MAX_ATTRIBUTES: usize = 2_000;

/// Takes tags with thousands of attributes off: a tokenizer compares each attribute with all before it.
fn without_monsters(source: Cow<'_, str>) -> Cow<'_, str> {
    // Blanks, slashes and `="` may each begin the next one. A slash within quotes is an address.
    let attributes = |piece: &str| {
        let tag = piece.split('>').next().unwrap_or(piece);
        let quoted = tag.contains(['"', '\'']);
        tag.bytes().filter(|byte| byte.is_ascii_whitespace() || *byte == b'=' || (*byte == b'/' && !quoted)).count()
    };
    if !source.split('<').skip(1).any(|piece| attributes(piece) > MAX_ATTRIBUTES) {
        return source;
    }
    let mut pieces = source.split('<');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        if attributes(piece) > MAX_ATTRIBUTES {
            out.push_str(piece.split_once('>').map_or("", |(_, after)| after));
        } else {
            out.push('<');
            out.push_str(piece);
        }
    }
    out.into()
}

/// Plain text in paragraphs.
#[must_use]
pub fn plain(source: &str) -> String {
    match markup(source) {
        Some(source) => html(&source),
        None => paragraphs(&tokens::unescaped(source)),
    }
}

/// Plain text on one line.
#[must_use]
pub fn line(source: &str) -> String {
    plain(source).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text's own paragraphs. Empty lines separate them; where there is none, a text whose lines are long has one on
/// each line, and one whose lines are short was wrapped by hand.
fn paragraphs(text: &str) -> String {
    const WRAPPED_AT: usize = 120;
    let text = clean(text);
    let lines: Vec<String> = text.split('\n').map(fold).collect();
    let wrapped = lines.iter().all(|line| line.chars().count() <= WRAPPED_AT);
    let mut all: Vec<String> = Vec::new();
    let mut open = false;
    for line in lines {
        if line.is_empty() {
            open = false;
        } else if let Some(last) = all.last_mut().filter(|_| open && wrapped) {
            last.push(' ');
            last.push_str(&line);
        } else {
            all.push(line);
            open = true;
        }
    }
    all.join("\n\n")
}

#[cfg(test)]
mod tests;
