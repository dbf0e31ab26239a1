//! newswire's own parser: any XML feed format, well-formed or not.
//!
//! One pass over the tokens with a bounded stack; no recursion and no tree. `elements` determines the role of an element,
//! `capture` collects texts, `builder` puts feed and items together.

mod end;
mod item;
mod start;
mod texts;

use std::borrow::Cow;

use super::base_urls::BaseUrls;
use super::builder::{EntryBuilder, FeedBuilder};
use super::capture::Capture;
use super::elements::{Place, Role};
use super::namespaces::NamespaceScope;
use crate::document::{Context, Document, DocumentError, Forms};
use crate::salvage::references::EntityDeclarations;
use crate::salvage::repairs::Repairs;
use crate::salvage::tokenizer::{Token, Tokenizer};
use proto::Warning;

/// What a pass reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole document.
    Full,
    /// Ids, links, dates and hints: what feed-rs does not model. Texts that feed-rs reads are left out.
    Structure,
}

/// A parsed XML document.
pub struct Parsed {
    /// The feed.
    pub document: Document,
    /// Of each entry, how the texts are typed that [`Scope::Structure`] leaves out.
    pub left_out: Vec<Forms>,
    /// Repairs of the document as a whole.
    pub repairs: Repairs,
    /// Name of the root element in lower case, and its version; empty if there is none.
    pub root: (String, String),
    /// True if feed-rs reads something in the document differently.
    pub needs_own_parser: bool,
    /// Bytes that the tokenizer scanned, repeated scans included.
    pub scanned: usize,
}

/// An open element.
struct Open<'a> {
    name: &'a str,
    /// Compared before the name, for speed.
    key: u64,
    role: Role,
    /// The position of its children.
    place: Place,
    /// Number of base URLs that it added.
    bases: usize,
}

pub(super) struct Parser<'a, 'c> {
    cx: &'c Context<'c>,
    scope: Scope,
    tokens: Tokenizer<'a>,
    namespaces: NamespaceScope<'a>,
    declared: EntityDeclarations,
    repairs: Repairs,
    bases: BaseUrls,
    stack: Vec<Open<'a>>,
    /// Open elements beyond the limit of depth.
    flattened: usize,
    capture: Option<Capture<'a>>,
    feed: FeedBuilder,
    entry: Option<EntryBuilder>,
    root: (String, String),
    /// True after the start of a feed or an item.
    found_feed: bool,
    found_html: bool,
    found_sitemap_index: bool,
    /// Name of the first element.
    first_element: Option<String>,
    needs_own_parser: bool,
    /// True if the next text may be a URL that belongs in the element before it.
    stray_url: bool,
}

/// Parses `text`, which is decoded and has no byte order mark. A malformed document gives what can be read, and one that
/// ends early its whole items.
///
/// # Errors
/// [`DocumentError::WebPage`] or [`DocumentError::NotAFeed`] if the text contains no feed.
pub fn parse(text: &str, cx: &Context<'_>, scope: Scope) -> Result<Parsed, DocumentError> {
    Parser {
        cx,
        scope,
        tokens: Tokenizer::new(text),
        namespaces: NamespaceScope::new(),
        declared: EntityDeclarations::default(),
        repairs: Repairs::default(),
        bases: BaseUrls::new(cx),
        stack: Vec::new(),
        flattened: 0,
        capture: None,
        feed: FeedBuilder::default(),
        entry: None,
        root: Default::default(),
        found_feed: false,
        found_html: false,
        found_sitemap_index: false,
        first_element: None,
        needs_own_parser: false,
        stray_url: false,
    }
    .run()
}

impl<'a> Parser<'a, '_> {
    fn run(mut self) -> Result<Parsed, DocumentError> {
        loop {
            let from = self.tokens.position();
            let Some(token) = self.tokens.next() else { break };
            match token {
                Token::Text(raw) => self.text(raw),
                Token::CData(raw) => {
                    if let Some(capture) = &mut self.capture {
                        capture.cdata(raw);
                    }
                }
                Token::Start { name, attributes, empty } => {
                    let raw = self.tokens.slice(from, self.tokens.position());
                    self.start(name, attributes, empty, raw);
                }
                Token::End { name } => self.end(name),
                Token::Doctype(inside) => {
                    self.repairs.add(Warning::Doctype);
                    self.declared = EntityDeclarations::parse(inside);
                }
            }
            if self.feed.entries.len() >= self.cx.limits.items {
                self.end_at_limit();
                break;
            }
        }
        self.finish()
    }

    /// Ends parsing at the limit of items, and records whether there are more.
    fn end_at_limit(&mut self) {
        let more = self.tokens.by_ref().any(|t| match t {
            Token::Start { name, .. } => {
                let local = name.rsplit(':').next().unwrap_or(name);
                ["item", "entry", "url"].iter().any(|i| local.eq_ignore_ascii_case(i))
            }
            _ => false,
        });
        if more || self.entry.take().is_some() {
            self.repairs.add(Warning::TooManyItems);
        }
        self.capture = None;
        self.entry = None;
        self.stack.clear();
    }

    fn finish(mut self) -> Result<Parsed, DocumentError> {
        // What is still open was cut. Half an item is worse than none: the next poll has it whole.
        let is_cut = self.found_feed && (!self.stack.is_empty() || self.entry.is_some());
        if is_cut {
            self.repairs.add(Warning::Truncated);
        }
        self.capture = None;
        self.entry = None;
        let scanned = self.tokens.scanned;
        let mut repairs = self.repairs;
        repairs.merge(self.tokens.repairs);
        if !self.found_feed {
            let page = |name: &String| matches!(name.to_ascii_lowercase().as_str(), "html" | "head" | "body" | "meta");
            let html = self.found_html || self.first_element.as_ref().is_some_and(page);
            return Err(match (html, self.found_sitemap_index, self.first_element) {
                (true, ..) => DocumentError::WebPage,
                (_, true, _) => DocumentError::NotAFeed("a sitemap index".into()),
                (.., Some(name)) => DocumentError::NotAFeed(format!("the root element is <{name}>")),
                (.., None) => DocumentError::NotAFeed("no markup".into()),
            });
        }
        let left_out = std::mem::take(&mut self.feed.left_out);
        let (mut document, more) = self.feed.finish();
        document.is_cut = is_cut;
        repairs.merge(more);
        let (root, needs_own_parser) = (self.root, self.needs_own_parser);
        Ok(Parsed { document, left_out, repairs, root, needs_own_parser, scanned })
    }

    fn place(&self) -> Place {
        self.stack.last().map_or(Place::Outside, |o| o.place)
    }
}

/// A key for comparing names without case: first and last bytes and length, in which most names differ.
fn key(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let four = |part: &[u8]| part.iter().fold(0_u64, |key, b| key << 8 | u64::from(b | 0x20));
    let (head, tail) = (bytes.len().min(4), bytes.len().saturating_sub(3));
    let (head, tail) = (bytes.get(..head).unwrap_or_default(), bytes.get(tail..).unwrap_or_default());
    four(head) << 32 | four(tail) << 8 | (bytes.len() as u64 & 0xFF)
}

impl Open<'_> {
    /// True for the element of this name, whose [`key`] is `key`.
    fn is(&self, name: &str, key: u64) -> bool {
        self.key == key && self.name.eq_ignore_ascii_case(name)
    }
}

/// `name` in lower case.
fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
