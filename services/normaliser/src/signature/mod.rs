//! MinHash signatures (Broder 1997), by which near-duplicates are found without comparing texts.
//!
//! The share of positions with equal values estimates the Jaccard similarity of the sets of three-word shingles of two
//! texts. With 64 values, its standard error is at most 0.063. The hash functions are fixed, so signatures of different
//! releases and machines are comparable.

use unicode_segmentation::UnicodeSegmentation;

/// Number of values of a signature.
pub const VALUES: usize = 64;
/// Words of a shingle.
const SHINGLE: usize = 3;
/// Most words of a text that are used.
const MAX_WORDS: usize = 5_000;
/// Fewest words of a text with a signature. The similarity of shorter texts would be chance.
pub const MIN_WORDS: usize = 12;

/// The signature of a text: [`VALUES`] numbers of 32 bits in hex. `None` if the text is too short.
#[must_use]
pub fn minhash(title: &str, body: &str) -> Option<Vec<String>> {
    // The words in lower case, one after the other, each with a space behind it.
    let mut text = String::with_capacity(title.len() + body.len() + 16);
    let mut starts = Vec::new();
    for word in title.unicode_words().chain(body.unicode_words()).take(MAX_WORDS) {
        starts.push(text.len());
        if word.is_ascii() {
            text.extend(word.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        } else {
            text.push_str(&word.to_lowercase());
        }
        text.push(' ');
    }
    if starts.len() < MIN_WORDS {
        return None;
    }
    starts.push(text.len());
    // A shingle that stands twice changes nothing.
    let shingles: Vec<u64> = starts
        .windows(SHINGLE + 1)
        .filter_map(|ends| Some(fnv1a(text.as_bytes().get(*ends.first()?..ends.last()?.checked_sub(1)?)?)))
        .collect();
    let least = SEEDS.map(|seed| {
        let hashes = shingles.iter().map(|shingle| u32::try_from(mix(shingle ^ seed) >> 32).unwrap_or(u32::MAX));
        hashes.min().unwrap_or(u32::MAX)
    });
    Some(least.iter().map(|value| format!("{value:08x}")).collect())
}

/// What makes the hash functions differ.
const SEEDS: [u64; VALUES] = {
    let mut seeds = [0; VALUES];
    let mut at = 0;
    while at < VALUES {
        seeds[at] = mix(at as u64 + 1);
        at += 1;
    }
    seeds
};

/// FNV-1a, 64 bits. Own code: the hash must never change, whatever a library does.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The finisher of SplitMix64.
const fn mix(mut z: u64) -> u64 {
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
    fn equal_values_estimate_the_similarity() {
        assert!((alike(&text(0, 300), &text(0, 300)) - 1.0).abs() < f64::EPSILON);
        // 198 shingles in common of 398.
        assert!((alike(&text(0, 300), &text(100, 400)) - 0.5).abs() < 0.19, "three standard errors");
        assert!(alike(&text(0, 300), &text(1_000, 1_300)) < 0.1);
    }

    #[test]
    fn case_and_punctuation_do_not_matter() {
        assert!((alike(&text(0, 50), &text(0, 50).to_uppercase().replace(' ', ", ")) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_short_text_has_no_signature() {
        assert_eq!(minhash("A short title", "and few words"), None);
    }

    #[test]
    fn signatures_are_stable_over_releases() {
        insta::assert_snapshot!(minhash("", &text(0, 20)).unwrap()[..4].join(" "), @"02f61088 0c0d6d0c 068f6dda 03aa6793");
    }
}
