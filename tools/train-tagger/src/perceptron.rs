//! The averaged structured perceptron (Collins 2002): weights in training and the update for one sentence.

use crate::plan::Plan;
use crate::random::random;
use tagger::training::{Allowed, LABELS, Lattice, NEVER, NOTHING, SCORED, Transitions, legal, viterbi};

/// Weights in training are in units of 1/256 step.
pub(crate) const PART: i32 = 256;

/// Step sizes by how often a weight has changed, after AdaGrad (Duchi, Hazan and Singer 2011) with gradients of 1: the
/// n-th step is `1 / sqrt(1 + n / rest)` of the first. Integers from a table.
pub(crate) struct Steps(Vec<i32>);

impl Steps {
    /// Changes beyond this many have the last step size.
    const COUNTED: u16 = 4_000;

    pub(crate) fn new(rest: u32) -> Steps {
        let step = |count: u32| {
            if rest == 0 {
                return PART;
            }
            let growth = (u64::from(rest + count) << 20) / u64::from(rest);
            ((PART as u64) << 10).div_ceil(growth.isqrt()) as i32
        };
        Steps((0..=u32::from(Steps::COUNTED)).map(step).collect())
    }

    /// The next step size of a weight; counts the change.
    fn next(&self, count: &mut u16) -> i32 {
        let step = self.0.get(usize::from(*count)).copied().unwrap_or(1);
        *count = (*count + 1).min(Steps::COUNTED);
        step
    }
}

/// Weights of one slot in training: current values, the sums that averaging needs, and the number of changes.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cell {
    pub(crate) now: [i32; SCORED],
    pub(crate) sum: [i64; SCORED],
    pub(crate) changes: [u16; SCORED],
}

/// Weights in training.
pub(crate) struct Weights {
    pub(crate) cells: Vec<Cell>,
    pub(crate) pairs: Transitions,
    pub(crate) pair_sum: [[i64; LABELS]; LABELS],
    /// Sentences trained on, plus one.
    pub(crate) steps: i64,
}

/// Buffers that are reused for every sentence.
#[derive(Default)]
pub(crate) struct Buffers {
    lattice: Lattice,
    scores: Vec<[i32; LABELS]>,
    slots: Vec<u32>,
    gold: Vec<u8>,
    guess: Vec<u8>,
}

/// Trains on one sentence: if the best path under the margin is wrong, moves the weights towards the right one.
pub(crate) fn learn(
    weights: &mut Weights,
    slots: &[u32],
    allowed: &[Allowed],
    plan: Plan,
    steps: &Steps,
    seed: u64,
    buffers: &mut Buffers,
) {
    let step = weights.steps;
    let width = plan.scheme.templates();
    thin(slots, plan, seed, &mut buffers.slots);
    buffers.scores.clear();
    for token in buffers.slots.chunks_exact(width) {
        let mut scores = [0; LABELS];
        for cell in token.iter().filter_map(|slot| weights.cells.get(*slot as usize)) {
            for (score, weight) in scores[1..].iter_mut().zip(cell.now) {
                *score += weight;
            }
        }
        buffers.scores.push(scores);
    }
    let transitions = legal(&weights.pairs);
    viterbi(&buffers.scores, &transitions, allowed, &mut buffers.lattice, &mut buffers.gold);
    for (scores, allowed) in buffers.scores.iter_mut().zip(allowed) {
        for (label, score) in scores.iter_mut().enumerate() {
            if allowed >> label & 1 == 0 && *score > NEVER {
                *score += plan.margin * PART;
            }
        }
    }
    viterbi(&buffers.scores, &transitions, &[], &mut buffers.lattice, &mut buffers.guess);
    if buffers.gold == buffers.guess
        || buffers.gold.iter().zip(allowed).any(|(label, allowed)| allowed >> label & 1 == 0)
    {
        return;
    }
    let (mut gold_before, mut guess_before) = (0, 0);
    for ((token, gold), guess) in buffers.slots.chunks_exact(width).zip(&buffers.gold).zip(&buffers.guess) {
        let (gold, guess) = (usize::from(*gold), usize::from(*guess));
        if gold != guess {
            for slot in token {
                let Some(cell) = weights.cells.get_mut(*slot as usize) else { continue };
                for (label, sign) in [(gold, 1), (guess, -1)] {
                    if let Some(at) = label.checked_sub(1) {
                        let length = sign * steps.next(&mut cell.changes[at]);
                        cell.now[at] += length;
                        cell.sum[at] += i64::from(length) * step;
                    }
                }
            }
        }
        for (before, label, sign) in [(gold_before, gold, 1), (guess_before, guess, -1)] {
            weights.pairs[before][label] += sign * PART;
            weights.pair_sum[before][label] += i64::from(sign * PART) * step;
        }
        (gold_before, guess_before) = (gold, guess);
    }
}

/// Dropout: some tokens lose the features of the word itself, and a few features are dropped everywhere.
fn thin(slots: &[u32], plan: Plan, seed: u64, thinned: &mut Vec<u32>) {
    thinned.clear();
    thinned.extend_from_slice(slots);
    for (index, token) in thinned.chunks_exact_mut(plan.scheme.templates()).enumerate() {
        let seed = random(seed ^ (index as u64) << 17);
        if seed % 100 < plan.dropout {
            token[..plan.scheme.lexical()].fill(NOTHING);
        }
        for (template, slot) in token.iter_mut().enumerate() {
            if random(seed ^ (template as u64) << 1) % 100 < plan.thinning {
                *slot = NOTHING;
            }
        }
    }
}
