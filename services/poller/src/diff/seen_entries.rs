//! The entries that a feed's state remembers.

use crate::identity::{PACKED_BYTES, SeenEntry, unpack};
use proto::v1::FeedState;
use std::collections::{HashMap, HashSet};

/// Number of entries that a state may always remember.
pub const MIN_SEEN: usize = 50;
/// Number of entries that a state remembers at most, unless the document alone has more: 360 kB.
pub const MAX_SEEN: usize = 7_500;

/// The entries of the new state: those of the document, then the remembered ones that it no longer lists, the most recently
/// seen first, without those in `replaced`. There are at most twice as many as the document has, or [`MIN_SEEN`], and never
/// more than [`MAX_SEEN`]. An empty or incomplete document removes none.
pub(super) fn merge(
    document: Vec<SeenEntry>,
    before: &[SeenEntry],
    replaced: &HashSet<u64>,
    is_complete: bool,
) -> Vec<SeenEntry> {
    let mut entries = document;
    let listed: HashSet<u64> = entries.iter().map(|entry| entry.key).collect();
    let mut unlisted: Vec<&SeenEntry> =
        before.iter().filter(|entry| !listed.contains(&entry.key) && !replaced.contains(&entry.key)).collect();
    unlisted.sort_by_key(|entry| std::cmp::Reverse(entry.seen_min));
    let mut max = (2 * entries.len()).max(MIN_SEEN);
    if !is_complete || entries.is_empty() {
        max = max.max(before.len());
    }
    unlisted.truncate(max.min(MAX_SEEN).saturating_sub(entries.len()));
    entries.extend(unlisted);
    entries
}

/// True if `before` has every entry of `after` with the same article id, text and link. Dates do not count, because many
/// feeds give the time of the poll. Both are packed.
pub(crate) fn contains_all(before: &[u8], after: &[u8]) -> bool {
    if before == after {
        return true;
    }
    let (Ok(before), Ok(after)) = (unpack(before), unpack(after)) else { return false };
    let known: HashMap<u64, SeenEntry> = before.into_iter().map(|seen| (seen.key, seen)).collect();
    let what = |entry: &SeenEntry| (entry.article_id, entry.text, entry.link);
    after.iter().all(|entry| known.get(&entry.key).is_some_and(|seen| what(seen) == what(entry)))
}

/// Removes the last tenth of a state's entries: those that were seen longest ago.
pub(crate) fn drop_oldest(state: &mut FeedState) {
    state.packed_entries.truncate(state.packed_entries.len() / PACKED_BYTES * 9 / 10 * PACKED_BYTES);
}
