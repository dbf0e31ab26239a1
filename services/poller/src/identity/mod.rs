//! Identity is assigned once, where an item enters: the canonical URL, the article id made from it, and the key that tells
//! an entry from the others of its feed. Pure.

mod canonical;
mod entry;
mod tracking;

pub use canonical::canonical_url;
pub use entry::{IdentifiedEntry, identify};
