//! Removes what is no content.

use std::borrow::Cow;

use memchr::memmem;

use crate::scan::{Piece, Scanner, Tag, attributes};

/// Longest value of an attribute, in bytes, apart from addresses and the text of `meta`.
const MAX_VALUE: usize = 1_000;
/// Longest value of an attribute whatever it is, in bytes.
const MAX_TEXT: usize = 16_000;
/// Most attributes of a tag.
const MAX_ATTRIBUTES: usize = 100;
/// A run of base64 characters in text this long is no word, in bytes.
const MAX_WORD: usize = 512;
/// Relations of `link` that only concern how a page is shown or loaded.
const LOADING: [&str; 8] = [
    "stylesheet",
    "preload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
    "modulepreload",
    "mask-icon",
    "apple-touch-startup-image",
];
/// HTML elements that end an unclosed `svg` (HTML standard, section 13.2.6.5).
const ENDS_SVG: [&str; 14] =
    ["article", "body", "div", "h1", "h2", "h3", "img", "li", "ol", "p", "section", "span", "table", "ul"];

/// Removes what is no content: scripts other than JSON-LD, styles, SVG, `data:` URIs, comments, templates, iframes, runs of
/// base64, event handlers. The rest is kept byte for byte. Linear time; no limit of depth.
///
/// The content of a `template` with `shadowrootmode` is kept: browsers show it.
#[must_use]
pub fn strip(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut skipped = Skipped::default();
    let mut raw = Raw::Keep;
    for piece in Scanner::new(html) {
        if skipped.skips(&piece) {
            continue;
        }
        match piece {
            Piece::Comment => {}
            Piece::Doctype(source) => out.push_str(source),
            Piece::Text(text) => match text.strip_suffix('<').or_else(|| text.strip_suffix("</")) {
                // What follows may be removed; then the bracket would begin a tag with what follows that.
                Some(before) => {
                    push_text(&mut out, before);
                    out.push_str("&lt;");
                    out.push_str(text.get(before.len() + 1..).unwrap_or_default());
                }
                None => push_text(&mut out, text),
            },
            Piece::Raw(text) => match raw {
                Raw::Keep => push_text(&mut out, text),
                Raw::JsonLd => out.push_str(&without_data(text)),
                Raw::Drop => {}
            },
            Piece::Start(tag) => {
                raw = Raw::of(&tag);
                let is_hidden_link = tag.is("link") && tag.attribute("rel").is_some_and(is_loading);
                if !(matches!(raw, Raw::Drop) || is_hidden_link || tag.is("template")) {
                    push_tag(&mut out, &tag);
                }
            }
            Piece::End(name, source) => {
                let drops = matches!(raw, Raw::Drop) && is_dropped(name);
                if !(drops || is_dropped(name) && !is_script(name) || name.eq_ignore_ascii_case("template")) {
                    out.push_str(source);
                }
                if is_script(name) {
                    raw = Raw::Keep;
                }
            }
        }
    }
    out
}

/// What happens to the content of the last element that holds text only.
#[derive(Clone, Copy)]
enum Raw {
    Keep,
    JsonLd,
    Drop,
}

impl Raw {
    fn of(tag: &Tag<'_>) -> Raw {
        let is_json_ld = || tag.attribute("type").is_some_and(|t| contains_ignoring_case(t, "ld+json"));
        if is_script(tag.name) && is_json_ld() {
            Raw::JsonLd
        } else if is_dropped(tag.name) {
            Raw::Drop
        } else {
            Raw::Keep
        }
    }
}

fn is_script(name: &str) -> bool {
    name.eq_ignore_ascii_case("script")
}

fn is_dropped(name: &str) -> bool {
    ["script", "style", "iframe", "noembed", "noframes", "textarea"].iter().any(|d| d.eq_ignore_ascii_case(name))
}

fn is_loading(rel: &str) -> bool {
    let mut words = rel.split_ascii_whitespace().peekable();
    words.peek().is_some() && words.all(|word| LOADING.iter().any(|l| l.eq_ignore_ascii_case(word)))
}

/// Elements that are skipped with all that is in them.
#[derive(Default)]
struct Skipped {
    name: Option<&'static str>,
    depth: usize,
    /// The SVG embeds HTML.
    foreign: bool,
}

impl Skipped {
    fn skips(&mut self, piece: &Piece<'_>) -> bool {
        match (self.name, piece) {
            (None, Piece::Start(tag)) => {
                let closes = tag.attributes.ends_with('/');
                let name = if tag.is("svg") {
                    "svg"
                } else if tag.is("template") && tag.attribute("shadowrootmode").is_none() {
                    "template"
                } else {
                    return false;
                };
                if !(closes && name == "svg") {
                    *self = Skipped { name: Some(name), depth: 1, foreign: false };
                }
                true
            }
            (None, Piece::End(name, _)) => name.eq_ignore_ascii_case("svg"),
            (None, _) => false,
            (Some(name), Piece::Start(tag)) => {
                if tag.is(name) && !(name == "svg" && tag.attributes.ends_with('/')) {
                    self.depth += 1;
                }
                self.foreign |= tag.is("foreignobject");
                if name == "svg" && !self.foreign && ENDS_SVG.iter().any(|end| tag.is(end)) {
                    self.name = None;
                    return false;
                }
                true
            }
            (Some(name), Piece::End(end, _)) => {
                if end.eq_ignore_ascii_case(name) {
                    self.depth -= 1;
                    if self.depth == 0 {
                        self.name = None;
                    }
                }
                true
            }
            (Some(_), _) => true,
        }
    }
}

/// The tag without attributes that hold no content.
fn push_tag(out: &mut String, tag: &Tag<'_>) {
    if tag.attributes.is_empty() {
        out.push_str(tag.source);
        return;
    }
    out.push('<');
    out.push_str(tag.name);
    for (name, value, source) in attributes(tag.attributes).take(MAX_ATTRIBUTES) {
        if keeps(name, value) {
            out.push(' ');
            out.push_str(source);
        }
    }
    // A value without quotes would take the slash.
    if tag.attributes.ends_with('/') {
        out.push_str(" /");
    }
    out.push('>');
}

fn keeps(name: &str, value: &str) -> bool {
    let starts = |prefix: &str| name.get(..prefix.len()).is_some_and(|n| n.eq_ignore_ascii_case(prefix));
    if name.contains(['<', '"', '\'']) || starts("on") && name.len() > 3 || name.eq_ignore_ascii_case("srcdoc") {
        return false;
    }
    // Of styles only those matter that hide an element.
    if name.eq_ignore_ascii_case("style") {
        let hides = contains_ignoring_case(value, "display") || contains_ignoring_case(value, "visibility");
        return hides && value.len() <= MAX_VALUE;
    }
    if value.len() < 5 {
        return true;
    }
    let is_text = ["content", "href", "src", "alt", "title"].iter().any(|n| n.eq_ignore_ascii_case(name));
    value.len() <= if is_text { MAX_TEXT } else { MAX_VALUE } && data_uri(value).is_none()
}

/// Where a `data:` URI begins, not the word before a colon in a text.
fn data_uri(value: &str) -> Option<usize> {
    let bytes = value.as_bytes();
    memchr::memchr_iter(b':', bytes).find_map(|colon| {
        let at = colon.checked_sub(4)?;
        let is_data = bytes.get(at..colon)?.eq_ignore_ascii_case(b"data");
        let begins =
            at == 0 || bytes.get(at - 1).is_some_and(|b| !b.is_ascii_alphanumeric() && *b != b'-' && *b != b'_');
        // `data:image/png;base64,`, `data:,`: a media type without spaces, then a comma (RFC 2397).
        let rest = bytes.get(colon + 1..)?;
        let head = rest.iter().take(100).position(|b| *b == b',')?;
        let is_type =
            |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b';' | b'=' | b'-' | b'+' | b'.' | b'\\');
        (is_data && begins && rest.get(..head)?.iter().all(is_type)).then_some(at)
    })
}

/// `text` of JSON without the `data:` URIs in its strings.
fn without_data(text: &str) -> Cow<'_, str> {
    let Some(first) = data_uri(text) else { return Cow::Borrowed(text) };
    let (mut out, mut rest, mut at) = (String::with_capacity(text.len()), text, first);
    loop {
        out.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let end = rest.find(['"', '\'', ')', ' ', '<', '\n']).unwrap_or(rest.len());
        rest = rest.get(end..).unwrap_or_default();
        match data_uri(rest) {
            Some(next) => at = next,
            None => break,
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Text without words of base64.
fn push_text(out: &mut String, text: &str) {
    let is_base64 = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    if text.len() < MAX_WORD {
        out.push_str(text);
        return;
    }
    let bytes = text.as_bytes();
    let (mut kept, mut run) = (0, 0);
    for at in 0..=bytes.len() {
        if bytes.get(at).copied().is_some_and(is_base64) {
            continue;
        }
        if at - run > MAX_WORD {
            out.push_str(text.get(kept..run).unwrap_or_default());
            kept = at;
        }
        run = at + 1;
    }
    out.push_str(text.get(kept..).unwrap_or_default());
}

fn contains_ignoring_case(text: &str, word: &str) -> bool {
    text.len() >= word.len()
        && (memmem::find(text.as_bytes(), word.as_bytes()).is_some()
            || text.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes())))
}
