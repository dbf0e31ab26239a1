//! Training: an averaged structured perceptron with a margin, in whole numbers throughout, so
//! that the same text gives the same bytes on any machine.
//!
//! After Collins (2002). A token may have several right labels (text whose scheme lacks MISC,
//! doubtful spans): then the best path among the allowed ones is what the update goes to.

pub mod corpus;
pub mod dense;
pub mod lists;
pub mod made;

use std::fs;
use std::io;
use std::path::Path;

use super::decode::{self, Allowed, Lattice, NEVER, Transitions};
use super::features::{self, LEXICAL, NOTHING, Scratch, TEMPLATES};
use super::label::{LABELS, SCORED};
use super::lexicon::Lexicon;
use super::model::Model;
use corpus::Sentence;
pub use corpus::corpora;

/// How to train; the default is what `make model` uses.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Passes over all sentences.
    pub epochs: u32,
    /// Trainings in different orders whose weights are averaged: less chance in the result, at
    /// no cost for the tagger.
    pub runs: u32,
    /// Bits of the table's size.
    pub bits: u32,
    /// Score that a wrong label gets in advance.
    pub margin: i32,
    /// Of a hundred tokens so many lose their word's identity in a pass.
    pub dropout: u64,
    /// Of a hundred features so many are lost in a pass.
    pub thinning: u64,
    /// Weights nearer to zero than this are left out of the file.
    pub prune: i32,
    /// Points of the file for one step of the perceptron.
    pub scale: i64,
    /// How to train the dense net.
    pub dense: dense::Plan,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            epochs: 8,
            runs: 1,
            bits: 20,
            margin: 40,
            dropout: 30,
            thinning: 10,
            prune: 4,
            scale: 16,
            dense: dense::Plan::default(),
        }
    }
}

/// A random number without a state: the same for the same place in the training.
pub(crate) fn random(seed: u64) -> u64 {
    // SplitMix64.
    let z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Weights in training: the current ones, and the sum that averaging needs.
struct Weights {
    now: Vec<[i32; SCORED]>,
    sum: Vec<[i64; SCORED]>,
    pairs: Transitions,
    pair_sum: [[i64; LABELS]; LABELS],
    /// Sentences seen, and one.
    steps: i64,
}

/// Sentences that the project makes beside those that it reads.
const MADE: usize = 20_000;

/// Trains from the corpora in `ner` and the lists and templates in `folder`, and writes
/// `tagger.bin` there. Returns its size in bytes.
///
/// # Errors
/// Where a corpus, a list or the templates cannot be read, or the model cannot be written.
pub fn make(ner: &Path, folder: &Path, plan: Plan) -> io::Result<usize> {
    let bytes = bytes(ner, folder, plan)?;
    fs::write(folder.join("tagger.bin"), &bytes)?;
    Ok(bytes.len())
}

fn bytes(ner: &Path, folder: &Path, plan: Plan) -> io::Result<Vec<u8>> {
    let lists = lists::Lists::read(&folder.join("lists"))?;
    let templates = fs::read_to_string(folder.join("templates.txt"))?;
    let read = corpora(ner, &[])?;
    let recased = made::recased(&read);
    let made = made::sentences(&lists, &templates, MADE);
    let sentences: Vec<Sentence> = [read, recased, made].concat();
    Ok(train(&sentences, lists, plan))
}

/// Trains on `sentences` and returns the model file's bytes.
pub fn train(sentences: &[Sentence], lexicon: lists::Lists, plan: Plan) -> Vec<u8> {
    let net = dense::fit(sentences, &lexicon, plan.dense);
    Model { net, ..fit(sentences, lexicon.lexicon, plan) }.to_bytes()
}

fn fit(sentences: &[Sentence], lexicon: Lexicon, plan: Plan) -> Model {
    let extracted = extract(sentences, &lexicon, plan.bits);
    let mut total = Total::new(1 << plan.bits);
    for run in 0..plan.runs {
        total.add(&once(sentences, &extracted, plan, run), plan);
    }
    total.finish(lexicon, plan)
}

/// One training from nothing, in the order of `run`.
fn once(sentences: &[Sentence], extracted: &[Vec<u32>], plan: Plan, run: u32) -> Weights {
    let size = 1_usize << plan.bits;
    let mut weights = Weights {
        now: vec![[0; SCORED]; size],
        sum: vec![[0; SCORED]; size],
        pairs: Transitions::default(),
        pair_sum: [[0; LABELS]; LABELS],
        steps: 1,
    };
    let mut order: Vec<usize> = (0..sentences.len()).collect();
    let mut room = Room::default();
    for epoch in 0..plan.epochs {
        let seed = u64::from(run * plan.epochs + epoch);
        shuffle(&mut order, seed);
        for index in &order {
            let sentence = &sentences[*index];
            let lot = random(seed << 40 ^ (*index as u64) << 8 ^ 0x5eed);
            if lot % 100 < u64::from(sentence.weight) {
                learn(&mut weights, &extracted[*index], &sentence.allowed, plan, lot, &mut room);
                weights.steps += 1;
            }
        }
    }
    weights
}

fn extract(sentences: &[Sentence], lexicon: &Lexicon, bits: u32) -> Vec<Vec<u32>> {
    let mut scratch = Scratch::default();
    let one = |sentence: &Sentence| {
        let words: Vec<&str> = sentence.words.iter().map(String::as_str).collect();
        features::atoms(&words, lexicon, &mut scratch.atoms);
        let mut slots = Vec::with_capacity(words.len() * TEMPLATES);
        features::extract(&mut scratch, bits, |token| slots.extend_from_slice(token));
        slots
    };
    sentences.iter().map(one).collect()
}

fn shuffle(order: &mut [usize], epoch: u64) {
    for at in (1..order.len()).rev() {
        let other = random(epoch << 32 ^ at as u64) % (at as u64 + 1);
        order.swap(at, other as usize);
    }
}

#[derive(Default)]
struct Room {
    lattice: Lattice,
    scores: Vec<[i32; LABELS]>,
    slots: Vec<u32>,
    gold: Vec<u8>,
    guess: Vec<u8>,
}

/// One sentence: where the best path under the margin is a wrong one, a step towards the right.
fn learn(weights: &mut Weights, slots: &[u32], allowed: &[Allowed], plan: Plan, lot: u64, room: &mut Room) {
    let step = weights.steps;
    thin(slots, plan, lot, &mut room.slots);
    room.scores.clear();
    for token in room.slots.chunks_exact(TEMPLATES) {
        let mut scores = [0; LABELS];
        for row in token.iter().filter_map(|slot| weights.now.get(*slot as usize)) {
            for (score, weight) in scores[1..].iter_mut().zip(row) {
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
                *score += plan.margin;
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
            for slot in token.iter().map(|slot| *slot as usize) {
                let (Some(now), Some(sum)) = (weights.now.get_mut(slot), weights.sum.get_mut(slot)) else { continue };
                if gold > 0 {
                    now[gold - 1] += 1;
                    sum[gold - 1] += step;
                }
                if guess > 0 {
                    now[guess - 1] -= 1;
                    sum[guess - 1] -= step;
                }
            }
        }
        weights.pairs[gold_before][gold] += 1;
        weights.pair_sum[gold_before][gold] += step;
        weights.pairs[guess_before][guess] -= 1;
        weights.pair_sum[guess_before][guess] -= step;
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

/// The averages of the trainings so far, added up.
struct Total {
    rows: Vec<[i64; SCORED]>,
    pairs: [[i64; LABELS]; LABELS],
}

impl Total {
    fn new(size: usize) -> Total {
        Total { rows: vec![[0; SCORED]; size], pairs: [[0; LABELS]; LABELS] }
    }

    fn add(&mut self, weights: &Weights, plan: Plan) {
        // In 256ths of the file's points, so that rounding comes last.
        let average =
            |now: i32, sum: i64| ((i64::from(now) * weights.steps - sum) * plan.scale * 256).div_euclid(weights.steps);
        for ((row, now), sum) in self.rows.iter_mut().zip(&weights.now).zip(&weights.sum) {
            for ((total, now), sum) in row.iter_mut().zip(now).zip(sum) {
                *total += average(*now, *sum);
            }
        }
        for ((row, now), sum) in self.pairs.iter_mut().zip(&weights.pairs).zip(&weights.pair_sum) {
            for ((total, now), sum) in row.iter_mut().zip(now).zip(sum) {
                *total += average(*now, *sum);
            }
        }
    }

    /// Rounds to the file's points.
    fn finish(self, lexicon: Lexicon, plan: Plan) -> Model {
        let parts = 256 * i64::from(plan.runs.max(1));
        let points = |total: i64| (total + parts / 2).div_euclid(parts).clamp(-3000, 3000) as i32;
        let kept = |total: i64| {
            let points = points(total);
            if points.abs() < plan.prune { 0 } else { points as i16 }
        };
        let rows = self.rows.into_iter().map(|row| row.map(kept)).collect();
        Model { bits: plan.bits, transitions: self.pairs.map(|row| row.map(points)), lexicon, rows, net: None }
    }
}

#[cfg(test)]
mod tests {
    use super::corpus::Sentence;
    use super::*;
    use crate::tagger::{Label, Tagger};

    fn tiny() -> Vec<Sentence> {
        let rows: [(&str, &[u8]); 4] = [
            ("Ann Smith visited Paris .", &[1, 2, 0, 5, 0]),
            ("Bob Jones left London .", &[1, 2, 0, 5, 0]),
            ("The Acme Corp said no .", &[0, 3, 4, 0, 0, 0]),
            ("It rained in Rome .", &[0, 0, 0, 5, 0]),
        ];
        rows.map(|(text, labels)| Sentence::new(text.split(' ').map(str::to_owned).collect(), labels)).to_vec()
    }

    fn plan() -> Plan {
        Plan { epochs: 12, bits: 14, ..Plan::default() }
    }

    #[test]
    fn the_same_text_gives_the_same_bytes() {
        let first = train(&tiny(), lists::Lists::default(), plan());
        let second = train(&tiny(), lists::Lists::default(), plan());
        assert!(first == second, "two trainings differ");
        assert!(first.len() > 200, "nothing was learned");
        let other = train(&tiny()[..3], lists::Lists::default(), plan());
        assert!(first != other, "the text makes no difference");
    }

    #[test]
    fn what_was_taught_is_tagged() {
        let tagger = Tagger::from_bytes(&train(&tiny(), lists::Lists::default(), plan())).unwrap();
        let text = "Bob Smith visited London .";
        let found: Vec<_> = tagger.tag(&[text]).iter().map(|span| (&text[span.start..span.end], span.label)).collect();
        assert_eq!(found, [("Bob Smith", Label::Person), ("London", Label::Loc)]);
    }

    #[test]
    fn made_sentences_are_the_same_every_time_and_labelled_whole() {
        let templates = "@who:PER Ann {last} | Bob\n{who} met {who} in {place} .\n@place:LOC New York\n^ {place} ##";
        let made = made::sentences(&lists::Lists::default(), templates, 40);
        assert_eq!(made, made::sentences(&lists::Lists::default(), templates, 40));
        assert!(made.iter().any(|sentence| sentence.show().contains("New/B-LOC York/I-LOC .")));
        assert!(made.iter().any(|sentence| sentence.show().starts_with("NEW/B-LOC YORK/I-LOC ")));
    }

    #[test]
    fn the_shipped_model_is_what_make_model_makes() {
        if cfg!(debug_assertions) {
            println!("skipped: the model's bytes (a minute without optimisation: `cargo test --release -p enricher`)");
            return;
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let shared = std::env::var_os("NEWSWIRE_CORPORA").map_or_else(|| root.join("../../../shared"), Into::into);
        if !shared.join("ner").is_dir() {
            println!("skipped: the model's bytes (no shared/)");
            return;
        }
        let folder = root.join("model");
        let shipped = fs::read(folder.join("tagger.bin")).unwrap();
        assert!(bytes(&shared.join("ner"), &folder, Plan::default()).unwrap() == shipped);
    }
}
