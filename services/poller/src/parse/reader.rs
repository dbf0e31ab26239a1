//! The reader for everything: any XML format, in any state, to our own model.
//!
//! One walk over the tokens with a stack that is bounded; no recursion, no tree. What an element is for is decided by
//! `elements`; text is collected by `capture`; what an item says is put together by `draft`.

use std::borrow::Cow;

use super::capture::Capture;
use super::draft::{Draft, FeedDraft};
use super::elements::{Field, Kind, Place, Role, role};
use super::names::{Names, Ns};
use super::urls::Bases;
use crate::feed::{Context, Document, Unreadable};
use crate::salvage::repair::{Repair, Repairs};
use crate::salvage::text::{Declared, decode};
use crate::salvage::tokens::{Token, Tokens, attributes};

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
}

/// An open element.
struct Open<'a> {
    name: &'a str,
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
        Ok(Walked { document, repairs, root: self.root, peculiar: self.peculiar })
    }

    fn text(&mut self, raw: &'a str) {
        match &mut self.capture {
            Some(capture) if capture.wanted => {
                let text = decode(raw, &self.declared, &mut self.repairs);
                capture.text(&text);
            }
            // Not collected, but still looked at: a repair that feed-rs would need shows here.
            _ if self.depth == Depth::Frame && memchr::memchr(b'&', raw.as_bytes()).is_some() => {
                let _ = decode(raw, &self.declared, &mut self.repairs);
            }
            _ => {}
        }
    }

    fn place(&self) -> Place {
        self.stack.last().map_or(Place::Outside, |o| o.place)
    }

    fn start(&mut self, name: &'a str, inside: &'a str, empty: bool, raw: &'a str) {
        let depth = self.stack.len();
        if self.capture.is_some() && self.inline(name, inside, empty, raw) {
            return;
        }
        let depth = depth.min(self.stack.len());
        if inside.contains("xmlns") {
            for (key, value) in attributes(inside) {
                if let Some(prefix) = key.strip_prefix("xmlns") {
                    self.names.declare(prefix.strip_prefix(':').unwrap_or(prefix), value, depth);
                }
            }
        }
        if self.first.is_none() {
            self.first = Some(name.chars().take(80).collect());
        }
        let (ns, local) = self.names.resolve(name, &mut self.repairs);
        let local = lower(local);
        if !self.found && self.place() == Place::Outside {
            self.try_root(&local, inside);
        }
        // The root may have decided what its own name means.
        let ns = if ns == Ns::Other { self.names.resolve(name, &mut self.repairs).0 } else { ns };
        let ns = if self.rooted_in_own() && !name.contains(':') && ns == Ns::Atom { Ns::Own } else { ns };
        let mut role = role(ns, &local, self.place());
        if role == Role::Item && local == "url" && self.root.0 != "urlset" {
            role = Role::Ignore;
        }
        // Items are found wherever they stand, but not what is called so in an item's own text.
        if role == Role::Ignore && self.ignored() {
            return self.push(name, Role::Ignore, Place::Feed, inside, empty, depth);
        }
        if role == Role::Text(Field::Link(0)) && has(inside, "href") {
            role = Role::Attributes(Kind::Link);
        }
        let role = if self.ignored() && !matches!(role, Role::Item | Role::Feed) { Role::Ignore } else { role };
        let shared = shared_with_feed_rs(ns, &local);
        self.open(name, role, inside, empty, depth, shared);
    }

    fn ignored(&self) -> bool {
        self.stack.last().is_some_and(|o| o.role == Role::Ignore)
    }

    fn rooted_in_own(&self) -> bool {
        self.found && self.names.fallback == Ns::Own
    }

    /// The first element that begins a feed decides what names without prefix mean.
    fn try_root(&mut self, local: &str, inside: &'a str) {
        let fallback = match local {
            "feed" | "entry" => Ns::Atom,
            "rss" | "rdf" | "channel" | "urlset" | "item" => Ns::Own,
            _ => return,
        };
        self.names.fallback = fallback;
        self.names.foreign = fallback;
        let version = attributes(inside).find(|(k, _)| k.eq_ignore_ascii_case("version")).map(|(_, v)| v.trim());
        self.root = (local.to_owned(), version.unwrap_or_default().to_owned());
        self.feed.root(local, version, inside, &mut self.repairs);
        if self.first.as_deref().is_some_and(|f| !f.to_ascii_lowercase().ends_with(local)) {
            self.repairs.add(Repair::Surroundings);
        }
    }

    fn open(&mut self, name: &'a str, role: Role, inside: &'a str, empty: bool, depth: usize, shared: bool) {
        if role == Role::Item && empty && self.entry.is_some() && inside.trim().is_empty() {
            // `<item/>` in an item: nothing, and no reason to end what is around it.
            self.repairs.add(Repair::MismatchedTags);
            self.feed.entries.push(Draft::default().finish());
            return;
        }
        let place = match role {
            Role::Feed => {
                self.found = true;
                Place::Feed
            }
            Role::Item => {
                self.found = true;
                self.begin_item(inside);
                Place::Item
            }
            Role::Person => {
                self.draft_person();
                Place::Person
            }
            Role::Image => Place::Image,
            Role::Skip => Place::Skip,
            Role::Html => {
                self.html = true;
                Place::Outside
            }
            Role::SitemapIndex => {
                self.index = true;
                Place::Outside
            }
            Role::Ignore if self.place() == Place::Outside => Place::Outside,
            _ => self.place(),
        };
        if let Role::Attributes(kind) = role {
            self.by_attributes(kind, inside);
        }
        let before = self.stack.len();
        // An item inside an item ends the first; begin_item has closed it.
        let depth = depth.min(before);
        self.push(name, role, place, inside, empty, depth);
        if let Role::Text(field) = role
            && !empty
            && self.stack.len() > depth
        {
            let wanted = self.depth == Depth::All || !shared || wanted_in_frame(field);
            self.capture = Some(Capture::new(field, name, inside, wanted, self.names.fallback == Ns::Atom));
        }
        if empty && role == Role::Item {
            self.end_item();
        }
    }

    fn push(&mut self, name: &'a str, role: Role, place: Place, inside: &'a str, empty: bool, depth: usize) {
        let mut bases = 0;
        if inside.contains("xml:") {
            for (key, value) in attributes(inside) {
                let value = decode(value, &self.declared, &mut self.repairs);
                match key {
                    "xml:base" => {
                        self.bases.push(&value);
                        self.peculiar = true;
                        bases += 1;
                    }
                    "xml:lang" if role == Role::Feed => self.feed.language(&value, 1),
                    "xml:lang" if matches!(place, Place::Item) => {
                        if let Some(entry) = &mut self.entry {
                            entry.language(&value, if role == Role::Item { 1 } else { 2 });
                        }
                    }
                    _ => {}
                }
            }
        }
        if empty {
            (0..bases).for_each(|_| self.bases.pop());
            self.names.leave(depth);
            return;
        }
        if self.stack.len() >= self.cx.limits.depth {
            self.repairs.add(Repair::TooDeep);
            (0..bases).for_each(|_| self.bases.pop());
            self.beyond += 1;
            return;
        }
        self.stack.push(Open { name, role, place, bases });
    }

    fn end(&mut self, name: &'a str) {
        if let Some(capture) = &mut self.capture {
            if capture.end(name) {
                self.close_capture();
            } else if self.stack.iter().rev().skip(1).any(|o| same(o.name, name) && !matches!(o.role, Role::Ignore)) {
                // The end of what is around it: the text was never closed.
                self.repairs.add(Repair::MismatchedTags);
                self.close_capture();
            } else {
                capture.inline_end(name);
                return;
            }
        }
        if self.beyond > 0 {
            self.beyond -= 1;
            return;
        }
        match self.stack.iter().rposition(|o| same(o.name, name)) {
            Some(at) => {
                if at + 1 != self.stack.len() {
                    self.repairs.add(Repair::MismatchedTags);
                }
                self.unwind(at);
            }
            None => self.repairs.add(Repair::MismatchedTags),
        }
    }

    /// Closes the elements from number `to` up.
    fn unwind(&mut self, to: usize) {
        while self.stack.len() > to {
            let Some(open) = self.stack.pop() else { break };
            (0..open.bases).for_each(|_| self.bases.pop());
            self.names.leave(self.stack.len());
            if open.role == Role::Item {
                self.end_item();
            }
        }
        self.beyond = 0;
    }

    fn begin_item(&mut self, inside: &'a str) {
        self.close_capture();
        if let Some(at) = self.stack.iter().position(|o| o.role == Role::Item) {
            self.repairs.add(Repair::MismatchedTags);
            self.unwind(at);
        }
        let mut entry = Draft::default();
        for (key, value) in attributes(inside) {
            let value = decode(value, &self.declared, &mut self.repairs);
            match lower(key.rsplit(':').next().unwrap_or(key)).as_ref() {
                "about" => entry.about(&value),
                "href" => entry.link(&self.bases.resolve(&value), 1),
                "lastmod" => entry.date(Field::Updated(1), &value, self.cx),
                _ => {}
            }
        }
        self.entry = Some(entry);
    }

    fn end_item(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.keep(entry);
        }
    }

    fn keep(&mut self, entry: Draft) {
        self.feed.entries.push(entry.finish());
    }

    fn draft_person(&mut self) {
        match &mut self.entry {
            Some(entry) => entry.people.begin(),
            None => self.feed.people.begin(),
        }
    }

    /// A start tag where text is collected. True where it belongs to the text.
    fn inline(&mut self, name: &'a str, inside: &'a str, empty: bool, raw: &'a str) -> bool {
        let Some(capture) = &mut self.capture else { return false };
        let mut quiet = Repairs::default();
        let (ns, local) = self.names.resolve(name, &mut quiet);
        let local = lower(local);
        if matches!(capture.field, Field::Author(_)) && matches!(&*local, "name" | "email" | "uri" | "url") {
            // A person where RSS has a text.
            self.capture = None;
            if let Some(open) = self.stack.last_mut() {
                open.place = Place::Person;
            }
            self.draft_person();
            return false;
        }
        let place = if self.entry.is_some() { Place::Item } else { Place::Feed };
        let known = role(ns, &local, place);
        let ends = match known {
            Role::Item => ns != Ns::Xhtml && (place == Place::Item || !capture.field.takes_markup()) || local == "item",
            Role::Text(_) | Role::Attributes(_) | Role::Person if ns != Ns::Xhtml => {
                let closed =
                    matches!(&*local, "pubdate" | "guid" | "updated" | "published" | "issued" | "modified" | "entry");
                closed
                    || !capture.field.takes_markup() && !matches!(&*local, "a" | "body" | "div")
                    || !matches!(ns, Ns::Own | Ns::Atom)
            }
            _ => false,
        };
        // XHTML declares its namespace where it begins.
        if ends && !inside.contains("xmlns=\"http://www.w3.org/1999/xhtml") {
            self.repairs.add(Repair::MismatchedTags);
            self.close_capture();
            if let Some(open) = self.stack.len().checked_sub(1) {
                self.unwind(open);
            }
            return false;
        }
        capture.inline_start(name, inside, empty, raw);
        true
    }

    fn close_capture(&mut self) {
        let Some(capture) = self.capture.take() else { return };
        self.peculiar |= capture.peculiar;
        if !capture.wanted {
            return;
        }
        let field = capture.field;
        let guid_is_link = capture.permalink;
        let Some(text) = capture.text_out(&mut self.repairs) else { return };
        match &mut self.entry {
            Some(entry) => {
                self.peculiar |= entry.take(field, text, guid_is_link, &self.bases, self.cx);
            }
            None => self.feed.take(field, text, &self.bases, self.cx),
        }
    }

    fn by_attributes(&mut self, kind: Kind, inside: &'a str) {
        let mut all: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
        for (key, value) in attributes(inside) {
            let key = lower(key.rsplit(':').next().unwrap_or(key));
            all.push((key, decode(value, &self.declared, &mut self.repairs)));
        }
        let get = |key: &str| all.iter().find(|(k, _)| k == key).map_or("", |(_, v)| v.trim());
        match &mut self.entry {
            Some(entry) => entry.attributes(kind, &get, &self.bases),
            None => self.feed.attributes(kind, &get, &self.bases),
        }
    }
}

/// What a frame needs: all but the texts that feed-rs reads as well.
fn wanted_in_frame(field: Field) -> bool {
    !matches!(
        field,
        Field::Title(_) | Field::Summary(_) | Field::Content(_) | Field::Category | Field::Keywords | Field::Rights
    )
}

/// Elements whose text feed-rs reads as we do.
fn shared_with_feed_rs(ns: Ns, local: &str) -> bool {
    match ns {
        Ns::Own | Ns::Atom => {
            matches!(
                local,
                "title"
                    | "description"
                    | "summary"
                    | "author"
                    | "category"
                    | "copyright"
                    | "rights"
                    | "subtitle"
                    | "content"
            )
        }
        Ns::Content => local == "encoded",
        Ns::Dc => local == "creator",
        _ => false,
    }
}

fn has(inside: &str, key: &str) -> bool {
    attributes(inside).any(|(k, _)| k.eq_ignore_ascii_case(key))
}

/// Are two names as written the same element's?
fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}
