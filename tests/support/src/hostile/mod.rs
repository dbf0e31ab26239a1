//! Hostile input for every stage: each kind is a deterministic function of a size in bytes.

pub mod answers;
pub mod documents;
pub mod feeds;
pub mod lists;
pub mod markup;
pub mod site;
pub mod texts;

/// A feed document, or an OPML list: its kind, and a function that makes it in about `n` bytes.
pub type Hostile = (&'static str, fn(usize) -> Vec<u8>);

/// A text of an article: its kind, its language, and a function that makes it in about `n` bytes.
pub type Text = (&'static str, &'static str, fn(usize) -> String);
