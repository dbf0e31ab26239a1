//! Items and persons: where they begin and end, and what their attributes say.

use std::borrow::Cow;

use super::{Parser, lower};
use crate::parse::builder::EntryBuilder;
use crate::parse::elements::{Field, Kind, Role};
use crate::salvage::references::decode;
use crate::salvage::repair::Repair;
use crate::salvage::tokenizer::attributes;

impl<'a> Parser<'a, '_> {
    pub(super) fn begin_item(&mut self, inside: &'a str) {
        self.close_capture();
        if let Some(at) = self.stack.iter().position(|o| o.role == Role::Item) {
            self.repairs.add(Repair::MismatchedTags);
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

    /// CDF says of a channel by attributes what other formats say by elements.
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

    pub(super) fn end_item(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.keep(entry);
        }
    }

    pub(super) fn keep(&mut self, entry: EntryBuilder) {
        self.feed.entries.push(entry.finish());
    }

    pub(super) fn draft_person(&mut self) {
        match &mut self.entry {
            Some(entry) => entry.authors.begin(),
            None => self.feed.authors.begin(),
        }
    }

    pub(super) fn by_attributes(&mut self, kind: Kind, inside: &'a str) {
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
