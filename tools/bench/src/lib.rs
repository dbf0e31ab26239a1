//! The measurements of `bench`, one module each. Their results are ratios within one run.

pub mod enrich;
pub mod parse;
pub mod start;
