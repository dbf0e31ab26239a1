//! What a document says that its feed's state does not know yet. Pure: document, state and clock in; raw items, new state
//! and counts out.

mod backfill;
mod raw_item;
mod seen_entries;

pub use backfill::{Backfill, UNDATED};
pub use raw_item::{CONTENT_CUT, encode_within, event_id, traceparent};
pub use seen_entries::{MAX_SEEN, MAX_UNPACKED, MIN_SEEN, pack, unpack};
pub(crate) use seen_entries::{contains_all, drop_oldest};

use crate::{
    document::Document,
    identity::{Identified, identify},
};
use jiff::Timestamp;
use proto::{
    time,
    v1::{Feed, FeedState, Fetch, RawItem, SeenEntry},
};
use std::collections::{HashMap, HashSet};

/// Why entries of a document were not published. Each entry has one outcome, so that
/// `seen = new + changed + unchanged + dropped`.
pub mod drop_reason {
    /// Older than the feed's backfill policy takes, on its first poll.
    pub const BACKFILL: &str = "backfill";
    /// Another entry of the same document is the same article.
    pub const SAME_IDENTITY: &str = "same-identity";
    /// Neither title, nor text, nor link.
    pub const EMPTY: &str = "empty";
}

/// What became of a document's entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// In the document.
    pub seen: usize,
    /// Published because they were not known.
    pub new: usize,
    /// Published because they had changed.
    pub changed: usize,
    /// Validators, and as they were.
    pub unchanged: usize,
    /// Not published, by reason: see [`dropped`].
    pub dropped: Vec<(&'static str, usize)>,
}

impl Counts {
    /// Not published, for whatever reason.
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

/// A raw item to be published, and the names that make its record's ids.
#[derive(Debug, Clone, PartialEq)]
pub struct Publish {
    /// The item.
    pub item: RawItem,
    /// Its key in the feed's state.
    pub entry_key: String,
    /// Hash of what it says.
    pub fingerprint: String,
}

/// What a document leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Diff {
    /// Oldest first: feeds are written newest first.
    pub publish: Vec<Publish>,
    /// The entries of the new state.
    pub entries: Vec<SeenEntry>,
    /// What became of each entry.
    pub counts: Counts,
}

/// Compares a document with what is known of its feed.
///
/// A feed without `first_polled_at` in its state is polled for the first time: the backfill policy chooses, everything
/// that it takes is marked `backfill`, and what it leaves is remembered as seen, so that it never comes later. Afterwards
/// what is not known is new, however old; it is marked where it was more than 48 hours old at the first poll.
///
/// `whole` is false for a document that ended early. The state's entries are those of [`unpack`].
#[must_use]
pub fn diff(feed: &Feed, state: &FeedState, document: &Document, whole: bool, fetch: &Fetch, now: Timestamp) -> Diff {
    let first_polled_at = state.first_polled_at.as_ref().and_then(time::from_wire);
    let mut known: HashMap<&str, &SeenEntry> = HashMap::new();
    let mut articles: HashMap<&str, &SeenEntry> = HashMap::new();
    for seen in &state.entries {
        known.insert(&seen.entry_key, seen);
        articles.entry(&seen.article_id).or_insert(seen);
    }
    let mut identified = identify(&feed.url, document);
    for one in &mut identified {
        if let Some(seen) = known.get(one.key.as_str()) {
            one.article_id.clone_from(&seen.article_id);
        }
    }
    let taken = first_polled_at.is_none().then(|| Backfill::of(&feed.backfill, now).choose(document, now));

    let mut counts = Counts { seen: identified.len(), ..Counts::default() };
    let mut publish = Vec::new();
    let mut entries = Vec::with_capacity(identified.len());
    let mut keys: HashSet<&str> = HashSet::new();
    let mut ids: HashSet<&str> = HashSet::new();
    for (at, one) in identified.iter().enumerate() {
        let first_of_its_id = ids.insert(&one.article_id);
        if keys.insert(&one.key) {
            entries.push(SeenEntry {
                entry_key: one.key.clone(),
                article_id: one.article_id.clone(),
                fingerprint: one.fingerprint.clone(),
                last_seen_min: minutes(now),
            });
        }
        if !first_of_its_id {
            counts.drop(drop_reason::SAME_IDENTITY);
            continue;
        }
        let before = known.get(one.key.as_str()).or_else(|| articles.get(one.article_id.as_str()));
        let backfill = match (before, &taken) {
            (Some(seen), _) if seen.fingerprint == one.fingerprint => {
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
            (None, Some(taken)) if !taken.contains(&at) => {
                counts.drop(drop_reason::BACKFILL);
                continue;
            }
            (None, _) => {
                counts.new += 1;
                taken.is_some() || backfill::was_old(one.entry, first_polled_at, now)
            }
        };
        publish.push(Publish {
            item: RawItem { known: before.is_some(), ..raw_item::raw_item(feed, document, one, fetch, backfill) },
            entry_key: one.key.clone(),
            fingerprint: one.fingerprint.clone(),
        });
    }
    publish.reverse();
    let entries = seen_entries::merge(entries, &state.entries, whole);
    Diff { publish, entries, counts }
}

fn is_empty(one: &Identified<'_>) -> bool {
    let entry = one.entry;
    [&entry.title, &entry.summary, &entry.content, &entry.link].iter().all(|text| text.trim().is_empty())
}

/// Minutes since 1970.
fn minutes(at: Timestamp) -> i32 {
    i32::try_from(at.as_second() / 60).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
