//! The measurements of `eval WHAT DATA`, one module each.

pub mod countries;
pub mod dates;
pub mod expect;
pub mod feeds;
pub mod language;
pub mod names;
pub mod pages;
pub mod places;
mod python;
pub mod salience;
pub mod schedule;
pub mod url;
