//! Runs a network over a sentence in overlapping windows, and returns a reading for the first piece of each word.

use super::{
    graph::Graph,
    labels::{Labels, Reading},
};
use crate::tokens::Token;
use tokenizers::{Encoding, Tokenizer};

/// A word of more bytes than this is not a name and is not given to the model.
const LONG_WORD: usize = 500;
/// Words that are further apart than this, in bytes, are read separately.
const WIDE_GAP: usize = 500;

/// A model with its tokenizer.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) tokenizer: Tokenizer,
    pub(super) graph: Graph,
    pub(super) labels: Labels,
}

impl Reader {
    /// Appends a reading for each of `words`, which are those of one sentence of `text`.
    ///
    /// Time and memory are linear in the number of words; a window has at most half as many words as pieces.
    ///
    /// # Errors
    /// A message: the tokenizer or the network failed.
    pub(super) fn read(&self, text: &str, words: &[Token], readings: &mut Vec<Reading>) -> Result<(), String> {
        let is_long = |word: &Token| word.end - word.start > LONG_WORD;
        let mut rest = words;
        while let Some(first) = rest.first() {
            if is_long(first) {
                readings.push(Reading::NONE);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let breaks = |pair: &[Token]| match pair {
                [before, word] => is_long(word) || word.start - before.end > WIDE_GAP,
                _ => false,
            };
            let length = rest.windows(2).position(breaks).map_or(rest.len(), |at| at + 1);
            let (run, others) = rest.split_at(length);
            self.read_run(text, run, readings)?;
            rest = others;
        }
        Ok(())
    }

    /// Reads adjacent words, window by window. A word in two windows is read in the one where it is further from the
    /// edge.
    fn read_run(&self, text: &str, words: &[Token], readings: &mut Vec<Reading>) -> Result<(), String> {
        // Including special tokens.
        let pieces = self.graph.pieces();
        let mut max_words = (pieces / 2).max(1);
        let mut at = 0;
        while at < words.len() {
            let margin = max_words / 4;
            let begin = at.saturating_sub(margin);
            let end = (begin + max_words).min(words.len());
            let window = words.get(begin..end).unwrap_or_default();
            let (Some(first), Some(last)) = (window.first(), window.last()) else { return Ok(()) };
            let slice = text.get(first.start..last.end).unwrap_or_default();
            let mut encoding = self.tokenizer.encode(slice, true).map_err(|error| format!("tokenizer: {error}"))?;
            if encoding.len() > pieces {
                if window.len() > 1 {
                    max_words = window.len() / 2;
                    continue;
                }
                // Only the first piece of a word counts.
                encoding.truncate(pieces, 0, tokenizers::TruncationDirection::Right);
            }
            let rows = if encoding.is_empty() { Vec::new() } else { self.graph.run(encoding.get_ids())? };
            let until = if end == words.len() { end } else { end - margin };
            let mut pieces_in_order = Pieces::new(&encoding);
            for (offset, word) in window.iter().enumerate() {
                let piece = pieces_in_order.first_of(word.start - first.start, word.end - first.start);
                if !(at..until).contains(&(begin + offset)) {
                    continue;
                }
                let logits = piece.and_then(|piece| {
                    let count = self.labels.count();
                    rows.get(piece * count..(piece + 1) * count)
                });
                // A word that the tokenizer drops is not a name.
                readings.push(match logits {
                    Some(logits) => self.labels.read(logits).ok_or("the output is not a number")?,
                    None => Reading::NONE,
                });
            }
            at = until;
        }
        Ok(())
    }
}

/// The pieces of a window in the order of the text.
struct Pieces<'e> {
    offsets: &'e [(usize, usize)],
    special: &'e [u32],
    at: usize,
}

impl<'e> Pieces<'e> {
    fn new(encoding: &'e Encoding) -> Self {
        Pieces { offsets: encoding.get_offsets(), special: encoding.get_special_tokens_mask(), at: 0 }
    }

    /// The first piece that overlaps bytes `start..end`. Call it for the words in order.
    fn first_of(&mut self, start: usize, end: usize) -> Option<usize> {
        while let (Some((from, to)), Some(special)) = (self.offsets.get(self.at), self.special.get(self.at)) {
            if *special == 0 && from < to && *to > start {
                // The piece may also belong to the next word.
                return (*from < end).then_some(self.at);
            }
            self.at += 1;
        }
        None
    }
}
