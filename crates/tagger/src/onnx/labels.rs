//! Maps a model's labels to the types of this crate, and its logits to probabilities of types.

use crate::label::{self, LABELS, Label, OUTSIDE};
use std::collections::BTreeMap;

/// Number of kinds: no name, person, organisation, place and other, in the order of the document pass.
const KINDS: usize = 5;
/// The types of kinds 1 to 4.
const TYPES: [Label; KINDS - 1] = [Label::Person, Label::Org, Label::Loc, Label::Misc];
/// Points of the document pass per nat of log odds: its lead of full confidence, 1500 points, is 99 to 1.
pub(super) const NAT: f32 = 326.0;
/// Lower limit of probabilities: it bounds the weight of one token.
const FLOOR: f32 = 1e-6;

/// The meaning of one label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Meaning {
    /// Index into [`Reading::kinds`].
    kind: usize,
    /// Whether it begins a name (B of BIO, B and U of BILOU).
    begins: bool,
    /// Whether it is a nationality, religion or political group.
    people: bool,
}

/// The meanings of a model's labels, by id.
#[derive(Debug)]
pub(super) struct Labels(Vec<Meaning>);

/// The prediction of a model for one word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    /// Probability of each kind; they add up to 1.
    kinds: [f32; KINDS],
    /// If the word before has the same type: whether this word begins another name.
    begins: bool,
    /// If the type is MISC: whether it is a people.
    pub(super) people: bool,
}

impl Labels {
    /// Reads `id2label` of config.json.
    ///
    /// # Errors
    /// A message: the ids are not 0 to n - 1, or no label stands for a name.
    pub(super) fn new(id2label: &BTreeMap<String, String>) -> Result<Labels, String> {
        let mut labels = vec![None; id2label.len()];
        for (id, name) in id2label {
            let slot = id.parse::<usize>().ok().and_then(|id| labels.get_mut(id));
            *slot.ok_or_else(|| format!("id2label has the id {id:?}, but {} labels", id2label.len()))? =
                Some(meaning(name));
        }
        let labels: Option<Vec<Meaning>> = labels.into_iter().collect();
        let labels = labels.ok_or("id2label has one id twice")?;
        if labels.iter().all(|label| label.kind == 0) {
            let names: Vec<&str> = id2label.values().map(String::as_str).take(12).collect();
            return Err(format!("no label stands for a person, an organisation or a place: {}", names.join(", ")));
        }
        Ok(Labels(labels))
    }

    /// Number of labels.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// The softmax of a row of logits; none if the row has another length or a value that is not a number.
    pub(super) fn read(&self, logits: &[f32]) -> Option<Reading> {
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if logits.len() != self.0.len() || !most.is_finite() || logits.iter().any(|logit| logit.is_nan()) {
            return None;
        }
        let mut kinds = [0.0; KINDS];
        // By kind: labels that begin a name less labels that continue one. `people`: MISC labels of peoples less the others.
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
    /// The reading of a word that the model was not given: no name.
    pub(super) const NONE: Reading = Reading { kinds: [1.0, 0.0, 0.0, 0.0, 0.0], begins: false, people: false };

    /// The label of the word after a word of label `before`.
    pub(super) fn label(&self, before: u8) -> u8 {
        let Some(kind) = best(&self.kinds).checked_sub(1).and_then(|kind| TYPES.get(kind)) else { return OUTSIDE };
        let follows = label::kind(before) == Some(*kind);
        label::label(*kind, follows && !self.begins)
    }

    /// The lead of each type over no name, by label, in points of the document pass.
    pub(super) fn scores(&self) -> [i32; LABELS] {
        let mut scores = [0; LABELS];
        let [none, kinds @ ..] = self.kinds;
        for (kind, share) in TYPES.iter().zip(kinds) {
            #[expect(clippy::cast_possible_truncation, reason = "at most fourteen nats in either direction")]
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

/// The most probable kind, the first among equals.
fn best(kinds: &[f32; KINDS]) -> usize {
    let mut best = (0, f32::NEG_INFINITY);
    for (kind, share) in kinds.iter().enumerate() {
        if *share > best.1 {
            best = (kind, *share);
        }
    }
    best.0
}

/// The meaning of a label by its name: a position of BIO, BILOU, IO or IOBES, and a type under its name in CoNLL,
/// OntoNotes, WNUT and other schemes. Dates, amounts, languages and unknown types are not names.
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

    /// The labels of words whose logits favour one label id each.
    fn read(labels: &Labels, favoured: &[usize]) -> Vec<u8> {
        let mut before = OUTSIDE;
        let words = favoured.iter().map(|favoured| {
            let logits: Vec<f32> = (0..labels.count()).map(|id| if id == *favoured { 9.0 } else { 0.0 }).collect();
            before = labels.read(&logits).unwrap().label(before);
            before
        });
        words.collect()
    }

    #[test]
    fn common_tagging_schemes_give_the_same_labels() {
        let bio = labels(&["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]).unwrap();
        // Anna Karenin | Bob Paris.
        assert_eq!(read(&bio, &[1, 2, 1, 3]), [1, 2, 1, 5]);
        // IOB1: I also begins a name; B only separates two adjacent names of one type.
        assert_eq!(read(&bio, &[2, 2, 1, 4]), [1, 2, 1, 5]);
        let bilou = labels(&["O", "B-PERSON", "I-PERSON", "L-PERSON", "U-PERSON", "U-GPE"]).unwrap();
        assert_eq!(read(&bilou, &[1, 3, 4, 5]), [1, 2, 1, 5]);
        let bare = labels(&["O", "PER", "LOC"]).unwrap();
        assert_eq!(read(&bare, &[1, 1, 0, 2]), [1, 2, 0, 5]);
    }

    #[test]
    fn type_names_of_common_schemes_are_known() {
        let of = |name: &str| meaning(name).kind;
        assert_eq!(["B-PERSON", "i-per", "B-corporation", "B-FAC", "B-WORK_OF_ART"].map(of), [1, 1, 2, 3, 4]);
        assert_eq!(["O", "B-DATE", "I-LANGUAGE", "LABEL_1", "B-", ""].map(of), [0; 6]);
        assert!(meaning("B-NORP").people && !meaning("B-MISC").people);
    }

    #[test]
    fn invalid_label_lists_are_refused() {
        let refused = |names: &[&str]| labels(names).unwrap_err();
        assert!(refused(&["LABEL_0", "LABEL_1"]).contains("LABEL_0, LABEL_1"));
        let gap = BTreeMap::from([("0".to_owned(), "O".to_owned()), ("2".to_owned(), "B-PER".to_owned())]);
        assert!(Labels::new(&gap).unwrap_err().contains("\"2\""));
        let twice = BTreeMap::from([("1".to_owned(), "O".to_owned()), ("01".to_owned(), "B-PER".to_owned())]);
        assert!(Labels::new(&twice).unwrap_err().contains("twice"));
    }

    #[test]
    fn a_reading_is_the_softmax_by_kind() {
        let labels = labels(&["O", "B-PER", "I-PER", "DATE"]).unwrap();
        let reading = labels.read(&[1.0, 1.0, 1.0, 1.0]).unwrap();
        assert_eq!(reading.kinds, [0.5, 0.5, 0.0, 0.0, 0.0]);
        assert_eq!(reading.scores()[1], 0);
        assert!(reading.scores()[3] < -4000 && Reading::NONE.scores()[1] < -4000);
        assert_eq!(labels.read(&[0.0, f32::NEG_INFINITY, 0.0, 0.0]).unwrap().kinds[1], 1.0 / 3.0);
    }

    #[test]
    fn logits_that_are_not_numbers_give_no_reading() {
        let labels = labels(&["O", "B-PER", "I-PER", "DATE"]).unwrap();
        assert_eq!(labels.read(&[1.0, f32::NAN, 0.0, 0.0]), None);
        assert_eq!(labels.read(&[f32::INFINITY, 0.0, 0.0, 0.0]), None);
        assert_eq!(labels.read(&[0.0; 3]), None);
    }
}
