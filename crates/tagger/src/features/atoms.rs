//! Properties of a token that do not depend on its neighbours: its spelling and its entries in word lists.

use crate::hash;
use crate::lexicon::{self, Lexicon, PHRASE, Word, flag};
/// The properties of a token that do not depend on its neighbours, as small numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Atoms {
    /// Hash of the word as written.
    pub(super) word: u32,
    /// Hash of [`lexicon::key`].
    pub lower: u32,
    /// Shape with runs cut to four: `Xxxx`, `X.X.`, `0000-00-00`.
    pub(super) shape: u32,
    /// Class of shape: see [`class`].
    pub class: u32,
    pub(super) prefix: [u32; 3],
    pub suffix: [u32; 4],
    pub(super) clusters: [u32; 4],
    pub flags: u32,
    /// Tokens of the longest phrase of the gazetteer that may begin with it.
    pub(super) longest: usize,
    /// Bits of the longest phrases that cover the token; bit 8 where the token is not the first.
    pub gazetteer: u32,
    /// First in its sentence, or preceded only by punctuation and numbers.
    pub initial: bool,
    /// Its sentence is in capitals, so its own capitals carry no information.
    pub capitals: bool,
}

/// Classes of shape that the templates combine.
mod shape {
    pub(super) const LOWER: u32 = 1;
    pub(super) const TITLE: u32 = 2;
    pub(super) const UPPER: u32 = 3;
    pub(super) const LETTER: u32 = 4;
    pub(super) const MIXED: u32 = 5;
    pub(super) const NUMBER: u32 = 6;
    pub(super) const DIGITS: u32 = 7;
    pub(super) const HYPHEN: u32 = 8;
    pub(super) const DOTTED: u32 = 9;
    pub(super) const PUNCTUATION: u32 = 10;
    /// Added if the whole sentence is in capitals.
    pub(super) const CAPITALS: u32 = 16;
}

/// The class of a word's shape.
fn class(word: &str) -> u32 {
    let (mut upper, mut lower, mut digit, mut other, mut length) = (0, 0, 0, 0, 0);
    let mut first_upper = false;
    for (index, character) in word.chars().enumerate() {
        length += 1;
        if character.is_uppercase() {
            upper += 1;
            first_upper |= index == 0;
        } else if character.is_alphabetic() {
            lower += 1;
        } else if character.is_numeric() {
            digit += 1;
        } else {
            other += 1;
        }
    }
    if upper + lower == 0 {
        return if digit > 0 { shape::NUMBER } else { shape::PUNCTUATION };
    }
    if digit > 0 {
        return shape::DIGITS;
    }
    if upper == 0 {
        return shape::LOWER;
    }
    if length == 1 {
        return shape::LETTER;
    }
    if word.contains('-') {
        return if first_upper { shape::HYPHEN } else { shape::LOWER };
    }
    if lower == 0 {
        return if other > 0 && word.contains('.') { shape::DOTTED } else { shape::UPPER };
    }
    if first_upper && upper == 1 { shape::TITLE } else { shape::MIXED }
}

/// The class of a word's shape in a sentence, in capitals or not.
pub fn class_of(word: &str, capitals: bool) -> u32 {
    let class = class(word);
    if capitals && class == shape::UPPER { class | shape::CAPITALS } else { class }
}

/// Whether a class is that of punctuation or of a number.
pub fn is_sign(class: u32) -> bool {
    class == shape::PUNCTUATION || class == shape::NUMBER
}

/// Whether a word begins with a letter of a script without case.
pub fn is_caseless(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase())
}

/// The shape of a word, runs cut to four.
pub fn long_shape(word: &str, buffer: &mut Vec<u8>) -> u32 {
    buffer.clear();
    for character in word.chars() {
        let sign = if character.is_uppercase() {
            b'X'
        } else if character.is_alphabetic() {
            b'x'
        } else if character.is_numeric() {
            b'0'
        } else if character.is_ascii() {
            character as u8
        } else {
            b'?'
        };
        let run = buffer.iter().rev().take(4).take_while(|before| **before == sign).count();
        if run < 4 {
            buffer.push(sign);
        }
    }
    hash::fold(hash::bytes(buffer))
}

/// Whether a word of this class of shape may begin a name.
pub fn begins_name(class: u32) -> bool {
    let plain = class & !shape::CAPITALS;
    (shape::TITLE..=shape::MIXED).contains(&plain) || matches!(plain, shape::HYPHEN | shape::DOTTED | shape::DIGITS)
}

/// The atoms of one sentence.
pub fn atoms(words: &[&str], lexicon: &Lexicon, atoms: &mut Vec<Atoms>) {
    atoms.clear();
    let mut buffer = Vec::with_capacity(32);
    let capitals = in_capitals(words);
    let mut initial = true;
    for word in words {
        let key = lexicon::key(word);
        let lower = hash::word(&key);
        let known: Word = lexicon.word(lower);
        let mut class = class(word);
        let written = if capitals { lower } else { hash::word(word) };
        if capitals && class == shape::UPPER {
            class |= shape::CAPITALS;
        }
        let coarse = lexicon.coarser(known.cluster);
        let text = key.as_bytes();
        let mut atom = Atoms {
            word: written,
            lower,
            shape: if capitals { class } else { long_shape(word, &mut buffer) },
            class,
            clusters: [u32::from(known.cluster), u32::from(coarse[0]), u32::from(coarse[1]), u32::from(coarse[2])],
            flags: u32::from(known.flags & !(flag::TWO | flag::MORE)),
            longest: longest_phrase(known.flags),
            initial,
            capitals,
            ..Atoms::default()
        };
        for (index, prefix) in atom.prefix.iter_mut().enumerate() {
            *prefix = hash::fold(hash::bytes(&text[..text.len().min(index + 2)]));
        }
        for (index, suffix) in atom.suffix.iter_mut().enumerate() {
            *suffix = hash::fold(hash::bytes(&text[text.len().saturating_sub(index + 1)..]));
        }
        initial = initial && (class == shape::PUNCTUATION || class == shape::NUMBER);
        atoms.push(atom);
    }
    mark_phrases(atoms, lexicon);
}

/// Whether a sentence is in capitals, like some headlines: nine letters of ten, and at least two words.
pub fn in_capitals(words: &[&str]) -> bool {
    let (mut upper, mut lower, mut wordy) = (0, 0, 0);
    for word in words {
        if word.bytes().any(|byte| byte.is_ascii_lowercase()) {
            lower += word.bytes().filter(u8::is_ascii_lowercase).count();
        } else {
            let letters = word.bytes().filter(u8::is_ascii_uppercase).count();
            upper += letters;
            wordy += usize::from(letters > 1);
        }
    }
    wordy >= 2 && upper >= 9 * lower
}

/// Length in tokens of the longest phrase that may begin with a word of these flags.
pub fn longest_phrase(flags: u16) -> usize {
    if flags & flag::STARTS == 0 {
        0
    } else if flags & flag::MORE != 0 {
        PHRASE
    } else {
        1 + usize::from(flags & flag::TWO != 0)
    }
}

/// A token whose phrases are looked up.
pub trait Phrased {
    /// Hash of its key.
    fn lower(&self) -> u32;
    /// Tokens of the longest phrase that it may begin.
    fn longest(&self) -> usize;
    /// Notes the bits of the phrase that covers it.
    fn mark(&mut self, bits: u32);
}

impl Phrased for Atoms {
    fn lower(&self) -> u32 {
        self.lower
    }

    /// A phrase does not begin with a word in lower case: `reading` is not a city.
    fn longest(&self) -> usize {
        if self.class == shape::LOWER { 0 } else { self.longest }
    }

    fn mark(&mut self, bits: u32) {
        self.gazetteer = bits;
    }
}

/// Marks the longest phrases of the word lists, from left to right. Bit 8 is set on all tokens of a phrase but the first.
pub fn mark_phrases<A: Phrased>(atoms: &mut [A], lexicon: &Lexicon) {
    let mut at = 0;
    while at < atoms.len() {
        let mut phrase = atoms[at].lower();
        let (mut best, mut bits) = (0, 0);
        for length in 1..=atoms[at].longest().min(atoms.len() - at) {
            if length > 1 {
                phrase = hash::join(phrase, atoms[at + length - 1].lower());
            }
            let found = lexicon.phrase(phrase);
            if found != 0 {
                (best, bits) = (length, u32::from(found));
            }
        }
        for (index, atom) in atoms[at..at + best].iter_mut().enumerate() {
            atom.mark(bits | if index > 0 { 0x100 } else { 0 });
        }
        at += best.max(1);
    }
}
