//! Features, decoding and the model file, for the training program. Not a stable interface.

pub use crate::decode::{ANY, Allowed, Lattice, NEVER, Transitions, legal, viterbi};
pub use crate::dense::{
    HIDDEN, LARGEST, Net, ROWS,
    input::{Input, PLACES, Query, SPREADS, SUFFIXES, TokenInput},
    vectors::{DIMS, TOP, Vector, Vectors},
};
pub use crate::features::{NOTHING, Scheme, Scratch, atoms, characters, extract, general};
pub use crate::hash::word as hash_word;
pub use crate::label::{LABELS, OUTSIDE, SCORED, continues, follows, from_bio, kind, label};
pub use crate::lexicon::{Lexicon, PHRASE, Word, flag, general as ranks, key, phrase, phrase_hash};
pub use crate::model::Model;
pub use crate::tokens::Style;

/// The tagger of a language from the bytes of its model file, not compressed.
///
/// # Errors
/// [`ModelError`](crate::ModelError) if they are no model.
pub fn of_language(bytes: &[u8], style: Style, tag: &str) -> Result<crate::Tagger, crate::ModelError> {
    crate::Tagger::of_language(bytes, style, tag == "sr")
}
