//! Starts and ends items and persons, and reads attributes.

use std::borrow::Cow;

use super::{Parser, lower};
use crate::parse::builder::EntryBuilder;
use crate::parse::elements::{Field, Kind, Role};
use crate::salvage::references::decode;
use crate::salvage::tokenizer::attributes;
use proto::Warning;

/// Attributes of an element that are looked at.
const MAX_ATTRIBUTES: usize = 200;

impl<'a> Parser<'a, '_> {
    /// Starts an item, after closing an open one.
    pub(super) fn begin_item(&mut self, inside: &'a str) {
        self.close_capture();
        if let Some(at) = self.stack.iter().position(|o| o.role == Role::Item) {
            self.repairs.add(Warning::MismatchedTags);
            self.unwind(at);
        }
        let mut entry = EntryBuilder::default();
        for (key, value) in attributes(inside) {
            let value = decode(value, &self.declared, &mut self.repairs);
            match lower(key.rsplit(':').next().unwrap_or(key)).as_ref() {
                "about" => entry.about(&value),
                "href" => entry.link(&self.bases.resolve(&value), 1),
                "lastmod" => entry.date(Field::Updated(1), &value),
                _ => {}
            }
        }
        self.entry = Some(entry);
    }

    /// Starts a feed. A CDF channel has attributes where other formats have elements.
    pub(super) fn begin_feed(&mut self, inside: &'a str) {
        if !self.root.0.eq_ignore_ascii_case("channel") {
            return;
        }
        for (key, value) in attributes(inside) {
            let field = match lower(key).as_ref() {
                "lastmod" => Field::Updated(1),
                "href" => Field::Link(1),
                _ => continue,
            };
            let value = decode(value, &self.declared, &mut self.repairs).into_owned();
            self.feed.take(field, value, &self.bases);
        }
    }

    /// Ends the open item, if any.
    pub(super) fn end_item(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.feed.item(entry);
        }
    }

    /// Starts a person of the item, else of the feed.
    pub(super) fn begin_person(&mut self) {
        match &mut self.entry {
            Some(entry) => entry.authors.begin_person(),
            None => self.feed.authors.begin_person(),
        }
    }

    /// Reads an element by its attributes.
    pub(super) fn read_attributes(&mut self, kind: Kind, inside: &'a str) {
        let mut all: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
        for (key, value) in attributes(inside).take(MAX_ATTRIBUTES) {
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
