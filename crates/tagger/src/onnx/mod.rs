//! An ONNX token-classification model of the operator's in place of the tagger that ships (feature `onnx`).
//!
//! Sentence by sentence the model says of each word, by its first piece, how probable each type is; behind it comes the
//! same document pass as behind the tagger. Run by tract, which is written in Rust: nothing has to be installed next to
//! the binary, unlike with ONNX Runtime (crate ort).

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

/// Words of an article that are read, in the order of its fields: a network takes milliseconds a sentence, and a
/// transaction must not take minutes.
pub const WORDS: usize = 20_000;

/// A model ready for use. One serves any number of threads.
#[derive(Debug)]
pub struct OnnxModel {
    version: String,
    reader: Reader,
    /// Its lexicon knows the demonyms.
    tagger: &'static Tagger,
}

impl OnnxModel {
    /// Reads a folder: model.onnx, tokenizer.json, config.json, and tokenizer_config.json where it is there.
    ///
    /// # Errors
    /// [`OnnxError`]: which file is missing or wrong, and why.
    pub fn open(folder: &Path, tagger: &'static Tagger) -> Result<OnnxModel, OnnxError> {
        let Folder { network, tokenizer, id2label, pieces, pad, hash } = Folder::read(folder)?;
        let labels = Labels::new(&id2label).map_err(|why| OnnxError { file: "config.json", why })?;
        let graph = Graph::new(&network, labels.count(), pieces, pad);
        let graph = graph.map_err(|why| OnnxError { file: "model.onnx", why })?;
        Ok(OnnxModel { version: format!("onnx-{hash}"), reader: Reader { tokenizer, graph, labels }, tagger })
    }

    /// For `model_version`: the hash of the files' bytes in hex.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// The names in one article; it is truncated if it has more than [`WORDS`] words.
    pub(crate) fn recognise(&self, fields: &[&str], tokens: &[Tokens]) -> Result<Recognition, InferenceError> {
        let mut document = Vec::new();
        // By sentence and word: of other names, those of peoples.
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
        document_pass::pass(&mut document, &self.tagger.model.lexicon, sure);
        for (sentence, people) in document.iter_mut().zip(&people) {
            for name in sentence.names.iter_mut().filter(|name| name.label == Label::Misc) {
                // Models that know peoples know more of them than the table.
                if people.get(name.start..name.end).is_some_and(|people| people.iter().all(|is| *is)) {
                    name.label = Label::Norp;
                }
            }
        }
        let words: usize = tokens.iter().map(|tokens| tokens.tokens.len()).sum();
        Ok(Recognition { spans: spans(&document, tokens), truncated: words > WORDS })
    }
}

/// Softmax over what the document pass has made of a mention's types, in the mean of its words.
fn sure(readings: &document_pass::Readings, best: usize, words: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "points of a few words")]
    let share = |points: i32| (points as f32 / NAT / words.max(1) as f32).clamp(-30.0, 30.0).exp();
    let sum: f32 = readings.iter().map(|points| share(*points)).sum();
    readings.get(best).map_or(0.0, |points| share(*points) / sum)
}
