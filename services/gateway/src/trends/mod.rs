//! Counts of articles by hour of publication, over eight days, and what rises.

mod answer;
mod keys;
mod score;
mod snapshot;

pub use answer::{Counts, Question, Trend};
pub use snapshot::{load, write_until_shutdown};

use crate::{
    HOUR_MS,
    position::Position,
    window::{Counted, Subjects},
};
use keys::Keys;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Hours that are kept: those of a week before the longest stretch that is compared, 24 hours.
pub const HOURS: i64 = 8 * 24;
/// Most keys of an hour; further ones are not counted.
const MAX_KEYS: usize = 20_000;

/// What articles are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// The countries written about.
    Country,
    /// The entities written about.
    Entity,
    /// The publisher.
    Publisher,
    /// The language.
    Language,
}

/// What is counted: its kind, its key, and how it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// What it is.
    pub of: Of,
    /// What distinguishes it: a code, an entity's key, a publisher's domain, a language.
    pub key: String,
    /// Its name.
    pub name: String,
    /// The type of an entity; else empty.
    pub kind: String,
}

/// Articles of a key in an hour.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    /// Articles that arrived as news.
    pub live: u32,
    /// Articles that were found in the first document of a feed.
    pub backfill: u32,
}

impl Cell {
    fn all(self) -> u64 {
        u64::from(self.live) + u64::from(self.backfill)
    }

    fn place(&mut self, is_backfill: bool) -> &mut u32 {
        if is_backfill { &mut self.backfill } else { &mut self.live }
    }
}

#[derive(Default, Clone)]
struct Hour {
    /// By the number of the key.
    rows: HashMap<u32, Row>,
    /// All articles.
    total: Cell,
}

#[derive(Clone)]
struct Row {
    key: Arc<Key>,
    cell: Cell,
}

/// The counts.
#[derive(Default)]
pub struct Trends {
    keys: Keys,
    /// Shared with the answers that are being made: one that is counted in meanwhile is copied.
    hours: BTreeMap<i64, Arc<Hour>>,
    /// Hours that changed since the last snapshot.
    changed: BTreeSet<i64>,
    /// What has been counted of the topic.
    counted: Position,
    /// Articles of a key that were not counted, since an hour had too many keys.
    overflow: u64,
}

impl Trends {
    /// Articles of a key that were not counted.
    #[must_use]
    pub fn overflow(&self) -> u64 {
        self.overflow
    }

    /// True if the record at this offset has been counted.
    #[must_use]
    pub fn has_counted(&self, partition: i32, offset: i64) -> bool {
        self.counted.includes(partition, offset)
    }

    /// What has been counted of the topic.
    #[must_use]
    pub fn counted(&self) -> &Position {
        &self.counted
    }

    /// Notes that the record at this offset has been counted.
    pub fn set_counted(&mut self, partition: i32, offset: i64) {
        self.counted.set(partition, offset);
    }

    /// Forgets the position in a partition that was created again.
    pub fn forget(&mut self, partition: i32) {
        self.counted.forget(partition);
    }

    /// The counts as they are now. What is counted later does not change them, and does not wait for who reads them.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts(self.hours.clone())
    }

    /// Counts an article of `at_ms` at `now_ms` (milliseconds since 1970). Articles of the future and of more than eight days ago
    /// are not counted.
    pub fn add(&mut self, subjects: &Subjects, at_ms: i64, is_backfill: bool, now_ms: i64) {
        let hour = at_ms.div_euclid(HOUR_MS);
        let now = now_ms.div_euclid(HOUR_MS);
        self.expire(now);
        if hour > now || hour <= now - HOURS {
            return;
        }
        self.changed.insert(hour);
        let Trends { keys, hours, overflow, .. } = self;
        let place = Arc::make_mut(hours.entry(hour).or_default());
        *place.total.place(is_backfill) += 1;
        let mut count = |of: Of, key: &str, name: &str, kind: &str| {
            let known = keys.find(of, key);
            if place.rows.len() >= MAX_KEYS && known.is_none_or(|id| !place.rows.contains_key(&id)) {
                *overflow += 1;
                return;
            }
            let id = known.unwrap_or_else(|| {
                keys.insert(Key { of, key: key.to_owned(), name: name.to_owned(), kind: kind.to_owned() })
            });
            if let Some(key) = keys.get(id).cloned() {
                let row = place.rows.entry(id).or_insert_with(|| {
                    keys.used(id);
                    Row { key, cell: Cell::default() }
                });
                *row.cell.place(is_backfill) += 1;
            }
        };
        for country in &subjects.countries {
            count(Of::Country, &country.code, &country.name, "");
        }
        for entity in &subjects.entities {
            count(Of::Entity, &entity.key, &entity.info.name, &entity.info.kind);
        }
        count(Of::Publisher, &subjects.publisher.key(), &subjects.publisher.name, "");
        count(Of::Language, &subjects.language, "", "");
    }

    /// Takes back what an earlier version of an article counted for.
    pub fn remove(&mut self, counted: &Counted) {
        let hour = counted.at_ms.div_euclid(HOUR_MS);
        let Some(place) = self.hours.get_mut(&hour).map(Arc::make_mut) else { return };
        self.changed.insert(hour);
        let total = place.total.place(counted.is_backfill);
        *total = total.saturating_sub(1);
        let countries = counted.countries.iter().map(|key| (Of::Country, key));
        let entities = counted.entities.iter().map(|key| (Of::Entity, key));
        let others = [(Of::Publisher, &counted.publisher), (Of::Language, &counted.language)];
        for (of, key) in countries.chain(entities).chain(others) {
            let Some(id) = self.keys.find(of, key) else { continue };
            let Some(row) = place.rows.get_mut(&id) else { continue };
            let number = row.cell.place(counted.is_backfill);
            *number = number.saturating_sub(1);
            if row.cell == Cell::default() {
                place.rows.remove(&id);
                self.keys.unused(id);
            }
        }
    }

    /// Forgets the hours of more than eight days before the hour `now`.
    fn expire(&mut self, now: i64) {
        while let Some(first) = self.hours.first_entry() {
            if *first.key() > now - HOURS {
                break;
            }
            for id in first.remove().rows.keys() {
                self.keys.unused(*id);
            }
        }
    }
}

#[cfg(test)]
mod tests;
