//! Where a member is on each of its partitions.

use super::group::Report;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// Time after a position was set from which librdkafka's reports are taken: an earlier one may show where it was before.
const REPORT_DELAY: Duration = Duration::from_secs(5);
/// Polls that found nothing, after two equal reports, until the end that they show is taken as the position.
const EMPTY_POLLS: u8 = 2;
/// Time after the assignment until positions behind control records are first committed. They may be from long before it.
const FIRST_COMMIT: Duration = Duration::from_secs(60);

/// A member's place on one partition.
struct Place {
    /// Next offset: as committed, or past the control records behind that.
    next: i64,
    /// Offset behind the last record that was handed out.
    delivered: i64,
    /// As the group has it.
    committed: i64,
    /// When it was committed, or shall count as committed.
    committed_at: Instant,
    /// The next offset to fetch of the last reports, how many there were, and the empty polls since.
    fetched: (i64, u8, u8),
    /// The end of what is readable while newer records wait behind it, and since when.
    stuck: Option<(i64, Instant)>,
    /// The partition's end.
    high: Option<i64>,
}

/// All places of a member.
pub(super) struct Places {
    places: HashMap<i32, Place>,
    /// Before the consumer was created.
    created: Instant,
    /// Age of the consumer when positions were last set.
    set_at: Duration,
    /// How often positions behind control records are committed.
    interval: Duration,
}

impl Places {
    pub(super) fn new(interval: Duration) -> Self {
        Places { places: HashMap::new(), created: Instant::now(), set_at: Duration::ZERO, interval }
    }

    /// The member owns a partition from `next` on, which the group has committed.
    pub(super) fn insert(&mut self, partition: i32, next: i64) {
        let now = Instant::now();
        let wait = self.interval.saturating_sub(FIRST_COMMIT);
        let place = Place {
            next,
            delivered: next,
            committed: next,
            committed_at: now.checked_sub(wait).unwrap_or(now),
            fetched: (-1, 0, 0),
            stuck: None,
            high: None,
        };
        self.places.insert(partition, place);
        self.were_set();
    }

    /// Removes a partition; true if it was owned.
    pub(super) fn remove(&mut self, partition: i32) -> bool {
        self.places.remove(&partition).is_some()
    }

    pub(super) fn owns(&self, partition: i32) -> bool {
        self.places.contains_key(&partition)
    }

    /// Next offset of each partition.
    pub(super) fn positions(&self) -> HashMap<i32, i64> {
        self.places.iter().map(|(partition, place)| (*partition, place.next)).collect()
    }

    /// A record was handed out.
    pub(super) fn deliver(&mut self, partition: i32, next: i64) {
        if let Some(place) = self.places.get_mut(&partition) {
            place.delivered = next;
        }
    }

    /// The group has committed these positions.
    pub(super) fn commit(&mut self, offsets: &HashMap<i32, i64>) {
        for (partition, next) in offsets {
            if let Some(place) = self.places.get_mut(partition) {
                (place.next, place.committed, place.committed_at) = (*next, *next, Instant::now());
            }
        }
    }

    /// All partitions are read from their positions again.
    pub(super) fn rewind(&mut self) {
        self.places.values_mut().for_each(|place| place.delivered = place.next);
        self.were_set();
    }

    fn were_set(&mut self) {
        self.set_at = self.created.elapsed();
        self.places.values_mut().for_each(|place| place.fetched = (-1, 0, 0));
    }

    /// Takes a report of the client. `patience` is the time after which a standing end counts as stalled.
    pub(super) fn report(&mut self, report: &Report) {
        let is_after = report.age > self.set_at + REPORT_DELAY;
        for (partition, marks) in &report.marks {
            let Some(place) = self.places.get_mut(partition) else { continue };
            place.high = (marks.high >= 0).then_some(marks.high);
            place.stuck = match place.stuck {
                _ if marks.stable < 0 || marks.stable >= marks.high => None,
                Some((stable, since)) if stable == marks.stable => Some((stable, since)),
                _ => Some((marks.stable, Instant::now())),
            };
            if is_after {
                place.fetched = match place.fetched {
                    (next, reports, polls) if next == marks.next => (next, reports.saturating_add(1), polls),
                    _ => (marks.next, 1, 0),
                };
            }
        }
    }

    /// A poll found the client's queue empty, and no report came within it.
    ///
    /// A report is older than what the queue held after it. So if the queue was empty since, everything before the fetched
    /// offset was handed out; with nothing in hand, what lies between is control records, and the position goes past them.
    /// Retention removes them as if they were records, so a position before them would look like a gap.
    pub(super) fn found_nothing(&mut self) {
        for place in self.places.values_mut() {
            let (next, reports, polls) = place.fetched;
            if reports < 2 {
                continue;
            }
            place.fetched.2 = polls.saturating_add(1);
            if polls >= EMPTY_POLLS && place.delivered <= place.next && next > place.next {
                (place.next, place.delivered) = (next, next);
            }
        }
    }

    /// Positions past control records that are due to be committed.
    pub(super) fn due(&self) -> HashMap<i32, i64> {
        let is_due = |place: &Place| place.next > place.committed && place.committed_at.elapsed() >= self.interval;
        if !self.places.values().any(is_due) {
            return HashMap::new();
        }
        let changed = self.places.iter().filter(|(_, place)| place.next > place.committed);
        changed.map(|(partition, place)| (*partition, place.next)).collect()
    }

    /// Records between the positions and the ends; `None` while an end is unknown.
    pub(super) fn lag(&self) -> Option<i64> {
        self.places.values().map(|place| place.high.map(|high| (high - place.next).max(0))).sum()
    }

    /// Partitions whose readable end has stood still behind newer records for longer than `patience`, with that end.
    pub(super) fn stalled(&self, patience: Duration) -> Vec<(i32, i64)> {
        let stalled = self.places.iter().filter_map(|(partition, place)| {
            place.stuck.filter(|(_, since)| since.elapsed() > patience).map(|(stable, _)| (*partition, stable))
        });
        stalled.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::group::Marks, *};

    fn report(seconds: u64, next: i64, stable: i64, high: i64) -> Report {
        Report {
            age: Duration::from_secs(seconds),
            is_disconnected: false,
            marks: HashMap::from([(0, Marks { next, high, stable })]),
        }
    }

    fn at_ten() -> Places {
        let mut places = Places::new(Duration::ZERO);
        places.insert(0, 10);
        places
    }

    fn settle(places: &mut Places, next: i64) {
        for second in [20, 22] {
            places.report(&report(second, next, next, next));
        }
        (0..=EMPTY_POLLS).for_each(|_| places.found_nothing());
    }

    #[test]
    fn with_nothing_in_hand_the_position_goes_past_control_records() {
        let mut places = at_ten();
        settle(&mut places, 12);
        assert_eq!(places.positions(), HashMap::from([(0, 12)]));
        assert_eq!(places.due(), HashMap::from([(0, 12)]));
        assert_eq!(places.lag(), Some(0));
        places.commit(&HashMap::from([(0, 12)]));
        assert!(places.due().is_empty());
    }

    #[test]
    fn a_record_in_hand_keeps_the_position() {
        let mut places = at_ten();
        places.deliver(0, 11);
        settle(&mut places, 12);
        assert_eq!(places.positions(), HashMap::from([(0, 10)]));
        assert_eq!(places.lag(), Some(2));
    }

    #[test]
    fn a_report_from_before_a_rewind_is_not_taken() {
        let mut places = at_ten();
        for second in [1, 2] {
            places.report(&report(second, 12, 12, 12));
        }
        (0..=EMPTY_POLLS).for_each(|_| places.found_nothing());
        assert_eq!(places.positions(), HashMap::from([(0, 10)]));
        // Nor is one with records that the next report shows as fetched since.
        places.report(&report(20, 12, 12, 12));
        places.report(&report(22, 14, 14, 14));
        (0..=EMPTY_POLLS).for_each(|_| places.found_nothing());
        assert_eq!(places.positions(), HashMap::from([(0, 10)]));
    }

    #[test]
    fn records_behind_an_open_transaction_are_lag_and_then_a_stall() {
        let mut places = at_ten();
        places.report(&report(20, 10, 10, 15));
        assert_eq!(places.lag(), Some(5));
        assert_eq!(places.stalled(Duration::ZERO), [(0, 10)]);
        assert!(places.stalled(Duration::from_secs(60)).is_empty());
        places.report(&report(22, 10, 15, 15));
        assert!(places.stalled(Duration::ZERO).is_empty());
    }
}
