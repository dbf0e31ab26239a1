//! Word boundaries within runs of visible characters.

use std::ops::Range;

use super::abbreviations::{self, Stop};
use super::{Style, Token};
use crate::word_lists::{self, WORDS};
use std::{collections::HashSet, sync::OnceLock};

/// Longest word, in bytes, that may be an abbreviation with a full stop or begin with an apostrophe that belongs to it.
const SHORT: usize = 64;

/// All tokens of a text. Adds the bytes that are examined to `steps`.
pub(super) fn split(text: &str, style: Style, steps: &mut usize) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(text.len() / 5);
    *steps += text.len();
    let mut start = None;
    for (at, character) in text.char_indices() {
        match (character.is_whitespace(), start) {
            (true, Some(from)) => {
                split_run(text, from..at, style, &mut tokens, steps);
                start = None;
            }
            (false, None) => start = Some(at),
            _ => {}
        }
    }
    if let Some(from) = start {
        split_run(text, from..text.len(), style, &mut tokens, steps);
    }
    tokens
}

fn push(tokens: &mut Vec<Token>, start: usize, end: usize) {
    if start < end {
        tokens.push(Token { start, end });
    }
}

/// Whether a character is split off the beginning of a word: a bracket, a quote, a currency sign.
fn is_opening(character: char) -> bool {
    matches!(
        character,
        '(' | '['
            | '{'
            | '<'
            | '"'
            | '\''
            | '`'
            | '\u{201c}'
            | '\u{201d}'
            | '\u{201e}'
            | '\u{2018}'
            | '\u{2019}'
            | '\u{201a}'
            | '\u{ab}'
            | '\u{2039}'
            | '\u{bf}'
            | '\u{a1}'
            | '$'
            | '\u{a3}'
            | '\u{20ac}'
            | '\u{a5}'
            | '*'
            | '\u{2022}'
            | '|'
            | '~'
            | '='
    ) || is_separator(character)
}

/// Whether a character is split off the end of a word.
fn is_closing(character: char) -> bool {
    matches!(
        character,
        ')' | ']'
            | '}'
            | '>'
            | '"'
            | '\''
            | '`'
            | '\u{201d}'
            | '\u{201c}'
            | '\u{2019}'
            | '\u{2018}'
            | '\u{bb}'
            | '\u{203a}'
            | '%'
            | '*'
            | '|'
            | '~'
            | '='
            | '\u{2026}'
            | '$'
            | '\u{20ac}'
    ) || is_separator(character)
}

/// Whether a character is split off at either end of a word.
fn is_separator(character: char) -> bool {
    matches!(
        character,
        ',' | ';'
            | ':'
            | '!'
            | '?'
            | '\u{3002}'
            | '\u{3001}'
            | '\u{ff0c}'
            | '\u{60c}'
            | '\u{61b}'
            | '\u{61f}'
            | '\u{6d4}'
            | '\u{964}'
            | '\u{2013}'
            | '\u{2014}'
            | '\u{2015}'
            | '/'
            | '\u{2026}'
            | '+'
    )
}

/// Whether a character is a straight or typographic apostrophe.
fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}')
}

/// Splits one run of visible characters.
fn split_run(text: &str, run: Range<usize>, style: Style, tokens: &mut Vec<Token>, steps: &mut usize) {
    let Range { mut start, mut end } = run;
    // Fast path: most words consist of letters only.
    if text.as_bytes()[start..end].iter().all(u8::is_ascii_alphabetic) {
        push(tokens, start, end);
        return;
    }
    while let Some(first) = text[start..end].chars().next() {
        let width = first.len_utf8();
        let rest = &text[start + width..end];
        if first == '.' || first == '-' {
            // Several full stops (an ellipsis) or hyphens (a dash) are one token.
            let run = text[start..end].len() - text[start..end].trim_start_matches(first).len();
            if run == text[start..end].len() {
                push(tokens, start, end);
                return;
            }
            if run < 2 {
                break;
            }
            push(tokens, start, start + run);
            start += run;
        } else if is_opening(first) && !(is_apostrophe(first) && is_enclitic(&text[start..end], steps)) {
            // The Penn Treebank writes quotes as doubled back quotes and apostrophes.
            let width = if (first == '`' || first == '\'') && rest.starts_with(first) { 2 * width } else { width };
            push(tokens, start, start + width);
            start += width;
        } else {
            break;
        }
    }
    // Closing characters are collected from the right and added in order after the word.
    let mut closing = Vec::new();
    while let Some(last) = text[start..end].chars().next_back() {
        let width = last.len_utf8();
        let word = &text[start..end - width];
        let cut = if last == '.' {
            let run = text[start..end].len() - text[start..end].trim_end_matches('.').len();
            if run > 1 {
                run
            } else if word.is_empty() || stop(word, style, steps) == Stop::Plain {
                1
            } else {
                break;
            }
        } else if is_closing(last) {
            if word.is_empty() || (last == '\'' && is_enclitic(&text[start..end], steps)) {
                0
            } else if last == '\'' && word.ends_with('\'') {
                2
            } else {
                width
            }
        } else {
            break;
        };
        if cut == 0 {
            break;
        }
        closing.push((end - cut, end));
        end -= cut;
    }
    split_word(text, start..end, style, tokens);
    for (from, to) in closing.into_iter().rev() {
        push(tokens, from, to);
    }
}

/// What a full stop after `word` means. The part after its last hyphen, slash or bracket may be an abbreviation. Only the
/// last [`SHORT`] bytes are examined: a run of visible characters may be as long as the text.
fn stop(word: &str, style: Style, steps: &mut usize) -> Stop {
    let from = word.ceil_char_boundary(word.len().saturating_sub(SHORT));
    *steps += word.len() - from;
    match word[from..].rsplit_once(['-', '/', '(']) {
        Some((_, bare)) => abbreviations::stop(bare, style),
        None if from == 0 => abbreviations::stop(word, style),
        None => Stop::Plain,
    }
}

/// Whether a word begins with an apostrophe that belongs to it: `'s`, `'ll`, `'90s`.
fn is_enclitic(word: &str, steps: &mut usize) -> bool {
    // Longer ones are words with digits, of which the first letters are enough.
    let word = &word[..word.floor_char_boundary(SHORT)];
    *steps += word.len();
    let mut letters = word.chars();
    if !letters.next().is_some_and(is_apostrophe) {
        return false;
    }
    let rest = letters.as_str();
    let plain = rest.trim_end_matches([',', '.', ';', ':']);
    matches!(plain, "s" | "S" | "ll" | "re" | "ve" | "d" | "m" | "t" | "LL" | "RE" | "VE" | "D" | "M" | "em" | "tis")
        || (rest.len() >= 2 && rest.as_bytes().iter().take(2).all(u8::is_ascii_digit))
}

/// Whether a word is a URL or a mail address, which is one token.
fn is_address(word: &str) -> bool {
    word.contains("://")
        || word.starts_with("www.")
        || (word.contains('@') && word.contains('.') && !word.starts_with('@'))
}

/// Splits a word at dashes, and at slashes and commas between letters, and splits off possessives and contractions.
fn split_word(text: &str, word: Range<usize>, style: Style, tokens: &mut Vec<Token>) {
    let Range { start, end } = word;
    let word = &text[start..end];
    if word.is_empty() {
        return;
    }
    if is_address(word) {
        push(tokens, start, end);
        return;
    }
    let mut from = 0;
    let mut before: Option<char> = None;
    let mut skip = 0;
    for (at, character) in word.char_indices() {
        if at < skip {
            continue;
        }
        let width = character.len_utf8();
        let after = word[at + width..].chars().next();
        let letters = before.is_some_and(char::is_alphabetic) && after.is_some_and(char::is_alphabetic);
        let cut = match character {
            '\u{2014}' | '\u{2013}' | '\u{2026}' | '(' | ')' | '[' | ']' | '"' | '\u{201c}' | '\u{201d}' => {
                // An en dash between numbers is a range, between letters a compound.
                if character == '\u{2013}' { 0 } else { width }
            }
            '-' if word[at..].starts_with("--") => word[at..].len() - word[at..].trim_start_matches('-').len(),
            '.' if word[at..].starts_with("..") => word[at..].len() - word[at..].trim_start_matches('.').len(),
            '/' | ',' | ';' | '!' | '?' | '&' if letters => {
                // `AT&T` and `R&B` stay whole.
                if character == '&' { 0 } else { width }
            }
            ':' if letters => width,
            _ => 0,
        };
        if cut > 0 {
            split_clitics(text, start + from..start + at, style, tokens);
            push(tokens, start + at, start + at + cut);
            from = at + cut;
            skip = from;
            before = None;
            continue;
        }
        before = Some(character);
    }
    split_clitics(text, start + from..end, style, tokens);
}

/// Splits off what the language writes together with a word and an apostrophe: in English `'s`, `'ll` and `n't` after it, in
/// French, Italian and Catalan articles and prepositions before it.
fn split_clitics(text: &str, word: Range<usize>, style: Style, tokens: &mut Vec<Token>) {
    let Range { start, end } = word;
    let word = &text[start..end];
    let cut = match style {
        Style::English => enclitic(word),
        Style::Elisions => elision(word),
        Style::Words | Style::Characters => None,
    };
    match cut {
        Some(at) => {
            push(tokens, start, start + at);
            push(tokens, start + at, end);
        }
        None => push(tokens, start, end),
    }
}

/// Where the word behind an elided article or preposition begins: `l'Assemblée`, `dell'Interno`.
fn elision(word: &str) -> Option<usize> {
    static ELIDED: OnceLock<HashSet<&str>> = OnceLock::new();
    let (at, mark) = word.char_indices().find(|(_, c)| is_apostrophe(*c))?;
    let behind = at + mark.len_utf8();
    let elided = ELIDED.get_or_init(|| word_lists::words(WORDS, "elided").collect());
    (behind < word.len() && at <= 8 && elided.contains(word[..at].to_lowercase().as_str())).then_some(behind)
}

/// Where an English enclitic begins.
fn enclitic(word: &str) -> Option<usize> {
    word.char_indices().rev().find(|(_, c)| is_apostrophe(*c)).and_then(|(at, mark)| {
        let tail = &word[at + mark.len_utf8()..];
        if at == 0 {
            return None;
        }
        if tail.eq_ignore_ascii_case("t") && word[..at].ends_with(['n', 'N']) && at > 1 {
            return Some(at - 1);
        }
        let known = ["s", "ll", "re", "ve", "d", "m"].iter().any(|e| tail.eq_ignore_ascii_case(e));
        known.then_some(at)
    })
}
