//! What `eval WHAT DATA` measures: one module each.

pub mod dates;
pub mod expect;
pub mod feeds;
