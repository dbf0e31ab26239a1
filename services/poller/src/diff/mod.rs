//! Compares a document with its feed's state and finds the new and changed entries. Pure: document, state and clock in; raw
//! items, the entries of the new state and counts out.

mod backfill;
mod budget;
mod raw_item;
mod renewal;
mod seen_entries;

pub use backfill::{Backfill, MAX_UNDATED};
pub(crate) use budget::MAX_PUBLISHED_BYTES;
pub use budget::Part;
pub use raw_item::{encode_within, event_id, traceparent};
pub use renewal::MAX_RENEWALS;
pub(crate) use renewal::{is_renewal_due, next_renewal, renew};
pub use seen_entries::{MAX_SEEN, MIN_SEEN};
pub(crate) use seen_entries::{distrust_future, is_changed};

use crate::{
    document::Document,
    identity::{self, Fingerprint, IdentifiedEntry, Identity, SeenEntry, identify},
};
use budget::{Budget, Share};
use jiff::Timestamp;
use proto::v1::{Feed, Fetch, RawItem};
use std::collections::{HashMap, HashSet};
use stream::faults::{Sabotage, sabotaged};

/// Why an entry of a document was not published although it is new.
pub mod drop_reason {
    /// The backfill policy excludes it from the feed's first poll.
    pub const BACKFILL: &str = "backfill";
    /// An earlier entry of the document has the same article id.
    pub const SAME_IDENTITY: &str = "same-identity";
    /// It has neither title, text nor link.
    pub const EMPTY: &str = "empty";
    /// The poll has published as much as one may. The next one publishes it.
    pub const DEFERRED: &str = "deferred";
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
    /// True if entries were left to the next poll, which must read the document again.
    pub is_deferred: bool,
    /// Bytes of the entries that were left to the next part of this poll, about.
    pub left: usize,
    /// Bytes of the items to publish, about.
    pub bytes: usize,
    /// For [`Part::identities`] of the next part, if this is the first and there is one.
    pub identities: Vec<Identity>,
}

/// What a feed's state remembers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remembered {
    /// When the feed was first polled; `None` if it was not.
    pub first_polled_at: Option<Timestamp>,
    /// The entries that it has shown.
    pub entries: Vec<SeenEntry>,
    /// True if the feed was polled and its entries are lost.
    pub is_lost: bool,
}

/// Compares a document with what its feed's state remembers. `fingerprints` are those of the document.
///
/// Without `first_polled_at` this is the feed's first poll: the backfill policy selects entries, those are marked `backfill`,
/// and the others are remembered as never published. If one of them changes, it is published without `known`. In later polls
/// every unknown entry is new, however old; it is marked `backfill` if it was more than 48 hours old at the first poll. If the
/// feed's entries were lost, those that the policy excludes may have been published, and are remembered as such.
///
/// A poll publishes a limited number of bytes in relation to those that it read (`fetch.bytes`). What is beyond is not
/// remembered, or as it was before, and left to the next poll. What is beyond `part` is left to the poll's next part. All parts
/// of a poll give an entry the same identity.
///
/// `is_complete` is false for a document that was truncated: it removes no entry from the state.
#[must_use]
#[expect(clippy::too_many_arguments, reason = "independent inputs of one pure rule")]
pub fn diff(
    feed: &Feed,
    before: &Remembered,
    document: &Document,
    fingerprints: &[Fingerprint],
    is_complete: bool,
    fetch: &Fetch,
    part: Part<'_>,
    now: Timestamp,
) -> Diff {
    let Remembered { first_polled_at, entries: remembered, is_lost } = before;
    let (now_min, last_min) = (minutes(now), seen_entries::last_document_min(remembered));
    // Two documents never have one time: it tells which entries the last one had.
    let seen_min = now_min.max(last_min.map_or(0, |last| last.saturating_add(1)));
    let mut identified = identify(&feed.url, document, fingerprints, remembered);
    identified.iter_mut().zip(part.identities).for_each(|(one, identity)| one.set_identity(identity));
    let is_joined = is_complete && !sabotaged(Sabotage::SplitCorrected);
    let replaced = if is_joined { identity::join_corrected(&mut identified, remembered) } else { HashSet::new() };
    let known: HashMap<u64, &SeenEntry> = remembered.iter().map(|seen| (seen.key, seen)).collect();
    let mut articles: HashMap<u128, &SeenEntry> = HashMap::new();
    // When each article was published or last renewed; 0 if it was not published.
    let mut renewed: HashMap<u128, u32> = HashMap::new();
    for seen in remembered {
        articles.entry(seen.article_id).or_insert(seen);
        let last = renewed.entry(seen.article_id).or_default();
        *last = seen.renewed_min.max(*last);
    }
    let selected =
        first_polled_at.is_none().then(|| Backfill::parse_or_default(&feed.backfill, now).select(document, now));

    // A part of the first poll after the first part.
    let is_of_first_poll = part.published > 0 && *first_polled_at == Some(now);

    let mut counts = Counts { seen: identified.len(), ..Counts::default() };
    let mut budget = Budget::of(usize::try_from(fetch.bytes).unwrap_or_default(), part);
    let (mut is_deferred, mut left) = (false, 0_usize);
    let mut publish = Vec::new();
    let mut entries = Vec::with_capacity(identified.len());
    let mut keys: HashSet<u64> = HashSet::new();
    let mut ids: HashSet<u128> = HashSet::new();
    let mut deferred: HashSet<u128> = HashSet::new();
    for (at, one) in identified.iter().enumerate() {
        let before = known.get(&one.key).filter(|seen| seen.article_id == one.article_id);
        let before = before.or_else(|| articles.get(&one.article_id)).copied();
        let is_published = renewed.get(&one.article_id).is_some_and(|renewed| *renewed != 0);
        let is_first_of_key = keys.insert(one.key);
        if is_first_of_key {
            entries.push(SeenEntry {
                key: one.key,
                article_id: one.article_id,
                text: one.text,
                link: one.link,
                seen_min,
                renewed_min: 0,
                date: one.date,
            });
        }
        if !ids.insert(one.article_id) {
            counts.drop(drop_reason::SAME_IDENTITY);
            if deferred.contains(&one.article_id) {
                leave(&mut entries, is_first_of_key, one.key, before, seen_min);
            }
            continue;
        }
        let was_old = || backfill::was_old(one.entry, *first_polled_at, now);
        let backfill = match (before, &selected) {
            (Some(seen), _) if seen.text == one.text => {
                counts.unchanged += 1;
                continue;
            }
            (Some(_), _) => {
                counts.changed += 1;
                !is_published && was_old()
            }
            (None, _) if is_empty(one) => {
                counts.drop(drop_reason::EMPTY);
                continue;
            }
            (None, Some(selected)) if !selected.contains(&at) => {
                counts.drop(drop_reason::BACKFILL);
                if *is_lost {
                    renewed.insert(one.article_id, now_min);
                }
                continue;
            }
            (None, _) => {
                counts.new += 1;
                selected.is_some() || is_of_first_poll || was_old()
            }
        };
        let bytes = raw_item::bytes(feed, document, one, fetch);
        let share = budget.take(bytes);
        if share != Share::Now {
            is_deferred |= share == Share::NextPoll;
            left = left.saturating_add(if share == Share::NextPart { bytes.max(1) } else { 0 });
            *(if before.is_some() { &mut counts.changed } else { &mut counts.new }) -= 1;
            counts.drop(drop_reason::DEFERRED);
            deferred.insert(one.article_id);
            leave(&mut entries, is_first_of_key, one.key, before, seen_min);
            continue;
        }
        renewed.insert(one.article_id, now_min);
        publish.push(Publish {
            item: RawItem {
                known: is_published,
                repeated_lines: fingerprints.get(at).map(|one| one.repeated_lines.clone()).unwrap_or_default(),
                ..raw_item::raw_item(feed, document, one, fetch, backfill)
            },
            entry_key: format!("{:016x}", one.key),
            fingerprint: format!("{:016x}", one.text),
        });
    }
    publish.reverse();
    let is_all_new = (identified.len() > 1)
        .then(|| !remembered.is_empty() && identified.iter().all(|one| !known.contains_key(&one.key)));
    let mut entries = seen_entries::merge(entries, remembered, &replaced, is_complete, seen_min);
    for entry in &mut entries {
        entry.renewed_min = renewed.get(&entry.article_id).copied().unwrap_or_default();
    }
    let has_next = left > 0 && part.identities.is_empty();
    let identities = if has_next { identified.iter().map(IdentifiedEntry::identity).collect() } else { Vec::new() };
    Diff { publish, entries, counts, is_all_new, is_deferred, left, bytes: budget.used, identities }
}

/// Leaves the last of the entries, if it was added, to a later part or poll: it is remembered as it was before, or not at all.
/// With an entry all others of its article are left: one that is remembered would make it known although it is not published.
fn leave(entries: &mut Vec<SeenEntry>, is_added: bool, key: u64, before: Option<&SeenEntry>, seen_min: u32) {
    let added = if is_added { entries.pop() } else { None };
    let earlier = before.filter(|seen| added.is_some() && seen.key == key);
    entries.extend(earlier.map(|seen| SeenEntry { seen_min, ..*seen }));
}

fn is_empty(one: &IdentifiedEntry<'_>) -> bool {
    let entry = one.entry;
    [&entry.title, &entry.summary, &entry.content, &entry.link].iter().all(|text| text.trim().is_empty())
}

/// Minutes since the Unix epoch.
pub(crate) fn minutes(at: Timestamp) -> u32 {
    u32::try_from(at.as_second() / 60).unwrap_or_default()
}

#[cfg(test)]
mod tests;
