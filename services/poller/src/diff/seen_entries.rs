//! Which entries a feed's state keeps, and how it keeps many of them.

use proto::{
    id::DIGITS,
    v1::{FeedState, SeenEntry},
};
use std::collections::{HashMap, HashSet};

/// Entries that a feed's state may always hold.
pub const MIN_SEEN: usize = 500;
/// Entries that it holds at most, unless its document alone has more: packed, and in base64, they take 440 kB.
pub const MAX_SEEN: usize = 7_500;
/// So many stand in [`FeedState::entries`], where people can read them; more are packed, in about a third of the bytes.
pub const MAX_UNPACKED: usize = 500;

/// Bytes of a packed entry: key and article id, the fingerprint, the minute.
const WIDTH: usize = 16 + 16 + 8 + 4;
/// Hex digits of a fingerprint.
const FINGERPRINT: usize = 16;

/// The document's own entries first, then those it no longer shows, the most recently shown first: twice as many as the
/// document has, or [`MIN_SEEN`], and never more than [`MAX_SEEN`]. A document that is not `whole`, or that is empty, says nothing
/// of how many there are: it makes nobody forget.
pub(super) fn merge(document: Vec<SeenEntry>, before: &[SeenEntry], whole: bool) -> Vec<SeenEntry> {
    let mut entries = document;
    let shown: HashSet<&str> = entries.iter().map(|entry| entry.entry_key.as_str()).collect();
    let mut gone: Vec<&SeenEntry> = before.iter().filter(|entry| !shown.contains(entry.entry_key.as_str())).collect();
    gone.sort_by_key(|entry| std::cmp::Reverse(entry.last_seen_min));
    let mut most = (2 * entries.len()).max(MIN_SEEN);
    if !whole || entries.is_empty() {
        most = most.max(before.len());
    }
    gone.truncate(most.min(MAX_SEEN).saturating_sub(entries.len()));
    entries.extend(gone.into_iter().cloned());
    entries
}

/// True where every entry of `after` is known to `before` as it is.
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

/// Packs the entries where they are more than [`MAX_UNPACKED`]. One whose ids are no digests stays as it is.
pub fn pack(state: &mut FeedState) {
    if state.entries.len() <= MAX_UNPACKED {
        return;
    }
    let entries = std::mem::take(&mut state.entries);
    for entry in entries {
        let numbers = (
            number(&entry.entry_key, DIGITS),
            number(&entry.article_id, DIGITS),
            number(&entry.fingerprint, FINGERPRINT).and_then(|number| u64::try_from(number).ok()),
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

/// Undoes [`pack`].
///
/// # Errors
/// The number of packed bytes, where they are not whole entries.
pub fn unpack(state: &mut FeedState) -> Result<(), usize> {
    let packed = std::mem::take(&mut state.packed_entries);
    let (whole, rest) = packed.as_chunks::<WIDTH>();
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

/// Takes a tenth off the end of a state's entries, packed or not.
pub(crate) fn drop_oldest(state: &mut FeedState) {
    state.entries.truncate(state.entries.len() * 9 / 10);
    state.packed_entries.truncate(state.packed_entries.len() / WIDTH * 9 / 10 * WIDTH);
}

/// A digest as a number; `None` where writing it again would not give the same.
fn number(id: &str, length: usize) -> Option<u128> {
    let digits = id.len() == length && id.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    if digits { u128::from_str_radix(id, 16).ok() } else { None }
}
