//! The net during training: its weights in f32, and its output for an example.

use crate::random::random;
use tagger::training::{Allowed, DIMS, HIDDEN, Input, LABELS, PLACES, Query, ROWS, SPREADS, SUFFIXES, TOP};

/// The net's input for a vector level of 1.
pub(super) const LEVEL: f32 = 1.5 / TOP as f32;
/// Largest sum of a hidden unit on the training data after rounding; i16 ends at 32,767.
pub(super) const LARGEST_SUM: f32 = 20_000.0;

/// Weights for the hidden units.
pub(super) type Row = [f32; HIDDEN];

/// The weights: the first layer's rows (spreads, suffixes, then rows by place), the second layer by label, its bias.
#[derive(Clone)]
pub(super) struct Tables {
    pub(super) first: Vec<Row>,
    pub(super) out: [Row; LABELS],
    pub(super) bias: [f32; LABELS],
}

/// First row of the suffixes.
pub(super) const SUFFIX: usize = SPREADS;
/// First row of the places.
pub(super) const PLACE: usize = SPREADS + SUFFIXES;
/// Number of rows of the first layer.
pub(super) const FIRST: usize = PLACE + PLACES * ROWS;

/// A query with its sentence and its correct labels, as bits.
pub(super) struct Example<'s> {
    pub(super) input: &'s Input,
    pub(super) query: &'s Query,
    pub(super) allowed: Allowed,
    pub(super) sentence: usize,
}

impl Tables {
    pub(super) fn zero() -> Tables {
        Tables { first: vec![[0.0; HIDDEN]; FIRST], out: [[0.0; HIDDEN]; LABELS], bias: [0.0; LABELS] }
    }

    /// All weights in a fixed order.
    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut f32> {
        self.first.iter_mut().flatten().chain(self.out.iter_mut().flatten()).chain(&mut self.bias)
    }

    /// The sums of the hidden units, before the rectifier, for rows and their factors.
    pub(super) fn hidden(&self, rows: &[(usize, f32)]) -> Row {
        let mut hidden = [0.0; HIDDEN];
        for (row, value) in rows {
            for (unit, weight) in hidden.iter_mut().zip(&self.first[*row]) {
                *unit += weight * value;
            }
        }
        hidden
    }

    /// Probability of each label (softmax).
    pub(super) fn probabilities(&self, hidden: &Row) -> [f32; LABELS] {
        let mut scores = self.bias;
        for (score, row) in scores.iter_mut().zip(&self.out) {
            // Sixteen sums in parallel are fast and have a fixed order.
            let mut sums = [0.0; 16];
            for (units, weights) in hidden.chunks_exact(16).zip(row.chunks_exact(16)) {
                for ((sum, unit), weight) in sums.iter_mut().zip(units).zip(weights) {
                    *sum += unit * weight;
                }
            }
            *score += sums.iter().sum::<f32>();
        }
        let top = scores.iter().fold(f32::MIN, |top, score| top.max(*score));
        let mut sum = 0.0;
        for score in &mut scores {
            *score = exp(*score - top);
            sum += *score;
        }
        scores.map(|score| score / sum)
    }
}

/// The rows of the first layer that an example adds up, each with its factor. `dropout` percent of the tokens with a
/// vector lose it; `seed` selects them.
pub(super) fn rows(example: &Example<'_>, seed: u64, dropout: u64, rows: &mut Vec<(usize, f32)>) {
    rows.clear();
    rows.push((example.query.spread, 1.0));
    rows.push((SUFFIX + example.query.suffix, 1.0));
    for (place, token) in example.query.places.iter().enumerate() {
        let input = &example.input.tokens[*token];
        let base = PLACE + place * ROWS;
        let lost = random(seed ^ (*token as u64) << 8) % 100 < dropout;
        if lost && !input.is_unknown() && *token + 1 < example.input.tokens.len() {
            rows.push((base + DIMS, 1.0));
        } else if !input.is_unknown() {
            let levels = input.vector.iter().enumerate().filter(|(_, level)| **level != 0);
            rows.extend(levels.map(|(dimension, level)| (base + dimension, f32::from(*level) * LEVEL)));
        }
        rows.extend(input.indicators().map(|indicator| (base + DIMS + indicator, 1.0)));
    }
}

/// e to the power of `x` for `x` up to 0, by IEEE 754 basic operations alone, so equal on any machine.
pub(super) fn exp(x: f32) -> f32 {
    let x = x.max(-80.0);
    let whole = (x * std::f32::consts::LOG2_E).round();
    let rest = x - whole * std::f32::consts::LN_2;
    let series = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let power = series.iter().fold(0.0, |sum, part| sum * rest + part);
    power * f32::from_bits(((whole as i32 + 127) as u32) << 23)
}
