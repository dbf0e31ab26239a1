//! The articles of the window, in memory and indexed: bounded in age, number and bytes. An older record never replaces a newer one.

mod article;
mod brief;
mod change;
mod counts;
mod features;
mod filter;
mod index;
mod search;
mod withdrawn;

pub use article::{Arrival, Received, SortKey, StoredArticle, View};
pub use change::{Change, Counted, Outcome, Revision};
pub use counts::{CountryCount, EntityCount, PublisherCount, Tally};
pub use features::{CountryUse, EntityInfo, Features, Kind, Publisher, Subjects, words};
pub use filter::{Filter, Pattern, WantedEntity};

use index::{Index, Indexed};
use roaring::RoaringBitmap;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};
use withdrawn::Withdrawn;

/// Most earlier versions of an article that are noted.
const MAX_REVISIONS: usize = 10;
/// Approximate bytes of an article in the tables besides its JSON and terms.
const ROW_BYTES: usize = 400;

/// Limits of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most articles.
    pub articles: usize,
    /// Most bytes.
    pub bytes: usize,
    /// How long after newswire first saw it an article is kept, in milliseconds.
    pub age_ms: i64,
}

/// An article and what it is found by.
struct Document {
    article: Arc<StoredArticle>,
    indexed: Indexed,
    entities: Box<[Cell]>,
    countries: Box<[Cell]>,
    earlier: Vec<Revision>,
}

/// An entity or a country of an article: its number, whether it is in the title or in focus, and its salience.
#[derive(Debug, Clone, Copy)]
struct Cell {
    id: u32,
    is_main: bool,
    salience: f32,
}

/// A country: codes and name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CountryInfo {
    code: String,
    alpha3: String,
    name: String,
}

/// The window.
pub struct Window {
    limits: Limits,
    documents: Vec<Option<Document>>,
    free: Vec<u32>,
    live: RoaringBitmap,
    by_id: HashMap<Arc<str>, u32>,
    by_time: BTreeMap<SortKey, u32>,
    by_age: BTreeSet<(i64, u32)>,
    index: Index,
    countries: Vec<CountryInfo>,
    country_ids: HashMap<String, u32>,
    withdrawn: Withdrawn,
    bytes: usize,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// By time, newest first.
    #[default]
    Newest,
    /// By the salience of the country or entity that is asked for, else of the article's first; then by time.
    Salient,
}

/// Where a page of a list starts: after this article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Bits of its salience; 0 in a list by time.
    salience: u32,
    key: SortKey,
}

impl Cursor {
    /// Its text form: salience, time and id.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}.{}.{}", self.salience, self.key.at_ms, self.key.id)
    }

    /// Parses the text form. `None` if it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let (salience, at, id) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Cursor { salience: salience.parse().ok()?, key: SortKey { at_ms: at.parse().ok()?, id: Arc::from(id) } })
    }
}

/// A page of a list.
#[derive(Debug)]
pub struct Page {
    /// Its articles.
    pub articles: Vec<Arc<StoredArticle>>,
    /// Where the next page starts; `None` if this is the last.
    pub next: Option<Cursor>,
}

impl Window {
    /// An empty window.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Window {
            limits,
            documents: Vec::new(),
            free: Vec::new(),
            live: RoaringBitmap::new(),
            by_id: HashMap::new(),
            by_time: BTreeMap::new(),
            by_age: BTreeSet::new(),
            index: Index::default(),
            countries: Vec::new(),
            country_ids: HashMap::new(),
            withdrawn: Withdrawn::new(limits.articles),
            bytes: 0,
        }
    }

    /// Why a record is not taken at `now_ms` (milliseconds since 1970); `None` if it is. This takes no work of the record.
    #[must_use]
    pub fn refuses(&self, id: &str, version: (i32, i32), seen_ms: i64, now_ms: i64) -> Option<Outcome> {
        let stored = self.get(id).map(|article| article.version);
        // An equal version is a repeat of the same record.
        if stored.max(self.withdrawn.version(id)).is_some_and(|known| version <= known) {
            return Some(Outcome::Superseded);
        }
        (stored.is_none() && seen_ms < now_ms.saturating_sub(self.limits.age_ms)).then_some(Outcome::Outside)
    }

    /// Applies a record at `now_ms` (milliseconds since 1970). The highest version of an article wins, in whatever order records
    /// arrive.
    pub fn apply(&mut self, arrival: &Arrival, now_ms: i64) -> Change {
        let article = &arrival.article;
        if let Some(outcome) = self.refuses(&article.id, article.version, article.seen_ms, now_ms) {
            return Change::refused(outcome);
        }
        let number = self.by_id.get(&article.id).copied();
        let before = number.and_then(|number| self.counted(number));
        let old = number.and_then(|number| self.remove(number));
        if article.is_withdrawn() {
            self.withdrawn.insert(&article.id, article.version);
            return Change { outcome: Outcome::Withdrawn, before };
        }
        self.insert(arrival, old);
        self.trim();
        Change { outcome: Outcome::Shown, before }
    }

    /// Removes the articles that have become too old by `now_ms`.
    pub fn expire(&mut self, now_ms: i64) {
        let begin = now_ms.saturating_sub(self.limits.age_ms);
        while let Some((seen, number)) = self.by_age.first().copied() {
            if seen >= begin {
                break;
            }
            self.remove(number);
        }
    }

    fn insert(&mut self, arrival: &Arrival, old: Option<Document>) {
        let article = Arc::clone(&arrival.article);
        let number = self.free.pop().unwrap_or_else(|| {
            self.documents.push(None);
            u32::try_from(self.documents.len() - 1).unwrap_or(u32::MAX)
        });
        let indexed = self.index.add(number, &arrival.features);
        let entities = arrival.features.subjects.entities.iter().zip(&indexed.entities);
        let entities =
            entities.map(|(one, id)| Cell { id: *id, is_main: one.in_title, salience: one.salience }).collect();
        let countries = arrival.features.subjects.countries.iter().map(|one| self.country_cell(one)).collect();
        let mut earlier = Vec::new();
        if let Some(old) = old {
            earlier = old.earlier;
            let Document { article, .. } = old;
            earlier.push(Revision::of(&article));
            if earlier.len() >= MAX_REVISIONS {
                earlier.remove(0);
            }
        }
        self.bytes += article.bytes() + ROW_BYTES;
        self.by_id.insert(Arc::clone(&article.id), number);
        self.by_time.insert(article.sort_key.clone(), number);
        self.by_age.insert((article.seen_ms, number));
        self.live.insert(number);
        if let Some(place) = self.documents.get_mut(number as usize) {
            *place = Some(Document { article, indexed, entities, countries, earlier });
        }
    }

    fn country_cell(&mut self, country: &CountryUse) -> Cell {
        let id = self.country_ids.get(&country.code).copied().unwrap_or_else(|| {
            let id = u32::try_from(self.countries.len()).unwrap_or(u32::MAX);
            let CountryUse { code, alpha3, name, .. } = country.clone();
            self.country_ids.insert(code.clone(), id);
            self.countries.push(CountryInfo { code, alpha3, name });
            id
        });
        Cell { id, is_main: country.is_focus, salience: country.salience }
    }

    /// Removes the oldest articles by time while there are too many.
    fn trim(&mut self) {
        while self.len() > self.limits.articles || (self.bytes() > self.limits.bytes && self.len() > 1) {
            let Some(number) = self.by_time.first_key_value().map(|(_, number)| *number) else { break };
            self.remove(number);
        }
    }

    fn remove(&mut self, number: u32) -> Option<Document> {
        let document = self.documents.get_mut(number as usize)?.take()?;
        let article = &document.article;
        self.by_id.remove(&article.id);
        self.by_time.remove(&article.sort_key);
        self.by_age.remove(&(article.seen_ms, number));
        self.live.remove(number);
        self.index.remove(number, &document.indexed);
        self.bytes = self.bytes.saturating_sub(article.bytes() + ROW_BYTES);
        self.free.push(number);
        Some(document)
    }

    fn document(&self, number: u32) -> Option<&Document> {
        self.documents.get(number as usize)?.as_ref()
    }

    fn counted(&self, number: u32) -> Option<Counted> {
        let document = self.document(number)?;
        let code = |cell: &Cell| self.countries.get(cell.id as usize).map(|country| country.code.clone());
        Some(Counted {
            at_ms: document.article.sort_key.at_ms,
            is_backfill: document.article.is_backfill,
            countries: document.countries.iter().filter_map(code).collect(),
            entities: document.entities.iter().map(|cell| self.index.value(cell.id).to_owned()).collect(),
            publisher: self.index.value(document.indexed.publisher).to_owned(),
            language: self.index.value(document.indexed.language).to_owned(),
        })
    }

    /// The article with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<StoredArticle>> {
        self.by_id.get(id).and_then(|number| self.document(*number)).map(|document| &document.article)
    }

    /// The versions of an article that were read, oldest first.
    #[must_use]
    pub fn revisions(&self, id: &str) -> Option<Vec<Revision>> {
        let document = self.by_id.get(id).and_then(|number| self.document(*number))?;
        let mut all = document.earlier.clone();
        all.push(Revision::of(&document.article));
        Some(all)
    }

    /// Number of articles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Approximate size of articles and index, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes + self.index.bytes()
    }

    /// The time of the oldest article, in milliseconds since 1970.
    #[must_use]
    pub fn oldest_ms(&self) -> Option<i64> {
        self.by_time.first_key_value().map(|(key, _)| key.at_ms)
    }

    /// The numbers of all articles that match.
    fn search(&self, filter: &Filter) -> RoaringBitmap {
        let found = search::search(filter, &self.index);
        if !filter.has_times() {
            return found.unwrap_or_else(|| self.live.clone());
        }
        match found {
            Some(found) => found.into_iter().filter(|number| filter.holds_at(self.at_ms(*number))).collect(),
            None => self.between(filter).collect(),
        }
    }

    fn between(&self, filter: &Filter) -> impl Iterator<Item = u32> {
        let (since, until) = (filter.since_ms.unwrap_or(i64::MIN), filter.until_ms.unwrap_or(i64::MAX));
        let edge = |at_ms: i64| SortKey { at_ms, id: Arc::from("") };
        let range = (since < until).then(|| self.by_time.range(edge(since)..edge(until)));
        range.into_iter().flatten().map(|(_, number)| *number)
    }

    fn at_ms(&self, number: u32) -> i64 {
        self.document(number).map_or(0, |document| document.article.sort_key.at_ms)
    }

    /// A page of at most `limit` articles that match.
    #[must_use]
    pub fn page(&self, filter: &Filter, order: Order, after: Option<&Cursor>, limit: usize) -> Page {
        let found = self.search(filter);
        let numbers = if order == Order::Newest && found.len() * 16 > self.live.len() {
            // Most articles match: the newest are found sooner in the order of time.
            let end = after.map_or(Unbounded, |cursor| Excluded(cursor.key.clone()));
            let newest = self.by_time.range((Unbounded, end)).rev().map(|(_, number)| *number);
            newest.filter(|number| found.contains(*number)).take(limit + 1).collect()
        } else {
            self.first(&found, filter, order, after, limit + 1)
        };
        let has_more = numbers.len() > limit;
        let kept = numbers.into_iter().take(limit);
        let documents: Vec<&Document> = kept.filter_map(|number| self.document(number)).collect();
        let salience = self.salience_of(filter);
        let next = documents.last().filter(|_| has_more).map(|document| Cursor {
            salience: if order == Order::Salient { salience(document) } else { 0 },
            key: document.article.sort_key.clone(),
        });
        Page { articles: documents.into_iter().map(|document| Arc::clone(&document.article)).collect(), next }
    }

    /// The first `count` of these articles in an order, after `after`.
    fn first(
        &self,
        found: &RoaringBitmap,
        filter: &Filter,
        order: Order,
        after: Option<&Cursor>,
        count: usize,
    ) -> Vec<u32> {
        let salience = self.salience_of(filter);
        let mut rows = Vec::new();
        for number in found {
            let Some(document) = self.document(number) else { continue };
            let salience = if order == Order::Salient { salience(document) } else { 0 };
            let key = (salience, &document.article.sort_key);
            if after.is_none_or(|cursor| key < (cursor.salience, &cursor.key)) {
                rows.push((Reverse(key), number));
            }
        }
        if rows.len() > count {
            rows.select_nth_unstable(count);
            rows.truncate(count);
        }
        rows.sort_unstable();
        rows.into_iter().map(|(_, number)| number).collect()
    }

    /// The salience of a document for what a filter asks for, as bits, which have the order of the numbers.
    fn salience_of(&self, filter: &Filter) -> impl Fn(&Document) -> u32 {
        let is_asked_for =
            |one: &CountryInfo| filter.countries.iter().any(|code| one.code == *code || one.alpha3 == *code);
        let countries: BTreeSet<u32> =
            self.countries.iter().zip(0..).filter(|(one, _)| is_asked_for(one)).map(|(_, id)| id).collect();
        let entities: BTreeSet<u32> = filter.entities.iter().flat_map(|wanted| self.index.entities(wanted)).collect();
        move |document| {
            let of = |cells: &[Cell], wanted: &BTreeSet<u32>| {
                cells.iter().filter(|cell| wanted.contains(&cell.id)).map(|cell| cell.salience).fold(0.0, f32::max)
            };
            let all = |cells: &[Cell]| cells.iter().map(|cell| cell.salience).fold(0.0, f32::max);
            let salience = if countries.is_empty() && entities.is_empty() {
                all(&document.countries).max(all(&document.entities))
            } else {
                of(&document.countries, &countries).max(of(&document.entities, &entities))
            };
            salience.max(0.0).to_bits()
        }
    }
}

#[cfg(test)]
mod tests;
