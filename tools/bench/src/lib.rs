//! What `bench WHAT DATA` measures: ratios within one run, one module each.

pub mod enrich;
pub mod parse;
pub mod start;
