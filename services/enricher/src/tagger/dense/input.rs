//! What the net sees, and which tokens it is asked about.

use super::vectors::{DIMS, Vector, Vectors};
use crate::tagger::features::{self, Atoms, Run, Scratch};

/// Tokens that the net sees beside one another: two before, itself, two after, the one left and
/// right of its run of capitalised words, and the run's first and last.
pub(crate) const PLACES: usize = 9;

/// What a token is or is not: unknown, flags (13), phrases (9), capitals and first in its
/// sentence, and classes of shape (32).
pub(crate) const ONES: usize = 1 + 13 + 9 + 2 + 32;
const FLAGS: u32 = 1;
const PHRASES: u32 = FLAGS + 13;
const MODE: u32 = PHRASES + 9;
const CLASSES: usize = 1 + 13 + 9 + 2;
/// The class of what is beyond the sentence.
const EDGE: u8 = 31;

/// Values of a suffix: its hash, cut.
pub(crate) const SUFFIXES: usize = 2048;
/// Values of where a token stands in its run, and in the run across small words.
pub(crate) const SPREADS: usize = 256;

/// One token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) vector: Vector,
    bits: u32,
    class: u8,
}

impl Seen {
    /// What is beyond the sentence.
    const BEYOND: Seen = Seen { vector: [0; DIMS], bits: 0, class: EDGE };

    /// Whether the token has no vector.
    #[inline]
    pub(crate) fn is_unknown(&self) -> bool {
        self.bits & 1 == 1
    }

    /// The rows behind the vector's that count once.
    #[inline]
    pub(crate) fn ones(&self) -> impl Iterator<Item = usize> {
        let mut bits = self.bits;
        let set = std::iter::from_fn(move || {
            let next = bits.trailing_zeros() as usize;
            bits &= bits.wrapping_sub(1);
            (next < 32).then_some(next)
        });
        set.chain([CLASSES + usize::from(self.class)])
    }
}

/// A question: what is this token?
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    /// Index of the token in its sentence.
    pub(crate) at: usize,
    /// Indices into [`Input::seen`].
    pub(crate) places: [usize; PLACES],
    pub(crate) spread: usize,
    pub(crate) suffix: usize,
}

/// One sentence; room for one that is reused.
#[derive(Clone, Debug, Default)]
pub(crate) struct Input {
    /// Its tokens, and what is beyond it.
    pub(crate) seen: Vec<Seen>,
    /// Tokens that are written as names are, or join two that are.
    pub(crate) asks: Vec<Ask>,
}

impl Input {
    /// Fills in the sentence whose features were extracted last.
    pub(crate) fn fill(&mut self, scratch: &Scratch, vectors: &Vectors) {
        self.seen.clear();
        self.asks.clear();
        let atoms = &scratch.atoms;
        let asked = |index: usize, wide: &Run| wide.first < wide.last || features::begins_name(atoms[index].class);
        if !scratch.wide.iter().enumerate().any(|(index, wide)| asked(index, wide)) {
            return;
        }
        self.seen.extend(atoms.iter().map(|atom| see(atom, vectors)));
        self.seen.push(Seen::BEYOND);
        let count = atoms.len();
        let get = |index: Option<usize>| index.filter(|index| *index < count).unwrap_or(count);
        for (index, (run, wide)) in scratch.runs.iter().zip(&scratch.wide).enumerate() {
            if !asked(index, wide) {
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
            self.asks.push(Ask { at: index, places, spread: place(run) + 16 * place(wide), suffix });
        }
    }
}

fn see(atom: &Atoms, vectors: &Vectors) -> Seen {
    let vector = vectors.get(atom.lower);
    let bits = u32::from(vector.is_none())
        | (atom.flags & 0x1fff) << FLAGS
        | (atom.gazetteer & 0x1ff) << PHRASES
        | u32::from(atom.capitals) << MODE
        | u32::from(atom.initial) << (MODE + 1);
    Seen { vector: vector.copied().unwrap_or([0; DIMS]), bits, class: (atom.class & 31) as u8 }
}
