//! The newest articles, in memory: bounded in number and in bytes, never turned back by an older record.

mod entry;

pub use entry::{Entry, Place};

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new, or newer than what was known of the article.
    Shown,
    /// It takes the article back.
    Withdrawn,
    /// Something newer of the article was known.
    Superseded,
}

/// Articles by id, and in the order in which they are shown.
pub struct Store {
    most: usize,
    most_bytes: usize,
    bytes: usize,
    by_id: HashMap<Arc<str>, Arc<Entry>>,
    by_place: BTreeMap<Place, Arc<Entry>>,
    gone: Gone,
}

impl Store {
    /// An empty store for at most so many articles and bytes.
    #[must_use]
    pub fn new(most: usize, most_bytes: usize) -> Self {
        Store { most, most_bytes, bytes: 0, by_id: HashMap::new(), by_place: BTreeMap::new(), gone: Gone::new(most) }
    }

    /// Takes a record in. The highest (revision, enrichment) of an article wins, whatever order they come in.
    pub fn take(&mut self, entry: &Arc<Entry>) -> Outcome {
        let known = self.by_id.get(&entry.id).map(|held| held.rank).max(self.gone.rank(&entry.id));
        // The same rank again is a repeat of the same record.
        if known.is_some_and(|rank| entry.rank <= rank) {
            return Outcome::Superseded;
        }
        self.remove(&Arc::clone(&entry.id));
        if entry.withdrawn {
            self.gone.remember(&entry.id, entry.rank);
            return Outcome::Withdrawn;
        }
        self.bytes += entry.bytes();
        self.by_id.insert(Arc::clone(&entry.id), Arc::clone(entry));
        self.by_place.insert(entry.place.clone(), Arc::clone(entry));
        while self.by_id.len() > self.most || (self.bytes > self.most_bytes && self.by_id.len() > 1) {
            let Some((_, oldest)) = self.by_place.pop_first() else { break };
            self.by_id.remove(&oldest.id);
            self.bytes -= oldest.bytes();
        }
        Outcome::Shown
    }

    fn remove(&mut self, id: &Arc<str>) {
        if let Some(held) = self.by_id.remove(id) {
            self.by_place.remove(&held.place);
            self.bytes -= held.bytes();
        }
    }

    /// An article.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<Entry>> {
        self.by_id.get(id)
    }

    /// Articles, newest first; those behind `after`, where that is given.
    pub fn newest(&self, after: Option<&Place>) -> impl Iterator<Item = &Arc<Entry>> {
        use std::ops::Bound::{Excluded, Unbounded};
        let end = after.map_or(Unbounded, Excluded);
        self.by_place.range::<Place, _>((Unbounded, end)).rev().map(|(_, entry)| entry)
    }

    /// Number of articles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Bytes that they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Ranks of withdrawn articles, so that an older record does not bring one back. Forgets the first of too many.
struct Gone {
    most: usize,
    ranks: HashMap<Arc<str>, (i32, i32)>,
    order: VecDeque<Arc<str>>,
}

impl Gone {
    fn new(most: usize) -> Self {
        Gone { most, ranks: HashMap::new(), order: VecDeque::new() }
    }

    fn rank(&self, id: &str) -> Option<(i32, i32)> {
        self.ranks.get(id).copied()
    }

    fn remember(&mut self, id: &Arc<str>, rank: (i32, i32)) {
        if self.ranks.insert(Arc::clone(id), rank).is_none() {
            self.order.push_back(Arc::clone(id));
        }
        while self.order.len() > self.most {
            if let Some(first) = self.order.pop_front() {
                self.ranks.remove(&first);
            }
        }
    }
}

#[cfg(test)]
mod tests;
