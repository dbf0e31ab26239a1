//! Hashes that are stable across builds: the model file depends on them.

/// FNV-1a's hash of no bytes (Fowler, Noll and Vo 1991).
pub const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: the hash with one more byte.
#[must_use]
pub const fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(0x0000_0100_0000_01b3)
}

/// FNV-1a, 64 bits.
#[must_use]
pub fn bytes(bytes: &[u8]) -> u64 {
    bytes.iter().fold(SEED, |hash, byte| step(hash, *byte))
}

/// Mixes a hash and reduces it to 32 bits.
#[must_use]
pub const fn fold(hash: u64) -> u32 {
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}

/// A word's hash.
#[must_use]
pub fn word(word: &str) -> u32 {
    fold(bytes(word.as_bytes()))
}

/// The hash of a phrase, from the hashes of its beginning and of its next word.
#[must_use]
pub fn join(phrase: u32, word: u32) -> u32 {
    fold((u64::from(phrase) << 32) | u64::from(word))
}

/// The table slot of feature template `template` with values `a` and `b` in a table of `1 << bits`.
#[inline]
#[must_use]
pub fn slot(template: u32, a: u32, b: u32, bits: u32) -> u32 {
    let key = (u64::from(a) << 32 | u64::from(b)) ^ u64::from(template).wrapping_mul(0xa076_1d64_78bd_642f);
    let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> (64 - bits)) as u32
}
