//! Ids and hashes, as hex strings that every client can compare and print.

use sha2::{Digest, Sha256};

/// Number of hex digits in an id: 128 bits, a collision among 10^12 articles has a probability of about 10^-15.
pub const DIGITS: usize = 32;

/// The first 128 bits of the SHA-256 of `parts`, as 32 hex digits. Parts are separated by a zero byte, so that
/// `["ab", "c"]` and `["a", "bc"]` differ.
#[must_use]
pub fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            hash.update([0]);
        }
        hash.update(part);
    }
    to_hex(&hash.finalize()[..DIGITS / 2])
}

/// The hex digits of bytes, lower case.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|nibble| char::from_digit(u32::from(nibble), 16).unwrap_or('0'))
        .collect()
}

/// Id of a feed: the digest of its URL.
#[must_use]
pub fn feed_id(url: &str) -> String {
    digest(&[b"feed", url.as_bytes()])
}

/// Id of an article: the digest of its canonical URL.
#[must_use]
pub fn article_id(canonical_url: &str) -> String {
    digest(&[b"article", canonical_url.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_digest_are_separated() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }

    #[test]
    fn an_id_is_stable_over_releases() {
        insta::assert_snapshot!(article_id("https://example.org/a"), @"856d31b5508e061aa32b519868d34c4d");
    }
}
