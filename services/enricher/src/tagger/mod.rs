#![doc = include_str!("README.md")]

mod decode;
mod document;
mod features;
mod hash;
mod label;
mod lexicon;
mod model;
pub mod train;

use std::sync::OnceLock;

use crate::tokens;
use decode::{Lattice, Transitions};
use features::Scratch;
use label::LABELS;
use model::Model;

pub use label::Label;
pub use model::ModelError;

/// A name found in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Index of the field in the slice that was tagged.
    pub field: usize,
    /// First byte within the field.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What it names.
    pub label: Label,
    /// From 0 to 1: how far the best reading is ahead of the next, no probability.
    pub confidence: f32,
}

/// The tagger: a model ready for use. One serves any number of threads.
#[derive(Debug)]
pub struct Tagger {
    model: Model,
    transitions: Transitions,
}

/// The model that the product ships, made by `make model`.
static SHIPPED: &[u8] = include_bytes!("../../model/tagger.bin");

impl Tagger {
    /// The shipped tagger, read at the first call and kept.
    ///
    /// # Errors
    /// [`ModelError`] where the shipped file does not fit this program, which a test excludes.
    pub fn shipped() -> Result<&'static Tagger, ModelError> {
        static TAGGER: OnceLock<Tagger> = OnceLock::new();
        if let Some(tagger) = TAGGER.get() {
            return Ok(tagger);
        }
        let tagger = Tagger::from_bytes(SHIPPED)?;
        Ok(TAGGER.get_or_init(|| tagger))
    }

    /// A tagger from a model file's bytes.
    ///
    /// # Errors
    /// [`ModelError`] where they are no model of this format.
    pub fn from_bytes(bytes: &[u8]) -> Result<Tagger, ModelError> {
        let model = Model::from_bytes(bytes)?;
        let transitions = decode::legal(&model.transitions);
        Ok(Tagger { model, transitions })
    }

    /// A short name of the shipped model for `model_version`: the hash of its bytes in hex.
    pub fn version() -> String {
        static VERSION: OnceLock<String> = OnceLock::new();
        VERSION.get_or_init(|| format!("perceptron-{:016x}", hash::bytes(SHIPPED))).clone()
    }

    /// The names in one article, its fields (title, summary, body) given together because the
    /// document pass compares all mentions. Sorted by field and place; spans do not overlap.
    pub fn tag(&self, fields: &[&str]) -> Vec<Span> {
        let tokens: Vec<tokens::Tokens> = fields.iter().map(|field| tokens::tokenise(field)).collect();
        self.tag_tokens(fields, &tokens)
    }

    /// As [`Tagger::tag`], for fields already tokenised.
    pub fn tag_tokens(&self, fields: &[&str], tokens: &[tokens::Tokens]) -> Vec<Span> {
        let mut document = Vec::new();
        let mut room = Room::default();
        for (field, (text, tokens)) in fields.iter().zip(tokens).enumerate() {
            for sentence in &tokens.sentences {
                let words: Vec<&str> = tokens.tokens[sentence.tokens.clone()].iter().map(|t| t.text(text)).collect();
                self.sentence(&words, &mut room);
                let keys = room.scratch.atoms.iter().map(|atoms| atoms.lower).collect();
                let place = (field, sentence.tokens.start);
                document.push(document::Sentence::new(place, words, keys, &room.labels, &room.scores));
            }
        }
        document::pass(&mut document, &self.model.lexicon);
        let mut spans = Vec::new();
        for sentence in &document {
            for name in &sentence.names {
                let tokens = &tokens[sentence.field].tokens;
                spans.push(Span {
                    field: sentence.field,
                    start: tokens[sentence.offset + name.start].start,
                    end: tokens[sentence.offset + name.end - 1].end,
                    label: name.label,
                    confidence: name.confidence,
                });
            }
        }
        spans
    }

    /// Scores and labels of one sentence into `room`, without the document pass.
    fn sentence(&self, words: &[&str], room: &mut Room) {
        features::atoms(words, &self.model.lexicon, &mut room.scratch.atoms);
        room.scores.clear();
        let scores = &mut room.scores;
        features::extract(&mut room.scratch, self.model.bits, |slots| scores.push(self.model.score(slots)));
        decode::viterbi(&room.scores, &self.transitions, &[], &mut room.lattice, &mut room.labels);
    }
}

/// Room reused from sentence to sentence.
#[derive(Default)]
struct Room {
    scratch: Scratch,
    scores: Vec<[i32; LABELS]>,
    lattice: Lattice,
    labels: Vec<u8>,
}
