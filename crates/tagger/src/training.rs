//! Features, decoding and the model file, for the training program. Not a stable interface.

pub use crate::decode::{ANY, Allowed, Lattice, NEVER, Transitions, legal, viterbi};
pub use crate::dense::{
    HIDDEN, LARGEST, Net, ROWS,
    input::{Input, PLACES, Query, SPREADS, SUFFIXES, TokenInput},
    vectors::{DIMS, TOP, Vector, Vectors},
};
pub use crate::features::{LEXICAL, NOTHING, Scratch, TEMPLATES, atoms, extract};
pub use crate::hash::word as hash_word;
pub use crate::label::{LABELS, OUTSIDE, SCORED, continues, follows, from_bio, kind, label};
pub use crate::lexicon::{Lexicon, PHRASE, Word, flag, key, phrase, phrase_hash};
pub use crate::model::Model;
