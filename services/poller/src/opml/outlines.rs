//! The outlines of a list, well-formed or not.

use crate::salvage::{
    references::{EntityDeclarations, decode},
    repairs::Repairs,
    tokenizer::{Token, Tokenizer, attributes},
};
use memchr::{memchr_iter, memrchr_iter};
use proto::Warning;
use std::collections::HashMap;

/// Attributes of an outline that are looked at.
const MAX_ATTRIBUTES: usize = 200;

/// Attributes by local name in lower case: prefixes are often undeclared.
type Values = HashMap<String, String>;

/// A piece of a list.
pub(super) enum Piece {
    /// A start tag, or the tag of an empty outline if it does not open one.
    Outline { attributes: Values, opens: bool },
    /// An end tag.
    End,
    /// A start tag that is not closed before the next one.
    Broken(Values),
    /// A start tag in which the list ends.
    Cut(Values),
}

/// An iterator over the outlines of a list.
pub(super) struct Outlines<'a> {
    text: &'a str,
    /// Where `tokens` begins in `text`.
    begin: usize,
    tokens: Tokenizer<'a>,
    declared: EntityDeclarations,
    /// True once there was an `opml` or `outline` element.
    pub is_opml: bool,
}

impl<'a> Outlines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let (tokens, declared) = (Tokenizer::new(text), EntityDeclarations::default());
        Outlines { text, begin: 0, tokens, declared, is_opml: false }
    }

    fn values(&self, inside: &str) -> Values {
        let mut values = Values::new();
        for (name, value) in attributes(inside).take(MAX_ATTRIBUTES) {
            let name = name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase();
            let value = decode(value, &self.declared, &mut Repairs::default());
            let value = value.trim();
            if !value.is_empty() {
                values.entry(name).or_insert_with(|| value.to_owned());
            }
        }
        values
    }

    /// The outline's tag in which the list ends, if any, at or after `from`.
    fn cut(&mut self, from: usize) -> Option<Piece> {
        if !self.tokens.repairs.contains(Warning::Truncated) {
            return None;
        }
        let rest = self.text.get(self.begin + from..)?;
        let inside =
            memrchr_iter(b'<', rest.as_bytes()).find_map(|at| rest.get(at + 1..).filter(|tag| is_outline(tag)))?;
        self.is_opml = true;
        Some(Piece::Cut(self.values(inside.get(OUTLINE.len()..).unwrap_or_default())))
    }
}

const OUTLINE: &str = "outline";

/// True for `outline` and what follows it in a tag.
fn is_outline(inside: &str) -> bool {
    let (name, rest) = inside.split_at_checked(OUTLINE.len()).unwrap_or_default();
    let local = name.eq_ignore_ascii_case(OUTLINE);
    local && rest.starts_with(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>')
}

/// Where in a tag another outline's tag begins: a quote that is not closed swallows it. XML forbids `<` in a value.
fn inner_tag(raw: &str) -> Option<usize> {
    memchr_iter(b'<', raw.as_bytes()).skip(1).find(|at| {
        let inside = raw.get(at + 1..).unwrap_or_default();
        is_outline(inside) || inside.strip_prefix('/').is_some_and(is_outline)
    })
}

impl Iterator for Outlines<'_> {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            let from = self.tokens.position();
            let Some(token) = self.tokens.next() else { return self.cut(from) };
            let local = |name: &str| name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase();
            match token {
                Token::Doctype(inside) => self.declared = EntityDeclarations::parse(inside),
                Token::End { name } if local(name) == OUTLINE => return Some(Piece::End),
                Token::Start { name: full_name, attributes, empty } => {
                    let name = local(full_name);
                    self.is_opml |= name == "opml" || name == OUTLINE;
                    if name != OUTLINE {
                        continue;
                    }
                    // A token may come after comments, which the tokenizer skips.
                    let at = full_name.as_ptr().addr() - self.text.as_ptr().addr() - 1;
                    let raw = self.text.get(at..self.begin + self.tokens.position()).unwrap_or_default();
                    if let Some(inner) = inner_tag(raw) {
                        let broken = self.values(raw.get(full_name.len() + 1..inner).unwrap_or_default());
                        self.begin = at + inner;
                        self.tokens = Tokenizer::new(self.text.get(self.begin..).unwrap_or_default());
                        return Some(Piece::Broken(broken));
                    }
                    if !raw.ends_with('>') {
                        return Some(Piece::Broken(self.values(attributes)));
                    }
                    return Some(Piece::Outline { attributes: self.values(attributes), opens: !empty });
                }
                _ => {}
            }
        }
    }
}
