//! The entries that a feed's state remembers.

use crate::identity::SeenEntry;
use std::collections::{HashMap, HashSet};

/// Number of entries that a state may always remember.
pub const MIN_SEEN: usize = 50;
/// Number of entries that a state remembers at most, unless the document alone has more: 360 kB.
pub const MAX_SEEN: usize = 7_500;
/// Minutes for which the time of an entry's last sight may stay unwritten.
const SEEN_INTERVAL_MIN: u32 = 24 * 60;

/// When the last document with entries was read, in minutes since 1970. The entries with this time are those that it listed.
pub(super) fn last_document_min(entries: &[SeenEntry]) -> Option<u32> {
    entries.iter().map(|entry| entry.seen_min).max()
}

/// Moves times of last sight back so that the last document was read before `now_min`, where a clock ahead of this one has
/// written them: the document of now would else not be the last one. Several documents within a minute count as of the minutes
/// that follow, so a time is of the future only from a day on. True if there were any.
pub(crate) fn distrust_future(entries: &mut [SeenEntry], now_min: u32) -> bool {
    let ahead = last_document_min(entries).unwrap_or_default().saturating_sub(now_min);
    if ahead <= SEEN_INTERVAL_MIN {
        return false;
    }
    // All of them, so that their order stays.
    for entry in entries {
        entry.seen_min = entry.seen_min.saturating_sub(ahead + 1);
    }
    true
}

/// The entries of the new state: those of the document, then the remembered ones that it no longer lists, the most recently
/// seen first, without those in `replaced`. There are at most twice as many as the document has, or [`MIN_SEEN`], and never
/// more than [`MAX_SEEN`]. An empty or incomplete document removes none, and what an incomplete one may have listed counts as
/// listed at `now_min`.
pub(super) fn merge(
    document: Vec<SeenEntry>,
    before: &[SeenEntry],
    replaced: &HashSet<u64>,
    is_complete: bool,
    now_min: u32,
) -> Vec<SeenEntry> {
    let last = last_document_min(before);
    let mut entries = document;
    let is_empty = entries.is_empty();
    let listed: HashSet<u64> = entries.iter().map(|entry| entry.key).collect();
    let mut unlisted: Vec<SeenEntry> = before
        .iter()
        .filter(|entry| !listed.contains(&entry.key) && !replaced.contains(&entry.key))
        .map(|entry| {
            let may_be_listed = !is_complete && !is_empty && Some(entry.seen_min) == last;
            SeenEntry { seen_min: if may_be_listed { now_min } else { entry.seen_min }, ..*entry }
        })
        .collect();
    unlisted.sort_by_key(|entry| std::cmp::Reverse(entry.seen_min));
    let mut max = (2 * entries.len()).max(MIN_SEEN);
    if !is_complete || is_empty {
        max = max.max(before.len());
    }
    unlisted.truncate(max.min(MAX_SEEN).saturating_sub(entries.len()));
    entries.extend(unlisted);
    entries
}

/// True if the entries are to be written: one was added, removed or changed, the document lists others than the last one, or
/// the time of last sight is a day old. Dates do not count, because many feeds give the time of the poll.
pub(crate) fn is_changed(before: &[SeenEntry], after: &[SeenEntry]) -> bool {
    fn listed(entries: &[SeenEntry]) -> HashSet<u64> {
        let last = last_document_min(entries);
        entries.iter().filter(|entry| Some(entry.seen_min) == last).map(|entry| entry.key).collect()
    }
    let known: HashMap<u64, &SeenEntry> = before.iter().map(|seen| (seen.key, seen)).collect();
    let what = |entry: &SeenEntry| (entry.article_id, entry.text, entry.link, entry.renewed_min);
    let is_same = |entry: &SeenEntry| {
        let since = |seen: &SeenEntry| entry.seen_min.abs_diff(seen.seen_min);
        known.get(&entry.key).is_some_and(|seen| what(seen) == what(entry) && since(seen) < SEEN_INTERVAL_MIN)
    };
    before.len() != after.len() || !after.iter().all(is_same) || listed(before) != listed(after)
}
