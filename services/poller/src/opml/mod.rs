//! Lists of feeds in OPML 1.0 and 2.0 (<http://opml.org/spec2.opml>).
//!
//! In addition to the attributes of the specification these are read, with or without a prefix: `publisherName`,
//! `publisherCountry` (or `country`), `rights`, `backfill`, `fullText`, `minIntervalS`, `publishText`, `paused`,
//! `credentialsRef`.

mod outlines;
mod read;
mod write;

pub use read::{InvalidFeedError, List, MAX_NAMED_CHARS, MAX_TAGS, OpmlError, OutlineError, read, read_all};
pub use write::write;

#[cfg(test)]
mod tests;
