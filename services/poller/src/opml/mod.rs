//! Lists of feeds in OPML 1.0 and 2.0 (<http://opml.org/spec2.opml>), as readers export them and as `deploy/feeds` holds them.
//!
//! Beside the attributes of the specification these are read, with or without a prefix: `publisherName`,
//! `publisherCountry` (or `country`), `rights`, `backfill`, `minIntervalS`, `paused`.

mod read;
mod write;

pub use read::{List, MOST_TAGS, OpmlError, RefusedFeed, read, read_all};
pub use write::write;

#[cfg(test)]
mod tests;
