//! An ONNX token-classification model that the operator chose in place of the shipped tagger (feature `onnx`).
//!
//! For each word of a sentence the model returns the probability of each type, taken from the word's first piece. The
//! document pass follows, as with the tagger. tract runs the model: it is written in Rust, so nothing has to be installed
//! next to the binary, unlike with ONNX Runtime (crate ort).

mod folder;
mod graph;
mod labels;
mod windows;

pub use folder::OnnxError;

use crate::{
    document_pass, hash,
    label::Label,
    lexicon,
    span::{InferenceError, Recognition, spans},
    tagger::Tagger,
    tokens::Tokens,
};
use folder::Folder;
use graph::Graph;
use labels::{Labels, NAT, Reading};
use std::path::Path;
use windows::Reader;

/// Number of words of an article that are read, in the order of its fields: a network takes milliseconds per sentence, and
/// a transaction must not take minutes.
pub const WORDS: usize = 20_000;

/// A model that is ready for use; it is shared by threads.
#[derive(Debug)]
pub struct OnnxModel {
    version: String,
    reader: Reader,
    /// Its lexicon has the demonyms.
    tagger: &'static Tagger,
}

impl OnnxModel {
    /// Reads a folder with model.onnx, tokenizer.json, config.json and, optionally, tokenizer_config.json.
    ///
    /// # Errors
    /// [`OnnxError`] names the file that is missing or invalid, and the reason.
    pub fn open(folder: &Path, tagger: &'static Tagger) -> Result<OnnxModel, OnnxError> {
        let Folder { network, tokenizer, id2label, pieces, pad, hash } = Folder::read(folder)?;
        let labels = Labels::new(&id2label).map_err(|reason| OnnxError { file: "config.json", reason })?;
        let graph = Graph::new(&network, labels.count(), pieces, pad);
        let graph = graph.map_err(|reason| OnnxError { file: "model.onnx", reason })?;
        Ok(OnnxModel { version: format!("onnx-{hash}"), reader: Reader { tokenizer, graph, labels }, tagger })
    }

    /// The value of `model_version`: `onnx-` and a hash of the files in hex.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The names in one article; it is truncated if it has more than [`WORDS`] words.
    pub(crate) fn recognise(&self, fields: &[&str], tokens: &[Tokens]) -> Result<Recognition, InferenceError> {
        let mut document = Vec::new();
        // By sentence and word: whether a MISC name is that of a people.
        let mut people: Vec<Vec<bool>> = Vec::new();
        let mut left = WORDS;
        let mut readings: Vec<Reading> = Vec::new();
        for (field, (text, tokens)) in fields.iter().zip(tokens).enumerate() {
            for sentence in &tokens.sentences {
                let words = tokens.tokens.get(sentence.tokens.clone()).unwrap_or_default();
                let words = words.get(..words.len().min(left)).unwrap_or_default();
                left -= words.len();
                if words.is_empty() {
                    break;
                }
                readings.clear();
                self.reader.read(text, words, &mut readings).map_err(InferenceError)?;
                let mut before = 0;
                let labels: Vec<u8> = readings
                    .iter()
                    .map(|reading| {
                        before = reading.label(before);
                        before
                    })
                    .collect();
                let scores: Vec<_> = readings.iter().map(Reading::scores).collect();
                people.push(readings.iter().map(|reading| reading.people).collect());
                let words: Vec<&str> = words.iter().map(|token| token.text(text)).collect();
                let keys = words.iter().map(|word| hash::word(&lexicon::key(word))).collect();
                let place = (field, sentence.tokens.start);
                document.push(document_pass::Sentence::new(place, words, keys, &labels, &scores));
            }
        }
        document_pass::pass(&mut document, &self.tagger.model.lexicon, confidence);
        for (sentence, people) in document.iter_mut().zip(&people) {
            for name in sentence.names.iter_mut().filter(|name| name.label == Label::Misc) {
                // A model that labels peoples is more complete than the demonym list.
                if people.get(name.start..name.end).is_some_and(|people| people.iter().all(|is| *is)) {
                    name.label = Label::Norp;
                }
            }
        }
        let words: usize = tokens.iter().map(|tokens| tokens.tokens.len()).sum();
        Ok(Recognition { spans: spans(&document, tokens), truncated: words > WORDS, steps: words.min(WORDS) })
    }
}

/// Confidence of a reading: softmax over the readings after the document pass, averaged over the mention's words.
fn confidence(readings: &document_pass::Readings, best: usize, words: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "points of a few words")]
    let share = |points: i32| (points as f32 / NAT / words.max(1) as f32).clamp(-30.0, 30.0).exp();
    let sum: f32 = readings.iter().map(|points| share(*points)).sum();
    readings.get(best).map_or(0.0, |points| share(*points) / sum)
}
