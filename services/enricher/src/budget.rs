//! The budget of an article: counted work, which is the same on every machine.
//!
//! A step is about a byte that is read, a word that is looked up, or two words that are compared. What is linear in the
//! length of the text takes its steps and goes on; what is not stops when the budget is used up.

use std::cell::Cell;

/// Steps of an article. An article of the size that a record may have takes a fifth of them.
pub const STEPS: u64 = 40_000_000;

/// Steps that are left for an article.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    spent: Cell<u64>,
    /// True if work was left out.
    cut: Cell<bool>,
}

impl Budget {
    /// A budget of `limit` steps.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Budget { limit, spent: Cell::new(0), cut: Cell::new(false) }
    }

    /// Counts steps of work that is linear in the text and done in any case.
    pub fn count(&self, steps: usize) {
        self.spent.set(self.spent.get().saturating_add(u64::try_from(steps).unwrap_or(u64::MAX)));
    }

    /// Counts steps before the work is done; false if the budget is used up and the work is to be left out.
    #[must_use]
    pub fn take(&self, steps: usize) -> bool {
        let left = self.spent.get() < self.limit;
        if left {
            self.count(steps);
        } else {
            self.cut();
        }
        left
    }

    /// Notes that work was left out, because of this budget or of another limit.
    pub fn cut(&self) {
        self.cut.set(true);
    }

    /// True if work was left out.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut.get()
    }

    /// Steps so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent.get()
    }
}
