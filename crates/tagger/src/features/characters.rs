//! Features for text that is tagged by characters: Chinese, Japanese, Thai and Korean.
//!
//! A token is a character, or a run of Latin letters or digits ([`tokens::characters`](crate::tokens::characters)). The
//! words of the lists are found by the longest match from left to right, and the tokens of a word know it and its
//! neighbours.

use crate::{
    hash::{self, slot},
    lexicon::{self, Lexicon, flag},
};

/// Number of templates.
pub const TEMPLATES: usize = 56;
/// No template contains a word that is dropped at random.
pub const LEXICAL: usize = 0;

/// Longest word of the lists, in tokens.
pub const LONGEST: usize = 12;

/// A token.
#[derive(Clone, Copy, Debug, Default)]
pub struct Atoms {
    /// Hash of the token's key.
    pub lower: u32,
    kind: u32,
    /// There is a space or a sentence's end before it, and after it.
    spaces: u32,
    /// Index in [`Scratch::words`] of the word that covers it.
    word: usize,
    /// Place in that word: 0 alone, 1 first, 2 inside, 3 last.
    place: u32,
    /// Lengths of the longest words that begin here and that end here.
    begins: u32,
    ends: u32,
    /// Bits of the lists whose entries begin, cover and end here.
    lists: [u32; 3],
}

/// A word of the lists, or a token that none covers.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    hash: u32,
    bits: u32,
}

/// Buffers that are reused for every sentence.
#[derive(Default)]
pub struct Scratch {
    /// Properties of each token.
    pub atoms: Vec<Atoms>,
    words: Vec<Word>,
}

/// The class of a token's script.
fn kind(token: &str) -> u32 {
    match token.chars().next().unwrap_or(' ') {
        '・' | '·' => 6,
        '\u{3040}'..='\u{309f}' => 1,
        '\u{30a0}'..='\u{30ff}' => 2,
        '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' | '々' => 3,
        '\u{ac00}'..='\u{d7af}' => 4,
        '\u{e00}'..='\u{e7f}' => 5,
        '(' | ')' | '（' | '）' => 7,
        '「' | '」' | '『' | '』' | '《' | '》' | '"' | '“' | '”' => 8,
        c if c.is_numeric() => 9,
        c if c.is_uppercase() => 10,
        c if c.is_alphabetic() => 11,
        '。' | '！' | '？' | '.' | '!' | '?' => 12,
        _ => 13,
    }
}

impl Scratch {
    /// Fills `atoms` for a sentence. `spaced` says of each token whether a space stands before it.
    pub fn fill(&mut self, tokens: &[&str], spaced: &[bool], lexicon: &Lexicon) {
        self.atoms.clear();
        for (at, token) in tokens.iter().enumerate() {
            let space = |at: usize| spaced.get(at).copied().unwrap_or(true) || at == 0;
            self.atoms.push(Atoms {
                lower: hash::word(&lexicon::key(token)),
                kind: kind(token),
                spaces: u32::from(space(at)) | u32::from(space(at + 1)) << 1,
                ..Atoms::default()
            });
        }
        self.look_up(lexicon);
    }

    /// Finds the words of the lists.
    fn look_up(&mut self, lexicon: &Lexicon) {
        self.words.clear();
        let atoms = &mut self.atoms;
        let mut free = 0;
        for at in 0..atoms.len() {
            let mut phrase = 0;
            let mut longest = (1, 0, atoms[at].lower);
            if lexicon.word(atoms[at].lower).flags & flag::STARTS != 0 {
                for length in 1..=LONGEST.min(atoms.len() - at) {
                    let next = atoms[at + length - 1].lower;
                    phrase = if length == 1 { next } else { hash::join(phrase, next) };
                    let bits = u32::from(lexicon.phrase(phrase));
                    if bits == 0 {
                        continue;
                    }
                    longest = (length, bits, phrase);
                    let last = at + length - 1;
                    atoms[at].lists[0] |= bits;
                    for inner in &mut atoms[at..=last] {
                        inner.lists[1] |= bits;
                    }
                    atoms[last].lists[2] |= bits;
                    atoms[last].ends = atoms[last].ends.max(length as u32);
                }
                atoms[at].begins = longest.0 as u32;
            }
            if at >= free {
                let (length, bits, hash) = longest;
                for (index, inner) in atoms[at..at + length].iter_mut().enumerate() {
                    inner.word = self.words.len();
                    inner.place = match (index, length) {
                        (_, 1) => 0,
                        (0, _) => 1,
                        _ if index + 1 == length => 3,
                        _ => 2,
                    };
                }
                self.words.push(Word { hash, bits });
                free = at + length;
            }
        }
    }

    /// Calls `emit` with the slots of each token in order, for a table of `1 << bits` rows, after [`Scratch::fill`].
    pub fn extract(&mut self, bits: u32, mut emit: impl FnMut(&[u32])) {
        let atoms = &self.atoms;
        let edge = Atoms { lower: 1, ..Atoms::default() };
        let no_word = Word { hash: 1, bits: 0 };
        let mut slots = [super::NOTHING; TEMPLATES];
        for index in 0..atoms.len() {
            let at = |offset: isize| index.checked_add_signed(offset).and_then(|at| atoms.get(at)).unwrap_or(&edge);
            let here = at(0);
            let word = |offset: isize| {
                here.word.checked_add_signed(offset).and_then(|at| self.words.get(at)).unwrap_or(&no_word)
            };
            let c = |offset: isize| at(offset).lower;
            let pair = |offset: isize| hash::join(c(offset), c(offset + 1));
            let three = |offset: isize| hash::join(pair(offset), c(offset + 2));
            let (now, next, previous) = (word(0), word(1), word(-1));
            let kinds = |from: isize, to: isize| (from..=to).fold(0, |all, offset| all << 4 | at(offset).kind);
            let edges = here.spaces << 2 | here.place;
            let mut template = 0;
            let mut put = |a: u32, b: u32| {
                slots[template] = slot(template as u32 + 1, a, b, bits);
                template += 1;
            };
            // Characters.
            put(c(0), 0);
            put(c(-1), 0);
            put(c(1), 0);
            put(c(-2), 0);
            put(c(2), 0);
            put(c(-3), 0);
            put(c(3), 0);
            put(pair(-2), 0);
            put(pair(-1), 0);
            put(pair(0), 0);
            put(pair(1), 0);
            put(pair(2), 0);
            put(pair(-3), 0);
            put(c(-1), c(1));
            put(c(-2), c(0));
            put(c(0), c(2));
            put(three(-2), 0);
            put(three(-1), 0);
            put(three(0), 0);
            put(three(1), 0);
            put(three(-3), 0);
            put(pair(-3), pair(-1));
            put(pair(-2), pair(0));
            put(pair(-1), pair(1));
            put(pair(0), pair(2));
            put(three(-2), pair(1));
            put(kinds(-1, 1), here.spaces);
            put(kinds(-2, 2), here.spaces);
            put(kinds(-3, 1), here.spaces);
            put(kinds(-1, 3), here.spaces);
            put(c(0), kinds(-1, 1));
            put(c(0), here.spaces);
            // Words of the lists.
            put(now.hash, here.place);
            put(previous.hash, here.place);
            put(next.hash, here.place);
            put(previous.hash, now.hash);
            put(now.hash, next.hash);
            put(word(-2).hash, here.place);
            put(word(2).hash, here.place);
            put(previous.hash, next.hash);
            put(now.bits, edges);
            put(now.bits << 8 | previous.bits, edges);
            put(now.bits << 8 | next.bits, edges);
            put(previous.bits << 16 | now.bits << 8 | next.bits, here.place);
            put(now.bits, previous.hash);
            put(now.bits, next.hash);
            put(here.begins << 4 | here.ends, here.kind);
            put(here.lists[0], here.place);
            put(here.lists[1], here.place);
            put(here.lists[2], here.place);
            put(here.lists[0] << 16 | here.lists[2], at(1).lists[0]);
            put(at(-1).lists[2], here.lists[0]);
            put(here.lists[2], at(1).lists[0]);
            put(c(0), here.lists[1]);
            put(c(-1), here.lists[0]);
            put(c(1), here.lists[2]);
            debug_assert_eq!(template, TEMPLATES);
            emit(&slots);
        }
    }
}
