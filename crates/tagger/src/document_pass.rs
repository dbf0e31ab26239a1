//! The document pass: what one mention says about the others.
//!
//! Mentions of one string share their evidence: each is judged by its own scores and a part of
//! the others'. So the majority type of a string wins unless a mention is sure of itself, and a
//! repeat that was overlooked is filled in. A surname takes its full name's type, an
//! abbreviation its organisation's. After Finkel, Grenager and Manning (2005) and Ratinov and
//! Roth (2009), as plain rules.

use std::collections::HashMap;

use crate::label::{self, LABELS, Label};
use crate::lexicon::{Lexicon, flag, key};
use crate::{hash, label::OUTSIDE};

/// One name: tokens `start..end` of its sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Name {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) label: Label,
    pub(crate) confidence: f32,
}

/// One sentence with its tokens' labels and scores, and in the end its names.
#[derive(Debug)]
pub(crate) struct Sentence<'t> {
    pub(crate) field: usize,
    /// Index of its first token in the field.
    pub(crate) offset: usize,
    words: Vec<&'t str>,
    /// Hashes of the words' keys.
    keys: Vec<u32>,
    scores: Vec<[i32; LABELS]>,
    mentions: Vec<Mention>,
    pub(crate) names: Vec<Name>,
}

/// Scores of a string of tokens as no name, and as a name of each type.
pub(crate) type Readings = [i32; 5];

const TYPES: [Label; 4] = [Label::Person, Label::Org, Label::Loc, Label::Misc];

#[derive(Clone, Copy, Debug)]
struct Mention {
    start: usize,
    end: usize,
    /// Hash of its words' keys, joined.
    string: u32,
    /// 0 for no name, else one more than the index in [`TYPES`].
    reading: usize,
    readings: Readings,
}

/// Of a hundred points of the other mentions' scores so many count for each.
const SHARED: i32 = 100;
/// Points for a person where a full name ends with the word.
const SURNAME: i32 = 1500;
/// Points for an organisation where the word is made of its initials.
const INITIALS: i32 = 400;
/// Longest string that is looked for among the words outside names.
const REPEAT: usize = 5;
/// A lead of this many points is as sure as the model gets.
const SURE: f32 = 1500.0;

impl<'t> Sentence<'t> {
    /// Reads the labels of tokens as mentions.
    pub(crate) fn new(
        place: (usize, usize),
        words: Vec<&'t str>,
        keys: Vec<u32>,
        labels: &[u8],
        scores: &[[i32; LABELS]],
    ) -> Sentence<'t> {
        let (field, offset) = place;
        let scores = scores.to_vec();
        let mut sentence = Sentence { field, offset, words, keys, scores, mentions: Vec::new(), names: Vec::new() };
        let mut at = 0;
        while at < labels.len() {
            let mut end = at + 1;
            if labels[at] != OUTSIDE {
                while end < labels.len() && label::continues(labels[end]) {
                    end += 1;
                }
                let reading = usize::from(labels[at].div_ceil(2));
                sentence.mentions.push(sentence.mention(at, end, reading));
            }
            at = end;
        }
        sentence
    }

    fn mention(&self, start: usize, end: usize, reading: usize) -> Mention {
        let mut readings = [0; 5];
        for (at, scores) in self.scores[start..end].iter().enumerate() {
            for (index, kind) in TYPES.iter().enumerate() {
                readings[index + 1] += scores[usize::from(label::label(*kind, at > 0))];
            }
        }
        let string = self.keys[start + 1..end].iter().fold(self.keys[start], |string, key| hash::join(string, *key));
        Mention { start, end, string, reading, readings }
    }

    /// Whether a token is written as a name would be.
    fn capital(&self, at: usize) -> bool {
        self.words[at].chars().next().is_some_and(|first| first.is_uppercase() || first.is_numeric())
    }
}

/// What is known about a string from all its mentions.
#[derive(Clone, Copy, Default)]
struct Evidence {
    total: Readings,
    mentions: i32,
    named: i32,
}

/// Runs the pass over all sentences of one article. `confidence` says, by the points of all readings in the end, the
/// reading that won and the number of words, how sure that is, from 0 to 1.
pub(crate) fn pass(
    document: &mut [Sentence<'_>],
    lexicon: &Lexicon,
    confidence: impl Fn(&Readings, usize, usize) -> f32,
) {
    let mut strings: HashMap<u32, Evidence> = HashMap::new();
    let mut lengths = [false; REPEAT + 1];
    for mention in document.iter().flat_map(|sentence| &sentence.mentions) {
        strings.entry(mention.string).or_default().named += 1;
        lengths[(mention.end - mention.start).min(REPEAT)] = true;
    }
    for sentence in document.iter_mut() {
        repeats(sentence, &strings, &lengths);
    }
    for mention in document.iter().flat_map(|sentence| &sentence.mentions) {
        let evidence = strings.entry(mention.string).or_default();
        evidence.mentions += 1;
        for (total, points) in evidence.total.iter_mut().zip(mention.readings) {
            *total += points;
        }
    }
    let (surnames, initials) = relatives(document);
    for sentence in document.iter_mut() {
        for mention in &mut sentence.mentions {
            let Some(evidence) = strings.get(&mention.string) else { continue };
            let mut readings = mention.readings;
            for (points, total) in readings.iter_mut().zip(evidence.total) {
                let others = total - *points;
                // Many mentions are no more independent than a few.
                *points += others / (evidence.mentions - 1).max(1) * (evidence.mentions - 1).min(4) * SHARED / 100;
            }
            if mention.end - mention.start == 1 {
                let full = surnames.get(&mention.string).copied().unwrap_or(0);
                readings[1] += full.min(2) * SURNAME;
                if initials.contains_key(&sentence.keys[mention.start]) {
                    readings[2] += INITIALS;
                }
            }
            if evidence.mentions > 1 || readings != mention.readings {
                // A string that was a name everywhere stays one, of whatever type.
                let first = usize::from(mention.reading != 0);
                let best = (first..5).max_by_key(|reading| (readings[*reading], 5 - reading)).unwrap_or(0);
                mention.reading = best;
            }
            mention.readings = readings;
        }
    }
    for sentence in document.iter_mut() {
        settle(sentence, lexicon, &confidence);
    }
}

/// Adds as mentions without a name the strings outside names that are names elsewhere.
fn repeats(sentence: &mut Sentence<'_>, strings: &HashMap<u32, Evidence>, lengths: &[bool]) {
    let mut taken = vec![false; sentence.words.len()];
    for mention in &sentence.mentions {
        taken[mention.start..mention.end].fill(true);
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < taken.len() {
        let mut next = at + 1;
        if !taken[at] && sentence.capital(at) {
            let mut string = 0;
            for (length, some) in lengths.iter().enumerate().skip(1).take(taken.len() - at) {
                let last = at + length - 1;
                if taken[last] {
                    break;
                }
                string = if length == 1 { sentence.keys[at] } else { hash::join(string, sentence.keys[last]) };
                if *some && sentence.capital(last) && strings.contains_key(&string) {
                    found.push((at, last + 1));
                    next = last + 1;
                }
            }
        }
        at = next;
    }
    // Of strings with the same beginning the longest counts.
    for (index, (start, end)) in found.iter().enumerate() {
        if found.get(index + 1).is_none_or(|(after, _)| after != start) {
            let mention = sentence.mention(*start, *end, 0);
            sentence.mentions.push(mention);
        }
    }
    sentence.mentions.sort_by_key(|mention| mention.start);
}

/// How often a word ends a person's full name, and which words are an organisation's initials.
fn relatives(document: &[Sentence<'_>]) -> (HashMap<u32, i32>, HashMap<u32, i32>) {
    let (mut surnames, mut initials) = (HashMap::new(), HashMap::new());
    for sentence in document {
        for mention in sentence.mentions.iter().filter(|mention| mention.end - mention.start >= 2) {
            if mention.reading == 1 {
                *surnames.entry(sentence.keys[mention.end - 1]).or_default() += 1;
            } else if mention.reading == 2 {
                let words = &sentence.words[mention.start..mention.end];
                let letters: String =
                    words.iter().filter_map(|word| word.chars().next()).filter(|c| c.is_uppercase()).collect();
                if letters.chars().count() >= 2 {
                    *initials.entry(hash::word(&key(&letters))).or_default() += 1;
                }
            }
        }
    }
    (surnames, initials)
}

/// How far the reading that won is ahead of the next, of points without a scale.
pub(crate) fn lead(readings: &Readings, best: usize, _words: usize) -> f32 {
    let other = (0..5).filter(|reading| *reading != best).map(|reading| readings[reading]);
    let lead = readings[best] - other.max().unwrap_or(0);
    0.5 + lead as f32 / (2.0 * SURE)
}

/// Turns mentions into names: demonyms are NORP by the table.
fn settle(sentence: &mut Sentence<'_>, lexicon: &Lexicon, confidence: &impl Fn(&Readings, usize, usize) -> f32) {
    for mention in sentence.mentions.iter().filter(|mention| mention.reading > 0) {
        let mut label = TYPES[mention.reading - 1];
        let demonym = |key: &u32| lexicon.word(*key).flags & flag::DEMONYM != 0;
        if label == Label::Misc && sentence.keys[mention.start..mention.end].iter().all(demonym) {
            label = Label::Norp;
        }
        let confidence = confidence(&mention.readings, mention.reading, mention.end - mention.start).clamp(0.05, 0.99);
        sentence.names.push(Name { start: mention.start, end: mention.end, label, confidence });
    }
}
