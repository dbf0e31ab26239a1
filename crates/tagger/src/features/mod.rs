//! Features of a token: its [`atoms`], and templates that combine them with its context.
//!
//! This module has those of English; [`general`] has those of other languages with words between spaces, [`characters`]
//! those of text that is tagged by characters.

mod atoms;
pub mod characters;
pub mod general;

use crate::{
    hash::{self, slot},
    word_lists::{self, WORDS},
};
pub use atoms::{Atoms, atoms, begins_name};
use std::sync::OnceLock;

/// Which features a model has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// Those of English, with clusters and the dense net.
    #[default]
    English,
    /// [`general`].
    General,
    /// [`characters`].
    Characters,
}

impl Scheme {
    /// The scheme of its number in a model file.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Scheme> {
        [Scheme::English, Scheme::General, Scheme::Characters].into_iter().find(|scheme| *scheme as u8 == number)
    }

    /// Number of templates, which is the number of slots of a token.
    #[must_use]
    pub fn templates(self) -> usize {
        match self {
            Scheme::English => TEMPLATES,
            Scheme::General => general::TEMPLATES,
            Scheme::Characters => characters::TEMPLATES,
        }
    }

    /// How many of the first templates contain the word itself. Training drops them at random so that the others are
    /// learned too.
    #[must_use]
    pub fn lexical(self) -> usize {
        match self {
            Scheme::English => LEXICAL,
            Scheme::General => general::LEXICAL,
            Scheme::Characters => characters::LEXICAL,
        }
    }
}

/// The run of capitalised words around a token: where a name would begin and end.
#[derive(Clone, Copy, Default)]
pub struct Run {
    pub first: usize,
    pub last: usize,
}

/// Fills `runs` with the run of each of `count` tokens; `name_like` says which of them may be part of a name.
fn runs(count: usize, name_like: impl Fn(usize) -> bool, runs: &mut Vec<Run>) {
    runs.clear();
    let mut at = 0;
    while at < count {
        let mut end = at + 1;
        if name_like(at) {
            while end < count && name_like(end) {
                end += 1;
            }
        }
        runs.resize(end, Run { first: at, last: end - 1 });
        at = end;
    }
}

/// Largest number of small words between two joined runs.
const BRIDGE: usize = 2;

/// Fills `wide` with each token's run, joined with its neighbours across small words: `Ministry of the Interior`,
/// `Alliance of Liberals and Democrats for Europe`.
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

/// Whether a token may join the parts of a name: `of`, `and`, `de`, `'s`, `&`.
fn bridges(atom: &Atoms) -> bool {
    static SMALL: OnceLock<Vec<u32>> = OnceLock::new();
    let small = SMALL.get_or_init(|| word_lists::words(WORDS, "small_word_in_name").map(hash::word).collect());
    small.contains(&atom.lower)
}

/// Features of one sentence; the buffers are reused for every sentence.
#[derive(Default)]
pub struct Scratch {
    /// Properties of each token.
    pub atoms: Vec<Atoms>,
    /// Each token's run.
    pub runs: Vec<Run>,
    /// Each token's run when joined with its neighbours across small words.
    pub wide: Vec<Run>,
}

/// Number of templates, which is the number of slots of a token.
pub const TEMPLATES: usize = 81;

/// The first templates contain the word itself. Training drops them at random so that the others are learned too.
pub const LEXICAL: usize = 8;

/// Calls `emit` with the slots of each token in order, for a table of `1 << bits` rows and the sentence whose
/// [`atoms`] are in `scratch`.
pub fn extract(scratch: &mut Scratch, bits: u32, mut emit: impl FnMut(&[u32])) {
    let atoms = &scratch.atoms;
    runs(atoms.len(), |at| begins_name(atoms[at].class), &mut scratch.runs);
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
        // Word lists and gazetteer.
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
        // Its run of capitalised words.
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

/// A slot beyond any table: a dropped feature.
pub const NOTHING: u32 = u32::MAX;
