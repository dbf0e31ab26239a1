//! The reader for everything: any XML format, in any state, to our own model.
//!
//! One walk over the tokens with a stack that is bounded; no recursion, no tree. What an element is for is decided by
//! `elements`; text is collected by `capture`; what an item says is put together by `draft`.

mod end;
mod item;
mod start;
mod texts;

use std::borrow::Cow;

use super::capture::Capture;
use super::draft::{Draft, FeedDraft};
use super::elements::{Place, Role};
use super::names::Names;
use super::urls::Bases;
use crate::feed::{Context, Document, Unreadable};
use crate::salvage::repair::{Repair, Repairs};
use crate::salvage::text::Declared;
use crate::salvage::tokens::{Token, Tokens};

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Everything.
    All,
    /// Ids, links, dates and hints, but no text: what feed-rs does not model.
    Frame,
}

/// What came of a walk.
pub struct Walked {
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
    /// Bases that it added.
    bases: usize,
}

pub(super) struct Reader<'a, 'c> {
    cx: &'c Context<'c>,
    depth: Depth,
    tokens: Tokens<'a>,
    names: Names<'a>,
    declared: Declared,
    repairs: Repairs,
    bases: Bases,
    stack: Vec<Open<'a>>,
    /// Elements open beyond the limit.
    beyond: usize,
    capture: Option<Capture<'a>>,
    feed: FeedDraft,
    entry: Option<Draft>,
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
pub fn walk(text: &str, cx: &Context<'_>, depth: Depth) -> Result<Walked, Unreadable> {
    Reader {
        cx,
        depth,
        tokens: Tokens::new(text),
        names: Names::new(),
        declared: Declared::default(),
        repairs: Repairs::default(),
        bases: Bases::new(cx),
        stack: Vec::new(),
        beyond: 0,
        capture: None,
        feed: FeedDraft::default(),
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

impl<'a> Reader<'a, '_> {
    fn run(mut self) -> Result<Walked, Unreadable> {
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
                    self.declared = Declared::read(inside);
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

    fn finish(mut self) -> Result<Walked, Unreadable> {
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
                (true, ..) => Unreadable::WebPage,
                (_, true, _) => Unreadable::NotAFeed("a list of sitemaps".into()),
                (.., Some(name)) => Unreadable::NotAFeed(format!("the root element is <{name}>")),
                (.., None) => Unreadable::NotAFeed("no markup".into()),
            });
        }
        let (document, more) = self.feed.finish(self.cx);
        repairs.merge(more);
        Ok(Walked { document, repairs, root: self.root, peculiar: self.peculiar, looked })
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
