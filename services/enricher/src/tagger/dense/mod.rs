#![doc = include_str!("README.md")]

pub(crate) mod input;
pub(crate) mod vectors;

use super::label::{LABELS, SCORED};
use input::{Ask, Input, ONES};
use vectors::{DIMS, TOP};

/// Hidden units.
pub(crate) const HIDDEN: usize = 128;
/// Rows of the first layer for a token at one place: its vector's dimensions, then the ones.
pub(crate) const ROWS: usize = DIMS + ONES;

/// Numbers for the hidden units.
pub(crate) type Row = [i16; HIDDEN];

/// The trained net, in whole numbers.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Net {
    /// Hash of the vectors that it was trained with.
    pub(crate) vectors: u64,
    /// First layer by where the token stands in its run, with the units' bias.
    pub(crate) spreads: Vec<Row>,
    /// First layer by the token's suffix.
    pub(crate) suffixes: Vec<Row>,
    /// First layer by place, and within that [`ROWS`]. Rows of a vector's dimensions are
    /// for a level of 1, the others for the whole.
    pub(crate) rows: Vec<Row>,
    /// Second layer by label but O, in 65,536ths of a point.
    pub(crate) out: [Row; SCORED],
    /// Bias of the second layer, in points.
    pub(crate) bias: [i16; SCORED],
}

/// The net says no more than so many points for or against a label.
const LIMIT: i32 = 3000;

impl Net {
    /// Adds the net's points to the scores of the tokens that it is asked about.
    pub(crate) fn add(&self, input: &Input, scores: &mut [[i32; LABELS]]) {
        for ask in &input.asks {
            let points = self.points(input, ask);
            if let Some(scores) = scores.get_mut(ask.at) {
                for (score, points) in scores[1..].iter_mut().zip(points) {
                    *score += points;
                }
            }
        }
    }

    /// Points for each label but O.
    fn points(&self, input: &Input, ask: &Ask) -> [i32; SCORED] {
        let mut hidden = self.spreads[ask.spread];
        sum(&mut hidden, &self.suffixes[ask.suffix]);
        for (place, rows) in ask.places.iter().zip(self.rows.chunks_exact(ROWS)) {
            let seen = &input.seen[*place];
            let (dims, ones) = rows.split_at(DIMS);
            if !seen.is_unknown() {
                for (level, row) in seen.vector.iter().zip(dims) {
                    sum_times(&mut hidden, row, i16::from(*level));
                }
            }
            for one in seen.ones() {
                sum(&mut hidden, &ones[one]);
            }
        }
        for unit in &mut hidden {
            *unit = (*unit).max(0);
        }
        let mut points = [0; SCORED];
        for ((points, row), bias) in points.iter_mut().zip(&self.out).zip(self.bias) {
            // Products of 2^30 at most, cut to 2^20, so that the sum of all fits.
            let total: i32 =
                hidden.iter().zip(row).map(|(unit, weight)| (i32::from(*unit) * i32::from(*weight)) >> 10).sum();
            *points = ((total >> 6) + i32::from(bias)).clamp(-LIMIT, LIMIT);
        }
        points
    }
}

#[inline]
fn sum(hidden: &mut Row, row: &Row) {
    for (unit, weight) in hidden.iter_mut().zip(row) {
        *unit = unit.saturating_add(*weight);
    }
}

/// Weights are small enough that the product with a level (at most [`TOP`]) fits.
#[inline]
fn sum_times(hidden: &mut Row, row: &Row, level: i16) {
    for (unit, weight) in hidden.iter_mut().zip(row) {
        *unit = unit.saturating_add(weight.wrapping_mul(level));
    }
}

/// Largest weight of a vector's dimension: times [`TOP`] it still fits.
pub(crate) const LARGEST: i16 = i16::MAX / TOP as i16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tagger::features::{self, Scratch};
    use crate::tagger::lexicon::Lexicon;
    use input::{PLACES, SPREADS, SUFFIXES};
    use vectors::Vectors;

    fn input(text: &str, vectors: &Vectors) -> Input {
        let words: Vec<&str> = text.split(' ').collect();
        let (mut scratch, mut input) = (Scratch::default(), Input::default());
        features::atoms(&words, &Lexicon::default(), &mut scratch.atoms);
        features::extract(&mut scratch, 4, |_| ());
        input.fill(&scratch, vectors);
        input
    }

    fn net(weight: i16) -> Net {
        Net {
            vectors: 0,
            spreads: vec![[weight; HIDDEN]; SPREADS],
            suffixes: vec![[weight; HIDDEN]; SUFFIXES],
            rows: vec![[weight; HIDDEN]; PLACES * ROWS],
            out: [[weight; HIDDEN]; SCORED],
            bias: [weight; SCORED],
        }
    }

    #[test]
    fn it_is_asked_about_capitals_and_what_joins_them() {
        let vectors = vectors::tiny(&["the", "bank"]);
        let input = input("the Bank of England in a row", &vectors);
        assert_eq!(input.asks.iter().map(|ask| ask.at).collect::<Vec<_>>(), [1, 2, 3]);
        // Before the sentence there is nothing: the eighth token.
        assert_eq!(input.asks[0].places, [7, 0, 1, 2, 3, 0, 2, 1, 1]);
        let known: Vec<bool> = input.seen.iter().map(|seen| !seen.is_unknown()).collect();
        assert_eq!(known, [true, true, false, false, false, false, false, true]);
    }

    #[test]
    fn other_tokens_keep_their_scores() {
        let vectors = vectors::tiny(&["the", "bank"]);
        let input = input("the Bank said", &vectors);
        let mut scores = vec![[0; LABELS]; 3];
        net(5).add(&input, &mut scores);
        assert_eq!((scores[0], scores[2]), ([0; LABELS], [0; LABELS]));
        assert_eq!(scores[1][0], 0);
        assert!(scores[1][1..].iter().all(|score| *score >= 5), "{:?}", scores[1]);
    }

    #[test]
    fn the_largest_weights_stay_within_the_limit() {
        let input = input("Bank of the Bank of England", &vectors::tiny(&["bank", "of"]));
        for (weight, sign) in [(i16::MAX, 1), (i16::MIN, -1)] {
            let mut scores = vec![[0; LABELS]; 6];
            net(weight).add(&input, &mut scores);
            assert!(scores[0][1..].iter().all(|score| (0..=LIMIT).contains(&(score * sign))), "{:?}", scores[0]);
        }
    }
}
