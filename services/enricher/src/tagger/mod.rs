#![doc = include_str!("README.md")]

mod decode;
mod dense;
mod document;
mod features;
mod finder;
pub(crate) mod hash;
mod label;
mod lexicon;
mod model;
#[cfg(feature = "onnx")]
pub mod onnx;
pub mod train;

use std::sync::OnceLock;

use crate::tokens;
use decode::{Lattice, Transitions};
use dense::input::Input;
use dense::vectors::Vectors;
use features::Scratch;
use label::LABELS;
use model::Model;

pub use finder::{Failed, Finder, Found};
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
    /// From 0 to 1. Of the tagger that ships: how far the best reading is ahead of the next, no probability.
    pub confidence: f32,
}

/// The tagger: a model ready for use. One serves any number of threads.
#[derive(Debug)]
pub struct Tagger {
    model: Model,
    transitions: Transitions,
    vectors: Option<&'static Vectors>,
    version: String,
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
        let vectors = match &model.net {
            Some(net) if net.vectors != Vectors::shipped()?.hash => return Err(ModelError::Corrupt("vectors")),
            Some(_) => Some(Vectors::shipped()?),
            None => None,
        };
        Ok(Tagger { model, transitions, vectors, version: format!("perceptron-{:016x}", hash::bytes(bytes)) })
    }

    /// A short name of the model for `model_version`: the hash of its bytes in hex.
    pub fn version(&self) -> &str {
        &self.version
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
        document::pass(&mut document, &self.model.lexicon, document::lead);
        spans(&document, tokens)
    }

    /// Scores and labels of one sentence into `room`, without the document pass.
    fn sentence(&self, words: &[&str], room: &mut Room) {
        features::atoms(words, &self.model.lexicon, &mut room.scratch.atoms);
        room.scores.clear();
        let scores = &mut room.scores;
        features::extract(&mut room.scratch, self.model.bits, |slots| scores.push(self.model.score(slots)));
        if let (Some(net), Some(vectors)) = (&self.model.net, self.vectors) {
            room.input.fill(&room.scratch, vectors);
            net.add(&room.input, &mut room.scores);
        }
        decode::viterbi(&room.scores, &self.transitions, &[], &mut room.lattice, &mut room.labels);
    }
}

/// Names of sentences as spans of their fields.
fn spans(document: &[document::Sentence<'_>], tokens: &[tokens::Tokens]) -> Vec<Span> {
    let mut spans = Vec::new();
    for sentence in document {
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

/// Room reused from sentence to sentence.
#[derive(Default)]
struct Room {
    scratch: Scratch,
    input: Input,
    scores: Vec<[i32; LABELS]>,
    lattice: Lattice,
    labels: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(fields: &[&str]) -> Vec<(String, Label)> {
        let spans = Tagger::shipped().unwrap().tag(fields);
        spans.iter().map(|span| (fields[span.field][span.start..span.end].to_owned(), span.label)).collect()
    }

    #[test]
    fn the_shipped_model_reads_and_tags() {
        let text = "Iranian President Mohammad Khatami met Kofi Annan in Geneva. Khatami later flew to Tehran.";
        let found = names(&[text]);
        for (name, label) in [
            ("Iranian", Label::Norp),
            ("Mohammad Khatami", Label::Person),
            ("Kofi Annan", Label::Person),
            ("Geneva", Label::Loc),
            ("Khatami", Label::Person),
            ("Tehran", Label::Loc),
        ] {
            assert!(found.contains(&(name.to_owned(), label)), "{name} is not {label:?} in {found:?}");
        }
    }

    #[test]
    fn headlines_in_capitals_and_tables_of_sport() {
        assert!(
            names(&["TENNIS - SAMPRAS BEATS AGASSI IN NEW YORK FINAL."]).contains(&("NEW YORK".to_owned(), Label::Loc))
        );
        let found = names(&["Bayern Munich 3 Hansa Rostock 1"]);
        assert_eq!(found, [("Bayern Munich".to_owned(), Label::Org), ("Hansa Rostock".to_owned(), Label::Org)]);
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert_eq!(names(&[]), []);
        assert_eq!(names(&["", " \n\n ", "\u{0}"]), []);
    }

    #[test]
    fn the_same_text_gives_the_same_spans_from_any_thread() {
        let text = "LONDON - Shell and BP said on Monday that talks with Nigeria's government had failed. ".repeat(30);
        let first = Tagger::shipped().unwrap().tag(&[&text]);
        let other =
            std::thread::scope(|scope| scope.spawn(|| Tagger::shipped().unwrap().tag(&[&text])).join().unwrap());
        assert_eq!(first, other);
        assert!(!first.is_empty());
        assert!(first.windows(2).all(|pair| pair[0].end <= pair[1].start));
    }

    #[test]
    fn a_model_that_is_cut_or_foreign_is_an_error() {
        assert_eq!(Tagger::from_bytes(b"GIF89a...").err(), Some(ModelError::Format));
        for length in [0, 5, 6, 100, 4_000, SHIPPED.len() - 1] {
            assert!(Tagger::from_bytes(&SHIPPED[..length]).is_err(), "{length} bytes are no model");
        }
        let mut bytes = SHIPPED.to_vec();
        bytes[5] = 60;
        assert_eq!(Tagger::from_bytes(&bytes).err(), Some(ModelError::Corrupt("table size")));
    }
}
