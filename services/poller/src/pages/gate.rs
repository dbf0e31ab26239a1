//! What the poll loop lets the pages know.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The partitions of feeds that this replica owns, and whether this machine can poll. Clones share one state.
#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    owned: HashSet<i32>,
    is_offline: bool,
}

impl Gate {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The replica owns these partitions, too.
    pub fn add(&self, partitions: &[i32]) {
        self.state().owned.extend(partitions);
    }

    /// The replica no longer owns these partitions.
    pub fn remove(&self, partitions: &[i32]) {
        self.state().owned.retain(|owned| !partitions.contains(owned));
    }

    /// The replica owns no partition.
    pub fn clear(&self) {
        self.state().owned.clear();
    }

    /// This machine can poll, or cannot.
    pub fn set_online(&self, is_online: bool) {
        self.state().is_offline = !is_online;
    }

    /// The partitions whose pages may be fetched now.
    pub(super) fn open(&self) -> HashSet<i32> {
        let state = self.state();
        if state.is_offline { HashSet::new() } else { state.owned.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_fetched_where_the_feeds_of_the_partition_are_and_only_online() {
        let gate = Gate::default();
        gate.add(&[1, 2]);
        gate.remove(&[2]);
        assert_eq!(gate.open(), HashSet::from([1]));
        gate.set_online(false);
        assert!(gate.open().is_empty());
        gate.set_online(true);
        gate.clear();
        assert!(gate.open().is_empty());
    }
}
