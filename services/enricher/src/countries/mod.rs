//! The countries that an article mentions, each with its evidence, and which of them it is about.
//!
//! English: `scan` finds the gazetteer's phrases and excludes those that are not mentions; `resolve` decides which of
//! several places of one name is meant; `score` adds up. Other languages: [`Languages`].

mod adjacent;
mod candidate;
mod choose;
mod context;
mod enclosing;
mod exclusions;
mod language_names;
mod languages;
mod letter_case;
mod local_news;
mod located;
mod misspelt_leaders;
mod persons;
mod place;
mod resolve;
mod scan;
mod score;
mod surroundings;
mod unambiguous;
mod word_lists;

pub use candidate::{Candidate, Reading};
pub(crate) use languages::name_stem;
pub use languages::{Languages, Scan};
pub use place::Place;
pub use resolve::resolve;
pub use scan::scan;
pub use score::score;
