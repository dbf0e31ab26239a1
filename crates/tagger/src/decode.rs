//! Viterbi decoding (Viterbi 1967; Rabiner 1989): the best label sequence under token and transition scores.

use crate::label::{LABELS, follows};

/// Scores of label pairs, `[before][after]`.
pub type Transitions = [[i32; LABELS]; LABELS];

/// Score of a forbidden transition, far from overflow.
pub const NEVER: i32 = i32::MIN / 4;

/// Labels that a token may have, as bits.
pub type Allowed = u16;
/// Every label.
pub const ANY: Allowed = (1 << LABELS) - 1;

/// Back pointers; the buffer is reused for every sentence.
#[derive(Default)]
pub struct Lattice {
    back: Vec<[u8; LABELS]>,
}

/// The transitions with [`NEVER`] for label pairs that cannot follow each other.
#[must_use]
pub fn legal(transitions: &Transitions) -> Transitions {
    let mut legal = *transitions;
    for (before, row) in legal.iter_mut().enumerate() {
        for (after, score) in row.iter_mut().enumerate() {
            if !follows(before as u8, after as u8) {
                *score = NEVER;
            }
        }
    }
    legal
}

/// Writes the best labels for `scores`, one row per token, into `labels`. Ties go to the lower label. `transitions` come
/// from [`legal`]; `allowed` restricts each token's labels, if not empty.
pub fn viterbi(
    scores: &[[i32; LABELS]],
    transitions: &Transitions,
    allowed: &[Allowed],
    lattice: &mut Lattice,
    labels: &mut Vec<u8>,
) {
    labels.clear();
    lattice.back.clear();
    // A sentence begins as if after an O.
    let mut best = [NEVER; LABELS];
    best[0] = 0;
    for (index, row) in scores.iter().enumerate() {
        let may = allowed.get(index).copied().unwrap_or(ANY);
        let mut next = [NEVER; LABELS];
        let mut back = [0_u8; LABELS];
        for after in 0..LABELS {
            let (mut from, mut top) = (0, best[0] + transitions[0][after]);
            for before in 1..LABELS {
                let score = best[before] + transitions[before][after];
                if score > top {
                    (from, top) = (before, score);
                }
            }
            let open = may >> after & 1 == 1;
            next[after] = if open { (top + row[after]).max(NEVER) } else { NEVER };
            back[after] = from as u8;
        }
        best = next;
        lattice.back.push(back);
    }
    let mut at = 0;
    for label in 1..LABELS {
        if best[label] > best[at] {
            at = label;
        }
    }
    labels.resize(scores.len(), 0);
    for (label, back) in labels.iter_mut().zip(&lattice.back).rev() {
        *label = at as u8;
        at = usize::from(back[at]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_continued_by_another_type() {
        let mut scores = vec![[0; LABELS]; 3];
        scores[0][1] = 10;
        scores[1][4] = 9;
        scores[1][2] = 5;
        scores[2][2] = 1;
        let mut labels = Vec::new();
        viterbi(&scores, &legal(&Transitions::default()), &[], &mut Lattice::default(), &mut labels);
        assert_eq!(labels, [1, 2, 2]);
        viterbi(&scores, &legal(&Transitions::default()), &[ANY, 1, ANY], &mut Lattice::default(), &mut labels);
        assert_eq!(labels, [1, 0, 0]);
    }
}
