//! The document pass: mentions of one article share evidence.
//!
//! Mentions of the same string share their scores. The majority type of a string wins unless a
//! mention has a clear lead of its own, and repeats that were missed are added. A surname takes
//! the type of its full name, an abbreviation that of its organisation. These are plain rules
//! after Finkel, Grenager and Manning (2005) and Ratinov and Roth (2009).

use std::collections::HashMap;

use crate::label::{self, LABELS, Label};
use crate::lexicon::{Lexicon, flag, key};
use crate::{hash, label::OUTSIDE};

/// A name: tokens `start..end` of its sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Name {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) label: Label,
    pub(crate) confidence: f32,
}

/// A sentence with the scores of its tokens and, after the pass, its names.
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

/// Scores of a string of tokens: as no name, then as a name of each type.
pub(crate) type Readings = [i32; 5];

const TYPES: [Label; 4] = [Label::Person, Label::Org, Label::Loc, Label::Misc];

#[derive(Clone, Copy, Debug)]
struct Mention {
    start: usize,
    end: usize,
    /// Joined hash of the keys of its words.
    string: u32,
    /// 0 for no name, else the index in [`TYPES`] plus one.
    reading: usize,
    readings: Readings,
}

/// Percentage of the scores of other mentions that a mention receives.
const SHARED: i64 = 100;
/// Most points, so that the difference of two is a number, too.
const MAX_POINTS: i32 = 1 << 30;
/// Points for a person if a full name ends with the word.
const SURNAME: i32 = 1500;
/// Points for an organisation if the word consists of its initials.
const INITIALS: i32 = 400;
/// Longest string, in tokens, whose repeats are searched outside names.
const REPEAT: usize = 5;
/// A lead of this many points has full confidence.
const SURE: f32 = 1500.0;

impl<'t> Sentence<'t> {
    /// Groups labelled tokens into mentions. `place` is the field and the index of the sentence's first token in it.
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

    /// Whether a token begins with a capital or a digit.
    fn is_capitalised(&self, at: usize) -> bool {
        self.words[at].chars().next().is_some_and(|first| first.is_uppercase() || first.is_numeric())
    }
}

/// The sums over all mentions of a string.
#[derive(Clone, Copy, Default)]
struct Evidence {
    total: Readings,
    mentions: i32,
    named: i32,
}

/// Runs the pass over all sentences of one article. `confidence` maps the final readings of a mention, the index of the
/// best one and the number of words to a confidence from 0 to 1.
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
        add_repeats(sentence, &strings, &lengths);
    }
    for mention in document.iter().flat_map(|sentence| &sentence.mentions) {
        let evidence = strings.entry(mention.string).or_default();
        evidence.mentions += 1;
        for (total, points) in evidence.total.iter_mut().zip(mention.readings) {
            *total = total.saturating_add(points);
        }
    }
    let (surnames, initials) = surnames_and_initials(document);
    for sentence in document.iter_mut() {
        for mention in &mut sentence.mentions {
            let Some(evidence) = strings.get(&mention.string) else { continue };
            let mut readings = mention.readings;
            for (points, total) in readings.iter_mut().zip(evidence.total) {
                *points = shared(*points, total, evidence.mentions);
            }
            if mention.end - mention.start == 1 {
                let full = surnames.get(&mention.string).copied().unwrap_or(0);
                readings[1] += full.min(2) * SURNAME;
                if initials.contains_key(&sentence.keys[mention.start]) {
                    readings[2] += INITIALS;
                }
            }
            if evidence.mentions > 1 || readings != mention.readings {
                // A mention that was a name stays one; only its type may change.
                let first = usize::from(mention.reading != 0);
                let best = (first..5).max_by_key(|reading| (readings[*reading], 5 - reading)).unwrap_or(0);
                mention.reading = best;
            }
            mention.readings = readings;
        }
    }
    for sentence in document.iter_mut() {
        add_names(sentence, lexicon, &confidence);
    }
}

/// The points of one of a string's mentions with what the others share; `total` is the sum over all of them. The mention of a
/// name of thousands of words has millions of points.
fn shared(points: i32, total: i32, mentions: i32) -> i32 {
    let others = i64::from(total) - i64::from(points);
    // Many mentions are not independent: they count as four.
    let share = others / i64::from(mentions - 1).max(1) * i64::from(mentions - 1).min(4) * SHARED / 100;
    let bound = i64::from(MAX_POINTS);
    i32::try_from((i64::from(points) + share).clamp(-bound, bound)).unwrap_or(points)
}

/// Adds strings outside names that are names elsewhere, as mentions with reading 0.
fn add_repeats(sentence: &mut Sentence<'_>, strings: &HashMap<u32, Evidence>, lengths: &[bool]) {
    let mut taken = vec![false; sentence.words.len()];
    for mention in &sentence.mentions {
        taken[mention.start..mention.end].fill(true);
    }
    let mut found = Vec::new();
    let mut at = 0;
    while at < taken.len() {
        let mut next = at + 1;
        if !taken[at] && sentence.is_capitalised(at) {
            let mut string = 0;
            for (length, some) in lengths.iter().enumerate().skip(1).take(taken.len() - at) {
                let last = at + length - 1;
                if taken[last] {
                    break;
                }
                string = if length == 1 { sentence.keys[at] } else { hash::join(string, sentence.keys[last]) };
                if *some && sentence.is_capitalised(last) && strings.contains_key(&string) {
                    found.push((at, last + 1));
                    next = last + 1;
                }
            }
        }
        at = next;
    }
    // Of strings with the same first token, the longest counts.
    for (index, (start, end)) in found.iter().enumerate() {
        if found.get(index + 1).is_none_or(|(after, _)| after != start) {
            let mention = sentence.mention(*start, *end, 0);
            sentence.mentions.push(mention);
        }
    }
    sentence.mentions.sort_by_key(|mention| mention.start);
}

/// How often each word ends the full name of a person, and which words are the initials of an organisation, both by the
/// hash of the word's key.
fn surnames_and_initials(document: &[Sentence<'_>]) -> (HashMap<u32, i32>, HashMap<u32, i32>) {
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

/// Confidence of the shipped tagger: the lead of the best reading over the next, not a probability.
pub(crate) fn lead(readings: &Readings, best: usize, _words: usize) -> f32 {
    let other = (0..5).filter(|reading| *reading != best).map(|reading| readings[reading]);
    let lead = readings[best] - other.max().unwrap_or(0);
    0.5 + lead as f32 / (2.0 * SURE)
}

/// Turns mentions into names. MISC becomes NORP if all words are in the demonym list.
fn add_names(sentence: &mut Sentence<'_>, lexicon: &Lexicon, confidence: &impl Fn(&Readings, usize, usize) -> f32) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_long_names_stay_within_their_bounds() {
        assert_eq!(shared(10, 30, 2), 30);
        assert_eq!(shared(10, 70, 7), 50, "six others count as four");
        assert_eq!(shared(7, 7, 1), 7);
        assert_eq!(shared(6_000_000, 18_000_000, 3), 18_000_000, "a product beyond 32 bits");
        assert_eq!(shared(i32::MIN, i32::MAX, 2), MAX_POINTS);
        assert_eq!(shared(i32::MAX, i32::MIN, 2), -MAX_POINTS);
    }
}
