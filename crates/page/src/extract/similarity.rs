//! How much two texts have in common.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Words of a shingle.
const WORDS: usize = 4;
/// Most shingles of a text.
const MAX_SHINGLES: usize = 50_000;

/// The runs of four words of a text. Each character of a language without spaces counts as a word.
pub(super) struct Shingles(HashSet<u64>);

impl Shingles {
    pub fn of(text: &str) -> Shingles {
        let mut words: Vec<u64> = Vec::new();
        for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            if word.chars().any(|c| c > '\u{2e80}') {
                words.extend(word.chars().map(|c| u64::from(u32::from(c))));
            } else {
                words.push(hash(word));
            }
            if words.len() > MAX_SHINGLES {
                break;
            }
        }
        Shingles(words.windows(WORDS.min(words.len().max(1))).map(hash).collect())
    }

    /// From 0 for nothing in common to 1 for the same.
    pub fn similarity(&self, other: &Shingles) -> f64 {
        let common = self.0.intersection(&other.0).count();
        let all = self.0.len() + other.0.len() - common;
        if all == 0 { 1.0 } else { common as f64 / all as f64 }
    }

    /// Share of these shingles that `other` has, too.
    pub fn share_in(&self, other: &Shingles) -> f64 {
        if self.0.is_empty() { 1.0 } else { self.0.intersection(&other.0).count() as f64 / self.0.len() as f64 }
    }
}

fn hash<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
