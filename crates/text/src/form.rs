//! Which of three forms a text has. Feeds do not say it reliably.

use crate::{html::unescape, tags::Tag, typed::Typed};

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

/// Elements that begin and end a block.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "li",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "ul",
];

/// Detects the form of `source` in one pass, in two if it holds escaped tags.
///
/// HTML closes its elements, has attributes, breaks lines. A text that only mentions tags (`The <video> element`) does not, nor
/// does one with a `<` of mathematics or of a programming language.
pub(crate) fn detect(source: &str, typed: Typed) -> Detected {
    let has_tags = tags(source).any(|tag| is_markup(source, &tag, typed));
    if has_tags || source.contains("<!--") || source.contains("<![CDATA[") {
        return Detected::Html;
    }
    if source.contains("&lt;") || source.contains("&#60;") || source.contains("&#x3") {
        // A text about HTML mentions a tag. HTML that was escaped twice closes one, too.
        let decoded = unescape(source);
        let is_evidence = |tag: &Tag<'_>| {
            (tag.closes && !tag.is_word(&decoded)) || (tag.is_named(&["br", "hr", "img"]) && !tag.is_word(&decoded))
        };
        if tags(&decoded).any(|tag| is_evidence(&tag)) {
            return Detected::Escaped(decoded);
        }
    }
    Detected::Plain
}

/// The tags of known elements.
fn tags(source: &str) -> impl Iterator<Item = Tag<'_>> {
    source.match_indices('<').filter_map(|(at, _)| Tag::at(source, at))
}

/// True for a tag that only markup has.
fn is_markup(source: &str, tag: &Tag<'_>, typed: Typed) -> bool {
    if tag.has_markup_attributes() || tag.is_named(&["br"]) {
        return true;
    }
    if tag.closes || typed == Typed::Html {
        return !tag.is_word(source) || tag.is_formatting();
    }
    if tag.has_words() {
        return false;
    }
    if tag.is_named(&["hr", "img", "wbr"]) {
        return !tag.is_word(source);
    }
    // `One. <p>Two.` separates paragraphs, `The <p> element` does not.
    let before = source.get(..tag.start).unwrap_or_default().trim_end_matches([' ', '\t']);
    let begins_sentence =
        before.is_empty() || before.ends_with(['\n', '.', '!', '?', ':', '>', '"', '\u{201d}', '\u{3002}']);
    tag.is_named(BLOCKS) && (begins_sentence || !tag.is_word(source))
}
