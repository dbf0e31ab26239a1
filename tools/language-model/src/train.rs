//! A multinomial logistic regression over hashed letter sequences, begun with naive Bayes and trained by AdaGrad.

use crate::{
    features::{SEED, features, hash},
    script::{Script, script},
};

/// Most features of a text: as in the service.
const MOST: usize = 1_000;
/// Weight of naive Bayes at the start. Of .1, .3 and .6 the best on the texts held out.
const START: f32 = 0.6;
/// Share that an unseen sequence gets.
const UNSEEN: f64 = 2e-6;
const EPOCHS: usize = 4;
const STEP: f32 = 0.05;
/// Lengths in characters to which sentences are cut at random.
const LENGTHS: [usize; 9] = [15, 20, 25, 30, 40, 50, 70, 100, 150];

/// A text of a known language.
pub struct Sample {
    pub index: usize,
    pub text: String,
    /// It is not cut.
    pub whole: bool,
}

pub struct Model {
    script: Script,
    bits: u32,
    languages: usize,
    shares: Vec<f64>,
    weights: Vec<f32>,
    bias: Vec<f32>,
    random: Random,
}

impl Model {
    pub fn new(script: Script, bits: u32, languages: usize) -> Self {
        let size = languages << bits;
        let random = Random(0x1234_5678_9abc_def1);
        Self {
            script,
            bits,
            languages,
            shares: vec![0.0; size],
            weights: vec![0.0; size],
            bias: vec![0.0; languages],
            random,
        }
    }

    pub fn add_language(&mut self, index: usize, sequences: &[(String, f64)]) {
        let mask = (1 << self.bits) - 1;
        for (text, share) in sequences {
            let row = (hash(SEED, text.chars().map(u32::from)) & mask) as usize;
            self.shares[row * self.languages + index] += share;
        }
    }

    /// Naive Bayes: the logarithm of each share, less the mean of the languages.
    pub fn start(&mut self) {
        let shares = std::mem::take(&mut self.shares);
        for (shares, weights) in shares.chunks(self.languages).zip(self.weights.chunks_mut(self.languages)) {
            if shares.iter().sum::<f64>() > 0.0 {
                let logs: Vec<f64> = shares.iter().map(|share| (share + UNSEEN).ln()).collect();
                let mean = logs.iter().sum::<f64>() / logs.len() as f64;
                for (weight, log) in weights.iter_mut().zip(logs) {
                    *weight = START * (log - mean) as f32;
                }
            }
        }
    }

    fn rows(&self, text: &str) -> Vec<usize> {
        let mut rows = Vec::new();
        let mask = (1 << self.bits) - 1;
        let is_letter = |c| script(c) == Some(self.script);
        features(text, MOST, is_letter, |hash| rows.push((hash & mask) as usize * self.languages));
        rows
    }

    fn scores(&self, rows: &[usize]) -> Vec<f32> {
        let mut scores = vec![0.0; self.languages];
        for row in rows {
            for (score, weight) in scores.iter_mut().zip(&self.weights[*row..row + self.languages]) {
                *score += weight;
            }
        }
        let scale = 1.0 / (rows.len().max(1) as f32).sqrt();
        scores.iter().zip(&self.bias).map(|(score, bias)| score * scale + bias).collect()
    }

    /// Percent of `samples`, cut as in training, whose language is found.
    pub fn accuracy(&self, samples: &[Sample]) -> f64 {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        let right = samples.iter().filter(|sample| {
            let scores = self.scores(&self.rows(random.cut(sample)));
            (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b])) == Some(sample.index)
        });
        100.0 * right.count() as f64 / samples.len() as f64
    }

    pub fn train(&mut self, samples: &mut [Sample]) {
        let mut squares = vec![1e-3_f32; self.weights.len()];
        let mut bias_squares = vec![1e-3_f32; self.languages];
        for _ in 0..EPOCHS {
            for last in (1..samples.len()).rev() {
                samples.swap(last, self.random.below(last + 1));
            }
            for sample in samples.iter() {
                let text = self.random.cut(sample);
                let rows = self.rows(text);
                if rows.is_empty() {
                    continue;
                }
                let mut errors = self.scores(&rows);
                softmax(&mut errors);
                errors[sample.index] -= 1.0;
                let scale = 1.0 / (rows.len() as f32).sqrt();
                for row in rows {
                    let weights = self.weights[row..].iter_mut().zip(&mut squares[row..]);
                    for ((weight, square), error) in weights.zip(&errors) {
                        let gradient = error * scale;
                        *square += gradient * gradient;
                        *weight -= STEP * gradient / square.sqrt();
                    }
                }
                for ((bias, square), error) in self.bias.iter_mut().zip(&mut bias_squares).zip(&errors) {
                    *square += error * error;
                    *bias -= STEP * error / square.sqrt();
                }
            }
        }
    }

    /// `NLM1`; the script's number, the bits and the number of languages in a byte each; each tag after a byte with its
    /// length; the scale and the biases as f32, little-endian; the weights, a byte each, 128 being 0, by row.
    pub fn file(&self, number: u8, tags: &[&str], priors: &[f32]) -> Vec<u8> {
        // The few largest weights are cut.
        let mut sizes: Vec<f32> = self.weights.iter().map(|weight| weight.abs()).filter(|size| *size > 0.0).collect();
        sizes.sort_by(f32::total_cmp);
        let scale = sizes[sizes.len() - 1 - sizes.len() / 10_000] / 127.0;
        let mut out = b"NLM1".to_vec();
        out.extend([number, self.bits as u8, tags.len() as u8]);
        for tag in tags {
            out.push(tag.len() as u8);
            out.extend(tag.as_bytes());
        }
        out.extend(scale.to_le_bytes());
        for (bias, prior) in self.bias.iter().zip(priors) {
            out.extend((bias + prior).to_le_bytes());
        }
        out.extend(self.weights.iter().map(|weight| ((weight / scale).round().clamp(-127.0, 127.0) + 128.0) as u8));
        out
    }
}

fn softmax(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    scores.iter_mut().for_each(|score| *score = (*score - most).exp());
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// Xorshift64 (Marsaglia 2003): the same numbers at every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    /// Words of the sample from a random one on, up to a random length.
    fn cut<'a>(&mut self, sample: &'a Sample) -> &'a str {
        let text = sample.text.as_str();
        if sample.whole {
            return text;
        }
        let starts: Vec<usize> = [0].into_iter().chain(text.match_indices(' ').map(|(at, _)| at + 1)).collect();
        let rest = &text[starts[self.below(starts.len())]..];
        let length = LENGTHS[self.below(LENGTHS.len())];
        let end = (1..).zip(rest.char_indices()).find(|(n, (_, c))| *n > length && *c == ' ').map(|(_, (at, _))| at);
        &rest[..end.unwrap_or(rest.len())]
    }
}
