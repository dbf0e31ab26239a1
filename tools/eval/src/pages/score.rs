//! The metric of article-extraction-benchmark (`evaluate.py`): shingles of four words, per page normalised to a sum of one.

use std::collections::BTreeSet;
use std::collections::HashMap;

use serde_json::{Value, json};

/// Words of a shingle.
const WORDS: usize = 4;

/// Shares of a page's shingles: found, wrong, missed. Their sum is 1, or 0 if both texts are empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// In both texts.
    pub found: f64,
    /// Only in what was extracted.
    pub wrong: f64,
    /// Only in the truth.
    pub missed: f64,
}

impl Counts {
    /// Compares the extracted text with the truth.
    #[must_use]
    pub fn of(truth: &str, extracted: &str) -> Counts {
        let (truth, extracted) = (shingles(truth), shingles(extracted));
        let mut counts = Counts::default();
        for (shingle, n) in &truth {
            let m = extracted.get(shingle).copied().unwrap_or_default();
            counts.found += f64::from(*n.min(&m));
            counts.missed += f64::from(n.saturating_sub(m));
        }
        for (shingle, m) in &extracted {
            counts.wrong += f64::from(m.saturating_sub(truth.get(shingle).copied().unwrap_or_default()));
        }
        let sum = counts.found + counts.wrong + counts.missed;
        if sum > 0.0 {
            counts = Counts { found: counts.found / sum, wrong: counts.wrong / sum, missed: counts.missed / sum };
        }
        counts
    }

    /// The sum over pages.
    pub fn sum<'a>(pages: impl IntoIterator<Item = &'a Counts>) -> Counts {
        pages.into_iter().fold(Counts::default(), |sum, page| Counts {
            found: sum.found + page.found,
            wrong: sum.wrong + page.wrong,
            missed: sum.missed + page.missed,
        })
    }

    /// Precision; 0 if nothing was extracted.
    #[must_use]
    pub fn precision(&self) -> f64 {
        ratio(self.found, self.found + self.wrong)
    }

    /// Recall; 0 if there was nothing to extract.
    #[must_use]
    pub fn recall(&self) -> f64 {
        ratio(self.found, self.found + self.missed)
    }

    /// The harmonic mean of both.
    #[must_use]
    pub fn f1(&self) -> f64 {
        ratio(2.0 * self.found, 2.0 * self.found + self.wrong + self.missed)
    }

    /// `{"p", "r", "f1"}`.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({ "p": self.precision(), "r": self.recall(), "f1": self.f1() })
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Runs of four words; a shorter text is one run. Words are Python's `\w+`: letters, numbers and underscores.
fn shingles(text: &str) -> HashMap<Vec<&str>, u32> {
    let is_word = |c: char| c == '_' || c.is_alphanumeric();
    let words: Vec<&str> = text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).collect();
    let mut counts = HashMap::new();
    for shingle in words.windows(WORDS.min(words.len().max(1))) {
        *counts.entry(shingle.to_vec()).or_default() += 1;
    }
    counts
}

/// A title or a name without case, spaces and punctuation.
#[must_use]
pub fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// F1 of a set of names.
#[must_use]
pub fn names_f1(truth: &[String], found: &[String]) -> f64 {
    let set = |names: &[String]| -> BTreeSet<String> { names.iter().map(|name| folded(name)).collect() };
    let (truth, found) = (set(truth), set(found));
    let common = truth.intersection(&found).count() as f64;
    ratio(2.0 * common, (truth.len() + found.len()) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shingles_are_counted_as_often_as_they_occur() {
        let counts = Counts::of("a b c d e", "a b c d a b c d");
        // In the truth are abcd, bcde; extracted are abcd twice, bcda, cdab, dabc.
        assert!((counts.found - 1.0 / 6.0).abs() < 1e-9, "{counts:?}");
        assert!((counts.missed - 1.0 / 6.0).abs() < 1e-9, "{counts:?}");
        assert!((counts.wrong - 4.0 / 6.0).abs() < 1e-9, "{counts:?}");
    }

    #[test]
    fn a_short_text_is_one_shingle() {
        assert!((Counts::of("one two", "One two").f1()).abs() < 1e-9);
        assert!((Counts::of("one two", "one, two.").f1() - 1.0).abs() < 1e-9);
    }
}
