//! Text: what is collected of it, and what ends it.

use super::{Parser, Scope, lower};
use crate::parse::elements::{Field, Place, Role, role};
use crate::parse::namespaces::Namespace;
use crate::salvage::references::decode;
use crate::salvage::repair::{Repair, Repairs};

impl<'a> Parser<'a, '_> {
    pub(super) fn text(&mut self, raw: &'a str) {
        if std::mem::take(&mut self.stray_url) && self.capture.is_none() && raw.trim_start().starts_with("http") {
            return self.stray(raw);
        }
        match &mut self.capture {
            Some(capture) if capture.wanted => {
                let text = decode(raw, &self.declared, &mut self.repairs);
                capture.text(&text);
            }
            // Not collected, but still looked at: a repair that feed-rs would need shows here.
            _ if self.depth == Scope::Structure && memchr::memchr(b'&', raw.as_bytes()).is_some() => {
                let _ = decode(raw, &self.declared, &mut self.repairs);
            }
            _ => {}
        }
    }

    /// An address beside the element that it belongs into: `<link/>https://..`, `<image>https://..</image>`.
    fn stray(&mut self, raw: &'a str) {
        self.peculiar = true;
        let text = decode(raw.trim(), &self.declared, &mut self.repairs).into_owned();
        let image = self.stack.last().is_some_and(|open| open.role == Role::Image);
        let field = if image { Field::ImageUrl } else { Field::Link(0) };
        match &mut self.entry {
            Some(entry) => self.peculiar |= entry.take(field, text, false, &self.bases),
            None => self.feed.take(field, text, &self.bases),
        }
    }

    /// A start tag where text is collected. True where it belongs to the text.
    pub(super) fn inline(&mut self, name: &'a str, inside: &'a str, empty: bool, raw: &'a str) -> bool {
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

    pub(super) fn close_capture(&mut self) {
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
                self.peculiar |= entry.take(field, text, guid_is_link, &self.bases);
            }
            None => self.feed.take(field, text, &self.bases),
        }
    }
}

/// What a frame needs: all but the texts that feed-rs reads as well.
pub(super) fn wanted_in_frame(field: Field) -> bool {
    !matches!(
        field,
        Field::Title(_) | Field::Summary(_) | Field::Content(_) | Field::Category | Field::Keywords | Field::Rights
    )
}

/// Elements whose text feed-rs reads as we do, in a document of this root.
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
