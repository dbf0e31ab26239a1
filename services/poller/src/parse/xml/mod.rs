//! The reader for everything: any XML format, in any state, to our own model.
//!
//! One walk over the tokens with a stack that is bounded; no recursion, no tree. What an element is for is decided by
//! `elements`; text is collected by `capture`; what an item says is put together by `draft`.

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
use crate::document::{Context, Document, DocumentError};
use crate::salvage::references::EntityDeclarations;
use crate::salvage::repair::{Repair, Repairs};
use crate::salvage::tokenizer::{Token, Tokenizer};

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything.
    Full,
    /// Ids, links, dates and hints, but no text: what feed-rs does not model.
    Structure,
}

/// What came of a walk.
pub struct Parsed {
    /// The feed.
    pub document: Document,
    /// What was repaired.
    pub repairs: Repairs,
    /// The root's name in lower case, and its version.
    pub root: (String, String),
    /// Something stands in it that feed-rs reads otherwise.
    pub peculiar: bool,
    /// Bytes that the tokenizer looked at, each time that it did.
    pub looked: usize,
}

/// An open element.
struct Open<'a> {
    name: &'a str,
    /// Tells most names apart at once.
    key: u64,
    role: Role,
    /// Where its children stand.
    place: Place,
    /// BaseUrls that it added.
    bases: usize,
}

pub(super) struct Parser<'a, 'c> {
    cx: &'c Context<'c>,
    depth: Scope,
    tokens: Tokenizer<'a>,
    names: NamespaceScope<'a>,
    declared: EntityDeclarations,
    repairs: Repairs,
    bases: BaseUrls,
    stack: Vec<Open<'a>>,
    /// Elements open beyond the limit.
    beyond: usize,
    capture: Option<Capture<'a>>,
    feed: FeedBuilder,
    entry: Option<EntryBuilder>,
    root: (String, String),
    found: bool,
    html: bool,
    index: bool,
    first: Option<String>,
    peculiar: bool,
    /// The next text may be an address that should stand elsewhere.
    stray_url: bool,
}

/// Reads `text` as far as it goes.
///
/// # Errors
/// Where no feed is in it.
pub fn parse(text: &str, cx: &Context<'_>, depth: Scope) -> Result<Parsed, DocumentError> {
    Parser {
        cx,
        depth,
        tokens: Tokenizer::new(text),
        names: NamespaceScope::new(),
        declared: EntityDeclarations::default(),
        repairs: Repairs::default(),
        bases: BaseUrls::new(cx),
        stack: Vec::new(),
        beyond: 0,
        capture: None,
        feed: FeedBuilder::default(),
        entry: None,
        root: Default::default(),
        found: false,
        html: false,
        index: false,
        first: None,
        peculiar: false,
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
                    self.repairs.add(Repair::Doctype);
                    self.declared = EntityDeclarations::read(inside);
                }
            }
            if self.feed.entries.len() >= self.cx.limits.items {
                self.over();
                break;
            }
        }
        self.finish()
    }

    /// At the limit: is there another item?
    fn over(&mut self) {
        let more = self.tokens.by_ref().any(|t| match t {
            Token::Start { name, .. } => {
                let local = name.rsplit(':').next().unwrap_or(name);
                ["item", "entry", "url"].iter().any(|i| local.eq_ignore_ascii_case(i))
            }
            _ => false,
        });
        if more || self.entry.take().is_some() {
            self.repairs.add(Repair::TooManyItems);
        }
        self.capture = None;
        self.entry = None;
        self.stack.clear();
    }

    fn finish(mut self) -> Result<Parsed, DocumentError> {
        // What is still open was cut off.
        if self.found && !self.stack.is_empty() {
            self.repairs.add(Repair::Truncated);
        }
        self.close_capture();
        if let Some(mut entry) = self.entry.take() {
            entry.repairs.add(Repair::Truncated);
            self.keep(entry);
        }
        let looked = self.tokens.looked;
        let mut repairs = self.repairs;
        repairs.merge(self.tokens.repairs);
        if !self.found {
            let page = |name: &String| matches!(name.to_ascii_lowercase().as_str(), "html" | "head" | "body" | "meta");
            let html = self.html || self.first.as_ref().is_some_and(page);
            return Err(match (html, self.index, self.first) {
                (true, ..) => DocumentError::WebPage,
                (_, true, _) => DocumentError::NotAFeed("a list of sitemaps".into()),
                (.., Some(name)) => DocumentError::NotAFeed(format!("the root element is <{name}>")),
                (.., None) => DocumentError::NotAFeed("no markup".into()),
            });
        }
        let (document, more) = self.feed.finish(self.cx);
        repairs.merge(more);
        Ok(Parsed { document, repairs, root: self.root, peculiar: self.peculiar, looked })
    }

    fn place(&self) -> Place {
        self.stack.last().map_or(Place::Outside, |o| o.place)
    }
}

/// The first and last bytes of a name, and its length, whatever the case: most names that differ, differ there.
fn key(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let four = |part: &[u8]| part.iter().fold(0_u64, |key, b| key << 8 | u64::from(b | 0x20));
    let (head, tail) = (bytes.len().min(4), bytes.len().saturating_sub(3));
    let (head, tail) = (bytes.get(..head).unwrap_or_default(), bytes.get(tail..).unwrap_or_default());
    four(head) << 32 | four(tail) << 8 | (bytes.len() as u64 & 0xFF)
}

impl Open<'_> {
    /// Is it the element of this name and its [`key`]?
    fn is(&self, name: &str, key: u64) -> bool {
        self.key == key && self.name.eq_ignore_ascii_case(name)
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
