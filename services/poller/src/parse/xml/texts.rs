//! Character data: which of it is collected, and what ends it.

use super::{Parser, Scope, lower};
use crate::parse::elements::{Field, Place, Role, role};
use crate::parse::namespaces::Namespace;
use crate::salvage::references::decode;
use crate::salvage::repairs::Repairs;
use proto::Warning;

impl<'a> Parser<'a, '_> {
    /// Handles character data.
    pub(super) fn text(&mut self, raw: &'a str) {
        if std::mem::take(&mut self.stray_url) && self.capture.is_none() && raw.trim_start().starts_with("http") {
            return self.stray_url(raw);
        }
        match &mut self.capture {
            Some(capture) if capture.wanted => {
                let text = decode(raw, &self.declared, &mut self.repairs);
                capture.text(&text);
            }
            // Not collected, but decoded: a needed repair rules out feed-rs.
            _ if self.scope == Scope::Structure && memchr::memchr(b'&', raw.as_bytes()).is_some() => {
                let _ = decode(raw, &self.declared, &mut self.repairs);
            }
            _ => {}
        }
    }

    /// A URL next to the element that it belongs in: `<link/>https://..`, `<image>https://..</image>`.
    fn stray_url(&mut self, raw: &'a str) {
        self.needs_own_parser = true;
        let text = decode(raw.trim(), &self.declared, &mut self.repairs).into_owned();
        let image = self.stack.last().is_some_and(|open| open.role == Role::Image);
        let field = if image { Field::ImageUrl } else { Field::Link(0) };
        match &mut self.entry {
            Some(entry) => self.needs_own_parser |= entry.take(field, text, "", false, &self.bases),
            None => self.text_of_feed(field, text),
        }
    }

    /// Handles a start tag while text is collected. True if it belongs to the text; else the text may have been closed.
    pub(super) fn inline(&mut self, name: &'a str, inside: &'a str, empty: bool, raw: &'a str) -> bool {
        let Some(capture) = &mut self.capture else { return false };
        let mut ignored = Repairs::default();
        let (ns, local) = self.namespaces.resolve(name, &mut ignored);
        let local = lower(local);
        if matches!(capture.field, Field::Author(_)) && matches!(&*local, "name" | "email" | "uri" | "url") {
            // RSS has a text here; this feed has a person.
            self.capture = None;
            if let Some(open) = self.stack.last_mut() {
                open.place = Place::Person;
            }
            self.begin_person();
            return false;
        }
        if matches!(capture.field, Field::SourceName) && matches!(&*local, "title" | "name" | "link" | "id") {
            // RSS has a text here; this feed has the source of Atom.
            self.capture = None;
            if let Some(open) = self.stack.last_mut() {
                open.place = Place::Source;
            }
            return false;
        }
        let place = if self.entry.is_some() { Place::Item } else { Place::Feed };
        let known = role(ns, &local, place);
        let ends = match known {
            Role::Item => {
                ns != Namespace::Xhtml && (place == Place::Item || !capture.field.takes_markup()) || local == "item"
            }
            Role::Text(_) | Role::Attributes(_) | Role::Person if ns != Namespace::Xhtml => {
                let closed =
                    matches!(&*local, "pubdate" | "guid" | "updated" | "published" | "issued" | "modified" | "entry");
                closed
                    || !capture.field.takes_markup() && !matches!(&*local, "a" | "body" | "div")
                    || !matches!(ns, Namespace::Own | Namespace::Atom)
            }
            _ => false,
        };
        // XHTML content declares its namespace at its root.
        if ends && !inside.contains("xmlns=\"http://www.w3.org/1999/xhtml") {
            self.repairs.add(Warning::MismatchedTags);
            self.close_capture();
            if let Some(open) = self.stack.len().checked_sub(1) {
                self.unwind(open);
            }
            return false;
        }
        capture.inline_start(name, inside, empty, raw);
        true
    }

    /// Ends the collection of text, if any, and hands the text to the builder.
    /// Takes the text of an element of the feed. A channel's link is the base of its items' links.
    fn text_of_feed(&mut self, field: Field, text: String) {
        self.feed.take(field, text, &self.bases);
        if matches!(field, Field::Link(_)) {
            self.bases.set_site(self.feed.link());
        }
    }

    pub(super) fn close_capture(&mut self) {
        let Some(capture) = self.capture.take() else { return };
        self.needs_own_parser |= capture.needs_own_parser;
        let (field, form) = (capture.field, capture.form());
        if !capture.wanted {
            if let Some(entry) = &mut self.entry {
                entry.form(field, form);
            }
            return;
        }
        let guid_is_link = capture.permalink;
        let Some(text) = capture.finish(&mut self.repairs) else { return };
        match &mut self.entry {
            Some(entry) => {
                self.needs_own_parser |= entry.take(field, text, form, guid_is_link, &self.bases);
            }
            None => self.text_of_feed(field, text),
        }
    }
}

/// True for the fields that [`Scope::Structure`] reads: all except the texts that feed-rs reads too.
pub(super) fn is_structural(field: Field) -> bool {
    !matches!(
        field,
        Field::Title(_) | Field::Summary(_) | Field::Content(_) | Field::Category | Field::Keywords | Field::Rights
    )
}

/// True for an element whose text feed-rs and this parser read alike, in a document with this root element.
pub(super) fn shared_with_feed_rs(root: &str, ns: Namespace, local: &str) -> bool {
    let atom = root == "feed";
    match ns {
        Namespace::Own if root == "rss" => {
            matches!(local, "title" | "description" | "author" | "category" | "copyright")
        }
        Namespace::Own => !atom && matches!(local, "title" | "description"),
        Namespace::Atom => {
            atom && matches!(local, "title" | "summary" | "author" | "category" | "rights" | "subtitle" | "content")
        }
        Namespace::Content => local == "encoded" && root == "rss",
        Namespace::Dc => local == "creator",
        _ => false,
    }
}
