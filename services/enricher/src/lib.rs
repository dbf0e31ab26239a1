//! enricher

pub mod tagger;
pub mod tokens;
