//! What of a first poll is taken.

use crate::document::{Document, Entry};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;

/// Entries without a date of which a first poll takes at most this many, in the document's order.
pub const UNDATED: usize = 20;
/// What is older than this when its feed is first polled is old news.
const OLD: SignedDuration = SignedDuration::from_hours(48);

/// A feed's policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// Everything.
    All,
    /// So many of the newest.
    Newest(usize),
    /// What was published at or after this time; of what has no date, the first [`UNDATED`].
    Since(Timestamp),
}

impl Backfill {
    /// Reads a policy: `all`, a number of entries, a duration (`48h`), or an RFC 3339 time, with or without `since`.
    /// Empty, or what it is not, is 48 hours; [`Backfill::parse`] tells them apart.
    #[must_use]
    pub fn of(text: &str, now: Timestamp) -> Self {
        Self::parse(text, now).unwrap_or(Backfill::Since(now.checked_sub(OLD).unwrap_or(now)))
    }

    /// As [`Backfill::of`]; `None` where the text is no policy.
    #[must_use]
    pub fn parse(text: &str, now: Timestamp) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("since").map_or(text, |rest| rest.trim_start_matches([' ', '=', ':']));
        if text.is_empty() {
            return Some(Backfill::Since(now.checked_sub(OLD).ok()?));
        }
        if text.eq_ignore_ascii_case("all") {
            return Some(Backfill::All);
        }
        if let Ok(count) = text.parse::<usize>() {
            return Some(Backfill::Newest(count));
        }
        if let Ok(time) = text.parse::<Timestamp>() {
            return Some(Backfill::Since(time));
        }
        let back = text.parse::<SignedDuration>().ok().filter(|back| !back.is_negative())?;
        Some(Backfill::Since(now.checked_sub(back).unwrap_or(Timestamp::MIN)))
    }

    /// Places in the document of the entries that are taken.
    pub(super) fn choose(self, document: &Document, now: Timestamp) -> HashSet<usize> {
        let entries = document.entries.iter().enumerate();
        match self {
            Backfill::All => entries.map(|(at, _)| at).collect(),
            Backfill::Newest(count) => {
                // Without a date it stands where the document puts it: as new as the entry before it.
                let mut last = now;
                let mut dated: Vec<(Timestamp, usize)> = entries
                    .map(|(at, entry)| {
                        last = entry.date(now).unwrap_or(last);
                        (last, at)
                    })
                    .collect();
                dated.sort_by_key(|(time, at)| (std::cmp::Reverse(*time), *at));
                dated.into_iter().take(count).map(|(_, at)| at).collect()
            }
            Backfill::Since(time) => {
                let mut undated = 0;
                entries
                    .filter(|(_, entry)| match entry.date(now) {
                        Some(published) => published >= time,
                        None => {
                            undated += 1;
                            undated <= UNDATED
                        }
                    })
                    .map(|(at, _)| at)
                    .collect()
            }
        }
    }
}

/// True for an entry that shows up late and was old news when its feed was first polled.
pub(super) fn was_old(entry: &Entry, first_polled_at: Option<Timestamp>, now: Timestamp) -> bool {
    match (entry.date(now), first_polled_at) {
        (Some(published), Some(first)) => first.duration_since(published) > OLD,
        _ => false,
    }
}
