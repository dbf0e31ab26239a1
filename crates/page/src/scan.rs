//! A linear scanner of HTML: tags, text, comments, raw elements. It builds no tree, so nesting costs nothing.
//!
//! Own code because one pass has to serve three purposes: to copy a page byte for byte without some elements, to read
//! metadata, and to estimate the depth of the tree before a library builds it.

use memchr::{memchr, memchr2, memmem};

/// A piece of a page, in its order. All pieces together are the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Text with its character references.
    Text(&'a str),
    /// A start tag.
    Start(Tag<'a>),
    /// The name of an end tag, as written, and the whole tag.
    End(&'a str, &'a str),
    /// The content of an element that holds text only, such as `script`; it follows the start tag.
    Raw(&'a str),
    /// `<!doctype ..>`.
    Doctype(&'a str),
    /// A comment, a processing instruction or a CDATA section.
    Comment,
}

/// A start tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// The name as written.
    pub name: &'a str,
    /// What stands between the name and `>`.
    pub attributes: &'a str,
    /// The whole tag.
    pub source: &'a str,
}

impl<'a> Tag<'a> {
    /// True if the name is `name`, which is in lower case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// The value of an attribute as written; the first of its name counts. Empty if it has none; `None` if it is not there.
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        attributes(self.attributes).find(|(n, _, _)| n.eq_ignore_ascii_case(name)).map(|(_, value, _)| value)
    }
}

/// Elements whose content is text without tags (HTML standard, section 13.2.5; `noscript` is read as without scripts).
const RAW: [&str; 8] = ["script", "style", "iframe", "noembed", "noframes", "xmp", "title", "textarea"];

/// The scanner.
pub(crate) struct Scanner<'a> {
    source: &'a str,
    at: usize,
    raw: Option<&'a str>,
    /// A `title` or `textarea` without an end was seen: they are no longer read as raw.
    unclosed: bool,
}

impl<'a> Scanner<'a> {
    pub fn new(source: &'a str) -> Self {
        Scanner { source, at: 0, raw: None, unclosed: false }
    }

    fn take(&mut self, end: usize) -> &'a str {
        let piece = self.source.get(self.at..end).unwrap_or_default();
        self.at = end;
        piece
    }

    /// The content of the raw element `name`. Without an end tag a script or a style reaches to the end of the page, as
    /// in a browser; a title and a textarea are read as ordinary elements.
    fn raw(&mut self, name: &str) -> Option<Piece<'a>> {
        let rest = self.source.get(self.at..)?;
        let end = memmem::find_iter(rest.as_bytes(), "</").find(|at| {
            let after = rest.as_bytes().get(at + 2..).unwrap_or_default();
            let Some((found, after)) = after.split_at_checked(name.len()) else { return false };
            found.eq_ignore_ascii_case(name.as_bytes())
                && after.first().is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'))
        });
        let is_text = name.eq_ignore_ascii_case("title") || name.eq_ignore_ascii_case("textarea");
        match end {
            None if is_text => {
                self.unclosed = true;
                None
            }
            Some(0) => None,
            _ => Some(Piece::Raw(self.take(end.map_or(self.source.len(), |end| self.at + end)))),
        }
    }

    /// A tag without an end is where the page was cut: it is dropped as in a browser.
    fn unfinished(&mut self) -> Piece<'a> {
        self.at = self.source.len();
        Piece::Comment
    }

    fn markup(&mut self) -> Option<Piece<'a>> {
        let bytes = self.source.as_bytes();
        let rest = bytes.get(self.at + 1..)?;
        match rest.first()? {
            b'!' if rest.starts_with(b"!--") => {
                let body = rest.get(3..)?;
                // `<!-->` and `<!--->` are comments, too (section 13.2.5.43).
                let end = if body.starts_with(b">") {
                    1
                } else if body.starts_with(b"->") {
                    2
                } else {
                    memmem::find(body, b"-->").map_or(body.len(), |at| at + 3)
                };
                self.at += 4 + end;
                Some(Piece::Comment)
            }
            b'!' | b'?' => {
                let end = memchr(b'>', rest).map_or(self.source.len(), |at| self.at + 2 + at);
                let piece = self.take(end);
                let is_doctype = piece.get(2..9).is_some_and(|name| name.eq_ignore_ascii_case("doctype"));
                Some(if is_doctype { Piece::Doctype(piece) } else { Piece::Comment })
            }
            b'/' if rest.get(1).is_some_and(u8::is_ascii_alphabetic) => {
                let Some(end) = memchr(b'>', rest) else { return Some(self.unfinished()) };
                let tag = self.take(self.at + 2 + end);
                Some(Piece::End(name_of(tag.get(2..)?), tag))
            }
            b if b.is_ascii_alphabetic() => {
                let name = name_of(self.source.get(self.at + 1..)?);
                let from = self.at + 1 + name.len();
                let length = tag_length(self.source.get(from..)?);
                let to = from + length;
                if to >= self.source.len() {
                    return Some(self.unfinished());
                }
                let attributes = self.source.get(from..to)?;
                let end = to + 1;
                if RAW.iter().any(|raw| raw.eq_ignore_ascii_case(name)) {
                    self.raw = Some(name);
                }
                Some(Piece::Start(Tag { name, attributes, source: self.take(end) }))
            }
            _ => None,
        }
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if let Some(name) = self.raw.take() {
            let is_text = name.eq_ignore_ascii_case("title") || name.eq_ignore_ascii_case("textarea");
            if !(is_text && self.unclosed)
                && let Some(piece) = self.raw(name)
            {
                return Some(piece);
            }
        }
        let bytes = self.source.as_bytes();
        let rest = bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        if rest.first() == Some(&b'<')
            && let Some(piece) = self.markup()
        {
            return Some(piece);
        }
        // A `<` that begins nothing is text.
        let end = memchr(b'<', rest.get(1..).unwrap_or_default()).map_or(self.source.len(), |at| self.at + 1 + at);
        Some(Piece::Text(self.take(end)))
    }
}

/// The name at the beginning of `rest`.
fn name_of(rest: &str) -> &str {
    let end = rest.bytes().position(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>')).unwrap_or(rest.len());
    rest.get(..end).unwrap_or_default()
}

/// Bytes up to the `>` that ends the tag; those within quotes that follow a `=` do not.
fn tag_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr2(b'>', b'=', bytes.get(at..).unwrap_or_default()) {
        at += found;
        if bytes.get(at) == Some(&b'>') {
            return at;
        }
        at += 1;
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        if let Some(quote @ (b'"' | b'\'')) = bytes.get(at) {
            let after = bytes.get(at + 1..).unwrap_or_default();
            match memchr(*quote, after) {
                Some(end) => at += end + 2,
                None => return bytes.len(),
            }
        }
    }
    bytes.len()
}

/// Name, value without quotes, and source of each attribute.
pub(crate) fn attributes(source: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let bytes = source.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let skip = |mut at: usize, slash: bool| {
            while bytes.get(at).is_some_and(|b| b.is_ascii_whitespace() || (slash && *b == b'/')) {
                at += 1;
            }
            at
        };
        at = skip(at, true);
        let from = at;
        // A `=` at the beginning belongs to the name.
        let is_end = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'/' | b'=');
        let length = bytes.get(at..)?.iter().skip(1).position(is_end).map_or(bytes.len() - at, |n| n + 1);
        if length == 0 {
            return None;
        }
        let name = source.get(at..at + length)?;
        at += length;
        let equals = skip(at, false);
        if bytes.get(equals) != Some(&b'=') {
            return Some((name, "", source.get(from..at)?));
        }
        at = skip(equals + 1, false);
        let value = match bytes.get(at) {
            Some(quote @ (b'"' | b'\'')) => {
                let begin = at + 1;
                let end = memchr(*quote, bytes.get(begin..)?).map_or(bytes.len(), |n| begin + n);
                at = (end + 1).min(bytes.len());
                source.get(begin..end)?
            }
            _ => {
                let begin = at;
                at += bytes.get(at..)?.iter().position(u8::is_ascii_whitespace).unwrap_or(bytes.len() - at);
                source.get(begin..at)?
            }
        };
        Some((name, value, source.get(from..at)?))
    })
}

/// Elements without content.
pub(crate) fn is_void(name: &str) -> bool {
    const VOID: [&str; 13] =
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];
    VOID.iter().any(|void| void.eq_ignore_ascii_case(name))
}
