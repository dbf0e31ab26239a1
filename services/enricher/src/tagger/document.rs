//! The document pass: what one mention says about the others.
//!
//! A surname takes its full name's type; of a string with several readings the one that most
//! mentions have wins; a repeat that was overlooked is filled in. After Finkel, Grenager and
//! Manning (2005) and Ratinov and Roth (2009), as plain rules.

use std::collections::BTreeMap;

use super::label::{self, Label, OUTSIDE};
use super::lexicon::{Lexicon, flag, key};
use super::hash;

/// One name: tokens `start..end` of its sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Name {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) label: Label,
    pub(crate) confidence: f32,
}

/// One sentence with the names found in it.
#[derive(Debug)]
pub(crate) struct Sentence<'t> {
    pub(crate) field: usize,
    /// Index of its first token in the field.
    pub(crate) offset: usize,
    pub(crate) words: Vec<&'t str>,
    pub(crate) names: Vec<Name>,
}

/// A lead of this many points is as sure as the model gets.
const SURE: f32 = 120.0;

impl<'t> Sentence<'t> {
    /// Reads the labels of tokens (and their leads) as names.
    pub(crate) fn new(field: usize, offset: usize, words: Vec<&'t str>, labels: Vec<(u8, i32)>) -> Sentence<'t> {
        let mut names = Vec::new();
        let mut at = 0;
        while at < labels.len() {
            let Some(kind) = label::kind(labels[at].0) else {
                at += 1;
                continue;
            };
            let mut end = at + 1;
            while end < labels.len() && label::continues(labels[end].0) {
                end += 1;
            }
            let lead = labels[at..end].iter().map(|(_, lead)| *lead).min().unwrap_or(0);
            let confidence = (0.5 + lead as f32 / SURE).clamp(0.05, 0.99);
            names.push(Name { start: at, end, label: kind, confidence });
            at = end;
        }
        debug_assert!(labels.iter().all(|(label, _)| *label != OUTSIDE) || names.len() < labels.len().max(1));
        Sentence { field, offset, words, names }
    }

    fn text(&self, name: &Name) -> String {
        self.words[name.start..name.end].iter().map(|word| key(word)).collect::<Vec<_>>().join(" ")
    }
}

/// Votes for a string's type, by label.
type Votes = BTreeMap<Label, f32>;

fn winner(votes: &Votes) -> Option<(Label, f32, f32)> {
    let total: f32 = votes.values().sum();
    let mut best: Option<(Label, f32)> = None;
    for (label, weight) in votes {
        if best.is_none_or(|(_, top)| *weight > top) {
            best = Some((*label, *weight));
        }
    }
    best.map(|(label, weight)| (label, weight, total))
}

/// Runs the pass over all sentences of one article.
pub(crate) fn pass(document: &mut [Sentence<'_>], lexicon: &Lexicon) {
    agree(document);
    surnames(document);
    demonyms(document, lexicon);
}

/// The type that most mentions of a string have, where it is ahead clearly.
fn agree(document: &mut [Sentence<'_>]) {
    let mut strings: BTreeMap<String, Votes> = BTreeMap::new();
    for sentence in document.iter() {
        for name in &sentence.names {
            *strings.entry(sentence.text(name)).or_default().entry(name.label).or_default() += name.confidence;
        }
    }
    for sentence in document.iter_mut() {
        for at in 0..sentence.names.len() {
            let text = sentence.text(&sentence.names[at]);
            let Some((label, weight, total)) = strings.get(&text).and_then(winner) else { continue };
            if label != sentence.names[at].label && weight > 0.6 * total {
                sentence.names[at].label = label;
            }
        }
    }
}

/// A single word that ends or begins a person's full name elsewhere is that person.
fn surnames(document: &mut [Sentence<'_>]) {
    let mut people: BTreeMap<String, f32> = BTreeMap::new();
    for sentence in document.iter() {
        for name in sentence.names.iter().filter(|name| name.label == Label::Person && name.end - name.start >= 2) {
            let last = key(sentence.words[name.end - 1]).into_owned();
            let best = people.entry(last).or_default();
            *best = best.max(name.confidence);
        }
    }
    for sentence in document.iter_mut() {
        for at in 0..sentence.names.len() {
            let name = sentence.names[at];
            if name.end - name.start == 1
                && name.label != Label::Person
                && let Some(confidence) = people.get(key(sentence.words[name.start]).as_ref())
                && *confidence > name.confidence * 0.8
            {
                sentence.names[at].label = Label::Person;
            }
        }
    }
}

/// A nationality or religion is NORP, by the table.
fn demonyms(document: &mut [Sentence<'_>], lexicon: &Lexicon) {
    for sentence in document {
        for name in sentence.names.iter_mut().filter(|name| name.label == Label::Misc) {
            let demonym = |word: &&str| lexicon.word(hash::word(&key(word))).flags & flag::DEMONYM != 0;
            if sentence.words[name.start..name.end].iter().all(demonym) {
                name.label = Label::Norp;
            }
        }
    }
}
