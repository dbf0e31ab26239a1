//! The input of the net: the tokens of a sentence, and which of them are queried.

use super::vectors::{DIMS, Vector, Vectors};
use crate::features::{self, Atoms, Run, Scratch};

/// Tokens in one query: two before, the token, two after, those left and right of its run of capitalised words, and the
/// run's first and last.
pub const PLACES: usize = 9;

/// Binary properties of a token: unknown, list flags (13), phrases (9), sentence in capitals, first in its sentence, and
/// shape classes (32).
pub const INDICATORS: usize = 1 + 13 + 9 + 2 + 32;
const FLAGS: u32 = 1;
const PHRASES: u32 = FLAGS + 13;
const MODE: u32 = PHRASES + 9;
const CLASSES: usize = 1 + 13 + 9 + 2;
/// Shape class of positions beyond the sentence.
const EDGE: u8 = 31;

/// Rows for suffixes, by their hash.
pub const SUFFIXES: usize = 2048;
/// Rows for the position of a token in its run and in the run across small words.
pub const SPREADS: usize = 256;

/// One token as the net sees it.
#[derive(Clone, Copy, Debug)]
pub struct TokenInput {
    /// Its vector; zeros if it has none.
    pub vector: Vector,
    bits: u32,
    class: u8,
}

impl TokenInput {
    /// A position beyond the sentence.
    const BEYOND: TokenInput = TokenInput { vector: [0; DIMS], bits: 0, class: EDGE };

    /// Whether the token has no vector.
    #[inline]
    pub fn is_unknown(&self) -> bool {
        self.bits & 1 == 1
    }

    /// The rows, counted after the vector's dimensions, of the properties that the token has.
    #[inline]
    pub fn indicators(&self) -> impl Iterator<Item = usize> {
        let mut bits = self.bits;
        let set = std::iter::from_fn(move || {
            let next = bits.trailing_zeros() as usize;
            bits &= bits.wrapping_sub(1);
            (next < 32).then_some(next)
        });
        set.chain([CLASSES + usize::from(self.class)])
    }
}

/// A token whose label is scored.
#[derive(Clone, Copy, Debug)]
pub struct Query {
    /// Index of the token in its sentence.
    pub at: usize,
    /// Indices into [`Input::tokens`].
    pub places: [usize; PLACES],
    /// Row of its position in its runs, below [`SPREADS`].
    pub spread: usize,
    /// Row of its suffix, below [`SUFFIXES`].
    pub suffix: usize,
}

/// One sentence; the buffers are reused for every sentence.
#[derive(Clone, Debug, Default)]
pub struct Input {
    /// Its tokens, then one for positions beyond the sentence.
    pub tokens: Vec<TokenInput>,
    /// Tokens written like names, and small words between two of them.
    pub queries: Vec<Query>,
}

impl Input {
    /// Fills the input from the features of a sentence in `scratch`.
    pub fn fill(&mut self, scratch: &Scratch, vectors: &Vectors) {
        self.tokens.clear();
        self.queries.clear();
        let atoms = &scratch.atoms;
        let is_queried = |index: usize, wide: &Run| wide.first < wide.last || features::begins_name(atoms[index].class);
        if !scratch.wide.iter().enumerate().any(|(index, wide)| is_queried(index, wide)) {
            return;
        }
        self.tokens.extend(atoms.iter().map(|atom| token_input(atom, vectors)));
        self.tokens.push(TokenInput::BEYOND);
        let count = atoms.len();
        let get = |index: Option<usize>| index.filter(|index| *index < count).unwrap_or(count);
        for (index, (run, wide)) in scratch.runs.iter().zip(&scratch.wide).enumerate() {
            if !is_queried(index, wide) {
                continue;
            }
            let places = [
                get(index.checked_sub(2)),
                get(index.checked_sub(1)),
                index,
                get(Some(index + 1)),
                get(Some(index + 2)),
                get(run.first.checked_sub(1)),
                get(Some(run.last + 1)),
                run.first,
                run.last,
            ];
            let place = |run: &Run| (index - run.first).min(3) * 4 + (run.last - index).min(3);
            let suffix = atoms[index].suffix[2] as usize % SUFFIXES;
            self.queries.push(Query { at: index, places, spread: place(run) + 16 * place(wide), suffix });
        }
    }
}

fn token_input(atom: &Atoms, vectors: &Vectors) -> TokenInput {
    let vector = vectors.get(atom.lower);
    let bits = u32::from(vector.is_none())
        | (atom.flags & 0x1fff) << FLAGS
        | (atom.gazetteer & 0x1ff) << PHRASES
        | u32::from(atom.capitals) << MODE
        | u32::from(atom.initial) << (MODE + 1);
    TokenInput { vector: vector.copied().unwrap_or([0; DIMS]), bits, class: (atom.class & 31) as u8 }
}
