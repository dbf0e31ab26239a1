//! One sentence's lesson: weights in training and how they are moved.

use super::{Plan, random};
use crate::tagger::decode::{self, Allowed, Lattice, NEVER, Transitions};
use crate::tagger::features::{LEXICAL, NOTHING, TEMPLATES};
use crate::tagger::label::{LABELS, SCORED};

/// Parts of a whole step: weights in training are counted in these.
pub(super) const PART: i32 = 256;

/// How far a weight is moved, by how often it was before: the more, the shorter. After Duchi,
/// Hazan and Singer (2011, AdaGrad), whose gradients are all one here: the n-th step is
/// `1 / sqrt(1 + n / rest)` of the first. In whole numbers, from a table.
pub(super) struct Steps(Vec<i32>);

impl Steps {
    /// How many changes are told apart.
    const COUNTED: u16 = 4_000;

    pub(super) fn new(rest: u32) -> Steps {
        let step = |count: u32| {
            if rest == 0 {
                return PART;
            }
            let growth = (u64::from(rest + count) << 20) / u64::from(rest);
            ((PART as u64) << 10).div_ceil(growth.isqrt()) as i32
        };
        Steps((0..=u32::from(Steps::COUNTED)).map(step).collect())
    }

    /// The next step of a weight, which is counted.
    fn next(&self, count: &mut u16) -> i32 {
        let step = self.0.get(usize::from(*count)).copied().unwrap_or(1);
        *count = (*count + 1).min(Steps::COUNTED);
        step
    }
}

/// Weights of one slot in training: the current ones, the sum that averaging needs, and how
/// often each was changed.
#[derive(Clone, Copy, Default)]
pub(super) struct Cell {
    pub(super) now: [i32; SCORED],
    pub(super) sum: [i64; SCORED],
    pub(super) changes: [u16; SCORED],
}

/// Weights in training.
pub(super) struct Weights {
    pub(super) cells: Vec<Cell>,
    pub(super) pairs: Transitions,
    pub(super) pair_sum: [[i64; LABELS]; LABELS],
    /// Sentences seen, and one.
    pub(super) steps: i64,
}

#[derive(Default)]
pub(super) struct Room {
    lattice: Lattice,
    scores: Vec<[i32; LABELS]>,
    slots: Vec<u32>,
    gold: Vec<u8>,
    guess: Vec<u8>,
}

/// One sentence: where the best path under the margin is a wrong one, a step towards the right.
pub(super) fn learn(
    weights: &mut Weights,
    slots: &[u32],
    allowed: &[Allowed],
    plan: Plan,
    steps: &Steps,
    lot: u64,
    room: &mut Room,
) {
    let step = weights.steps;
    thin(slots, plan, lot, &mut room.slots);
    room.scores.clear();
    for token in room.slots.chunks_exact(TEMPLATES) {
        let mut scores = [0; LABELS];
        for cell in token.iter().filter_map(|slot| weights.cells.get(*slot as usize)) {
            for (score, weight) in scores[1..].iter_mut().zip(cell.now) {
                *score += weight;
            }
        }
        room.scores.push(scores);
    }
    let transitions = decode::legal(&weights.pairs);
    decode::viterbi(&room.scores, &transitions, allowed, &mut room.lattice, &mut room.gold);
    for (scores, allowed) in room.scores.iter_mut().zip(allowed) {
        for (label, score) in scores.iter_mut().enumerate() {
            if allowed >> label & 1 == 0 && *score > NEVER {
                *score += plan.margin * PART;
            }
        }
    }
    decode::viterbi(&room.scores, &transitions, &[], &mut room.lattice, &mut room.guess);
    if room.gold == room.guess || room.gold.iter().zip(allowed).any(|(label, allowed)| allowed >> label & 1 == 0) {
        return;
    }
    let (mut gold_before, mut guess_before) = (0, 0);
    for ((token, gold), guess) in room.slots.chunks_exact(TEMPLATES).zip(&room.gold).zip(&room.guess) {
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

/// The slots with some lost at random: of some tokens the word itself, and a few of all.
fn thin(slots: &[u32], plan: Plan, lot: u64, thinned: &mut Vec<u32>) {
    thinned.clear();
    thinned.extend_from_slice(slots);
    for (index, token) in thinned.chunks_exact_mut(TEMPLATES).enumerate() {
        let lot = random(lot ^ (index as u64) << 17);
        if lot % 100 < plan.dropout {
            token[..LEXICAL].fill(NOTHING);
        }
        for (template, slot) in token.iter_mut().enumerate() {
            if random(lot ^ (template as u64) << 1) % 100 < plan.thinning {
                *slot = NOTHING;
            }
        }
    }
}
