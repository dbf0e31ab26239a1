//! Renewal of the states of articles: SEEN items, so that the state of an article outlives its retention of 30 days for as
//! long as a feed's state holds the entry.

use super::Publish;
use crate::identity::SeenEntry;
use jiff::Timestamp;
use proto::{
    time,
    v1::{FeedState, Fetch, RawItem},
    vocab,
};
use std::collections::HashSet;

/// Most SEEN items of a poll. The others are due at the next.
pub const MAX_RENEWALS: usize = 200;
/// Hours after which a renewal is due at the earliest.
const EARLIEST_H: u32 = 8 * 24;
/// Hours over which the renewals of a feed are spread.
const SPREAD_H: u32 = 2 * 24;

/// When the article's state is to be renewed, in minutes since 1970: 8 to 10 days after the last time, by the entry's key.
/// Keys that share an hour are renewed together, so that the entries are written at most once an hour. `None` if the entry was
/// never published.
fn due_min(entry: &SeenEntry) -> Option<u32> {
    let spread = u32::try_from(entry.key % u64::from(SPREAD_H)).unwrap_or_default();
    let renewed_h = entry.renewed_min / 60;
    (entry.renewed_min != 0).then(|| renewed_h.saturating_add(EARLIEST_H + spread).saturating_mul(60))
}

/// When the next renewal is due, in minutes since 1970; 0 if never.
pub(crate) fn next_renewal(entries: &[SeenEntry]) -> i32 {
    entries.iter().filter_map(due_min).min().map_or(0, |due| i32::try_from(due).unwrap_or(i32::MAX))
}

/// True if a renewal is due. One that is further away than any that is planned now was planned by a clock that was ahead.
pub(crate) fn is_renewal_due(state: &FeedState, now_min: u32) -> bool {
    let furthest = now_min.saturating_add((EARLIEST_H + SPREAD_H) * 60);
    state.renewal_due_min != 0 && u32::try_from(state.renewal_due_min).is_ok_and(|due| due <= now_min || due > furthest)
}

/// Marks the entries that are due as renewed, those that are due longest first, at most [`MAX_RENEWALS`] articles. Returns a
/// SEEN item for each article. An entry that was renewed in the future, by a clock that was wrong, is due.
pub(crate) fn renew(entries: &mut [SeenEntry], feed_id: &str, now_min: u32) -> Vec<Publish> {
    let due = |entry: &SeenEntry| {
        let due = due_min(entry).filter(|due| *due <= now_min || entry.renewed_min > now_min)?;
        Some((due, entry.article_id))
    };
    let mut all: Vec<(u32, u128)> = entries.iter().filter_map(due).collect();
    all.sort_unstable();
    let mut ids: HashSet<u128> = HashSet::new();
    for (_, id) in all {
        if ids.len() < MAX_RENEWALS {
            ids.insert(id);
        }
    }
    let mut items = Vec::new();
    for entry in entries.iter_mut().filter(|entry| ids.contains(&entry.article_id)) {
        entry.renewed_min = now_min;
    }
    for entry in entries.iter() {
        if ids.remove(&entry.article_id) {
            items.push(seen_item(entry, feed_id, now_min));
        }
    }
    items
}

fn seen_item(entry: &SeenEntry, feed_id: &str, now_min: u32) -> Publish {
    let shown = Timestamp::from_second(i64::from(entry.seen_min.min(now_min)) * 60).ok();
    let fetch = Fetch { fetched_at: shown.map(time::to_wire), ..Fetch::default() };
    let item = RawItem {
        article_id: format!("{:032x}", entry.article_id),
        kind: vocab::kind::SEEN.to_owned(),
        feed_id: feed_id.to_owned(),
        fetch: Some(fetch),
        ..RawItem::default()
    };
    Publish { item, entry_key: format!("{:016x}", entry.key), fingerprint: format!("seen-{now_min}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::LinkHash;

    const DAY_MIN: u32 = 24 * 60;
    const START: u32 = 29_000_000;

    fn entry(key: u64, renewed_min: u32) -> SeenEntry {
        SeenEntry {
            key,
            article_id: u128::from(key),
            text: 0,
            link: LinkHash::default(),
            seen_min: START,
            renewed_min,
            date: 0,
        }
    }

    /// Days after the start on which each of `entries` is renewed first, if the feed is polled every hour.
    fn first_renewals(mut entries: Vec<SeenEntry>) -> Vec<u32> {
        let mut days = Vec::new();
        for hour in 0..24 * 11 {
            let now = START + hour * 60;
            days.extend(renew(&mut entries, "f", now).iter().map(|_| hour / 24));
        }
        days
    }

    #[test]
    fn renewals_are_spread_over_the_eighth_to_the_tenth_day() {
        let days = first_renewals((1..=500).map(|key| entry(key, START)).collect());
        assert_eq!(days.len(), 500);
        let on = |day: u32| days.iter().filter(|other| **other == day).count();
        assert!(on(8) > 200 && on(9) > 200 && on(8) + on(9) + on(10) == 500, "{days:?}");
    }

    #[test]
    fn a_poll_renews_a_bounded_number_and_the_rest_at_the_next() {
        let mut entries: Vec<SeenEntry> = (1..=500).map(|key| entry(key, START)).collect();
        let now = START + 30 * DAY_MIN;
        let counts: Vec<usize> = (0..4).map(|poll| renew(&mut entries, "f", now + poll).len()).collect();
        assert_eq!(counts, [200, 200, 100, 0]);
        assert!(next_renewal(&entries) > i32::try_from(now + 7 * DAY_MIN).unwrap());
    }

    #[test]
    fn two_entries_of_an_article_give_one_item() {
        let mut entries = [entry(1, START), SeenEntry { article_id: 1, ..entry(2, START) }];
        let items = renew(&mut entries, "f", START + 10 * DAY_MIN);
        assert_eq!(items.len(), 1);
        assert_eq!((items[0].item.article_id.as_str(), items[0].item.kind.as_str()), (&*format!("{:032x}", 1), "SEEN"));
        assert!(entries.iter().all(|entry| entry.renewed_min == START + 10 * DAY_MIN));
    }

    #[test]
    fn an_entry_that_was_never_published_is_not_renewed() {
        let mut entries = [entry(1, 0)];
        assert!(renew(&mut entries, "f", START).is_empty());
        assert_eq!((next_renewal(&entries), next_renewal(&[])), (0, 0));
    }

    #[test]
    fn a_time_in_the_future_does_not_keep_an_entry_from_being_renewed() {
        let mut entries = [entry(1, START + 400 * DAY_MIN)];
        assert_eq!(renew(&mut entries, "f", START).len(), 1);
        assert_eq!(entries[0].renewed_min, START);
    }

    #[test]
    fn a_renewal_that_a_clock_ahead_has_planned_is_due() {
        let planned = |ahead_days: u32| {
            let renewal_due_min = next_renewal(&[entry(1, START + ahead_days * DAY_MIN)]);
            is_renewal_due(&FeedState { renewal_due_min, ..FeedState::default() }, START)
        };
        assert_eq!([0, 3, 30, 365].map(planned), [false, true, true, true]);
    }

    #[test]
    fn a_renewal_does_not_tell_of_the_future() {
        let mut entries = [SeenEntry { seen_min: START + 400 * DAY_MIN, ..entry(1, START - 20 * DAY_MIN) }];
        let items = renew(&mut entries, "f", START);
        let shown = items[0].item.fetch.as_ref().and_then(|fetch| time::from_wire(fetch.fetched_at.as_ref()?));
        assert_eq!(shown.map(crate::diff::minutes), Some(START));
    }
}
