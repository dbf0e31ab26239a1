//! The repairs of a document or an item.

use proto::Warning;

/// A set of repairs, each named by its warning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Repairs(u64);

impl Repairs {
    /// Adds a repair.
    pub fn add(&mut self, repair: Warning) {
        self.0 |= 1 << repair as u32;
    }

    /// Adds the repairs of another set.
    pub fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// True for the empty set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// True if the set contains `repair`.
    #[must_use]
    pub fn contains(self, repair: Warning) -> bool {
        self.0 & (1 << repair as u32) != 0
    }

    /// The warnings in the order of [`Warning::ALL`].
    #[must_use]
    pub fn warnings(self) -> Vec<Warning> {
        Warning::ALL.iter().copied().filter(|warning| self.contains(*warning)).collect()
    }
}
