//! The inverted index: the documents of each term, as compressed bitmaps (Chambi, Lemire et al., "Better bitmap performance with
//! Roaring bitmaps", 2016).

use super::{
    features::{EntityInfo, EntityUse, Features, Kind, Publisher, alias_prefix, words},
    filter::{Pattern, WantedEntity},
};
use roaring::RoaringBitmap;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound::{Included, Unbounded},
    sync::Arc,
};

/// Approximate bytes of a term besides its text and its documents.
const TERM_BYTES: usize = 120;
/// Approximate bytes of a document in the list of a term.
const POSTING_BYTES: usize = 3;

/// Terms and their documents.
#[derive(Default)]
pub struct Index {
    ids: BTreeMap<Arc<str>, u32>,
    terms: Vec<Term>,
    free: Vec<u32>,
    /// Entities by the term of their key, as the first article describes them.
    entities: HashMap<u32, EntityInfo>,
    /// Key and description by the term of a name.
    aliases: HashMap<u32, (String, EntityInfo)>,
    /// Terms of names that have a word.
    names: BTreeMap<String, BTreeSet<u32>>,
    publishers: HashMap<u32, Publisher>,
    bytes: usize,
}

struct Term {
    text: Arc<str>,
    documents: RoaringBitmap,
}

/// The terms of a document, as numbers.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Indexed {
    /// All of them.
    pub terms: Box<[u32]>,
    /// Those of its entities, in the order of its features.
    pub entities: Vec<u32>,
    /// That of its publisher.
    pub publisher: u32,
    /// That of its publisher's country, as the article has it.
    pub origin: u32,
    /// That of its language.
    pub language: u32,
}

impl Index {
    /// Adds a document.
    pub fn add(&mut self, document: u32, features: &Features) -> Indexed {
        let terms: Box<[u32]> = features.terms.iter().map(|term| self.insert(term, document)).collect();
        let mut entities = Vec::with_capacity(features.subjects.entities.len());
        for entity in &features.subjects.entities {
            let id = self.insert(&Kind::Entity.term(&entity.key), document);
            entities.push(id);
            self.entities.entry(id).or_insert_with(|| entity.info.clone());
            self.add_alias(entity, document);
        }
        let publisher = self.insert(&features.subjects.publisher.term(), document);
        self.publishers.insert(publisher, features.subjects.publisher.clone());
        let language = self.insert(&Kind::Language.term(&features.subjects.language), document);
        let origin = self.insert(&Kind::Origin.term(&features.subjects.publisher.country), document);
        Indexed { terms, entities, publisher, origin, language }
    }

    fn add_alias(&mut self, entity: &EntityUse, document: u32) {
        let id = self.insert(&entity.alias(), document);
        if self.aliases.contains_key(&id) {
            return;
        }
        self.aliases.insert(id, (entity.key.clone(), entity.info.clone()));
        for word in words(&entity.info.name) {
            self.names.entry(word).or_default().insert(id);
        }
    }

    /// Removes a document that was added with these terms.
    pub fn remove(&mut self, document: u32, indexed: &Indexed) {
        for id in &indexed.terms {
            self.remove_term(*id, document);
        }
    }

    fn insert(&mut self, text: &str, document: u32) -> u32 {
        let id = match self.ids.get(text) {
            Some(id) => *id,
            None => self.create(text),
        };
        if let Some(term) = self.terms.get_mut(id as usize)
            && term.documents.insert(document)
        {
            self.bytes += POSTING_BYTES;
        }
        id
    }

    fn create(&mut self, text: &str) -> u32 {
        let term = Term { text: Arc::from(text), documents: RoaringBitmap::new() };
        self.bytes += TERM_BYTES + text.len();
        let key = Arc::clone(&term.text);
        let id = if let Some(id) = self.free.pop() {
            if let Some(place) = self.terms.get_mut(id as usize) {
                *place = term;
            }
            id
        } else {
            self.terms.push(term);
            u32::try_from(self.terms.len() - 1).unwrap_or(u32::MAX)
        };
        self.ids.insert(key, id);
        id
    }

    fn remove_term(&mut self, id: u32, document: u32) {
        let Some(term) = self.terms.get_mut(id as usize) else { return };
        if term.documents.remove(document) {
            self.bytes = self.bytes.saturating_sub(POSTING_BYTES);
        }
        if !term.documents.is_empty() {
            return;
        }
        let text = std::mem::replace(&mut term.text, Arc::from(""));
        term.documents = RoaringBitmap::new();
        self.bytes = self.bytes.saturating_sub(TERM_BYTES + text.len());
        self.ids.remove(&text);
        self.publishers.remove(&id);
        self.entities.remove(&id);
        if let Some((_, entity)) = self.aliases.remove(&id) {
            for word in words(&entity.name) {
                if let Some(named) = self.names.get_mut(&word) {
                    named.remove(&id);
                    if named.is_empty() {
                        self.names.remove(&word);
                    }
                }
            }
        }
        self.free.push(id);
    }

    /// The documents in which one of the patterns holds.
    pub fn any(&self, patterns: &[Pattern]) -> RoaringBitmap {
        let mut found = RoaringBitmap::new();
        for pattern in patterns {
            match pattern {
                Pattern::Term(text) => found |= self.of(text),
                Pattern::Prefix(prefix) => self.with_prefix(prefix, |_| true, &mut found),
                Pattern::Language(tag) => {
                    let prefix = Kind::Language.term(tag);
                    self.with_prefix(&prefix, |rest| rest.is_empty() || rest.starts_with('-'), &mut found);
                }
            }
        }
        found
    }

    fn with_prefix(&self, prefix: &str, accepts: impl Fn(&str) -> bool, found: &mut RoaringBitmap) {
        for (text, id) in self.ids.range::<str, _>((Included(prefix), Unbounded)) {
            let Some(rest) = text.strip_prefix(prefix) else { break };
            if accepts(rest) {
                *found |= self.documents(*id);
            }
        }
    }

    /// The documents of a term.
    fn of(&self, text: &str) -> RoaringBitmap {
        self.ids.get(text).map(|id| self.documents(*id).clone()).unwrap_or_default()
    }

    /// The documents of a term, by its number.
    pub fn documents(&self, id: u32) -> &RoaringBitmap {
        static NONE: std::sync::LazyLock<RoaringBitmap> = std::sync::LazyLock::new(RoaringBitmap::new);
        self.terms.get(id as usize).map_or(&NONE, |term| &term.documents)
    }

    /// The terms of all names of the entities that are meant.
    pub fn aliases(&self, wanted: &WantedEntity) -> BTreeSet<u32> {
        let mut candidates = BTreeSet::new();
        for key in wanted.keys() {
            let prefix = alias_prefix(&key);
            let range = self.ids.range::<str, _>((Included(prefix.as_str()), Unbounded));
            candidates.extend(range.take_while(|(text, _)| text.starts_with(&prefix)).map(|(_, id)| *id));
        }
        if let Some(word) = wanted.longest_word() {
            let range = self.names.range::<str, _>((Included(word), Unbounded));
            candidates.extend(range.take_while(|(known, _)| known.starts_with(word)).flat_map(|(_, ids)| ids));
        }
        let is = |id: &u32| self.aliases.get(id).is_some_and(|(key, info)| wanted.is(key, info));
        candidates.into_iter().filter(is).collect()
    }

    /// The terms of the keys of all entities that are meant.
    pub fn entities(&self, wanted: &WantedEntity) -> BTreeSet<u32> {
        let keys = self.aliases(wanted).into_iter().filter_map(|id| self.aliases.get(&id));
        keys.filter_map(|(key, _)| self.entity_term(key)).collect()
    }

    /// Key and description of the entity with this term.
    pub fn entity(&self, id: u32) -> Option<(&str, &EntityInfo)> {
        Some((self.value(id), self.entities.get(&id)?))
    }

    /// The term of the entity with this key.
    pub fn entity_term(&self, key: &str) -> Option<u32> {
        let find = |key: &str| self.ids.get(Kind::Entity.term(key).as_str()).copied();
        // Wikidata items are in upper case, all others in lower case.
        find(key)
            .or_else(|| find(&key.to_lowercase()))
            .or_else(|| find(&key.to_uppercase()))
            .filter(|id| self.entities.contains_key(id))
    }

    /// The publisher with this term.
    pub fn publisher(&self, id: u32) -> Option<&Publisher> {
        self.publishers.get(&id)
    }

    /// The text of a term without the sign of its kind.
    pub fn value(&self, id: u32) -> &str {
        self.terms.get(id as usize).and_then(|term| term.text.get(1..)).unwrap_or("")
    }

    /// Approximate size, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Number of terms.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.ids.len()
    }
}
