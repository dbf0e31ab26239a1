//! The newest articles, in memory: bounded in number and in bytes. An older record never replaces a newer one.

mod article;

pub use article::{SortKey, StoredArticle};

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

/// The effect of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The article is new, or newer than the stored one.
    Shown,
    /// The article was withdrawn.
    Withdrawn,
    /// The record is older than what is stored, or a repeat of it.
    Superseded,
}

/// Articles by id and by sort key.
pub struct Store {
    max_articles: usize,
    max_bytes: usize,
    bytes: usize,
    by_id: HashMap<Arc<str>, Arc<StoredArticle>>,
    by_sort_key: BTreeMap<SortKey, Arc<StoredArticle>>,
    withdrawn: Withdrawn,
}

impl Store {
    /// An empty store for at most `max_articles` articles and `max_bytes` bytes.
    #[must_use]
    pub fn new(max_articles: usize, max_bytes: usize) -> Self {
        Store {
            max_articles,
            max_bytes,
            bytes: 0,
            by_id: HashMap::new(),
            by_sort_key: BTreeMap::new(),
            withdrawn: Withdrawn::new(max_articles),
        }
    }

    /// Applies a record. The highest version of an article wins, in whatever order records arrive.
    pub fn apply(&mut self, article: &Arc<StoredArticle>) -> Outcome {
        let stored = self.by_id.get(&article.id).map(|stored| stored.version).max(self.withdrawn.version(&article.id));
        // An equal version is a repeat of the same record.
        if stored.is_some_and(|version| article.version <= version) {
            return Outcome::Superseded;
        }
        self.remove(&article.id);
        if article.withdrawn {
            self.withdrawn.insert(&article.id, article.version);
            return Outcome::Withdrawn;
        }
        self.bytes += article.bytes();
        self.by_id.insert(Arc::clone(&article.id), Arc::clone(article));
        self.by_sort_key.insert(article.sort_key.clone(), Arc::clone(article));
        while self.by_id.len() > self.max_articles || (self.bytes > self.max_bytes && self.by_id.len() > 1) {
            let Some((_, oldest)) = self.by_sort_key.pop_first() else { break };
            self.by_id.remove(&oldest.id);
            self.bytes -= oldest.bytes();
        }
        Outcome::Shown
    }

    fn remove(&mut self, id: &str) {
        if let Some(stored) = self.by_id.remove(id) {
            self.by_sort_key.remove(&stored.sort_key);
            self.bytes -= stored.bytes();
        }
    }

    /// The article with this id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Arc<StoredArticle>> {
        self.by_id.get(id)
    }

    /// Articles, newest first; only those older than `after`, if it is given.
    pub fn newest(&self, after: Option<&SortKey>) -> impl Iterator<Item = &Arc<StoredArticle>> {
        let end = after.map_or(Unbounded, Excluded);
        self.by_sort_key.range::<SortKey, _>((Unbounded, end)).rev().map(|(_, article)| article)
    }

    /// Number of articles.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Approximate size of the articles, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

/// Versions of withdrawn articles, so that an older record does not restore one. The oldest withdrawals are dropped
/// first.
struct Withdrawn {
    max: usize,
    versions: HashMap<Arc<str>, (i32, i32)>,
    order: VecDeque<Arc<str>>,
}

impl Withdrawn {
    fn new(max: usize) -> Self {
        Withdrawn { max, versions: HashMap::new(), order: VecDeque::new() }
    }

    fn version(&self, id: &str) -> Option<(i32, i32)> {
        self.versions.get(id).copied()
    }

    fn insert(&mut self, id: &Arc<str>, version: (i32, i32)) {
        if self.versions.insert(Arc::clone(id), version).is_none() {
            self.order.push_back(Arc::clone(id));
        }
        while self.order.len() > self.max {
            if let Some(first) = self.order.pop_front() {
                self.versions.remove(&first);
            }
        }
    }
}

#[cfg(test)]
mod tests;
