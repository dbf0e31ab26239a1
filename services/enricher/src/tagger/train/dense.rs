//! Training of the dense net: a softmax over the labels that a token may have, by Adam (Kingma
//! and Ba 2015) over small batches, with half of the hidden units lost at random (Srivastava
//! 2014). In f32 in a fixed order, with nothing but IEEE's own operations, so that the bytes are
//! the same every time; rounded to whole numbers in the end.

use super::corpus::Sentence;
use super::lists::Lists;
use super::{random, shuffle};
use crate::tagger::decode::{ANY, Allowed};
use crate::tagger::dense::input::{Ask, Input, PLACES, SPREADS, SUFFIXES};
use crate::tagger::dense::vectors::{DIMS, TOP, Vectors};
use crate::tagger::dense::{HIDDEN, LARGEST, Net, ROWS};
use crate::tagger::features::{self, Scratch};
use crate::tagger::label::{LABELS, SCORED};

/// How to train the net.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Passes over all sentences.
    pub epochs: u64,
    /// Questions of one step.
    pub batch: usize,
    /// Adam's rate: it rises for a twentieth of the steps, and then falls to nothing.
    pub rate: f32,
    /// What a weight of the first layer loses in a step, times the rate.
    pub decay: f32,
    /// Of a hundred sentences that the project made so many are used in a pass.
    pub made: u64,
    /// Of a hundred tokens with a vector so many lose it in a pass.
    pub dropout: u64,
    /// Points of the tagger's scores for one unit of log odds.
    pub points: f32,
    /// Varies the order and what is lost.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan { epochs: 6, batch: 256, rate: 1e-3, decay: 1e-2, made: 30, dropout: 5, points: 300.0, seed: 1 }
    }
}

/// A level of a vector as the net sees it.
const LEVEL: f32 = 1.5 / TOP as f32;
/// Largest sum that a hidden unit is given room for, of 32,767.
const ROOM: f32 = 20_000.0;

type Row = [f32; HIDDEN];

/// The net's tables as one: spreads, suffixes, rows, and the second layer turned, with its bias.
#[derive(Clone)]
struct Tables {
    first: Vec<Row>,
    out: [Row; LABELS],
    bias: [f32; LABELS],
}

const SUFFIX: usize = SPREADS;
const PLACE: usize = SPREADS + SUFFIXES;
const FIRST: usize = PLACE + PLACES * ROWS;

/// A question with its sentence and its right answers.
struct Example<'s> {
    input: &'s Input,
    ask: &'s Ask,
    allowed: Allowed,
    sentence: usize,
}

/// Trains a net for `sentences`, none where the lists have no vectors.
pub(crate) fn fit(sentences: &[&Sentence], lists: &Lists, plan: Plan) -> Option<Net> {
    if lists.vectors.is_empty() {
        return None;
    }
    let inputs = inputs(sentences, lists);
    let examples: Vec<Example<'_>> = inputs
        .iter()
        .enumerate()
        .flat_map(|(sentence, input)| {
            input.asks.iter().map(move |ask| Example {
                input,
                ask,
                allowed: sentences[sentence].allowed[ask.at],
                sentence,
            })
        })
        .filter(|example| example.allowed != ANY)
        .collect();
    let mut training = Training::new(plan);
    let mut total = 0.0;
    for example in &examples {
        total += share(sentences[example.sentence], plan) as f32 / 100.0;
    }
    let steps = plan.epochs as f32 * total / plan.batch as f32;
    for epoch in 0..plan.epochs {
        let seed = random(plan.seed << 32 ^ epoch);
        let used = |sentence: usize| random(seed ^ sentence as u64) % 100 < share(sentences[sentence], plan);
        let mut order: Vec<usize> = (0..examples.len()).filter(|index| used(examples[*index].sentence)).collect();
        shuffle(&mut order, seed);
        for batch in order.chunks_exact(plan.batch) {
            for index in batch {
                training.learn(&examples[*index], random(seed ^ (*index as u64) << 24));
            }
            training.step(steps);
        }
    }
    Some(training.finish(&examples, &lists.vectors))
}

/// Of a hundred passes so many use the sentence.
fn share(sentence: &Sentence, plan: Plan) -> u64 {
    if sentence.set.is_empty() { plan.made } else { u64::from(sentence.weight) }
}

fn inputs(sentences: &[&Sentence], lists: &Lists) -> Vec<Input> {
    let mut scratch = Scratch::default();
    let one = |sentence: &&Sentence| {
        let words: Vec<&str> = sentence.words.iter().map(String::as_str).collect();
        features::atoms(&words, &lists.lexicon, &mut scratch.atoms);
        features::extract(&mut scratch, 4, |_| ());
        let mut input = Input::default();
        input.fill(&scratch, &lists.vectors);
        input
    };
    sentences.iter().map(one).collect()
}

struct Training {
    plan: Plan,
    tables: Tables,
    gradient: Tables,
    /// Adam's running means of the gradient and of its square.
    mean: Tables,
    square: Tables,
    /// 0.9 and 0.999 to the power of the steps so far.
    powers: (f32, f32),
    done: f32,
    rows: Vec<(usize, f32)>,
}

impl Tables {
    fn zero() -> Tables {
        Tables { first: vec![[0.0; HIDDEN]; FIRST], out: [[0.0; HIDDEN]; LABELS], bias: [0.0; LABELS] }
    }

    /// All numbers, in one order; the second value says whether it decays.
    fn all(&mut self) -> impl Iterator<Item = &mut f32> {
        self.first.iter_mut().flatten().chain(self.out.iter_mut().flatten()).chain(&mut self.bias)
    }

    /// Sums of the hidden units.
    fn hidden(&self, rows: &[(usize, f32)]) -> Row {
        let mut hidden = [0.0; HIDDEN];
        for (row, value) in rows {
            for (unit, weight) in hidden.iter_mut().zip(&self.first[*row]) {
                *unit += weight * value;
            }
        }
        hidden
    }

    /// Probabilities of the labels.
    fn answer(&self, hidden: &Row) -> [f32; LABELS] {
        let mut scores = self.bias;
        for (score, row) in scores.iter_mut().zip(&self.out) {
            // Sixteen sums side by side are fast and have a fixed order.
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

/// The rows of the first layer that an example adds up, and how many times each. Of the tokens
/// with a vector some lose it by `lot`.
fn rows(example: &Example<'_>, lot: u64, dropout: u64, rows: &mut Vec<(usize, f32)>) {
    rows.clear();
    rows.push((example.ask.spread, 1.0));
    rows.push((SUFFIX + example.ask.suffix, 1.0));
    for (place, token) in example.ask.places.iter().enumerate() {
        let seen = &example.input.seen[*token];
        let base = PLACE + place * ROWS;
        let lost = random(lot ^ (*token as u64) << 8) % 100 < dropout;
        if lost && !seen.is_unknown() && *token + 1 < example.input.seen.len() {
            rows.push((base + DIMS, 1.0));
        } else if !seen.is_unknown() {
            let levels = seen.vector.iter().enumerate().filter(|(_, level)| **level != 0);
            rows.extend(levels.map(|(dimension, level)| (base + dimension, f32::from(*level) * LEVEL)));
        }
        rows.extend(seen.ones().map(|one| (base + DIMS + one, 1.0)));
    }
}

impl Training {
    fn new(plan: Plan) -> Training {
        let mut tables = Tables::zero();
        // Even numbers from -1 to 1, as wide as He et al. (2015) have it for the sums of a unit.
        let even = |at: usize| (random(plan.seed << 32 ^ at as u64) >> 40) as f32 / (1 << 23) as f32 - 1.0;
        let width = (6.0 / (PLACES * ROWS) as f32).sqrt();
        for (at, weight) in tables.first.iter_mut().flatten().enumerate() {
            *weight = even(at) * if at < PLACE * HIDDEN { 0.05 } else { width };
        }
        for (at, weight) in tables.out.iter_mut().flatten().enumerate() {
            *weight = even(at + FIRST * HIDDEN) * 0.1;
        }
        let [gradient, mean, square] = [Tables::zero(), Tables::zero(), Tables::zero()];
        Training { plan, tables, gradient, mean, square, powers: (1.0, 1.0), done: 0.0, rows: Vec::new() }
    }

    /// Adds an example's gradient.
    fn learn(&mut self, example: &Example<'_>, lot: u64) {
        rows(example, lot, self.plan.dropout, &mut self.rows);
        let mut hidden = self.tables.hidden(&self.rows);
        // Units that are lost, or below zero; the others are doubled for those.
        let mut open = [0.0; HIDDEN];
        for (index, (unit, open)) in hidden.iter_mut().zip(&mut open).enumerate() {
            let kept = random(lot ^ (index as u64 / 64) << 56 ^ 0x10_5701) >> (index % 64) & 1 == 1;
            *open = if kept && *unit > 0.0 { 2.0 } else { 0.0 };
            *unit *= *open;
        }
        let answer = self.tables.answer(&hidden);
        let may = |label: usize| example.allowed >> label & 1 == 1;
        let right: f32 = answer.iter().enumerate().filter(|(label, _)| may(*label)).map(|(_, share)| share).sum();
        let mut back = [0.0; HIDDEN];
        for (label, share) in answer.iter().enumerate() {
            let wish = if may(label) { share / right.max(1e-20) } else { 0.0 };
            let error = share - wish;
            self.gradient.bias[label] += error;
            let (out, gradient) = (&self.tables.out[label], &mut self.gradient.out[label]);
            for (((back, weight), gradient), unit) in back.iter_mut().zip(out).zip(gradient).zip(&hidden) {
                *back += error * weight;
                *gradient += error * unit;
            }
        }
        for (back, open) in back.iter_mut().zip(open) {
            *back *= open;
        }
        for (row, value) in &self.rows {
            for (gradient, back) in self.gradient.first[*row].iter_mut().zip(&back) {
                *gradient += back * value;
            }
        }
    }

    /// One step of Adam with the gradients so far, of `steps` in all.
    fn step(&mut self, steps: f32) {
        self.done += 1.0;
        self.powers = (self.powers.0 * 0.9, self.powers.1 * 0.999);
        let (first, second) = (1.0 - self.powers.0, 1.0 - self.powers.1);
        let warm = (self.done / (0.05 * steps)).min(1.0);
        let rate = self.plan.rate * warm * (1.0 - self.done / steps).max(0.01);
        let part = 1.0 / self.plan.batch as f32;
        let decay = 1.0 - rate * self.plan.decay;
        let weights = self.tables.all().zip(self.gradient.all()).zip(self.mean.all().zip(self.square.all()));
        for ((weight, gradient), (mean, square)) in weights {
            let slope = *gradient * part;
            *gradient = 0.0;
            *mean = 0.9 * *mean + 0.1 * slope;
            *square = 0.999 * *square + 0.001 * slope * slope;
            *weight = *weight * decay - rate * (*mean / first) / ((*square / second).sqrt() + 1e-8);
        }
    }

    /// Rounds to whole numbers, each hidden unit in parts of its own.
    fn finish(self, examples: &[Example<'_>], vectors: &Vectors) -> Net {
        let mut largest = [1e-3_f32; HIDDEN];
        let mut found = Vec::new();
        for example in examples {
            rows(example, 0, 0, &mut found);
            for (largest, unit) in largest.iter_mut().zip(self.tables.hidden(&found)) {
                *largest = largest.max(unit.abs());
            }
        }
        let scale = largest.map(|largest| ROOM / largest);
        let whole = |row: &Row, factor: f32, limit: i16| {
            let mut rounded = [0; HIDDEN];
            for ((rounded, weight), scale) in rounded.iter_mut().zip(row).zip(scale) {
                *rounded = (weight * factor * scale).round().clamp(f32::from(-limit), f32::from(limit)) as i16;
            }
            rounded
        };
        let table = |from: usize, to: usize| -> Vec<_> {
            self.tables.first[from..to].iter().map(|row| whole(row, 1.0, i16::MAX)).collect()
        };
        let mut net = Net {
            vectors: vectors.hash,
            spreads: table(0, SUFFIX),
            suffixes: table(SUFFIX, PLACE),
            rows: table(PLACE, FIRST),
            out: [[0; HIDDEN]; SCORED],
            bias: [0; SCORED],
        };
        for place in 0..PLACES {
            for dimension in 0..DIMS {
                let at = place * ROWS + dimension;
                net.rows[at] = whole(&self.tables.first[PLACE + at], LEVEL, LARGEST);
            }
        }
        for (label, row) in net.out.iter_mut().enumerate() {
            for (unit, weight) in row.iter_mut().enumerate() {
                // Points ahead of O.
                let ahead = self.tables.out[label + 1][unit] - self.tables.out[0][unit];
                let points = ahead * self.plan.points / scale[unit] * 65_536.0;
                *weight = points.round().clamp(-32_767.0, 32_767.0) as i16;
            }
            let ahead = self.tables.bias[label + 1] - self.tables.bias[0];
            net.bias[label] = (ahead * self.plan.points).round().clamp(-32_767.0, 32_767.0) as i16;
        }
        net
    }
}

/// e to the power of `x`, at most 0, by IEEE's operations alone: the same on any machine.
fn exp(x: f32) -> f32 {
    let x = x.max(-80.0);
    let whole = (x * std::f32::consts::LOG2_E).round();
    let rest = x - whole * std::f32::consts::LN_2;
    let series = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    let power = series.iter().fold(0.0, |sum, part| sum * rest + part);
    power * f32::from_bits(((whole as i32 + 127) as u32) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tagger::dense::vectors;

    fn tiny() -> (Vec<Sentence>, Lists) {
        let rows: [(&str, &[u8]); 4] = [
            ("Ann visited Paris .", &[1, 0, 5, 0]),
            ("Bob left London .", &[1, 0, 5, 0]),
            ("Ann of London said no .", &[1, 0, 5, 0, 0, 0]),
            ("It rained in Rome .", &[0, 0, 0, 5, 0]),
        ];
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        let vectors = vectors::tiny(&["ann", "bob", "paris", "london", "rome", "visited", "left", "it"]);
        let sentences = rows.repeat(8).into_iter().map(|(text, labels)| Sentence::new(words(text), labels)).collect();
        (sentences, Lists { vectors, ..Lists::default() })
    }

    fn all(sentences: &[Sentence]) -> Vec<&Sentence> {
        sentences.iter().collect()
    }

    fn plan() -> Plan {
        // Few steps: without optimisation one takes a tenth of a second.
        Plan { epochs: 10, batch: 24, rate: 5e-3, made: 100, ..Plan::default() }
    }

    #[test]
    fn the_same_text_gives_the_same_net_and_no_vectors_none() {
        let (sentences, lists) = tiny();
        let first = fit(&all(&sentences), &lists, plan()).unwrap();
        assert!(first == fit(&all(&sentences), &lists, plan()).unwrap(), "two trainings differ");
        assert!(
            first != fit(&all(&sentences), &lists, Plan { seed: 2, ..plan() }).unwrap(),
            "the seed makes no difference"
        );
        assert_eq!(fit(&all(&sentences), &Lists::default(), plan()), None);
    }

    #[test]
    fn what_was_taught_is_answered() {
        let (sentences, lists) = tiny();
        let net = fit(&all(&sentences), &lists, plan()).unwrap();
        for (sentence, input) in sentences.iter().zip(inputs(&all(&sentences), &lists)) {
            let mut scores = vec![[0; LABELS]; sentence.words.len()];
            net.add(&input, &mut scores);
            for (scores, allowed) in scores.iter().zip(&sentence.allowed) {
                let best = (0..LABELS).max_by_key(|label| (scores[*label], LABELS - label)).unwrap();
                assert!(allowed >> best & 1 == 1, "{scores:?} for {}", sentence.show());
            }
        }
    }

    #[test]
    fn whole_numbers_say_what_the_training_said() {
        let (sentences, lists) = tiny();
        let inputs = inputs(&all(&sentences), &lists);
        let example = Example { input: &inputs[0], ask: &inputs[0].asks[0], allowed: 2, sentence: 0 };
        let mut training = Training::new(Plan { batch: 1, ..Plan::default() });
        for lot in 0..20 {
            training.learn(&example, lot);
            training.step(100.0);
        }
        let mut found = Vec::new();
        rows(&example, 0, 0, &mut found);
        let answer = training.tables.answer(&training.tables.hidden(&found).map(|unit| unit.max(0.0)));
        let mut points = vec![[0; LABELS]; 4];
        training.finish(&[example], &lists.vectors).add(&inputs[0], &mut points);
        let exact = f64::from(Plan::default().points) * (f64::from(answer[1]) / f64::from(answer[0])).ln();
        let near = f64::from(points[0][1]);
        assert!((exact - near).abs() < 0.02 * exact.abs() + 5.0, "{near} points for {exact}");
        assert!(exact > 500.0, "nothing was learned: {exact}");
    }

    #[test]
    fn powers_are_near_the_right_ones() {
        for tenth in 0..800 {
            let x = -(tenth as f32) / 10.0;
            let right = f64::from(x).exp();
            assert!((f64::from(exp(x)) - right).abs() <= 1e-5 * right + 1e-30, "{x}");
        }
    }
}
