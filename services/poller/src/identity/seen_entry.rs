//! An entry that a feed has shown, and its packed form in [`FeedState::packed_entries`](proto::v1::FeedState).

use super::canonical::CanonicalLink;
use proto::id;

/// Bytes of a packed entry.
pub const PACKED_BYTES: usize = 48;
/// Bits of a [`LinkHash`] that hold the fragment.
const FRAGMENT_BITS: u32 = 10;

/// An entry that a feed has shown, and the article that it became.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenEntry {
    /// Identifies the entry within the feed.
    pub key: u64,
    /// The article's id as a number.
    pub article_id: u128,
    /// Hash of the plain text of title, summary and content.
    pub text: u64,
    /// Hash of the link.
    pub link: LinkHash,
    /// When a document last contained it, in minutes since 1970.
    pub seen_min: u32,
    /// When its article's state was last renewed, in minutes since 1970.
    pub renewed_min: u32,
    /// Hash of the publication date; 0 if the entry has no date with a time.
    pub date: u32,
}

/// Hash of a canonical link, page and fragment apart: the upper 22 bits are the page, the lower 10 the fragment. 0 if there
/// is no link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct LinkHash(u32);

impl LinkHash {
    pub(super) fn of(link: &CanonicalLink) -> Self {
        let bits = |text: &str, bits: u32| (upper_32(&id::digest(&[text.as_bytes()])) >> (32 - bits)).max(1);
        let page = bits(&id::as_https(&link.page), 32 - FRAGMENT_BITS);
        let fragment = link.fragment.as_deref().map_or(0, |fragment| bits(fragment, FRAGMENT_BITS));
        LinkHash(page << FRAGMENT_BITS | fragment)
    }

    /// The page; 0 if there is no link.
    pub(super) fn page(self) -> u32 {
        self.0 >> FRAGMENT_BITS
    }

    /// The fragment; 0 if there is none.
    pub(super) fn fragment(self) -> u32 {
        self.0 & ((1 << FRAGMENT_BITS) - 1)
    }
}

/// The number of a digest of 32 hexadecimal digits.
pub(super) fn number(digest: &str) -> u128 {
    u128::from_str_radix(digest, 16).unwrap_or_default()
}

/// The first 64 bits of a digest.
pub(super) fn upper_64(digest: &str) -> u64 {
    u64::try_from(number(digest) >> 64).unwrap_or_default()
}

/// The first 32 bits of a digest.
pub(super) fn upper_32(digest: &str) -> u32 {
    u32::try_from(number(digest) >> 96).unwrap_or_default()
}

/// The entries in [`PACKED_BYTES`] each, integers big-endian.
#[must_use]
pub fn pack(entries: &[SeenEntry]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(entries.len() * PACKED_BYTES);
    for entry in entries {
        packed.extend_from_slice(&entry.key.to_be_bytes());
        packed.extend_from_slice(&entry.article_id.to_be_bytes());
        packed.extend_from_slice(&entry.text.to_be_bytes());
        for word in [entry.link.0, entry.seen_min, entry.renewed_min, entry.date] {
            packed.extend_from_slice(&word.to_be_bytes());
        }
    }
    packed
}

/// Reverses [`pack`].
///
/// # Errors
/// The number of bytes if it is not a multiple of [`PACKED_BYTES`].
pub fn unpack(packed: &[u8]) -> Result<Vec<SeenEntry>, usize> {
    let (whole, rest) = packed.as_chunks::<PACKED_BYTES>();
    if !rest.is_empty() {
        return Err(packed.len());
    }
    let entry = |bytes: &[u8; PACKED_BYTES]| {
        let mut words = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word));
        let mut word = || words.next().unwrap_or_default();
        let mut long = || u64::from(word()) << 32 | u64::from(word());
        let key = long();
        let article_id = u128::from(long()) << 64 | u128::from(long());
        let text = long();
        SeenEntry { key, article_id, text, link: LinkHash(word()), seen_min: word(), renewed_min: word(), date: word() }
    };
    Ok(whole.iter().map(entry).collect())
}
