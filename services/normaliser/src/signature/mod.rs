//! MinHash signatures (Broder 1997): what a near-duplicate is found by without comparing texts.
//!
//! The share of equal values at equal places estimates the Jaccard similarity of two texts' sets of three-word runs;
//! with 64 values its standard error is at most 0.063. The functions are fixed: signatures of different releases and
//! of different machines compare.

use std::collections::HashSet;
use unicode_segmentation::UnicodeSegmentation;

/// Values of a signature.
pub const VALUES: usize = 64;
/// Words of a run.
const RUN: usize = 3;
/// Only so many words of a text are looked at.
const MAX_WORDS: usize = 5_000;
/// A shorter text has no signature: any two such texts would seem alike or not by chance.
pub const MIN_WORDS: usize = 12;

/// The signature of a text, hex, or `None` where it is too short.
#[must_use]
pub fn minhash(title: &str, body: &str) -> Option<Vec<String>> {
    let words: Vec<String> =
        title.unicode_words().chain(body.unicode_words()).take(MAX_WORDS).map(str::to_lowercase).collect();
    if words.len() < MIN_WORDS {
        return None;
    }
    let runs: HashSet<u64> = words.windows(RUN).map(|run| fnv1a(run.join(" ").as_bytes())).collect();
    let mut least = [u32::MAX; VALUES];
    for run in runs {
        for (value, seed) in least.iter_mut().zip(0u64..) {
            let hash = u32::try_from(mix(run ^ mix(seed + 1)) >> 32).unwrap_or(u32::MAX);
            *value = hash.min(*value);
        }
    }
    Some(least.iter().map(|value| format!("{value:08x}")).collect())
}

/// FNV-1a, 64 bits.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The finisher of SplitMix64.
fn mix(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("word{n} ")).collect()
    }

    fn alike(a: &str, b: &str) -> f64 {
        let (a, b) = (minhash("", a).unwrap(), minhash("", b).unwrap());
        let equal = a.iter().zip(&b).filter(|(a, b)| a == b).count();
        f64::from(u32::try_from(equal).unwrap()) / 64.0
    }

    #[test]
    fn it_estimates_the_similarity() {
        assert!((alike(&text(0, 300), &text(0, 300)) - 1.0).abs() < f64::EPSILON);
        // 198 runs in common of 398.
        assert!((alike(&text(0, 300), &text(100, 400)) - 0.5).abs() < 0.19, "three standard errors");
        assert!(alike(&text(0, 300), &text(1_000, 1_300)) < 0.1);
    }

    #[test]
    fn case_and_punctuation_do_not_matter_and_short_texts_have_none() {
        assert!((alike(&text(0, 50), &text(0, 50).to_uppercase().replace(' ', ", ")) - 1.0).abs() < f64::EPSILON);
        assert_eq!(minhash("A short title", "and few words"), None);
    }

    #[test]
    fn it_is_stable_over_releases() {
        insta::assert_snapshot!(minhash("", &text(0, 20)).unwrap()[..4].join(" "), @"02f61088 0c0d6d0c 068f6dda 03aa6793");
    }
}
