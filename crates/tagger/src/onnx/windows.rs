//! A sentence's words to a network and back: windows that overlap, pieces, and for each word what its first piece says.

use super::{
    graph::Graph,
    labels::{Labels, Reading},
};
use crate::tokens::Token;
use tokenizers::{Encoding, Tokenizer};

/// A word of more bytes than this is no name, and is not shown to the model.
const LONG_WORD: usize = 500;
/// Words further apart than this many bytes have nothing to do with each other.
const WIDE_GAP: usize = 500;

/// A model with its tokenizer.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) tokenizer: Tokenizer,
    pub(super) graph: Graph,
    pub(super) labels: Labels,
}

impl Reader {
    /// What the model says of the words of one sentence of `text`, one reading a word.
    ///
    /// Time and memory are linear in the words; a window holds at most half as many words as pieces.
    ///
    /// # Errors
    /// A sentence: the tokenizer or the network failed.
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
            self.run(text, run, readings)?;
            rest = others;
        }
        Ok(())
    }

    /// Words that follow each other, window by window. What stands in two windows is read in the one where it is
    /// further from the edge.
    fn run(&self, text: &str, words: &[Token], readings: &mut Vec<Reading>) -> Result<(), String> {
        // With those that the tokenizer adds.
        let pieces = self.graph.pieces();
        let mut most = (pieces / 2).max(1);
        let mut at = 0;
        while at < words.len() {
            let margin = most / 4;
            let begin = at.saturating_sub(margin);
            let end = (begin + most).min(words.len());
            let window = words.get(begin..end).unwrap_or_default();
            let (Some(first), Some(last)) = (window.first(), window.last()) else { return Ok(()) };
            let slice = text.get(first.start..last.end).unwrap_or_default();
            let mut encoding = self.tokenizer.encode(slice, true).map_err(|error| format!("tokenizer: {error}"))?;
            if encoding.len() > pieces {
                if window.len() > 1 {
                    most = window.len() / 2;
                    continue;
                }
                // Of one word only the first piece counts.
                encoding.truncate(pieces, 0, tokenizers::TruncationDirection::Right);
            }
            let rows = if encoding.is_empty() { Vec::new() } else { self.graph.run(encoding.get_ids())? };
            let until = if end == words.len() { end } else { end - margin };
            let mut shown = Pieces::new(&encoding);
            for (offset, word) in window.iter().enumerate() {
                let piece = shown.of(word.start - first.start, word.end - first.start);
                if !(at..until).contains(&(begin + offset)) {
                    continue;
                }
                let logits = piece.and_then(|piece| {
                    let count = self.labels.count();
                    rows.get(piece * count..(piece + 1) * count)
                });
                // Characters that the tokenizer leaves out are no name.
                readings.push(match logits {
                    Some(logits) => self.labels.read(logits).ok_or("an answer that is no number")?,
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

    /// The first piece that has a part of bytes `start..end`. Asked for one word after another.
    fn of(&mut self, start: usize, end: usize) -> Option<usize> {
        while let (Some((from, to)), Some(special)) = (self.offsets.get(self.at), self.special.get(self.at)) {
            if *special == 0 && from < to && *to > start {
                // It may belong to the next word too.
                return (*from < end).then_some(self.at);
            }
            self.at += 1;
        }
        None
    }
}
