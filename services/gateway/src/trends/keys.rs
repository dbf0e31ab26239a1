//! The keys that are counted, as numbers, for as long as an hour counts them.

use super::{Key, Of};
use std::{collections::HashMap, sync::Arc};

/// All keys.
#[derive(Default)]
pub(super) struct Keys {
    ids: HashMap<(Of, String), u32>,
    keys: Vec<Option<Used>>,
    free: Vec<u32>,
}

struct Used {
    key: Arc<Key>,
    hours: u32,
}

impl Keys {
    pub fn find(&self, of: Of, key: &str) -> Option<u32> {
        self.ids.get(&(of, key.to_owned())).copied()
    }

    pub fn get(&self, id: u32) -> Option<&Arc<Key>> {
        self.keys.get(id as usize)?.as_ref().map(|used| &used.key)
    }

    /// A new key, which no hour counts yet.
    pub fn insert(&mut self, key: Key) -> u32 {
        let id = self.free.pop().unwrap_or_else(|| {
            self.keys.push(None);
            u32::try_from(self.keys.len() - 1).unwrap_or(u32::MAX)
        });
        self.ids.insert((key.of, key.key.clone()), id);
        if let Some(place) = self.keys.get_mut(id as usize) {
            *place = Some(Used { key: Arc::new(key), hours: 0 });
        }
        id
    }

    /// One more hour counts it.
    pub fn used(&mut self, id: u32) {
        if let Some(Some(used)) = self.keys.get_mut(id as usize) {
            used.hours += 1;
        }
    }

    /// One hour less counts it; after the last it is forgotten.
    pub fn unused(&mut self, id: u32) {
        let Some(place) = self.keys.get_mut(id as usize) else { return };
        let Some(used) = place.as_mut() else { return };
        used.hours = used.hours.saturating_sub(1);
        if used.hours == 0 {
            self.ids.remove(&(used.key.of, used.key.key.clone()));
            *place = None;
            self.free.push(id);
        }
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.ids.len()
    }
}
