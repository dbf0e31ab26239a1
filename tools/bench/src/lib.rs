//! The measurements of `bench`, one module each. Their results are ratios within one run, or sizes.

pub mod broker;
pub mod enrich;
pub mod full_text;
pub mod gateway;
pub mod languages;
pub mod latency;
pub mod normalise;
pub mod parse;
pub mod partitions;
pub mod pipeline;
pub mod poll;
pub mod restore;
pub mod start;
pub mod state;
