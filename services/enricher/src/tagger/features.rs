//! What the tagger sees of a token: atoms of the word, and templates over its surroundings.

use super::hash::{self, slot};
use super::lexicon::{self, Lexicon, PHRASE, Word, flag};

/// Everything about a token that does not depend on its neighbours, as small numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Atoms {
    /// Hash of the word as written.
    word: u32,
    /// Hash of [`lexicon::key`].
    pub(crate) lower: u32,
    /// Shape with runs cut to four: `Xxxx`, `X.X.`, `0000-00-00`.
    shape: u32,
    /// Class of shape: see [`class`].
    pub(crate) class: u32,
    prefix: [u32; 3],
    pub(crate) suffix: [u32; 4],
    clusters: [u32; 4],
    pub(crate) flags: u32,
    /// Tokens of the longest phrase of the gazetteer that may begin with it.
    longest: usize,
    /// Bits of the longest phrases that cover the token; bit 8 where the token is not the first.
    pub(crate) gazetteer: u32,
    /// First in its sentence, behind opening quotes.
    pub(crate) initial: bool,
    /// Its sentence is in capitals, so capitals say nothing.
    pub(crate) capitals: bool,
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
    /// Added where the whole sentence is in capitals.
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

/// The shape of a word, runs cut to four.
fn long_shape(word: &str, buffer: &mut Vec<u8>) -> u32 {
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

/// Whether a word of this class may begin a name by how it is written.
pub(crate) fn begins_name(class: u32) -> bool {
    let plain = class & !shape::CAPITALS;
    (shape::TITLE..=shape::MIXED).contains(&plain) || matches!(plain, shape::HYPHEN | shape::DOTTED | shape::DIGITS)
}

/// The atoms of one sentence.
pub(crate) fn atoms(words: &[&str], lexicon: &Lexicon, atoms: &mut Vec<Atoms>) {
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

/// A headline in capitals: nine letters of ten, in at least two words.
fn in_capitals(words: &[&str]) -> bool {
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

/// How many tokens the longest phrase may have that begins with a word of these flags.
fn longest_phrase(flags: u16) -> usize {
    if flags & flag::STARTS == 0 {
        0
    } else if flags & flag::MORE != 0 {
        PHRASE
    } else {
        1 + usize::from(flags & flag::TWO != 0)
    }
}

/// Marks the longest phrases of the gazetteer, from left to right. In lower case only phrases of
/// two words and more count: `reading` is no city.
fn mark_phrases(atoms: &mut [Atoms], lexicon: &Lexicon) {
    let mut at = 0;
    while at < atoms.len() {
        if atoms[at].longest == 0 || atoms[at].class == shape::LOWER {
            at += 1;
            continue;
        }
        let mut phrase = atoms[at].lower;
        let (mut best, mut bits) = (0, 0);
        for length in 1..=atoms[at].longest.min(atoms.len() - at) {
            if length > 1 {
                phrase = hash::join(phrase, atoms[at + length - 1].lower);
            }
            let found = lexicon.phrase(phrase);
            if found != 0 {
                (best, bits) = (length, u32::from(found));
            }
        }
        for (index, atom) in atoms[at..at + best].iter_mut().enumerate() {
            atom.gazetteer = bits | if index > 0 { 0x100 } else { 0 };
        }
        at += best.max(1);
    }
}

/// The run of words in capitals around a token: where a name would begin and end.
#[derive(Clone, Copy, Default)]
pub(crate) struct Run {
    pub(crate) first: usize,
    pub(crate) last: usize,
}

/// Fills `runs` with each token's run.
fn runs(atoms: &[Atoms], runs: &mut Vec<Run>) {
    runs.clear();
    let mut at = 0;
    while at < atoms.len() {
        let mut end = at + 1;
        if begins_name(atoms[at].class) {
            while end < atoms.len() && begins_name(atoms[end].class) {
                end += 1;
            }
        }
        runs.resize(end, Run { first: at, last: end - 1 });
        at = end;
    }
}

/// Longest way across small words from one run to the next, in tokens.
const BRIDGE: usize = 2;

/// Fills `wide` with each token's run, joined with its neighbours across small words in lower
/// case: `Alliance of Liberals and Democrats for Europe`, `Ministry of the Interior`.
fn bridge(atoms: &[Atoms], runs: &[Run], wide: &mut Vec<Run>) {
    wide.clear();
    let mut at = 0;
    while let Some(run) = runs.get(at) {
        let mut last = run.last;
        if begins_name(atoms[at].class) {
            let mut next = last + 1;
            while let Some(atom) = atoms.get(next) {
                if begins_name(atom.class) {
                    last = runs[next].last;
                    next = last + 1;
                } else if next - last <= BRIDGE && bridges(atom) {
                    next += 1;
                } else {
                    break;
                }
            }
        }
        wide.resize(last + 1, Run { first: at, last });
        at = last + 1;
    }
}

/// Joins parts of a name: `of`, `and`, `de`, `'s`, `&`.
fn bridges(atom: &Atoms) -> bool {
    const SMALL: [u32; 24] = [
        hash::small("of"),
        hash::small("the"),
        hash::small("for"),
        hash::small("and"),
        hash::small("in"),
        hash::small("&"),
        hash::small("'s"),
        hash::small("de"),
        hash::small("du"),
        hash::small("des"),
        hash::small("del"),
        hash::small("della"),
        hash::small("di"),
        hash::small("da"),
        hash::small("do"),
        hash::small("dos"),
        hash::small("la"),
        hash::small("le"),
        hash::small("von"),
        hash::small("van"),
        hash::small("den"),
        hash::small("el"),
        hash::small("y"),
        hash::small("-"),
    ];
    SMALL.contains(&atom.lower)
}

/// Room that one thread reuses from sentence to sentence.
#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) atoms: Vec<Atoms>,
    /// Each token's run.
    pub(crate) runs: Vec<Run>,
    /// The same across small words.
    pub(crate) wide: Vec<Run>,
}

/// How many templates there are: the slots of one token.
pub(crate) const TEMPLATES: usize = 81;

/// Templates up to this one name the word itself; training drops them now and then, so that
/// the tagger learns to do without.
pub(crate) const LEXICAL: usize = 8;

/// Calls `emit` with the slots of each token in order. Where a template has nothing to say its
/// slot is [`NOTHING`].
pub(crate) fn extract(scratch: &mut Scratch, bits: u32, mut emit: impl FnMut(&[u32; TEMPLATES])) {
    let atoms = &scratch.atoms;
    runs(atoms, &mut scratch.runs);
    bridge(atoms, &scratch.runs, &mut scratch.wide);
    let edge = Atoms { lower: 1, shape: 1, ..Atoms::default() };
    let get = |index: Option<usize>| index.and_then(|index| atoms.get(index)).unwrap_or(&edge);
    let mut slots = [NOTHING; TEMPLATES];
    for (index, (run, wide)) in scratch.runs.iter().zip(&scratch.wide).enumerate() {
        let here = &atoms[index];
        let (before, after) = (get(index.checked_sub(1)), get(Some(index + 1)));
        let (before2, after2) = (get(index.checked_sub(2)), get(Some(index + 2)));
        let (left, right) = (get(run.first.checked_sub(1)), get(Some(run.last + 1)));
        let (first, last) = (&atoms[run.first], &atoms[run.last]);
        let place = ((index - run.first).min(3) * 4 + (run.last - index).min(3)) as u32;
        let mode = u32::from(here.capitals) | u32::from(here.initial) << 1;
        let edges = mode | here.class << 2;
        let mut template = 0;
        let mut put = |a: u32, b: u32| {
            slots[template] = slot(template as u32 + 1, a, b, bits);
            template += 1;
        };
        // The word itself.
        put(here.word, 0);
        put(here.lower, 0);
        put(before.lower, here.lower);
        put(here.lower, after.lower);
        put(here.prefix[2], mode & 1);
        put(here.suffix[3], mode & 1);
        put(here.lower, edges);
        put(here.lower, right.lower);
        // Its form.
        put(here.prefix[0], here.class);
        put(here.prefix[1], here.class);
        put(here.suffix[0], here.class);
        put(here.suffix[1], here.class);
        put(here.suffix[2], here.class);
        put(here.shape, 0);
        put(edges, here.flags);
        put(edges, place);
        // Its neighbours.
        put(before.lower, 0);
        put(after.lower, 0);
        put(before2.lower, 0);
        put(after2.lower, 0);
        put(before.lower, here.class);
        put(after.lower, here.class);
        put(before.lower, after.lower);
        put(before2.lower, before.lower);
        put(after.lower, after2.lower);
        put(before.shape, here.shape);
        put(here.shape, after.shape);
        put(before.class << 8 | after.class, edges);
        put(before2.class << 16 | before.class << 8 | after.class, after2.class << 8 | here.class);
        // Clusters.
        put(here.clusters[0], here.class);
        put(here.clusters[1], here.class);
        put(here.clusters[2], here.class);
        put(here.clusters[3], here.class);
        put(before.clusters[0], here.class);
        put(after.clusters[0], here.class);
        put(before.clusters[1], before.class);
        put(after.clusters[1], after.class);
        put(before2.clusters[2], 0);
        put(after2.clusters[2], 0);
        put(before.clusters[2], here.clusters[2]);
        put(here.clusters[2], after.clusters[2]);
        put(before.clusters[1], here.clusters[3] << 8 | here.class);
        put(after.clusters[1], here.clusters[3] << 8 | here.class);
        put(before.clusters[3] << 8 | after.clusters[3], here.clusters[3] << 8 | here.class);
        put(before2.clusters[3], before.clusters[2]);
        put(after2.clusters[3], after.clusters[2]);
        // What lists say.
        put(here.gazetteer, edges);
        put(here.gazetteer << 16 | before.gazetteer, here.class);
        put(here.gazetteer << 16 | after.gazetteer, here.class);
        put(here.gazetteer, before.lower);
        put(here.gazetteer, after.lower);
        put(here.gazetteer, here.clusters[2]);
        put(here.gazetteer, left.clusters[2] << 16 | right.clusters[2]);
        put(here.gazetteer << 16 | here.flags, place);
        put(here.flags << 16 | before.flags, here.class << 4);
        put(here.flags << 16 | after.flags, here.class << 4);
        put(before.flags, before.class << 8 | here.class);
        put(after.flags, after.class << 8 | here.class);
        put(before2.flags << 16 | before.flags, here.class);
        // The run of capitalised words that it stands in.
        put(left.lower, place);
        put(right.lower, place);
        put(left.clusters[1], place);
        put(right.clusters[1], place);
        put(last.lower, place);
        put(last.suffix[2], place);
        put(last.clusters[1], place);
        put(last.flags << 16 | last.gazetteer, place);
        put(first.lower, place);
        put(first.flags << 16 | first.gazetteer, place);
        put(first.flags << 16 | last.flags, place);
        put(left.flags << 16 | right.flags, place);
        put(left.clusters[2] << 16 | right.clusters[2], place << 8 | here.class);
        put(left.class << 8 | right.class, place << 8 | here.class);
        put(first.clusters[2] << 16 | last.clusters[2], place);
        // The run joined with its neighbours across small words.
        let (start, end) = (&atoms[wide.first], &atoms[wide.last]);
        let spread = ((index - wide.first).min(5) * 8 + (wide.last - index).min(5)) as u32;
        let within = u32::from(wide.last > run.last || wide.first < run.first) << 5 | here.class;
        put(start.lower, spread);
        put(start.lower, within << 1 | u32::from(index == wide.first));
        put(start.flags << 16 | start.gazetteer, spread);
        put(start.clusters[1], here.lower);
        put(end.lower, within << 1 | u32::from(index == wide.first));
        put(get(wide.first.checked_sub(1)).lower, spread);
        put(start.clusters[2] << 16 | end.clusters[2], spread);
        debug_assert_eq!(template, TEMPLATES);
        emit(&slots);
    }
}

/// A template that does not apply.
pub(crate) const NOTHING: u32 = u32::MAX;
