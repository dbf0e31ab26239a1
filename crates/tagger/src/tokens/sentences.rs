//! Finds the ends of sentences.

use super::abbreviations::{self, Stop};
use super::{MAX_SENTENCE, Sentence, Style, Token};
use crate::word_lists::{self, WORDS};
use std::{collections::HashSet, sync::OnceLock};

/// Words that begin a sentence far more often than they follow an abbreviation inside one.
fn is_starter(word: &str) -> bool {
    static STARTERS: OnceLock<HashSet<&str>> = OnceLock::new();
    STARTERS.get_or_init(|| word_lists::words(WORDS, "sentence_starter").collect()).contains(word)
}

/// Most closing quotes and brackets that may stand between a full stop and the end of its sentence.
const MAX_CLOSING: usize = 8;

/// Groups the tokens into sentences. Adds the tokens that are examined to `steps`.
pub(super) fn split(text: &str, tokens: &[Token], style: Style, steps: &mut usize) -> Vec<Sentence> {
    let mut sentences = Vec::with_capacity(tokens.len() / 20 + 1);
    let mut from = 0;
    let mut line = 0;
    for index in 1..tokens.len() {
        let (before, after) = (tokens[index - 1], tokens[index]);
        let gap = &text[before.end..after.start];
        let breaks = gap.bytes().filter(|byte| *byte == b'\n').count();
        let ends = match breaks {
            0 => index - from >= MAX_SENTENCE || punctuated(text, tokens, style, from, index, steps),
            1 if index - from < MAX_SENTENCE => {
                let width = text[line..before.end].chars().count();
                let terminal = text[..before.end].ends_with(['.', '!', '?', ':', '"', '\u{201d}']);
                terminal || !(50..=100).contains(&width)
            }
            _ => true,
        };
        if breaks > 0 {
            line = after.start;
        }
        if ends {
            sentences.push(Sentence { tokens: from..index });
            from = index;
        }
    }
    if from < tokens.len() {
        sentences.push(Sentence { tokens: from..tokens.len() });
    }
    sentences
}

/// Whether the tokens before `index` end a sentence within a line.
fn punctuated(text: &str, tokens: &[Token], style: Style, from: usize, index: usize, steps: &mut usize) -> bool {
    let next = tokens[index].text(text);
    let Some(first) = next.chars().next() else { return false };
    if closing(next) && !opens_next(text, tokens, index) {
        return false;
    }
    // Closing quotes and brackets belong to the sentence before.
    let mut last = index - 1;
    let first_examined = from.max(last.saturating_sub(MAX_CLOSING));
    while last > first_examined && closing(tokens[last].text(text)) {
        last -= 1;
    }
    *steps += index - last;
    let word = tokens[last].text(text);
    match word {
        "." | "!" | "?" | "..." | "\u{2026}" | "\u{3002}" | "\u{61f}" | "\u{6d4}" | "\u{964}" => {
            !first.is_lowercase() && first != ',' && first != ')'
        }
        _ => {
            let Some(bare) = word.strip_suffix('.') else { return false };
            !bare.is_empty() && abbreviations::stop(bare, style) == Stop::MayEnd && is_starter(next)
        }
    }
}

fn closing(token: &str) -> bool {
    matches!(token, "\"" | "''" | "'" | "\u{201d}" | "\u{2019}" | ")" | "]" | "\u{bb}")
}

/// Whether a token is a straight quote that opens the next sentence: it has a space before it and none after it.
fn opens_next(text: &str, tokens: &[Token], index: usize) -> bool {
    let quote = matches!(tokens[index].text(text), "\"" | "'");
    let spaced = tokens[index].start > tokens[index - 1].end;
    quote && spaced && tokens.get(index + 1).is_some_and(|after| after.start == tokens[index].end)
}
