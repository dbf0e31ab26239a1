//! Counts over the articles that match a filter.

use crate::HOUR_MS;

use super::{Cell, Document, EntityInfo, Filter, Publisher, Window};
use roaring::RoaringBitmap;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Articles about a country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountryCount {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    /// ISO 3166-1 alpha-3.
    pub alpha3: String,
    /// English name.
    pub name: String,
    /// Articles in which it is in focus.
    pub focus: u64,
    /// Articles that only mention it.
    pub mentioned: u64,
    /// Articles by the publisher's country.
    pub by_publisher_country: BTreeMap<String, u64>,
}

/// Articles with an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityCount {
    /// Its key.
    pub key: String,
    /// What it is.
    pub info: EntityInfo,
    /// Articles.
    pub articles: u64,
    /// Articles whose title mentions it.
    pub in_title: u64,
}

/// Articles of a publisher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublisherCount {
    /// The publisher.
    pub publisher: Publisher,
    /// Articles.
    pub articles: u64,
    /// Languages of its articles.
    pub languages: BTreeSet<String>,
    /// Time of its newest article, in milliseconds since 1970.
    pub last_ms: i64,
}

/// The articles that match a filter, to be counted.
pub struct Tally<'a> {
    window: &'a Window,
    found: RoaringBitmap,
}

impl Window {
    /// The articles that match.
    #[must_use]
    pub fn tally(&self, filter: &Filter) -> Tally<'_> {
        Tally { window: self, found: self.search(filter) }
    }
}

impl<'a> Tally<'a> {
    /// Only those that have the entity with this key, which is described; `None` if there are none.
    #[must_use]
    pub fn of_entity(self, key: &str) -> Option<(Self, EntityCount)> {
        let term = self.window.index.entity_term(key)?;
        let found = self.found & self.window.index.documents(term);
        let tally = Tally { window: self.window, found };
        let entity = tally.count_entities(|id| id == term).pop()?;
        Some((tally, entity))
    }

    /// Number of articles.
    #[must_use]
    pub fn articles(&self) -> u64 {
        self.found.len()
    }

    /// Times of the oldest and newest article, in milliseconds since 1970.
    #[must_use]
    pub fn span_ms(&self) -> Option<(i64, i64)> {
        let times = || self.documents().map(|document| document.article.sort_key.at_ms);
        Some((times().min()?, times().max()?))
    }

    fn documents(&self) -> impl Iterator<Item = &'a Document> {
        let window = self.window;
        self.found.iter().filter_map(move |number| window.document(number))
    }

    /// Countries, most articles first.
    #[must_use]
    pub fn countries(&self, by_publisher_country: bool) -> Vec<CountryCount> {
        let mut counts: Vec<CountryCount> = Vec::new();
        counts.extend(self.window.countries.iter().map(|country| CountryCount {
            code: country.code.clone(),
            alpha3: country.alpha3.clone(),
            name: country.name.clone(),
            focus: 0,
            mentioned: 0,
            by_publisher_country: BTreeMap::new(),
        }));
        for document in self.documents() {
            let origin = self.window.index.value(document.indexed.origin);
            for cell in &document.countries {
                let Some(count) = counts.get_mut(cell.id as usize) else { continue };
                *if cell.is_main { &mut count.focus } else { &mut count.mentioned } += 1;
                if by_publisher_country {
                    match count.by_publisher_country.get_mut(origin) {
                        Some(number) => *number += 1,
                        None => drop(count.by_publisher_country.insert(origin.to_owned(), 1)),
                    }
                }
            }
        }
        counts.retain(|count| count.focus + count.mentioned > 0);
        counts
            .sort_by(|a, b| (b.focus + b.mentioned, b.focus, &a.code).cmp(&(a.focus + a.mentioned, a.focus, &b.code)));
        counts
    }

    /// Entities of these types (of all if there are none), most articles first.
    #[must_use]
    pub fn entities(&self, types: &[String], limit: usize) -> Vec<EntityCount> {
        let index = &self.window.index;
        let is_type = |id| types.is_empty() || index.entity(id).is_some_and(|(_, info)| types.contains(&info.kind));
        let mut counts = self.count_entities(is_type);
        counts.truncate(limit);
        counts
    }

    fn count_entities(&self, counts_for: impl Fn(u32) -> bool) -> Vec<EntityCount> {
        let mut counts: HashMap<u32, (u64, u64)> = HashMap::new();
        for Cell { id, is_main, .. } in self.documents().flat_map(|document| &document.entities) {
            let count = counts.entry(*id).or_default();
            count.0 += 1;
            count.1 += u64::from(*is_main);
        }
        let mut counts: Vec<_> = counts.into_iter().filter(|(id, _)| counts_for(*id)).collect();
        counts.sort_unstable_by(|(a, x), (b, y)| {
            let key = |id: u32| self.window.index.value(id);
            (y.0, y.1).cmp(&(x.0, x.1)).then_with(|| key(*a).cmp(key(*b)))
        });
        let described = counts.into_iter().filter_map(|(id, (articles, in_title))| {
            let (key, info) = self.window.index.entity(id)?;
            Some(EntityCount { key: key.to_owned(), info: info.clone(), articles, in_title })
        });
        described.collect()
    }

    /// Publishers, most articles first.
    #[must_use]
    pub fn publishers(&self, limit: usize) -> Vec<PublisherCount> {
        let mut counts: HashMap<u32, PublisherCount> = HashMap::new();
        for document in self.documents() {
            let id = document.indexed.publisher;
            let at_ms = document.article.sort_key.at_ms;
            let Some(publisher) = self.window.index.publisher(id) else { continue };
            let count = counts.entry(id).or_insert_with(|| PublisherCount {
                publisher: publisher.clone(),
                articles: 0,
                languages: BTreeSet::new(),
                last_ms: at_ms,
            });
            count.articles += 1;
            count.last_ms = count.last_ms.max(at_ms);
            let language = self.window.index.value(document.indexed.language);
            if !count.languages.contains(language) {
                count.languages.insert(language.to_owned());
            }
        }
        let mut counts: Vec<_> = counts.into_values().collect();
        counts.sort_by_cached_key(|count| (u64::MAX - count.articles, count.publisher.key()));
        counts.truncate(limit);
        counts
    }

    /// Languages, most articles first.
    #[must_use]
    pub fn languages(&self) -> Vec<(String, u64)> {
        let mut counts: HashMap<u32, u64> = HashMap::new();
        for document in self.documents() {
            *counts.entry(document.indexed.language).or_default() += 1;
        }
        let mut counts: Vec<_> =
            counts.into_iter().map(|(id, count)| (self.window.index.value(id).to_owned(), count)).collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts
    }

    /// Articles in each of the `hours` hours from `from_ms` on.
    #[must_use]
    pub fn by_hour(&self, from_ms: i64, hours: usize) -> Vec<u64> {
        let mut counts = vec![0; hours];
        for document in self.documents() {
            let hour = (document.article.sort_key.at_ms - from_ms).div_euclid(HOUR_MS);
            if let Some(count) = usize::try_from(hour).ok().and_then(|hour| counts.get_mut(hour)) {
                *count += 1;
            }
        }
        counts
    }
}
