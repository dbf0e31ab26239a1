//! poller

pub mod dates;
pub mod feed;
pub mod parse;
pub mod salvage;
