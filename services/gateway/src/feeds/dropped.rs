//! What stages refused, by hour and reason.

use crate::HOUR_MS;
use std::collections::BTreeMap;

/// Hours that are kept.
pub const HOURS: usize = 24;
/// Most pairs of stage and reason; further ones count as `other`.
const MAX_REASONS: usize = 200;

/// Refused records of the last day.
#[derive(Debug, Default, Clone)]
pub struct Dropped {
    reasons: BTreeMap<(String, String), BTreeMap<i64, u64>>,
}

/// What a stage refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct DroppedReason {
    /// The stage.
    pub stage: String,
    /// The reason, as a countable name.
    pub reason: String,
    /// Records by hour, oldest first.
    pub counts: Vec<u64>,
    /// Records in all these hours.
    pub total: u64,
}

impl Dropped {
    /// Counts a record that was refused at `at_ms` (milliseconds since 1970).
    pub fn add(&mut self, stage: &str, reason: &str, at_ms: i64) {
        let mut key = (stage.to_owned(), reason.to_owned());
        if self.reasons.len() >= MAX_REASONS && !self.reasons.contains_key(&key) {
            key = ("other".to_owned(), "other".to_owned());
        }
        let hours = self.reasons.entry(key).or_default();
        *hours.entry(at_ms.div_euclid(HOUR_MS)).or_default() += 1;
        while hours.len() > HOURS {
            hours.pop_first();
        }
    }

    /// The last [`HOURS`] hours up to `now_ms`, most records first, and the first of these hours in milliseconds since 1970.
    #[must_use]
    pub fn last_hours(&self, now_ms: i64) -> (i64, Vec<DroppedReason>) {
        let last = now_ms.div_euclid(HOUR_MS);
        let hours: Vec<i64> = (0..HOURS).rev().filter_map(|back| Some(last - i64::try_from(back).ok()?)).collect();
        let mut reasons: Vec<DroppedReason> = Vec::new();
        for ((stage, reason), by_hour) in &self.reasons {
            let counts: Vec<u64> = hours.iter().map(|hour| by_hour.get(hour).copied().unwrap_or(0)).collect();
            let total = counts.iter().sum();
            if total > 0 {
                reasons.push(DroppedReason { stage: stage.clone(), reason: reason.clone(), counts, total });
            }
        }
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.total));
        (hours.first().copied().unwrap_or(last) * HOUR_MS, reasons)
    }

    /// Records refused since `since_ms`, by whole hours.
    #[must_use]
    pub fn since(&self, since_ms: i64) -> u64 {
        let first = since_ms.div_euclid(HOUR_MS);
        self.reasons.values().flat_map(|hours| hours.range(first..)).map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_by_hour_and_reason() {
        let mut dropped = Dropped::default();
        let now = 1_000 * HOUR_MS + 5;
        for (reason, hours_ago) in [("too-large", 0), ("too-large", 0), ("too-large", 3), ("bad", 1), ("bad", 30)] {
            dropped.add("normaliser", reason, now - hours_ago * HOUR_MS);
        }
        let (from, reasons) = dropped.last_hours(now);
        assert_eq!(from, 977 * HOUR_MS);
        let totals: Vec<_> = reasons.iter().map(|one| (one.reason.as_str(), one.total, one.counts[23])).collect();
        assert_eq!(totals, [("too-large", 3, 2), ("bad", 1, 0)]);
        assert_eq!(dropped.since(now - HOUR_MS), 3);
    }
}
