//! Versions of withdrawn articles, so that an older record does not restore one.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// The newest withdrawals; the oldest are dropped first.
pub struct Withdrawn {
    max: usize,
    versions: HashMap<Arc<str>, (i32, i32)>,
    order: VecDeque<Arc<str>>,
}

impl Withdrawn {
    /// None yet, at most `max`.
    pub fn new(max: usize) -> Self {
        Withdrawn { max, versions: HashMap::new(), order: VecDeque::new() }
    }

    /// The version that withdrew the article.
    pub fn version(&self, id: &str) -> Option<(i32, i32)> {
        self.versions.get(id).copied()
    }

    /// Notes a withdrawal.
    pub fn insert(&mut self, id: &Arc<str>, version: (i32, i32)) {
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
