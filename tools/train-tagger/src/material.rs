//! The training text, and the training itself.

use crate::{
    average::Averages,
    corpus::{self, Sentence},
    lists::Lists,
    net,
    perceptron::{Buffers, Cell, Steps, Weights, learn},
    plan::Plan,
    random::{random, shuffle},
    synthetic,
};
use std::{fs, io, path::Path};
use tagger::training::{self, LABELS, Lexicon, Model, Scheme, Scratch, Transitions, characters, general};

/// Number of synthetic sentences.
const SYNTHETIC: usize = 20_000;

/// The training text, with its features extracted.
pub struct Material {
    sentences: Vec<Sentence>,
    /// The feature slots of each sentence's tokens.
    extracted: Vec<Vec<u32>>,
    lists: Lists,
}

impl Material {
    /// Reads the annotated corpora in the folder `corpora` (its files are listed in [`corpus::corpora`]) and the word lists and
    /// templates in the folder `data`, and extracts features for a table of `plan.bits`.
    ///
    /// # Errors
    /// If a corpus, a list or the templates cannot be read.
    pub fn read(corpora: &Path, data: &Path, plan: Plan) -> io::Result<Material> {
        let lists = Lists::read(data)?;
        let templates = fs::read_to_string(data.join("sources/templates.grammar"))?;
        let mut annotated = corpus::corpora(corpora)?;
        corpus::allow_loc_for_countries(&mut annotated, &lists.lexicon);
        let recased = synthetic::recased(&annotated);
        let synthetic = synthetic::sentences(&lists, &templates, SYNTHETIC);
        Ok(Material::new([annotated, recased, synthetic].concat(), lists, plan))
    }

    /// Extracts the features of `sentences`.
    pub(crate) fn new(sentences: Vec<Sentence>, lists: Lists, plan: Plan) -> Material {
        let extracted = extract(&sentences, &lists.lexicon, plan);
        Material { sentences, extracted, lists }
    }

    /// Trains on all sets but `left_out` (the name of a corpus folder; empty to train on all) and returns the bytes of a
    /// model file. `plan.bits` must be the value that the material was read with.
    #[must_use]
    pub fn train(&self, plan: Plan, left_out: &str) -> Vec<u8> {
        let chosen: Vec<usize> =
            (0..self.sentences.len()).filter(|at| left_out.is_empty() || self.sentences[*at].set != left_out).collect();
        let mut averages = Averages::new(1 << plan.bits);
        for run in 0..plan.runs {
            averages.add(&self.run_once(&chosen, plan, run + plan.seed), plan);
        }
        let sentences: Vec<&Sentence> = chosen.iter().map(|at| &self.sentences[*at]).collect();
        let net = net::fit(&sentences, &self.lists, plan.net);
        Model { net, ..averages.finish(self.lists.lexicon.clone(), plan) }.to_bytes()
    }

    /// One training run from zero weights; `run` seeds the order of the sentences.
    fn run_once(&self, chosen: &[usize], plan: Plan, run: u32) -> Weights {
        let size = 1_usize << plan.bits;
        let mut weights = Weights {
            cells: vec![Cell::default(); size],
            pairs: Transitions::default(),
            pair_sum: [[0; LABELS]; LABELS],
            steps: 1,
        };
        let steps = Steps::new(plan.rest);
        let mut order = chosen.to_vec();
        let mut buffers = Buffers::default();
        for epoch in 0..plan.epochs {
            let seed = u64::from(run * plan.epochs + epoch);
            shuffle(&mut order, seed);
            for index in &order {
                let sentence = &self.sentences[*index];
                let draw = random(seed << 40 ^ (*index as u64) << 8 ^ 0x5eed);
                if draw % 100 < u64::from(sentence.weight) {
                    learn(&mut weights, &self.extracted[*index], &sentence.allowed, plan, &steps, draw, &mut buffers);
                    weights.steps += 1;
                }
            }
        }
        weights
    }
}

fn extract(sentences: &[Sentence], lexicon: &Lexicon, plan: Plan) -> Vec<Vec<u32>> {
    let (mut english, mut general, mut characters) =
        (Scratch::default(), general::Scratch::default(), characters::Scratch::default());
    let one = |sentence: &Sentence| {
        let words: Vec<&str> = sentence.words.iter().map(String::as_str).collect();
        let mut slots = Vec::with_capacity(words.len() * plan.scheme.templates());
        let add = |token: &[u32]| slots.extend_from_slice(token);
        match plan.scheme {
            Scheme::English => {
                training::atoms(&words, lexicon, &mut english.atoms);
                training::extract(&mut english, plan.bits, add);
            }
            Scheme::General => {
                general.fill(&words, lexicon);
                general.extract(plan.bits, add);
            }
            Scheme::Characters => {
                characters.fill(&words, &sentence.spaced, lexicon);
                characters.extract(plan.bits, add);
            }
        }
        slots
    };
    sentences.iter().map(one).collect()
}
