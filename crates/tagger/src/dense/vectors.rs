//! Vectors of frequent words, 15 levels per dimension: `model/vectors.bin`.
//!
//! `NWVC`, format, dimensions (1 byte each), number of words (u32, little-endian); the words' hashes in ascending order,
//! each a varint from the last; then each word's dimensions, two per byte, low half first, each its level plus 8. Made by
//! `tools/train-tagger/builders/vectors.py`.

use std::{collections::BTreeMap, sync::OnceLock};

use crate::encoding::{ModelError, read_varint, take, write_varint};
use crate::hash;
use crate::lexicon::Table;

/// Dimensions of a vector.
pub const DIMS: usize = 64;
/// Levels are from -`TOP` to `TOP`.
pub const TOP: i8 = 7;

/// A word's vector.
pub type Vector = [i8; DIMS];

const MAGIC: &[u8; 4] = b"NWVC";
const FORMAT: u8 = 1;

/// Vectors by the hash of their word's key.
#[derive(Clone, Debug, Default)]
pub struct Vectors {
    places: Table<u32>,
    vectors: Vec<Vector>,
    /// Hash of the file.
    pub hash: u64,
}

/// The shipped vectors.
static SHIPPED: &[u8] = include_bytes!("../../model/vectors.bin");

impl Vectors {
    /// The shipped vectors, decoded at the first call.
    ///
    /// # Errors
    /// [`ModelError`] if the shipped file is corrupt; a test excludes that.
    pub fn shipped() -> Result<&'static Vectors, ModelError> {
        static VECTORS: OnceLock<Vectors> = OnceLock::new();
        if let Some(vectors) = VECTORS.get() {
            return Ok(vectors);
        }
        let vectors = Vectors::from_bytes(SHIPPED)?;
        Ok(VECTORS.get_or_init(|| vectors))
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`ModelError`] if they are not vectors of this format and these dimensions.
    pub fn from_bytes(bytes: &[u8]) -> Result<Vectors, ModelError> {
        let hash = hash::bytes(bytes);
        let bytes = &mut &*bytes;
        if take(bytes, 4)? != MAGIC || take(bytes, 1)? != [FORMAT] {
            return Err(ModelError::Format);
        }
        if take(bytes, 1)? != [DIMS as u8] {
            return Err(ModelError::Corrupt("dimensions"));
        }
        let count = take(bytes, 4)?.iter().rev().fold(0_usize, |count, byte| count << 8 | usize::from(*byte));
        let mut last = 0_u32;
        let mut words = Vec::new();
        for index in 0..count {
            last = last.checked_add(read_varint(bytes)?).ok_or(ModelError::Corrupt("word"))?;
            words.push((last, index as u32 + 1));
        }
        let halves = take(bytes, count.checked_mul(DIMS / 2).ok_or(ModelError::Short)?)?;
        let level = |half: u8| (half as i8 - 8).clamp(-TOP, TOP);
        let unpack = |packed: &[u8]| {
            let mut vector = [0; DIMS];
            for (two, byte) in vector.chunks_exact_mut(2).zip(packed) {
                two[0] = level(byte & 15);
                two[1] = level(byte >> 4);
            }
            vector
        };
        let vectors = halves.chunks_exact(DIMS / 2).map(unpack).collect();
        Ok(Vectors { places: Table::new(words, |_, _| ()), vectors, hash })
    }

    /// The bytes of a file with these vectors, by the hash of the word's key. Levels are from -[`TOP`] to [`TOP`].
    #[must_use]
    pub fn encode(words: &BTreeMap<u32, Vector>) -> Vec<u8> {
        let mut bytes = [MAGIC.as_slice(), &[FORMAT, DIMS as u8], &(words.len() as u32).to_le_bytes()].concat();
        let mut last = 0;
        for hash in words.keys() {
            write_varint(&mut bytes, hash - last);
            last = *hash;
        }
        let half = |level: i8| (level.clamp(-TOP, TOP) + 8) as u8;
        for vector in words.values() {
            bytes.extend(vector.chunks_exact(2).map(|two| half(two[0]) | half(two[1]) << 4));
        }
        bytes
    }

    /// The vector of the word whose key has this hash.
    #[inline]
    pub fn get(&self, word: u32) -> Option<&Vector> {
        self.places.get(word).and_then(|place| self.vectors.get((place as usize).wrapping_sub(1)))
    }

    /// True if there are no vectors.
    pub fn is_empty(&self) -> bool {
        self.vectors.is_empty()
    }
}

/// A different vector for each word.
#[cfg(test)]
pub(crate) fn tiny(words: &[&str]) -> Vectors {
    let vector = |hash: u32| -> Vector {
        std::array::from_fn(|at| ((hash.rotate_left(at as u32 / 2) >> (4 * (at % 2)) & 15) as i8 - 8).clamp(-TOP, TOP))
    };
    let words = words.iter().map(|word| hash::word(word)).map(|hash| (hash, vector(hash))).collect();
    Vectors::from_bytes(&Vectors::encode(&words)).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_vectors_know_frequent_words() {
        let vectors = Vectors::shipped().unwrap();
        let get = |word: &str| vectors.get(hash::word(word));
        let near = |a: &str, b: &str| -> i32 {
            get(a).unwrap().iter().zip(get(b).unwrap()).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
        };
        assert!(near("paris", "london") > near("paris", "minister"), "places are not similar");
        assert!(near("minister", "president") > near("minister", "london"), "roles are not similar");
        assert!(get("qzxv").is_none());
    }

    #[test]
    fn truncated_or_foreign_vectors_are_an_error() {
        assert_eq!(Vectors::from_bytes(b"GIF89a").err(), Some(ModelError::Format));
        for length in [0, 4, 5, 6, 9, 10, 1_000, SHIPPED.len() - 1] {
            assert!(Vectors::from_bytes(&SHIPPED[..length]).is_err(), "{length} bytes are accepted");
        }
        let mut bytes = SHIPPED.to_vec();
        bytes[5] = 3;
        assert_eq!(Vectors::from_bytes(&bytes).err(), Some(ModelError::Corrupt("dimensions")));
    }
}
