//! Training of the dense net: softmax over the labels that a token may have, by Adam (Kingma and Ba 2015) in small
//! batches, with dropout of half of the hidden units (Srivastava et al. 2014).
//!
//! It runs in f32 in a fixed order with IEEE 754 basic operations only, so equal inputs give equal bytes. The result is
//! rounded to integers.

mod tables;
#[cfg(test)]
mod tests;

use crate::corpus::Sentence;
use crate::lists::Lists;
use crate::random::{random, shuffle};
use tables::{Example, FIRST, LARGEST_SUM, LEVEL, PLACE, Row, SUFFIX, Tables, rows};
use tagger::training::{self, ANY, DIMS, HIDDEN, Input, LARGEST, Net, PLACES, ROWS, SCORED, Scratch, Vectors};

/// How to train the net.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Passes over all sentences.
    pub epochs: u64,
    /// Examples in one step.
    pub batch: usize,
    /// Adam's learning rate: it rises over the first twentieth of the steps, then falls linearly to zero.
    pub rate: f32,
    /// Weight decay of one step, times the learning rate.
    pub decay: f32,
    /// Percentage of the synthetic sentences that a pass uses.
    pub synthetic: u64,
    /// Percentage of the tokens with a vector that lose it in a pass.
    pub dropout: u64,
    /// Points of the tagger's scores per unit of log odds.
    pub points: f32,
    /// Varies order and dropout.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan { epochs: 6, batch: 256, rate: 1e-3, decay: 1e-2, synthetic: 30, dropout: 5, points: 300.0, seed: 1 }
    }
}

/// Trains a net on `sentences`; none if there are no word vectors.
pub(crate) fn fit(sentences: &[&Sentence], lists: &Lists, plan: Plan) -> Option<Net> {
    if lists.vectors.is_empty() {
        return None;
    }
    let inputs = inputs(sentences, lists);
    let examples: Vec<Example<'_>> = inputs
        .iter()
        .enumerate()
        .flat_map(|(sentence, input)| {
            input.queries.iter().map(move |query| Example {
                input,
                query,
                allowed: sentences[sentence].allowed[query.at],
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

/// Percentage of the passes that use the sentence.
fn share(sentence: &Sentence, plan: Plan) -> u64 {
    if sentence.set.is_empty() { plan.synthetic } else { u64::from(sentence.weight) }
}

fn inputs(sentences: &[&Sentence], lists: &Lists) -> Vec<Input> {
    let mut scratch = Scratch::default();
    let one = |sentence: &&Sentence| {
        let words: Vec<&str> = sentence.words.iter().map(String::as_str).collect();
        training::atoms(&words, &lists.lexicon, &mut scratch.atoms);
        training::extract(&mut scratch, 4, |_| ());
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
    /// 0.9 and 0.999 to the power of the number of steps.
    powers: (f32, f32),
    done: f32,
    rows: Vec<(usize, f32)>,
}

impl Training {
    fn new(plan: Plan) -> Training {
        let mut tables = Tables::zero();
        // Uniform from -1 to 1, scaled as He et al. (2015) propose.
        let uniform = |at: usize| (random(plan.seed << 32 ^ at as u64) >> 40) as f32 / (1 << 23) as f32 - 1.0;
        let width = (6.0 / (PLACES * ROWS) as f32).sqrt();
        for (at, weight) in tables.first.iter_mut().flatten().enumerate() {
            *weight = uniform(at) * if at < PLACE * HIDDEN { 0.05 } else { width };
        }
        for (at, weight) in tables.out.iter_mut().flatten().enumerate() {
            *weight = uniform(at + FIRST * HIDDEN) * 0.1;
        }
        let [gradient, mean, square] = [Tables::zero(), Tables::zero(), Tables::zero()];
        Training { plan, tables, gradient, mean, square, powers: (1.0, 1.0), done: 0.0, rows: Vec::new() }
    }

    /// Adds an example's gradient. `seed` selects what dropout removes.
    fn learn(&mut self, example: &Example<'_>, seed: u64) {
        rows(example, seed, self.plan.dropout, &mut self.rows);
        let mut hidden = self.tables.hidden(&self.rows);
        // Dropout and rectifier; the remaining units are doubled.
        let mut open = [0.0; HIDDEN];
        for (index, (unit, open)) in hidden.iter_mut().zip(&mut open).enumerate() {
            let kept = random(seed ^ (index as u64 / 64) << 56 ^ 0x10_5701) >> (index % 64) & 1 == 1;
            *open = if kept && *unit > 0.0 { 2.0 } else { 0.0 };
            *unit *= *open;
        }
        let probabilities = self.tables.probabilities(&hidden);
        let may = |label: usize| example.allowed >> label & 1 == 1;
        let right: f32 =
            probabilities.iter().enumerate().filter(|(label, _)| may(*label)).map(|(_, share)| share).sum();
        let mut back = [0.0; HIDDEN];
        for (label, share) in probabilities.iter().enumerate() {
            let target = if may(label) { share / right.max(1e-20) } else { 0.0 };
            let error = share - target;
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

    /// One step of Adam, of `steps` in all, with the gradients added since the last.
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

    /// Rounds to integers; each hidden unit has its own scale.
    fn finish(self, examples: &[Example<'_>], vectors: &Vectors) -> Net {
        let mut largest = [1e-3_f32; HIDDEN];
        let mut found = Vec::new();
        for example in examples {
            rows(example, 0, 0, &mut found);
            for (largest, unit) in largest.iter_mut().zip(self.tables.hidden(&found)) {
                *largest = largest.max(unit.abs());
            }
        }
        let scale = largest.map(|largest| LARGEST_SUM / largest);
        let rounded_row = |row: &Row, factor: f32, limit: i16| {
            let mut rounded = [0; HIDDEN];
            for ((rounded, weight), scale) in rounded.iter_mut().zip(row).zip(scale) {
                *rounded = (weight * factor * scale).round().clamp(f32::from(-limit), f32::from(limit)) as i16;
            }
            rounded
        };
        let table = |from: usize, to: usize| -> Vec<_> {
            self.tables.first[from..to].iter().map(|row| rounded_row(row, 1.0, i16::MAX)).collect()
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
                net.rows[at] = rounded_row(&self.tables.first[PLACE + at], LEVEL, LARGEST);
            }
        }
        for (label, row) in net.out.iter_mut().enumerate() {
            for (unit, weight) in row.iter_mut().enumerate() {
                // The lead over O.
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
