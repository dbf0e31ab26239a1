//! A mention of a named thing.

use crate::gazetteer::Code;

/// A mention of a named thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Mention {
    /// Index of the field.
    pub field: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Type of the entity, one of `proto::vocab::entity`.
    pub kind: &'static str,
    /// From 0 to 1.
    pub confidence: f64,
    /// The role before it, in lower case (`iranian president`), by which aliases are compared.
    pub role: String,
    /// Index of its sense in the gazetteer, if it has one.
    pub sense: Option<usize>,
    /// The country in which the place lies, if it is one place.
    pub country: Option<Code>,
}
