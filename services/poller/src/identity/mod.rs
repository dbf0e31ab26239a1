//! Identity is given once, here, where an item enters: the canonical URL, the article id made from it, and the key that
//! tells an entry from the others of its feed. Pure.

mod canonical;
mod entry;

pub use canonical::{TRACKING, TRACKING_PREFIXES, canonical_url};
pub use entry::{Identified, identify};
