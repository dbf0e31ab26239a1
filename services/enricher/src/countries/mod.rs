//! The countries that an article mentions, each with its evidence, and those among them that it is about.
//!
//! `scan` finds the phrases of the gazetteer and says why one is no mention; `resolve` decides which of several places
//! of one name is meant; `score` adds up. Languages beside English: `languages`.

mod american;
mod around;
mod barred;
mod inflection;
mod languages;
mod lists;
mod misspelt;
mod neighbours;
mod persons;
mod resolve;
mod scan;
mod score;

pub use languages::Languages;
pub use lists::lists;
pub use resolve::{Place, resolve};
pub use scan::{Candidate, Reading, scan};
pub use score::score;
