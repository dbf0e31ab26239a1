//! The backfill policy: which entries of a feed's first poll are published.

use crate::document::{Document, Entry};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;

/// The number of undated entries that [`Backfill::Since`] selects, in document order.
pub const MAX_UNDATED: usize = 20;
/// The default policy, and the age at the first poll from which an entry that appears later counts as backfill.
const DEFAULT_AGE: SignedDuration = SignedDuration::from_hours(48);

/// A backfill policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// All entries.
    All,
    /// This many of the newest entries.
    Newest(usize),
    /// Entries published at or after this time, and the first [`MAX_UNDATED`] without a date.
    Since(Timestamp),
}

impl Backfill {
    /// As [`Backfill::parse`]; an invalid policy is the default of 48 hours.
    #[must_use]
    pub fn parse_or_default(text: &str, now: Timestamp) -> Self {
        Self::parse(text, now).unwrap_or(Backfill::Since(now.checked_sub(DEFAULT_AGE).unwrap_or(now)))
    }

    /// Parses a policy: `all`, a number of entries, a duration (`48h`) or an RFC 3339 time, the last two with or without
    /// `since` before them. An empty text is 48 hours. `None` for an invalid policy.
    #[must_use]
    pub fn parse(text: &str, now: Timestamp) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("since").map_or(text, |rest| rest.trim_start_matches([' ', '=', ':']));
        if text.is_empty() {
            return Some(Backfill::Since(now.checked_sub(DEFAULT_AGE).ok()?));
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

    /// Indices of the selected entries in the document.
    pub(super) fn select(self, document: &Document, now: Timestamp) -> HashSet<usize> {
        let entries = document.entries.iter().enumerate();
        match self {
            Backfill::All => entries.map(|(at, _)| at).collect(),
            Backfill::Newest(count) => {
                // An undated entry counts as new as the entry before it.
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
                            undated <= MAX_UNDATED
                        }
                    })
                    .map(|(at, _)| at)
                    .collect()
            }
        }
    }
}

/// True for an entry that was more than 48 hours old when its feed was first polled.
pub(super) fn was_old(entry: &Entry, first_polled_at: Option<Timestamp>, now: Timestamp) -> bool {
    match (entry.date(now), first_polled_at) {
        (Some(published), Some(first)) => first.duration_since(published) > DEFAULT_AGE,
        _ => false,
    }
}
