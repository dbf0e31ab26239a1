//! What a model's own labels mean here, and what its logits for a token say by them.

use crate::label::{self, LABELS, Label, OUTSIDE};
use std::collections::BTreeMap;

/// No name, then person, organisation, place and other: the order of the document pass.
const KINDS: usize = 5;
/// Person, organisation, place, other, by their place in [`Reading::kinds`] less one.
const TYPES: [Label; KINDS - 1] = [Label::Person, Label::Org, Label::Loc, Label::Misc];
/// Points of the document pass for one nat of log-odds: what it takes for as sure as a model gets (1500) is 99 to 1.
pub(super) const NAT: f32 = 326.0;
/// Less probable than this is as good as excluded: it bounds what one token weighs.
const FLOOR: f32 = 1e-6;

/// One label of the model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Meaning {
    /// Index into [`Reading::kinds`].
    kind: usize,
    /// It begins a name (B of BIO, B and U of BILOU).
    begins: bool,
    /// A nationality, religion or political group.
    people: bool,
}

/// All labels of a model, by their number.
#[derive(Debug)]
pub(super) struct Labels(Vec<Meaning>);

/// What a model says of one word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    /// Probability of no name and of each type; they add up to 1.
    kinds: [f32; KINDS],
    /// Where the word is of the type of the word before: it begins another name.
    begins: bool,
    /// If it is of another type than person, organisation and place: it is a people.
    pub(super) people: bool,
}

impl Labels {
    /// Reads `id2label` of config.json.
    ///
    /// # Errors
    /// A sentence: numbers that are none or leave gaps, or no label that means a name.
    pub(super) fn new(id2label: &BTreeMap<String, String>) -> Result<Labels, String> {
        let mut labels = vec![None; id2label.len()];
        for (id, name) in id2label {
            let slot = id.parse::<usize>().ok().and_then(|id| labels.get_mut(id));
            *slot.ok_or_else(|| format!("id2label has no number {id:?} among {} labels", id2label.len()))? =
                Some(meaning(name));
        }
        let labels: Option<Vec<Meaning>> = labels.into_iter().collect();
        let labels = labels.ok_or("id2label names one number twice")?;
        if labels.iter().all(|label| label.kind == 0) {
            let names: Vec<&str> = id2label.values().map(String::as_str).take(12).collect();
            return Err(format!("no label means a person, an organisation or a place: {}", names.join(", ")));
        }
        Ok(Labels(labels))
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// What a row of logits says (softmax); none where it holds what is no number.
    pub(super) fn read(&self, logits: &[f32]) -> Option<Reading> {
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if logits.len() != self.0.len() || !most.is_finite() || logits.iter().any(|logit| logit.is_nan()) {
            return None;
        }
        let mut kinds = [0.0; KINDS];
        // By kind: what begins a name less what continues one; by other: peoples less the rest.
        let (mut begins, mut people) = ([0.0; KINDS], 0.0);
        for (meaning, logit) in self.0.iter().zip(logits) {
            let share = (logit - most).exp();
            *kinds.get_mut(meaning.kind)? += share;
            *begins.get_mut(meaning.kind)? += if meaning.begins { share } else { -share };
            people += if meaning.people {
                share
            } else if meaning.kind == KINDS - 1 {
                -share
            } else {
                0.0
            };
        }
        let sum: f32 = kinds.iter().sum();
        let best = best(&kinds);
        let reading = kinds.map(|share| share / sum);
        Some(Reading { kinds: reading, begins: begins.get(best).is_some_and(|lead| *lead > 0.0), people: people > 0.0 })
    }
}

impl Reading {
    /// Of a word that a model was not asked about.
    pub(super) const NONE: Reading = Reading { kinds: [1.0, 0.0, 0.0, 0.0, 0.0], begins: false, people: false };

    /// Its label behind a word of label `before`.
    pub(super) fn label(&self, before: u8) -> u8 {
        let Some(kind) = best(&self.kinds).checked_sub(1).and_then(|kind| TYPES.get(kind)) else { return OUTSIDE };
        let follows = label::kind(before) == Some(*kind);
        label::label(*kind, follows && !self.begins)
    }

    /// Scores in the document pass's points, by label: how far each type is ahead of no name.
    pub(super) fn scores(&self) -> [i32; LABELS] {
        let mut scores = [0; LABELS];
        let [none, kinds @ ..] = self.kinds;
        for (kind, share) in TYPES.iter().zip(kinds) {
            #[expect(clippy::cast_possible_truncation, reason = "fourteen nats either way at most")]
            let points = ((share.max(FLOOR) / none.max(FLOOR)).ln() * NAT) as i32;
            for inside in [false, true] {
                if let Some(score) = scores.get_mut(usize::from(label::label(*kind, inside))) {
                    *score = points;
                }
            }
        }
        scores
    }
}

/// The most probable, the first among equals.
fn best(kinds: &[f32; KINDS]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (kind, share) in kinds.iter().enumerate() {
        if *share > best.1 {
            best = (kind, *share);
        }
    }
    best.0
}

/// What a label means, by its name: a position of BIO or BILOU (also I-O and S-E names of it), and a type under the names
/// that CoNLL, OntoNotes, WNUT and others give it. Dates, amounts, languages and the unknown are no names.
fn meaning(label: &str) -> Meaning {
    let label = label.trim().to_ascii_uppercase();
    let (position, name) = match label.split_once(['-', '_']) {
        Some((position, name)) if matches!(position, "B" | "I" | "L" | "U" | "E" | "S" | "M") => (position, name),
        _ => ("I", label.as_str()),
    };
    let kind = match name {
        "PER" | "PERS" | "PERSON" | "PEOPLE" => 1,
        "ORG" | "ORGANIZATION" | "ORGANISATION" | "CORPORATION" | "CORP" | "COMPANY" | "GROUP" | "INSTITUTION" => 2,
        "LOC" | "LOCATION" | "GPE" | "GEO" | "FAC" | "FACILITY" | "BUILDING" | "PLACE" | "COUNTRY" | "CITY" => 3,
        "MISC" | "MISCELLANEOUS" | "NORP" | "NAT" | "NATIONALITY" | "EVENT" | "EVE" | "LAW" | "PRODUCT"
        | "WORK_OF_ART" | "CREATIVE-WORK" => 4,
        _ => 0,
    };
    Meaning {
        kind,
        begins: kind != 0 && matches!(position, "B" | "U" | "S"),
        people: matches!(name, "NORP" | "NAT" | "NATIONALITY"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str]) -> Result<Labels, String> {
        Labels::new(&names.iter().enumerate().map(|(id, name)| (id.to_string(), (*name).to_owned())).collect())
    }

    /// The labels of words for which the model is sure of one label each.
    fn read(labels: &Labels, sure: &[usize]) -> Vec<u8> {
        let mut before = OUTSIDE;
        let words = sure.iter().map(|sure| {
            let logits: Vec<f32> = (0..labels.count()).map(|id| if id == *sure { 9.0 } else { 0.0 }).collect();
            before = labels.read(&logits).unwrap().label(before);
            before
        });
        words.collect()
    }

    #[test]
    fn the_schemes_in_use_say_the_same() {
        let bio = labels(&["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]).unwrap();
        // Anna Karenin | Bob Paris.
        assert_eq!(read(&bio, &[1, 2, 1, 3]), [1, 2, 1, 5]);
        // IOB1: I begins a name too, B only one right behind another of its type.
        assert_eq!(read(&bio, &[2, 2, 1, 4]), [1, 2, 1, 5]);
        let bilou = labels(&["O", "B-PERSON", "I-PERSON", "L-PERSON", "U-PERSON", "U-GPE"]).unwrap();
        assert_eq!(read(&bilou, &[1, 3, 4, 5]), [1, 2, 1, 5]);
        let bare = labels(&["O", "PER", "LOC"]).unwrap();
        assert_eq!(read(&bare, &[1, 1, 0, 2]), [1, 2, 0, 5]);
    }

    #[test]
    fn types_have_many_names_and_dates_are_none() {
        let of = |name: &str| meaning(name).kind;
        assert_eq!(["B-PERSON", "i-per", "B-corporation", "B-FAC", "B-WORK_OF_ART"].map(of), [1, 1, 2, 3, 4]);
        assert_eq!(["O", "B-DATE", "I-LANGUAGE", "LABEL_1", "B-", ""].map(of), [0; 6]);
        assert!(meaning("B-NORP").people && !meaning("B-MISC").people);
    }

    #[test]
    fn what_is_no_list_of_names_is_refused() {
        let refused = |names: &[&str]| labels(names).unwrap_err();
        assert!(refused(&["LABEL_0", "LABEL_1"]).contains("LABEL_0, LABEL_1"));
        let gap = BTreeMap::from([("0".to_owned(), "O".to_owned()), ("2".to_owned(), "B-PER".to_owned())]);
        assert!(Labels::new(&gap).unwrap_err().contains("\"2\""));
        let twice = BTreeMap::from([("1".to_owned(), "O".to_owned()), ("01".to_owned(), "B-PER".to_owned())]);
        assert!(Labels::new(&twice).unwrap_err().contains("twice"));
    }

    #[test]
    fn shares_add_up_and_what_is_no_number_is_no_answer() {
        let labels = labels(&["O", "B-PER", "I-PER", "DATE"]).unwrap();
        let reading = labels.read(&[1.0, 1.0, 1.0, 1.0]).unwrap();
        assert_eq!(reading.kinds, [0.5, 0.5, 0.0, 0.0, 0.0]);
        assert_eq!(reading.scores()[1], 0);
        assert!(reading.scores()[3] < -4000 && Reading::NONE.scores()[1] < -4000);
        assert_eq!(labels.read(&[1.0, f32::NAN, 0.0, 0.0]), None);
        assert_eq!(labels.read(&[f32::INFINITY, 0.0, 0.0, 0.0]), None);
        assert_eq!(labels.read(&[0.0; 3]), None);
        assert_eq!(labels.read(&[0.0, f32::NEG_INFINITY, 0.0, 0.0]).unwrap().kinds[1], 1.0 / 3.0);
    }
}
