//! Features for languages other than English whose words are separated by spaces.
//!
//! They use spelling, neighbours, word lists and the run of name-like words around a token. In a script with case a run
//! consists of capitalised words, in another of words that are not among the most frequent ones.

use super::{
    Run,
    atoms::{self, Phrased, mark_phrases},
    begins_name,
};
use crate::{
    hash::{self, slot},
    lexicon::{self, Lexicon, general},
};

/// Number of templates.
pub const TEMPLATES: usize = 77;
/// The first templates contain the word itself; training drops them at random.
pub const LEXICAL: usize = 8;

/// Longest prefix and suffix, in characters, that are features.
const AFFIX: usize = 6;

/// The properties of a token that do not depend on its neighbours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Atoms {
    word: u32,
    /// Hash of [`lexicon::key`].
    pub lower: u32,
    shape: u32,
    class: u32,
    /// Prefixes of two to six characters.
    prefix: [u32; AFFIX - 1],
    /// Suffixes of one to six characters.
    suffix: [u32; AFFIX],
    /// The word without its first one and two characters: Arabic and Hebrew write prepositions and articles there.
    bare: [u32; 2],
    rank: u32,
    clusters: [u32; 3],
    flags: u32,
    gazetteer: u32,
    /// Flags of the longest stem that it begins with, and the length of the ending behind it.
    stem: u32,
    /// First in its sentence, or preceded only by punctuation and numbers.
    initial: bool,
    capitals: bool,
    /// It may be part of a name.
    name_like: bool,
    longest: usize,
}

impl Phrased for Atoms {
    fn lower(&self) -> u32 {
        self.lower
    }

    fn longest(&self) -> usize {
        if self.name_like { self.longest } else { 0 }
    }

    fn mark(&mut self, bits: u32) {
        self.gazetteer = bits;
    }
}

/// Buffers that are reused for every sentence.
#[derive(Default)]
pub struct Scratch {
    /// Properties of each token.
    pub atoms: Vec<Atoms>,
    runs: Vec<Run>,
    shape: Vec<u8>,
    beginnings: Vec<Beginning>,
}

/// The beginning of a word, by its letters.
#[derive(Clone, Copy)]
struct Beginning {
    /// One past its last byte.
    end: usize,
    /// The hash of its bytes, before [`hash::fold`].
    state: u64,
}

/// The hash of a part of a word.
fn piece(text: &str) -> u32 {
    hash::fold(hash::bytes(text.as_bytes()))
}

/// Fills `beginnings` with those of no letter, of the first letter, and so on up to the whole word.
fn begin(key: &str, beginnings: &mut Vec<Beginning>) {
    beginnings.clear();
    beginnings.push(Beginning { end: 0, state: hash::SEED });
    let mut state = hash::SEED;
    for (at, letter) in key.char_indices() {
        let end = at + letter.len_utf8();
        state = key.as_bytes()[at..end].iter().fold(state, |state, byte| hash::step(state, *byte));
        beginnings.push(Beginning { end, state });
    }
}

/// Flags of the longest stem in the lists that a word begins with, and the length of the ending.
fn stem(beginnings: &[Beginning], lexicon: &Lexicon) -> u32 {
    let letters = beginnings.len() - 1;
    let shortest = letters.saturating_sub(general::ENDING).max(general::STEM);
    (shortest..=letters)
        .rev()
        .find_map(|length| {
            let flags = lexicon.word(general::stem_of(hash::fold(beginnings[length].state))).flags;
            (flags != 0).then(|| u32::from(flags) << 3 | (letters - length) as u32)
        })
        .unwrap_or(0)
}

impl Scratch {
    /// Fills `atoms` for a sentence.
    pub fn fill(&mut self, words: &[&str], lexicon: &Lexicon) {
        self.atoms.clear();
        let capitals = atoms::in_capitals(words);
        let mut initial = true;
        for word in words {
            let key = lexicon::key(word);
            begin(&key, &mut self.beginnings);
            let beginnings = &self.beginnings;
            let letters = beginnings.len() - 1;
            let beginning = |count: usize| hash::fold(beginnings[count.min(letters)].state);
            let lower = beginning(letters);
            let known = lexicon.word(lower);
            let class = atoms::class_of(word, capitals);
            let mut atom = Atoms {
                word: if capitals { lower } else { hash::word(word) },
                lower,
                shape: if capitals { class } else { atoms::long_shape(word, &mut self.shape) },
                class,
                rank: general::rank(known.flags),
                flags: u32::from(known.flags & general::LISTS),
                longest: atoms::longest_phrase(known.flags),
                initial,
                capitals,
                ..Atoms::default()
            };
            if known.cluster != 0 {
                let coarse = lexicon.coarser(known.cluster);
                atom.clusters = [u32::from(known.cluster), u32::from(coarse[0]), u32::from(coarse[1])];
            }
            for (at, prefix) in atom.prefix.iter_mut().enumerate() {
                *prefix = beginning(at + 2);
            }
            for (at, suffix) in atom.suffix.iter_mut().enumerate() {
                *suffix = piece(&key[beginnings[letters.saturating_sub(at + 1)].end..]);
            }
            for (at, bare) in atom.bare.iter_mut().enumerate() {
                *bare = if letters > at + 3 { piece(&key[beginnings[at + 1].end..]) } else { 0 };
            }
            atom.name_like = if atoms::is_caseless(word) {
                atom.rank != general::FREQUENT && !atoms::is_sign(class)
            } else {
                begins_name(class)
            };
            if atom.name_like {
                atom.stem = stem(beginnings, lexicon);
            }
            initial = initial && atoms::is_sign(class);
            self.atoms.push(atom);
        }
        mark_phrases(&mut self.atoms, lexicon);
    }

    /// Calls `emit` with the slots of each token in order, for a table of `1 << bits` rows, after [`Scratch::fill`].
    pub fn extract(&mut self, bits: u32, mut emit: impl FnMut(&[u32])) {
        let atoms = &self.atoms;
        super::runs(atoms.len(), |at| atoms[at].name_like, &mut self.runs);
        let edge = Atoms { lower: 1, shape: 1, ..Atoms::default() };
        let get = |index: Option<usize>| index.and_then(|index| atoms.get(index)).unwrap_or(&edge);
        let mut slots = [super::NOTHING; TEMPLATES];
        for (index, run) in self.runs.iter().enumerate() {
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
            put(here.lower, edges);
            put(here.bare[0], 0);
            put(here.bare[1], 0);
            put(here.prefix[4], mode & 1);
            // Its form.
            put(here.prefix[0], here.class);
            put(here.prefix[1], here.class);
            put(here.prefix[2], here.class);
            put(here.prefix[3], here.class);
            put(here.suffix[0], here.class);
            put(here.suffix[1], here.class);
            put(here.suffix[2], here.class);
            put(here.suffix[3], here.class);
            put(here.suffix[4], here.class);
            put(here.suffix[5], mode & 1);
            put(here.shape, 0);
            put(edges, here.flags);
            put(edges, place);
            put(edges, here.rank);
            // Its neighbours.
            put(before.lower, here.class);
            put(after.lower, here.class);
            put(before2.lower, here.class);
            put(after2.lower, here.class);
            put(before.lower, after.lower);
            put(before2.lower, before.lower);
            put(after.lower, after2.lower);
            put(before.suffix[2], here.class);
            put(after.suffix[2], here.class);
            put(before.suffix[2], here.suffix[2]);
            put(here.suffix[2], after.suffix[2]);
            put(before.prefix[2], here.class);
            put(after.prefix[2], here.class);
            put(before.lower, here.suffix[1]);
            put(before.shape, here.shape);
            put(here.shape, after.shape);
            put(before.class << 8 | after.class, edges);
            put(before2.class << 16 | before.class << 8 | after.class, after2.class << 8 | here.class);
            put(before.rank << 8 | after.rank, here.rank << 8 | here.class);
            // Word lists.
            put(here.gazetteer, edges);
            put(here.gazetteer << 16 | before.gazetteer, here.class);
            put(here.gazetteer << 16 | after.gazetteer, here.class);
            put(here.gazetteer, before.lower);
            put(here.gazetteer, after.lower);
            put(here.gazetteer << 16 | here.flags, place);
            put(here.gazetteer << 8 | here.rank, edges);
            put(here.flags << 16 | before.flags, here.class);
            put(here.flags << 16 | after.flags, here.class);
            put(before.gazetteer << 16 | before.flags, here.class);
            put(after.gazetteer << 16 | after.flags, here.class);
            put(here.stem, edges);
            put(here.stem, place);
            put(here.stem, here.suffix[1]);
            put(here.stem, before.stem);
            put(here.stem, after.stem);
            put(here.stem >> 3, before.lower);
            put(first.stem >> 3, last.stem >> 3 ^ place << 24);
            // Its run.
            put(left.lower, place);
            put(right.lower, place);
            put(left.suffix[2], place);
            put(right.suffix[2], place);
            put(last.lower, place);
            put(last.suffix[2], place);
            put(last.flags << 16 | last.gazetteer, place);
            put(first.lower, place);
            put(first.suffix[1], place);
            put(first.flags << 16 | first.gazetteer, place);
            put(first.flags << 16 | last.flags, place);
            put(left.class << 8 | right.class, place << 8 | here.class);
            // Clusters.
            put(here.clusters[0], here.class);
            put(here.clusters[1], here.class);
            put(before.clusters[1], here.class);
            put(after.clusters[1], here.class);
            put(here.clusters[2] << 16 | before.clusters[2], after.clusters[2] << 8 | here.class);
            put(last.clusters[1], place);
            debug_assert_eq!(template, TEMPLATES);
            emit(&slots);
        }
    }
}
