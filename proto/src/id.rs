//! Ids and hashes, as hex strings that every client can compare and print.

use sha2::{Digest, Sha256};
use std::borrow::Cow;

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

/// Id of a feed whose URL needs a credential: the digest of the URL without secrets and the credential's name. Without a name
/// it is [`feed_id`].
#[must_use]
pub fn feed_id_with(url: &str, credentials_ref: &str) -> String {
    if credentials_ref.is_empty() {
        feed_id(url)
    } else {
        digest(&[b"feed", url.as_bytes(), credentials_ref.as_bytes()])
    }
}

/// Id of an article: the digest of its canonical URL with the scheme https, so that a page has one id under both schemes.
#[must_use]
pub fn article_id(canonical_url: &str) -> String {
    digest(&[b"article", as_https(canonical_url).as_bytes()])
}

/// A canonical URL with the scheme https, in which URLs are compared; anything but an http URL is returned as it is.
#[must_use]
pub fn as_https(canonical_url: &str) -> Cow<'_, str> {
    match canonical_url.strip_prefix("http://") {
        Some(rest) => format!("https://{rest}").into(),
        None => canonical_url.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_digest_are_separated() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }

    #[test]
    fn the_same_url_under_two_credentials_is_two_feeds() {
        let ids = ["", "one", "two"].map(|name| feed_id_with("https://example.org/", name));
        assert!(ids[0] == feed_id("https://example.org/") && ids[0] != ids[1] && ids[1] != ids[2]);
    }

    #[test]
    fn http_and_https_give_one_id() {
        assert_eq!(article_id("http://example.org/a"), article_id("https://example.org/a"));
        assert_ne!(article_id("http://example.org/a"), article_id("http://example.org/b"));
        assert_eq!(as_https("urn:newswire:guid:1"), "urn:newswire:guid:1");
    }

    #[test]
    fn an_id_is_stable_over_releases() {
        insta::assert_snapshot!(article_id("https://example.org/a"), @"856d31b5508e061aa32b519868d34c4d");
    }
}
