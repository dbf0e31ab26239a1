//! A mention of one or two countries.

use crate::gazetteer::{Code, Kind};

/// A mention of one country or two.
#[derive(Debug, Clone)]
pub struct Place {
    /// Index of the field.
    pub field: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Kind of the sense, which is the kind of evidence.
    pub kind: Kind,
    /// Countries that it is evidence of.
    pub countries: Vec<Code>,
    /// Index of its sense in the gazetteer; none for a name in another language than English.
    pub sense: Option<usize>,
    /// Probability that it is a mention of these countries, from 0 to 1.
    pub confidence: f64,
}
