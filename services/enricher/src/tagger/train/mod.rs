//! Training: an averaged structured perceptron with a margin, in whole numbers throughout, so
//! that the same text gives the same bytes on any machine.
//!
//! After Collins (2002). A token may have several right labels (text whose scheme lacks MISC,
//! doubtful spans): then the best path among the allowed ones is what the update goes to.

pub mod corpus;
pub mod dense;
pub mod gum;
mod learn;
pub mod lists;
pub mod made;

use std::fs;
use std::io;
use std::path::Path;

use super::decode::Transitions;
use super::features::{self, Scratch, TEMPLATES};
use super::label::{LABELS, SCORED};
use super::lexicon::Lexicon;
use super::model::Model;
use corpus::Sentence;
pub use corpus::corpora;
use learn::{Cell, PART, Room, Steps, Weights, learn};
use lists::Lists;

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
    /// Which orders and omissions: another seed, another training of the same quality.
    pub seed: u32,
    /// Changes of a weight after which its steps are half as long, squared: see [`Steps`].
    pub rest: u32,
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
            seed: 0,
            rest: 16,
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
    Ok(Material::read(ner, folder, plan)?.train(plan, ""))
}

/// Trains on `sentences` and returns the model file's bytes.
pub fn train(sentences: &[Sentence], lists: lists::Lists, plan: Plan) -> Vec<u8> {
    Material::new(sentences.to_vec(), lists, plan).train(plan, "")
}

/// All text that is trained on, its features extracted.
pub struct Material {
    sentences: Vec<Sentence>,
    /// The slots of each sentence's tokens, [`TEMPLATES`] a token.
    extracted: Vec<Vec<u32>>,
    lists: Lists,
}

impl Material {
    /// Reads the corpora in `ner` and the lists and templates in `folder`.
    ///
    /// # Errors
    /// Where a corpus, a list or the templates cannot be read.
    pub fn read(ner: &Path, folder: &Path, plan: Plan) -> io::Result<Material> {
        let lists = Lists::read(&folder.join("lists"))?;
        let templates = fs::read_to_string(folder.join("templates.txt"))?;
        let mut read = corpora(ner)?;
        corpus::acting_countries(&mut read, &lists.lexicon);
        let recased = made::recased(&read);
        let made = made::sentences(&lists, &templates, MADE);
        Ok(Material::new([read, recased, made].concat(), lists, plan))
    }

    fn new(sentences: Vec<Sentence>, lists: Lists, plan: Plan) -> Material {
        let extracted = extract(&sentences, &lists.lexicon, plan.bits);
        Material { sentences, extracted, lists }
    }

    /// Trains on all sets but `left_out` (a folder's name; none by that name: on all), and
    /// returns the model file's bytes. `plan` has the bits that the material was read with.
    pub fn train(&self, plan: Plan, left_out: &str) -> Vec<u8> {
        let chosen: Vec<usize> =
            (0..self.sentences.len()).filter(|at| left_out.is_empty() || self.sentences[*at].set != left_out).collect();
        let mut total = Total::new(1 << plan.bits);
        for run in 0..plan.runs {
            total.add(&self.once(&chosen, plan, run + plan.seed), plan);
        }
        let sentences: Vec<&Sentence> = chosen.iter().map(|at| &self.sentences[*at]).collect();
        let net = dense::fit(&sentences, &self.lists, plan.dense);
        Model { net, ..total.finish(self.lists.lexicon.clone(), plan) }.to_bytes()
    }

    /// One training from nothing, in the order of `run`.
    fn once(&self, chosen: &[usize], plan: Plan, run: u32) -> Weights {
        let size = 1_usize << plan.bits;
        let mut weights = Weights {
            cells: vec![Cell::default(); size],
            pairs: Transitions::default(),
            pair_sum: [[0; LABELS]; LABELS],
            steps: 1,
        };
        let steps = Steps::new(plan.rest);
        let mut order = chosen.to_vec();
        let mut room = Room::default();
        for epoch in 0..plan.epochs {
            let seed = u64::from(run * plan.epochs + epoch);
            shuffle(&mut order, seed);
            for index in &order {
                let sentence = &self.sentences[*index];
                let lot = random(seed << 40 ^ (*index as u64) << 8 ^ 0x5eed);
                if lot % 100 < u64::from(sentence.weight) {
                    learn(&mut weights, &self.extracted[*index], &sentence.allowed, plan, &steps, lot, &mut room);
                    weights.steps += 1;
                }
            }
        }
        weights
    }
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
        // In 256ths of the file's points, as the weights are, so that rounding comes last.
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

    /// Rounds to the file's points.
    fn finish(self, lexicon: Lexicon, plan: Plan) -> Model {
        let parts = i64::from(PART) * i64::from(plan.runs.max(1));
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
    fn a_country_that_acts_may_be_a_place() {
        let flags = super::super::lexicon::Word { cluster: 0, flags: super::super::lexicon::flag::STARTS };
        let hash = |words: &[&str]| super::super::lexicon::phrase_hash(words.iter().copied());
        let lexicon = Lexicon::new([(hash(&["New"]), flags)], [(hash(&["New", "Zealand"]), 1)], Vec::new());
        let words = "New Zealand and Acme".split(' ').map(str::to_owned).collect();
        let mut sentences = [Sentence::new(words, &[3, 4, 0, 3])];
        corpus::acting_countries(&mut sentences, &lexicon);
        assert_eq!(sentences[0].allowed, [1 << 3 | 1 << 5, 1 << 4 | 1 << 6, 1, 1 << 3]);
    }

    #[test]
    fn the_shipped_model_is_what_make_model_makes() {
        if cfg!(debug_assertions) {
            test_support::skip(
                "the model's bytes",
                "a minute without optimisation: `cargo test --release -p enricher`",
            );
            return;
        }
        let Some(ner) = test_support::corpora::find("ner") else { return };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("model");
        let shipped = fs::read(folder.join("tagger.bin")).unwrap();
        assert!(bytes(&ner, &folder, Plan::default()).unwrap() == shipped);
    }
}
