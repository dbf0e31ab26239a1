//! The entries that a feed's state remembers, and their packed form.

use proto::{
    id::DIGITS,
    v1::{FeedState, SeenEntry},
};
use std::collections::{HashMap, HashSet};

/// Number of entries that a state may always remember.
pub const MIN_SEEN: usize = 500;
/// Number of entries that a state remembers at most, unless the document alone has more. Packed and in base64 they take
/// 440 kB.
pub const MAX_SEEN: usize = 7_500;
/// Up to this number, entries are stored readably in [`FeedState::entries`]; more are packed to about a third of the bytes.
pub const MAX_UNPACKED: usize = 500;

/// Bytes of a packed entry: key, article id, fingerprint, minute last seen.
const PACKED_BYTES: usize = 16 + 16 + 8 + 4;
/// Hexadecimal digits of a fingerprint.
const FINGERPRINT_DIGITS: usize = 16;

/// The entries of the new state: those of the document, then the remembered ones that it no longer lists, the most recently
/// seen first. There are at most twice as many as the document has, or [`MIN_SEEN`], and never more than [`MAX_SEEN`]. An
/// empty or incomplete document removes none.
pub(super) fn merge(document: Vec<SeenEntry>, before: &[SeenEntry], is_complete: bool) -> Vec<SeenEntry> {
    let mut entries = document;
    let listed: HashSet<&str> = entries.iter().map(|entry| entry.entry_key.as_str()).collect();
    let mut unlisted: Vec<&SeenEntry> =
        before.iter().filter(|entry| !listed.contains(entry.entry_key.as_str())).collect();
    unlisted.sort_by_key(|entry| std::cmp::Reverse(entry.last_seen_min));
    let mut max = (2 * entries.len()).max(MIN_SEEN);
    if !is_complete || entries.is_empty() {
        max = max.max(before.len());
    }
    unlisted.truncate(max.min(MAX_SEEN).saturating_sub(entries.len()));
    entries.extend(unlisted.into_iter().cloned());
    entries
}

/// True where `before` has every entry of `after` with the same article id and fingerprint.
pub(crate) fn contains_all(before: &[SeenEntry], after: &[SeenEntry]) -> bool {
    if before == after {
        return true;
    }
    let known: HashMap<&str, &SeenEntry> = before.iter().map(|seen| (seen.entry_key.as_str(), seen)).collect();
    after.iter().all(|entry| {
        known
            .get(entry.entry_key.as_str())
            .is_some_and(|seen| seen.article_id == entry.article_id && seen.fingerprint == entry.fingerprint)
    })
}

/// Moves the entries into [`FeedState::packed_entries`] where there are more than [`MAX_UNPACKED`]. An entry whose ids are
/// not digests stays unpacked.
pub fn pack(state: &mut FeedState) {
    if state.entries.len() <= MAX_UNPACKED {
        return;
    }
    let entries = std::mem::take(&mut state.entries);
    for entry in entries {
        let numbers = (
            number(&entry.entry_key, DIGITS),
            number(&entry.article_id, DIGITS),
            number(&entry.fingerprint, FINGERPRINT_DIGITS).and_then(|number| u64::try_from(number).ok()),
        );
        let (Some(key), Some(article), Some(fingerprint)) = numbers else {
            state.entries.push(entry);
            continue;
        };
        let packed = &mut state.packed_entries;
        packed.extend_from_slice(&key.to_be_bytes());
        packed.extend_from_slice(&article.to_be_bytes());
        packed.extend_from_slice(&fingerprint.to_be_bytes());
        packed.extend_from_slice(&entry.last_seen_min.to_be_bytes());
    }
}

/// Reverses [`pack`].
///
/// # Errors
/// The number of packed bytes where it is not a multiple of an entry's.
pub fn unpack(state: &mut FeedState) -> Result<(), usize> {
    let packed = std::mem::take(&mut state.packed_entries);
    let (whole, rest) = packed.as_chunks::<PACKED_BYTES>();
    if !rest.is_empty() {
        return Err(packed.len());
    }
    let unpacked = whole.iter().map(|bytes| {
        let mut words = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word));
        let mut id = |length: usize| words.by_ref().take(length).map(|word| format!("{word:08x}")).collect();
        let (entry_key, article_id, fingerprint) = (id(4), id(4), id(2));
        let last_seen_min = words.next().unwrap_or(0).cast_signed();
        SeenEntry { entry_key, article_id, fingerprint, last_seen_min }
    });
    let unpacked: Vec<SeenEntry> = unpacked.collect();
    state.entries.splice(..0, unpacked);
    Ok(())
}

/// Removes the last tenth of a state's entries, packed or not: those that were seen longest ago.
pub(crate) fn drop_oldest(state: &mut FeedState) {
    state.entries.truncate(state.entries.len() * 9 / 10);
    state.packed_entries.truncate(state.packed_entries.len() / PACKED_BYTES * 9 / 10 * PACKED_BYTES);
}

/// The number of a digest; `None` where formatting the number would not give the same text.
fn number(id: &str, length: usize) -> Option<u128> {
    let digits = id.len() == length && id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if digits { u128::from_str_radix(id, 16).ok() } else { None }
}
