//! A net with one hidden layer of 128 units whose points are added to the perceptron's scores before Viterbi.
//!
//! The perceptron learns words; the net learns from word vectors, so it generalises to words that no training text has.
//!
//! - **Queries**: tokens written like names and small words between two of them ([`input`]), a fifth of running text.
//!   Querying all tokens gave no better result.
//! - **Inputs**: nine tokens each: the token, two on either side, the ends of its run of capitalised words and the tokens
//!   left and right of that run. Of each: vector, list flags, phrase bits and shape class; of the token itself also its
//!   suffix and its position in the run.
//! - **Vectors** ([`vectors`]): 80,000 frequent words, 64 principal axes of GloVe, 15 levels each, in
//!   `model/vectors.bin`. Training does not change them.
//! - **Integers**: saturating i16 sums, so the same text gives the same points on any machine. Training is in f32 in a
//!   fixed order.

pub mod input;
pub mod vectors;

use crate::label::{LABELS, SCORED};
use input::{INDICATORS, Input, Query};
use vectors::{DIMS, TOP};

/// Hidden units.
pub const HIDDEN: usize = 128;
/// Rows of the first layer for a token at one place: its vector's dimensions, then its binary properties.
pub const ROWS: usize = DIMS + INDICATORS;

/// Weights for the hidden units.
pub type Row = [i16; HIDDEN];

/// The trained net, in integers.
#[derive(Debug, PartialEq, Eq)]
pub struct Net {
    /// Hash of the vector file that it was trained with.
    pub vectors: u64,
    /// First layer by the token's position in its runs; includes the bias.
    pub spreads: Vec<Row>,
    /// First layer by the token's suffix.
    pub suffixes: Vec<Row>,
    /// First layer: [`ROWS`] rows for each place. Rows of a vector's dimensions are multiplied by the level.
    pub rows: Vec<Row>,
    /// Second layer by label except O, in 1/65,536 of a point.
    pub out: [Row; SCORED],
    /// Bias of the second layer, in points.
    pub bias: [i16; SCORED],
}

/// Limit of the net's points for or against a label.
const LIMIT: i32 = 3000;

impl Net {
    /// Adds the net's points to the scores of the queried tokens.
    pub fn add(&self, input: &Input, scores: &mut [[i32; LABELS]]) {
        for query in &input.queries {
            let points = self.points(input, query);
            if let Some(scores) = scores.get_mut(query.at) {
                for (score, points) in scores[1..].iter_mut().zip(points) {
                    *score += points;
                }
            }
        }
    }

    /// Points for each label except O.
    fn points(&self, input: &Input, query: &Query) -> [i32; SCORED] {
        let mut hidden = self.spreads[query.spread];
        sum(&mut hidden, &self.suffixes[query.suffix]);
        for (place, rows) in query.places.iter().zip(self.rows.chunks_exact(ROWS)) {
            let tokens = &input.tokens[*place];
            let (dims, indicators) = rows.split_at(DIMS);
            if !tokens.is_unknown() {
                for (level, row) in tokens.vector.iter().zip(dims) {
                    sum_times(&mut hidden, row, i16::from(*level));
                }
            }
            for one in tokens.indicators() {
                sum(&mut hidden, &indicators[one]);
            }
        }
        for unit in &mut hidden {
            *unit = (*unit).max(0);
        }
        let mut points = [0; SCORED];
        for ((points, row), bias) in points.iter_mut().zip(&self.out).zip(self.bias) {
            // Products are at most 2^30, shifted to 2^20, so that the sum fits.
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

/// Weights are at most [`LARGEST`], so the product with a level fits.
#[inline]
fn sum_times(hidden: &mut Row, row: &Row, level: i16) {
    for (unit, weight) in hidden.iter_mut().zip(row) {
        *unit = unit.saturating_add(weight.wrapping_mul(level));
    }
}

/// Largest weight of a vector's dimension: its product with [`TOP`] fits an i16.
pub const LARGEST: i16 = i16::MAX / TOP as i16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{self, Scratch};
    use crate::lexicon::Lexicon;
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
    fn names_and_words_between_them_are_queried() {
        let vectors = vectors::tiny(&["the", "bank"]);
        let input = input("the Bank of England in a row", &vectors);
        assert_eq!(input.queries.iter().map(|query| query.at).collect::<Vec<_>>(), [1, 2, 3]);
        // The eighth token stands for positions beyond the sentence.
        assert_eq!(input.queries[0].places, [7, 0, 1, 2, 3, 0, 2, 1, 1]);
        let known: Vec<bool> = input.tokens.iter().map(|tokens| !tokens.is_unknown()).collect();
        assert_eq!(known, [true, true, false, false, false, false, false, true]);
    }

    #[test]
    fn tokens_without_a_query_keep_their_scores() {
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
