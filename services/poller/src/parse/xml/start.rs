//! Start tags: the role of the element, and what it starts.

use super::texts::{is_structural, shared_with_feed_rs};
use super::{Open, Parser, Scope, key, lower};
use crate::parse::builder::EntryBuilder;
use crate::parse::capture::Capture;
use crate::parse::elements::{Field, Kind, Place, Role, form_of, role};
use crate::parse::namespaces::Namespace;
use crate::salvage::references::decode;
use crate::salvage::tokenizer::attributes;
use proto::{Warning, vocab::form};

impl<'a> Parser<'a, '_> {
    /// Handles a start tag; `raw` is the whole tag as written.
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
                    self.namespaces.declare(prefix, value, depth);
                }
            }
        }
        if self.first_element.is_none() {
            self.first_element = Some(name.chars().take(80).collect());
        }
        let (ns, local) = self.namespaces.resolve(name, &mut self.repairs);
        let local = lower(local);
        if !self.found_feed && self.place() == Place::Outside {
            self.try_root(&local, inside);
        }
        // The root may have determined its own namespace.
        let ns = if ns == Namespace::Other { self.namespaces.resolve(name, &mut self.repairs).0 } else { ns };
        let ns = if self.has_own_root() && !name.contains(':') && ns == Namespace::Atom { Namespace::Own } else { ns };
        let mut role = role(ns, &local, self.place());
        if role == Role::Item && local == "url" && self.root.0 != "urlset" {
            role = Role::Ignore;
        }
        // Items are recognised at any depth, but not in an ignored element.
        if role == Role::Ignore && self.is_ignored() {
            return self.push(name, Role::Ignore, Place::Feed, inside, empty, depth);
        }
        if role == Role::Text(Field::Link(0)) && has_attribute(inside, "href") {
            role = Role::Attributes(Kind::Link);
        }
        // feed-rs ignores the children of this element.
        self.needs_own_parser |= role == Role::Through && local == "categories";
        if !empty && inside.trim().is_empty() && self.entry.is_some() {
            // The text has the value that belongs in an attribute.
            let text = match role {
                Role::Attributes(Kind::Category) => Some(Field::Category),
                Role::Attributes(Kind::Enclosure | Kind::Thumbnail) => Some(Field::ImageUrl),
                _ => None,
            };
            if let Some(field) = text {
                role = Role::Text(field);
                self.needs_own_parser = true;
            }
        }
        let role = if self.is_ignored() && !matches!(role, Role::Item | Role::Feed) { Role::Ignore } else { role };
        let traits =
            Traits { shared: shared_with_feed_rs(&self.root.0, ns, &local), form: self.form(ns, &local, inside) };
        self.open(name, role, inside, empty, depth, traits);
    }

    /// How the text of an element is typed.
    fn form(&self, ns: Namespace, local: &str, inside: &str) -> &'static str {
        if !matches!(local, "title" | "summary" | "description" | "content" | "encoded" | "body" | "div") {
            return form::UNKNOWN;
        }
        let kind = attributes(inside).find(|(key, _)| key.eq_ignore_ascii_case("type")).map_or("", |(_, value)| value);
        form_of(ns, local, kind, self.feed.format() == "atom0")
    }

    fn is_ignored(&self) -> bool {
        self.stack.last().is_some_and(|o| o.role == Role::Ignore)
    }

    fn has_own_root(&self) -> bool {
        self.found_feed && self.namespaces.fallback == Namespace::Own
    }

    /// The first element of a feed determines the namespace of names without prefix.
    fn try_root(&mut self, local: &str, inside: &'a str) {
        let fallback = match local {
            "feed" | "entry" => Namespace::Atom,
            "rss" | "rdf" | "channel" | "urlset" | "item" => Namespace::Own,
            _ => return,
        };
        self.namespaces.fallback = fallback;
        self.namespaces.foreign = fallback;
        let version = attributes(inside).find(|(k, _)| k.eq_ignore_ascii_case("version")).map(|(_, v)| v.trim());
        self.root = (local.to_owned(), version.unwrap_or_default().to_owned());
        self.feed.root(local, version, inside, &mut self.repairs);
        if self.first_element.as_deref().is_some_and(|f| !f.to_ascii_lowercase().ends_with(local)) {
            self.repairs.add(Warning::Surroundings);
        }
    }

    fn open(&mut self, name: &'a str, role: Role, inside: &'a str, empty: bool, depth: usize, traits: Traits) {
        if role == Role::Item && empty && self.entry.is_some() && inside.trim().is_empty() {
            // `<item/>` in an item is an empty item and does not close the outer one.
            self.repairs.add(Warning::MismatchedTags);
            self.feed.item(EntryBuilder::default());
            return;
        }
        self.stray_url = role == Role::Image || empty && matches!(role, Role::Text(Field::Link(0)));
        let place = match role {
            Role::Feed => {
                self.found_feed = true;
                self.begin_feed(inside);
                Place::Feed
            }
            Role::Item => {
                self.found_feed = true;
                self.begin_item(inside);
                Place::Item
            }
            Role::Person => {
                self.begin_person();
                Place::Person
            }
            Role::Source => Place::Source,
            Role::Image => Place::Image,
            Role::Skip => Place::Skip,
            Role::Html => {
                self.found_html = true;
                Place::Outside
            }
            Role::SitemapIndex => {
                self.found_sitemap_index = true;
                Place::Outside
            }
            Role::Ignore if self.place() == Place::Outside => Place::Outside,
            _ => self.place(),
        };
        match role {
            Role::Attributes(kind) => self.read_attributes(kind, inside),
            Role::Text(Field::SourceName) if place == Place::Item => self.read_attributes(Kind::SourceLink, inside),
            _ => {}
        }
        let before = self.stack.len();
        // An item in an item closes the outer one, which begin_item has done.
        let depth = depth.min(before);
        self.push(name, role, place, inside, empty, depth);
        if let Role::Text(field) = role
            && !empty
            && self.stack.len() > depth
        {
            let wanted = self.scope == Scope::Full || !traits.shared || is_structural(field);
            self.capture = Some(Capture::new(
                field,
                name,
                inside,
                wanted,
                self.namespaces.fallback == Namespace::Atom,
                traits.form,
            ));
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
                        self.needs_own_parser = true;
                        bases += 1;
                    }
                    "xml:lang" if role == Role::Feed => self.feed.language(&value, 1),
                    "xml:lang" if matches!(place, Place::Item) => {
                        // The language of the content has precedence over that of outer elements.
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
            self.namespaces.leave(depth);
            return;
        }
        if self.stack.len() >= self.cx.limits.depth {
            self.repairs.add(Warning::TooDeep);
            (0..bases).for_each(|_| self.bases.pop());
            self.flattened += 1;
            return;
        }
        self.stack.push(Open { name, key: key(name), role, place, bases });
    }
}

/// What an element's namespace, name and attributes say of its text.
#[derive(Clone, Copy)]
struct Traits {
    /// True if feed-rs reads it alike.
    shared: bool,
    /// How it is typed.
    form: &'static str,
}

fn has_attribute(inside: &str, key: &str) -> bool {
    attributes(inside).any(|(k, _)| k.eq_ignore_ascii_case(key))
}
