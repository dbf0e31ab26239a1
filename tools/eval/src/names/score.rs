//! Scores names against the annotated ones: strict and by overlap.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::label::{Name, TYPES, type_of};
use super::read::Document;

/// Numbers of right, wrong and missed names.
#[derive(Clone, Copy, Default)]
struct Count {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Count {
    fn json(self) -> Value {
        let share = |of: usize| if of == 0 { 0.0 } else { self.right as f64 / of as f64 };
        let (p, r) = (share(self.right + self.wrong), share(self.right + self.missed));
        let f1 = if p + r == 0.0 { 0.0 } else { 2.0 * p * r / (p + r) };
        json!({"p": p, "r": r, "f1": f1})
    }
}

/// Removes leading articles and final possessives.
fn strip(words: &[String], mut start: usize, mut end: usize) -> (usize, usize) {
    while start + 1 < end && ["the", "a", "an"].contains(&words[start].to_lowercase().as_str()) {
        start += 1;
    }
    while end > start + 1 && ["'s", "\u{2019}s", "'", "\u{2019}", "'S"].contains(&words[end - 1].as_str()) {
        end -= 1;
    }
    (start, end)
}

impl Document {
    /// The annotated names without articles and possessives.
    fn gold(&self) -> BTreeSet<Name> {
        let stripped = |(start, end, kind): &Name| {
            let (start, end) = strip(&self.words, *start, *end);
            (start, end, *kind)
        };
        self.names.iter().map(stripped).collect()
    }

    /// Byte spans as names. A name consists of all tokens that its span touches.
    fn names_of_spans(&self, spans: &[(usize, usize, String)]) -> BTreeSet<Name> {
        let mut names = BTreeSet::new();
        for (start, end, label) in spans {
            let first = self.places.partition_point(|(_, to)| to <= start);
            let last = self.places.partition_point(|(from, _)| from < end);
            if let Some(label) = type_of(label)
                && first < last
            {
                let (start, end) = strip(&self.words, first, last);
                names.insert((start, end, label));
            }
        }
        names
    }
}

/// Strict and overlap scores by type and micro.
pub fn score(documents: &[Document], found: impl Iterator<Item = Vec<(usize, usize, String)>>) -> (Value, Value) {
    let mut strict: BTreeMap<&str, Count> = BTreeMap::new();
    let mut overlap: BTreeMap<&str, Count> = BTreeMap::new();
    for (document, spans) in documents.iter().zip(found) {
        let (gold, found) = (document.gold(), document.names_of_spans(&spans));
        for (all, loose) in [(&mut strict, false), (&mut overlap, true)] {
            let meets = |a: &Name, b: &Name| if loose { a.2 == b.2 && a.0 < b.1 && b.0 < a.1 } else { a == b };
            // Each annotated name matches at most one found name.
            let mut free: Vec<&Name> = gold.iter().collect();
            for name in &found {
                let count = all.entry(name.2).or_default();
                match free.iter().position(|other| meets(name, other)) {
                    Some(at) => {
                        free.remove(at);
                        count.right += 1;
                    }
                    None => count.wrong += 1,
                }
            }
            free.iter().for_each(|name| all.entry(name.2).or_default().missed += 1);
        }
    }
    (table(&strict), table(&overlap))
}

fn table(counts: &BTreeMap<&str, Count>) -> Value {
    let of = |kind: &str| counts.get(kind).copied().unwrap_or_default();
    let micro = TYPES.into_iter().map(of).fold(Count::default(), |sum, count| Count {
        right: sum.right + count.right,
        wrong: sum.wrong + count.wrong,
        missed: sum.missed + count.missed,
    });
    json!({
        "micro": micro.json(), "PER": of("PER").json(), "ORG": of("ORG").json(), "LOC": of("LOC").json(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::read::read;
    use super::*;

    const TEXT: &str = "-DOCSTART- -X- O O\n\nThe DT I-NP B-ORG\nU.N. NNP I-NP I-ORG\n's POS I-NP I-ORG\nAnnan NNP I-NP B-PER\n\nParis NNP I-NP B-LOC\n";

    #[test]
    fn articles_and_possessives_are_removed() {
        let documents = read(TEXT);
        assert_eq!(documents.len(), 1);
        assert_eq!(documents[0].text, "The U.N. 's Annan\n\nParis");
        let gold: Vec<Name> = documents[0].gold().into_iter().collect();
        assert_eq!(gold, [(1, 2, "ORG"), (3, 4, "PER"), (4, 5, "LOC")]);
    }

    #[test]
    fn strict_compares_all_tokens_and_overlap_requires_one() {
        let documents = read(TEXT);
        let spans = vec![(4, 8, "ORG".to_owned()), (9, 17, "PER".to_owned()), (19, 24, "PER".to_owned())];
        let (strict, overlap) = score(&documents, [spans].into_iter());
        assert_eq!(strict["ORG"], json!({"p": 1.0, "r": 1.0, "f1": 1.0}));
        assert_eq!(strict["PER"]["r"], 0.0);
        assert_eq!(overlap["PER"], json!({"p": 0.5, "r": 1.0, "f1": 2.0 / 3.0}));
        assert_eq!(overlap["LOC"]["r"], 0.0);
    }
}
