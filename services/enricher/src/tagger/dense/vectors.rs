//! Vectors of frequent words, in 15 levels a dimension: `model/vectors.bin`.
//!
//! `NWVC`, format, dimensions, then the number of words (u32); the words' hashes in rising order,
//! each as a varint from the last; then for each word its dimensions, two in a byte, low half
//! first, each its level and 8. Made by `model/make_vectors.py`.

use std::sync::OnceLock;

use crate::tagger::hash;
use crate::tagger::lexicon::Table;
use crate::tagger::model::{ModelError, read, take};

/// Dimensions of a vector.
pub(crate) const DIMS: usize = 64;
/// Levels go from minus this to this.
pub(crate) const TOP: i8 = 7;

/// A word's vector.
pub(crate) type Vector = [i8; DIMS];

const MAGIC: &[u8; 4] = b"NWVC";
const FORMAT: u8 = 1;

/// Vectors by the hash of their word's key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vectors {
    places: Table<u32>,
    vectors: Vec<Vector>,
    /// Hash of the file.
    pub(crate) hash: u64,
}

/// The vectors that the product ships.
static SHIPPED: &[u8] = include_bytes!("../../../model/vectors.bin");

impl Vectors {
    /// The shipped ones, read at the first call and kept.
    ///
    /// # Errors
    /// [`ModelError`] where the shipped file is broken, which a test excludes.
    pub(crate) fn shipped() -> Result<&'static Vectors, ModelError> {
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
    /// [`ModelError`] where they are no vectors of this format and these dimensions.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Vectors, ModelError> {
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
            last = last.checked_add(read(bytes)?).ok_or(ModelError::Corrupt("word"))?;
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

    /// The vector of the word whose key has this hash.
    #[inline]
    pub(crate) fn get(&self, word: u32) -> Option<&Vector> {
        self.places.get(word).and_then(|place| self.vectors.get((place as usize).wrapping_sub(1)))
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.vectors.is_empty()
    }
}

/// Vectors for a test's words: each of another kind.
#[cfg(test)]
pub(crate) fn tiny(words: &[&str]) -> Vectors {
    let mut hashes: Vec<u32> = words.iter().map(|word| hash::word(word)).collect();
    hashes.sort_unstable();
    let mut bytes = [MAGIC.as_slice(), &[FORMAT, DIMS as u8], &(words.len() as u32).to_le_bytes()].concat();
    let mut last = 0;
    for word in &hashes {
        crate::tagger::model::varint(&mut bytes, word - last);
        last = *word;
    }
    let halves = |word: &u32| (0..DIMS / 2).map(|at| (word.rotate_left(at as u32) & 0xff) as u8).collect::<Vec<u8>>();
    bytes.extend(hashes.iter().flat_map(halves));
    Vectors::from_bytes(&bytes).unwrap()
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
        assert!(near("paris", "london") > near("paris", "minister"), "places are not alike");
        assert!(near("minister", "president") > near("minister", "london"), "roles are not alike");
        assert!(get("qzxv").is_none());
    }

    #[test]
    fn cut_or_foreign_vectors_are_an_error() {
        assert_eq!(Vectors::from_bytes(b"GIF89a").err(), Some(ModelError::Format));
        for length in [0, 4, 5, 6, 9, 10, 1_000, SHIPPED.len() - 1] {
            assert!(Vectors::from_bytes(&SHIPPED[..length]).is_err(), "{length} bytes are no vectors");
        }
        let mut bytes = SHIPPED.to_vec();
        bytes[5] = 3;
        assert_eq!(Vectors::from_bytes(&bytes).err(), Some(ModelError::Corrupt("dimensions")));
    }
}
