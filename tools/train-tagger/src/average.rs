//! Averages weights over a training run, and over several runs.

use crate::perceptron::{PART, Weights};
use crate::plan::Plan;
use tagger::training::{LABELS, Lexicon, Model, SCORED};

/// Sums of the averages of the training runs, in 1/256 of the model's points.
pub(crate) struct Averages {
    rows: Vec<[i64; SCORED]>,
    pairs: [[i64; LABELS]; LABELS],
}

impl Averages {
    pub(crate) fn new(size: usize) -> Averages {
        Averages { rows: vec![[0; SCORED]; size], pairs: [[0; LABELS]; LABELS] }
    }

    /// Adds the average of one training run.
    pub(crate) fn add(&mut self, weights: &Weights, plan: Plan) {
        // In 1/256 points, like the weights, so that values are rounded only in `finish`.
        let average =
            |now: i32, sum: i64| ((i64::from(now) * weights.steps - sum) * plan.scale).div_euclid(weights.steps);
        for (row, cell) in self.rows.iter_mut().zip(&weights.cells) {
            for ((total, now), sum) in row.iter_mut().zip(&cell.now).zip(&cell.sum) {
                *total += average(*now, *sum);
            }
        }
        for ((row, now), sum) in self.pairs.iter_mut().zip(&weights.pairs).zip(&weights.pair_sum) {
            for ((total, now), sum) in row.iter_mut().zip(now).zip(sum) {
                *total += average(*now, *sum);
            }
        }
    }

    /// The mean as a model: rounded to whole points and pruned, without a net.
    pub(crate) fn finish(self, lexicon: Lexicon, plan: Plan) -> Model {
        let parts = i64::from(PART) * i64::from(plan.runs.max(1));
        let points = |total: i64| (total + parts / 2).div_euclid(parts).clamp(-3000, 3000) as i32;
        let kept = |total: i64| {
            let points = points(total);
            let half = 1 << plan.shift >> 1;
            if points.abs() < plan.prune { 0 } else { ((points + half) >> plan.shift << plan.shift) as i16 }
        };
        let rows = self.rows.into_iter().map(|row| row.map(kept)).collect();
        Model {
            bits: plan.bits,
            scheme: plan.scheme,
            shift: plan.shift,
            transitions: self.pairs.map(|row| row.map(points)),
            lexicon,
            rows,
            net: None,
        }
    }
}
