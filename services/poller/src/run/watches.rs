//! The feeds of the partitions that this replica owns, and which of them may be polled now.

use crate::rate_limit::HostLimiter;
use jiff::{SignedDuration, Timestamp};
use proto::v1::{Feed, FeedState, Poll};
use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    time::Duration,
};

/// Lines of a health record.
pub(super) const LINES: usize = 10;
/// A host that may be asked within this time is handed to the limiter, which waits; another feed's turn is put off.
const SHORT: Duration = Duration::from_secs(5);

/// A feed that is watched.
pub(super) struct Watch {
    pub(super) feed: Feed,
    pub(super) partition: i32,
    pub(super) host: String,
    /// The last polls, newest first.
    pub(super) lines: VecDeque<Poll>,
    /// The state as of the last poll, without entries, where it was not worth writing: those on the log still hold.
    pub(super) unwritten: Option<FeedState>,
    /// When health was last written, and the outcome that it told.
    pub(super) told: Option<(Timestamp, String)>,
    /// Number of the poll that is under way or waits to be committed.
    pub(super) awaited: Option<u64>,
    due: Option<Timestamp>,
}

impl Watch {
    pub(super) fn new(feed: Feed, partition: i32, host: String) -> Self {
        Watch { feed, partition, host, lines: VecDeque::new(), unwritten: None, told: None, awaited: None, due: None }
    }

    /// The state as of the last poll, where `stored` is what the log says.
    pub(super) fn current(&self, stored: Option<FeedState>) -> Option<FeedState> {
        match (stored, &self.unwritten) {
            (Some(stored), Some(unwritten)) => Some(FeedState { entries: stored.entries, ..unwritten.clone() }),
            (stored, _) => stored,
        }
    }

    pub(super) fn remember(&mut self, line: Poll) {
        self.lines.push_front(line);
        self.lines.truncate(LINES);
    }
}

/// See the module.
#[derive(Default)]
pub(super) struct Watches {
    watches: HashMap<String, Watch>,
    queue: BTreeSet<(Timestamp, String)>,
}

impl Watches {
    pub(super) fn insert(&mut self, watch: Watch, due: Option<Timestamp>) {
        let id = watch.feed.feed_id.clone();
        self.remove(&id);
        self.watches.insert(id.clone(), watch);
        self.set_due(&id, due);
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<Watch> {
        self.set_due(id, None);
        self.watches.remove(id)
    }

    /// Forgets the feeds of a partition that went.
    pub(super) fn forget(&mut self, partition: i32) {
        self.watches.retain(|_, watch| watch.partition != partition);
        self.queue.retain(|(_, id)| self.watches.contains_key(id));
    }

    pub(super) fn get(&self, id: &str) -> Option<&Watch> {
        self.watches.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Watch> {
        self.watches.get_mut(id)
    }

    pub(super) fn len(&self) -> usize {
        self.watches.len()
    }

    pub(super) fn set_due(&mut self, id: &str, due: Option<Timestamp>) {
        let Some(watch) = self.watches.get_mut(id) else { return };
        if let Some(before) = std::mem::replace(&mut watch.due, due) {
            self.queue.remove(&(before, id.to_owned()));
        }
        if let Some(due) = due {
            self.queue.insert((due, id.to_owned()));
        }
    }

    /// Feeds that are due.
    pub(super) fn due(&self, now: Timestamp) -> usize {
        self.queue.iter().take_while(|(due, _)| *due <= now).count()
    }

    /// At most `room` feeds whose turn it is, those that have waited longest first, and none of a host in `busy`; they are
    /// taken off the queue. A feed whose host asked to be left alone is put off until the host may be asked.
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        room: usize,
        busy: &HashSet<String>,
        limiter: &HostLimiter,
    ) -> Vec<String> {
        let mut taken: Vec<String> = Vec::new();
        let mut hosts: HashSet<&str> = busy.iter().map(String::as_str).collect();
        let mut put_off: Vec<(String, Timestamp)> = Vec::new();
        for (_, id) in self.queue.iter().take_while(|(due, _)| *due <= now) {
            if taken.len() >= room {
                break;
            }
            let Some(watch) = self.watches.get(id) else { continue };
            if hosts.contains(watch.host.as_str()) {
                continue;
            }
            let wait = limiter.delay(&watch.host);
            if wait > SHORT {
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_mins(1));
                put_off.push((id.clone(), now.checked_add(wait).unwrap_or(now)));
                continue;
            }
            hosts.insert(&watch.host);
            taken.push(id.clone());
        }
        for (id, until) in put_off {
            self.set_due(&id, Some(until));
        }
        for id in &taken {
            self.set_due(id, None);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watches(feeds: &[(&str, &str, i64)]) -> Watches {
        let mut watches = Watches::default();
        for (id, host, due) in feeds {
            let feed = Feed { feed_id: (*id).into(), ..Feed::default() };
            watches.insert(Watch::new(feed, 0, (*host).into()), Some(Timestamp::from_second(*due).unwrap()));
        }
        watches
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn one_feed_of_a_host_at_a_time_and_the_longest_waiting_first() {
        let limiter = HostLimiter::new(Duration::from_secs(1));
        let mut watches = watches(&[("a1", "a", 5), ("a2", "a", 3), ("b1", "b", 4), ("c1", "c", 99)]);
        assert_eq!(watches.take(at(10), 10, &HashSet::new(), &limiter), ["a2", "b1"]);
        assert_eq!(watches.take(at(10), 10, &HashSet::from(["a".to_owned()]), &limiter), Vec::<String>::new());
        assert_eq!(watches.take(at(10), 10, &HashSet::new(), &limiter), ["a1"]);
    }

    #[tokio::test]
    async fn a_host_that_asked_to_be_left_alone_does_not_hold_a_place() {
        let limiter = HostLimiter::new(Duration::from_secs(1));
        limiter.block("a", Duration::from_secs(600));
        let mut watches = watches(&[("a1", "a", 1), ("b1", "b", 2)]);
        assert_eq!(watches.take(at(10), 1, &HashSet::new(), &limiter), ["b1"]);
        assert_eq!(watches.due(at(10)), 0);
        assert_eq!(watches.due(at(611)), 1);
    }

    #[test]
    fn a_partition_that_went_takes_its_feeds_along() {
        let mut watches = watches(&[("a1", "a", 1)]);
        watches.forget(1);
        assert_eq!(watches.len(), 1);
        watches.forget(0);
        assert_eq!((watches.len(), watches.due(at(10))), (0, 0));
    }
}
