//! Which entries a feed's state keeps.

use proto::v1::SeenEntry;
use std::collections::HashSet;

/// Entries that a feed's state holds at most, unless its document alone has more.
pub const MOST: usize = 5_000;

/// The document's own entries first, then those it no longer shows, the most recently shown first, up to [`MOST`].
pub(super) fn merge(document: Vec<SeenEntry>, before: &[SeenEntry]) -> Vec<SeenEntry> {
    let mut entries = document;
    let shown: HashSet<&str> = entries.iter().map(|entry| entry.entry_key.as_str()).collect();
    let mut gone: Vec<&SeenEntry> = before.iter().filter(|entry| !shown.contains(entry.entry_key.as_str())).collect();
    gone.sort_by_key(|entry| std::cmp::Reverse(entry.last_seen_min));
    gone.truncate(MOST.saturating_sub(entries.len()));
    entries.extend(gone.into_iter().cloned());
    entries
}
