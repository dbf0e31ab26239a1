//! What a recogniser returns for an article.

use crate::{document_pass, label::Label, tokens::Tokens};

/// A name found in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Index of the field in the slice that was tagged.
    pub field: usize,
    /// First byte within the field.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Type of the name.
    pub label: Label,
    /// From 0 to 1. For the shipped tagger it is the lead of the best reading over the next, not a probability.
    pub confidence: f32,
}

/// The names in an article.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognition {
    /// Sorted by field and position, without overlap.
    pub spans: Vec<Span>,
    /// True if the article exceeded the model's limit, so that its end was not read.
    pub truncated: bool,
    /// Words that were read, and again each that the shipped tagger's net was asked about: the work, but for a factor.
    pub steps: usize,
}

/// A model failed on an article's text: its output could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the model failed: {0}")]
pub struct InferenceError(pub String);

/// Longest name, in bytes. What is longer is no name: initials, capitals or a list without punctuation.
pub const MAX_NAME: usize = 300;

/// The names of all sentences, as spans of their fields, without those over [`MAX_NAME`].
pub(crate) fn spans(document: &[document_pass::Sentence<'_>], tokens: &[Tokens]) -> Vec<Span> {
    let mut spans = Vec::new();
    for sentence in document {
        for name in &sentence.names {
            let tokens = &tokens[sentence.field].tokens;
            let start = tokens[sentence.offset + name.start].start;
            let end = tokens[sentence.offset + name.end - 1].end;
            if end - start <= MAX_NAME {
                let (field, label, confidence) = (sentence.field, name.label, name.confidence);
                spans.push(Span { field, start, end, label, confidence });
            }
        }
    }
    spans
}
