//! The features of a text: its words, and the letter sequences in them, as numbers.

/// Longest letter sequence that is a feature, word boundaries counted.
pub const LONGEST: usize = 5;
/// Most letters of a word that are read.
const MAX_WORD: usize = 24;
/// Stands for the beginning and the end of a word.
const BOUNDARY: u32 = 0x20;

/// Calls `feature` with the hash of each letter sequence of each word of `text`, and with that of each word as a whole.
/// Characters for which `is_letter` is false separate words. Stops at the end of the word in which the number of features
/// reaches `most`. Returns the number of features.
pub fn features(text: &str, most: usize, is_letter: impl Fn(char) -> bool, mut feature: impl FnMut(u32)) -> usize {
    let mut word = [BOUNDARY; MAX_WORD + 2];
    let mut len = 1;
    let mut count = 0;
    for c in text.chars().chain([' ']) {
        if is_letter(c) {
            if len <= MAX_WORD {
                word[len] = lower(c);
                len += 1;
            }
        } else if len > 1 {
            word[len] = BOUNDARY;
            count += of_word(&word[..=len], &mut feature);
            len = 1;
            if count >= most {
                break;
            }
        }
    }
    count
}

fn of_word(word: &[u32], feature: &mut impl FnMut(u32)) -> usize {
    let mut count = 0;
    for start in 0..word.len() {
        let mut hash = SEED;
        for (length, letter) in (1..=LONGEST).zip(&word[start..]) {
            hash = extended(hash, *letter);
            // A boundary alone says nothing.
            if length > 1 || *letter != BOUNDARY {
                feature(finished(hash));
                count += 1;
            }
        }
    }
    if word.len() > LONGEST {
        feature(hash(WHOLE, word.iter().copied()));
        count += 1;
    }
    count
}

/// The hash of a letter sequence; [`WHOLE`] in place of [`SEED`] for a whole word.
pub fn hash(seed: u32, letters: impl Iterator<Item = u32>) -> u32 {
    finished(letters.fold(seed, extended))
}

/// Where the hash of a letter sequence starts.
pub const SEED: u32 = 0x811c_9dc5;
const WHOLE: u32 = !SEED;

/// FNV-1a on whole letters. Own code: the models depend on it.
fn extended(hash: u32, letter: u32) -> u32 {
    (hash ^ letter).wrapping_mul(0x0100_0193)
}

/// The finisher of MurmurHash3: the low bits alone choose a row.
fn finished(mut hash: u32) -> u32 {
    hash ^= hash >> 16;
    hash = hash.wrapping_mul(0x85eb_ca6b);
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(0xc2b2_ae35);
    hash ^ (hash >> 16)
}

/// The letter in lower case, as one number.
fn lower(c: char) -> u32 {
    if c.is_ascii() { u32::from(c.to_ascii_lowercase()) } else { c.to_lowercase().next().map_or(0, u32::from) }
}
