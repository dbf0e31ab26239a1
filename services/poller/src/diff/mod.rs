//! Compares a document with its feed's state and finds the new and changed entries. Pure: document, state and clock in; raw
//! items, the entries of the new state and counts out.

mod backfill;
mod raw_item;
mod seen_entries;

pub use backfill::{Backfill, MAX_UNDATED};
pub use raw_item::{encode_within, event_id, traceparent};
pub use seen_entries::{MAX_SEEN, MIN_SEEN};
pub(crate) use seen_entries::{contains_all, drop_oldest};

use crate::{
    document::Document,
    identity::{self, Fingerprint, IdentifiedEntry, SeenEntry, identify},
};
use jiff::Timestamp;
use proto::{
    time,
    v1::{Feed, FeedState, Fetch, RawItem},
};
use std::collections::{HashMap, HashSet};

/// Why an entry of a document was not published although it is new.
pub mod drop_reason {
    /// The backfill policy excludes it from the feed's first poll.
    pub const BACKFILL: &str = "backfill";
    /// An earlier entry of the document has the same article id.
    pub const SAME_IDENTITY: &str = "same-identity";
    /// It has neither title, text nor link.
    pub const EMPTY: &str = "empty";
}

/// The entries of a document by outcome. Each has one: `seen = new + changed + unchanged + dropped`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries of the document.
    pub seen: usize,
    /// Published because the state did not know them.
    pub new: usize,
    /// Published because they changed.
    pub changed: usize,
    /// Known and unchanged.
    pub unchanged: usize,
    /// Dropped entries by [`drop_reason`].
    pub dropped: Vec<(&'static str, usize)>,
}

impl Counts {
    /// Dropped entries, all reasons together.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped.iter().map(|(_, count)| count).sum()
    }

    fn drop(&mut self, reason: &'static str) {
        match self.dropped.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, count)) => *count += 1,
            None => self.dropped.push((reason, 1)),
        }
    }
}

/// A raw item to be published, and what its event id is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Publish {
    /// The item.
    pub item: RawItem,
    /// The entry's key in the feed's state.
    pub entry_key: String,
    /// Hash of the entry's text.
    pub fingerprint: String,
}

/// The result of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// The items to publish in reverse document order: feeds list the newest entry first.
    pub publish: Vec<Publish>,
    /// The entries of the new state.
    pub entries: Vec<SeenEntry>,
    /// The document's entries by outcome.
    pub counts: Counts,
    /// Whether the state knew none of the entries although it remembers some; `None` for a document of fewer than two entries,
    /// which does not tell.
    pub is_all_new: Option<bool>,
}

/// Compares a document with its feed's state. `fingerprints` are those of the document.
///
/// Without `first_polled_at` in the state this is the feed's first poll: the backfill policy selects entries, those are
/// marked `backfill`, and the others are remembered as seen and never published. In later polls every unknown entry is new,
/// however old; it is marked `backfill` if it was more than 48 hours old at the first poll.
///
/// `is_complete` is false for a document that was truncated: it removes no entry from the state.
#[must_use]
pub fn diff(
    feed: &Feed,
    state: &FeedState,
    document: &Document,
    fingerprints: &[Fingerprint],
    is_complete: bool,
    fetch: &Fetch,
    now: Timestamp,
) -> Diff {
    let first_polled_at = state.first_polled_at.as_ref().and_then(time::from_wire);
    let remembered = identity::unpack(&state.packed_entries).unwrap_or_default();
    let mut identified = identify(&feed.url, document, fingerprints, &remembered);
    let replaced = if is_complete { identity::join_corrected(&mut identified, &remembered) } else { HashSet::new() };
    let known: HashMap<u64, &SeenEntry> = remembered.iter().map(|seen| (seen.key, seen)).collect();
    let mut articles: HashMap<u128, &SeenEntry> = HashMap::new();
    for seen in &remembered {
        articles.entry(seen.article_id).or_insert(seen);
    }
    let selected =
        first_polled_at.is_none().then(|| Backfill::parse_or_default(&feed.backfill, now).select(document, now));

    let mut counts = Counts { seen: identified.len(), ..Counts::default() };
    let mut publish = Vec::new();
    let mut entries = Vec::with_capacity(identified.len());
    let mut keys: HashSet<u64> = HashSet::new();
    let mut ids: HashSet<u128> = HashSet::new();
    for (at, one) in identified.iter().enumerate() {
        let before = known.get(&one.key).filter(|seen| seen.article_id == one.article_id);
        let before = before.or_else(|| articles.get(&one.article_id)).copied();
        if keys.insert(one.key) {
            entries.push(SeenEntry {
                key: one.key,
                article_id: one.article_id,
                text: one.text,
                link: one.link,
                seen_min: minutes(now),
                renewed_min: before.map_or(minutes(now), |seen| seen.renewed_min),
                date: one.date,
            });
        }
        if !ids.insert(one.article_id) {
            counts.drop(drop_reason::SAME_IDENTITY);
            continue;
        }
        let backfill = match (before, &selected) {
            (Some(seen), _) if seen.text == one.text => {
                counts.unchanged += 1;
                continue;
            }
            (Some(_), _) => {
                counts.changed += 1;
                false
            }
            (None, _) if is_empty(one) => {
                counts.drop(drop_reason::EMPTY);
                continue;
            }
            (None, Some(selected)) if !selected.contains(&at) => {
                counts.drop(drop_reason::BACKFILL);
                continue;
            }
            (None, _) => {
                counts.new += 1;
                selected.is_some() || backfill::was_old(one.entry, first_polled_at, now)
            }
        };
        publish.push(Publish {
            item: RawItem { known: before.is_some(), ..raw_item::raw_item(feed, document, one, fetch, backfill) },
            entry_key: format!("{:016x}", one.key),
            fingerprint: format!("{:016x}", one.text),
        });
    }
    publish.reverse();
    let is_all_new = (identified.len() > 1)
        .then(|| !remembered.is_empty() && identified.iter().all(|one| !known.contains_key(&one.key)));
    let entries = seen_entries::merge(entries, &remembered, &replaced, is_complete);
    Diff { publish, entries, counts, is_all_new }
}

fn is_empty(one: &IdentifiedEntry<'_>) -> bool {
    let entry = one.entry;
    [&entry.title, &entry.summary, &entry.content, &entry.link].iter().all(|text| text.trim().is_empty())
}

/// Minutes since the Unix epoch.
fn minutes(at: Timestamp) -> u32 {
    u32::try_from(at.as_second() / 60).unwrap_or_default()
}

#[cfg(test)]
mod tests;
