//! A start tag: what the element is for, and what it opens.

use super::texts::{shared_with_feed_rs, wanted_in_frame};
use super::{Open, Parser, Scope, key, lower};
use crate::parse::builder::EntryBuilder;
use crate::parse::capture::Capture;
use crate::parse::elements::{Field, Kind, Place, Role, role};
use crate::parse::namespaces::Namespace;
use crate::salvage::references::decode;
use crate::salvage::repair::Repair;
use crate::salvage::tokenizer::attributes;

impl<'a> Parser<'a, '_> {
    pub(super) fn start(&mut self, name: &'a str, inside: &'a str, empty: bool, raw: &'a str) {
        let depth = self.stack.len();
        if self.capture.is_some() && self.inline(name, inside, empty, raw) {
            return;
        }
        let depth = depth.min(self.stack.len());
        if inside.contains("xmlns") {
            for (key, value) in attributes(inside) {
                if let Some(prefix) = key.strip_prefix("xmlns") {
                    let prefix = prefix.strip_prefix(':').unwrap_or(prefix);
                    self.names.declare(prefix, value, depth);
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
        let ns = if ns == Namespace::Other { self.names.resolve(name, &mut self.repairs).0 } else { ns };
        let ns = if self.rooted_in_own() && !name.contains(':') && ns == Namespace::Atom { Namespace::Own } else { ns };
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
        // feed-rs does not look into it.
        self.peculiar |= role == Role::Through && local == "categories";
        if !empty && inside.trim().is_empty() && self.entry.is_some() {
            // What should stand in an attribute stands in the text.
            let text = match role {
                Role::Attributes(Kind::Category) => Some(Field::Category),
                Role::Attributes(Kind::Enclosure | Kind::Thumbnail) => Some(Field::ImageUrl),
                _ => None,
            };
            if let Some(field) = text {
                role = Role::Text(field);
                self.peculiar = true;
            }
        }
        let role = if self.ignored() && !matches!(role, Role::Item | Role::Feed) { Role::Ignore } else { role };
        let shared = shared_with_feed_rs(&self.root.0, ns, &local);
        self.open(name, role, inside, empty, depth, shared);
    }

    fn ignored(&self) -> bool {
        self.stack.last().is_some_and(|o| o.role == Role::Ignore)
    }

    fn rooted_in_own(&self) -> bool {
        self.found && self.names.fallback == Namespace::Own
    }

    /// The first element that begins a feed decides what names without prefix mean.
    fn try_root(&mut self, local: &str, inside: &'a str) {
        let fallback = match local {
            "feed" | "entry" => Namespace::Atom,
            "rss" | "rdf" | "channel" | "urlset" | "item" => Namespace::Own,
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
            self.feed.entries.push(EntryBuilder::default().finish());
            return;
        }
        self.stray_url = role == Role::Image || empty && matches!(role, Role::Text(Field::Link(0)));
        let place = match role {
            Role::Feed => {
                self.found = true;
                self.begin_feed(inside);
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
            let wanted = self.depth == Scope::Full || !shared || wanted_in_frame(field);
            self.capture = Some(Capture::new(field, name, inside, wanted, self.names.fallback == Namespace::Atom));
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
                        // What the text itself is in, before what is around it.
                        let rank = match role {
                            Role::Text(Field::Content(_)) => 1,
                            Role::Item => 2,
                            Role::Text(Field::Summary(_)) => 3,
                            _ => 4,
                        };
                        if let Some(entry) = &mut self.entry {
                            entry.language(&value, rank);
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
        self.stack.push(Open { name, key: key(name), role, place, bases });
    }
}

fn has(inside: &str, key: &str) -> bool {
    attributes(inside).any(|(k, _)| k.eq_ignore_ascii_case(key))
}
