//! The feeds of the partitions that this replica owns, and which of them may be polled now.

use crate::{poll::PollResult, rate_limit::HostLimiter};
use jiff::{SignedDuration, Timestamp};
use proto::v1::{Feed, FeedState, Poll};
use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    time::Duration,
};

/// Poll records in a health record.
pub(super) const MAX_POLLS: usize = 10;
/// A poll may wait this long for its host's rate limit. A feed that would wait longer is postponed.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// A feed and its place in the schedule.
pub(super) struct ScheduledFeed {
    pub(super) feed: Feed,
    pub(super) partition: i32,
    pub(super) host: String,
    /// Records of the last polls, newest first, at most [`MAX_POLLS`].
    pub(super) polls: VecDeque<Poll>,
    /// The state after the last poll, without entries, if the write policy skipped it. The stored entries still hold.
    pub(super) unwritten_state: Option<FeedState>,
    /// When health was last written, and its outcome.
    pub(super) last_health: Option<(Timestamp, String)>,
    /// Number of the poll that is in flight or not committed yet.
    pub(super) awaited: Option<u64>,
    due: Option<Timestamp>,
}

impl ScheduledFeed {
    pub(super) fn new(feed: Feed, partition: i32, host: String) -> Self {
        ScheduledFeed {
            feed,
            partition,
            host,
            polls: VecDeque::new(),
            unwritten_state: None,
            last_health: None,
            awaited: None,
            due: None,
        }
    }

    /// The state after the last poll. `stored` is the state in the table.
    pub(super) fn current_state(&self, stored: Option<FeedState>) -> Option<FeedState> {
        match (stored, &self.unwritten_state) {
            (Some(stored), Some(unwritten)) => {
                Some(FeedState { packed_entries: stored.packed_entries, ..unwritten.clone() })
            }
            (stored, _) => stored,
        }
    }

    pub(super) fn add_poll(&mut self, poll: Poll) {
        self.polls.push_front(poll);
        self.polls.truncate(MAX_POLLS);
    }
}

/// Feeds by id, and those that are due by time.
#[derive(Default)]
pub(super) struct FeedQueue {
    feeds: HashMap<String, ScheduledFeed>,
    by_due: BTreeSet<(Timestamp, String)>,
    churning: HashSet<String>,
}

impl FeedQueue {
    /// Adds a feed, or replaces the one with its id. Without `due` it is not polled.
    pub(super) fn insert(&mut self, feed: ScheduledFeed, due: Option<Timestamp>) {
        let id = feed.feed.feed_id.clone();
        self.remove(&id);
        self.feeds.insert(id.clone(), feed);
        self.set_due(&id, due);
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<ScheduledFeed> {
        self.set_due(id, None);
        self.churning.remove(id);
        self.feeds.remove(id)
    }

    /// Removes the feeds of a partition.
    pub(super) fn remove_partition(&mut self, partition: i32) {
        self.feeds.retain(|_, feed| feed.partition != partition);
        self.by_due.retain(|(_, id)| self.feeds.contains_key(id));
        self.churning.retain(|id| self.feeds.contains_key(id));
    }

    pub(super) fn get(&self, id: &str) -> Option<&ScheduledFeed> {
        self.feeds.get(id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut ScheduledFeed> {
        self.feeds.get_mut(id)
    }

    pub(super) fn len(&self) -> usize {
        self.feeds.len()
    }

    /// True if the result is that of the feed's last poll, which is not committed yet.
    pub(super) fn awaits(&self, result: &PollResult) -> bool {
        self.get(&result.feed_id).is_some_and(|feed| feed.awaited == Some(result.number))
    }

    pub(super) fn set_due(&mut self, id: &str, due: Option<Timestamp>) {
        let Some(feed) = self.feeds.get_mut(id) else { return };
        if let Some(before) = std::mem::replace(&mut feed.due, due) {
            self.by_due.remove(&(before, id.to_owned()));
        }
        if let Some(due) = due {
            self.by_due.insert((due, id.to_owned()));
        }
    }

    /// Records whether every entry of a feed's last documents was new.
    pub(super) fn set_churning(&mut self, id: &str, is_churning: bool) {
        if is_churning && self.feeds.contains_key(id) {
            self.churning.insert(id.to_owned());
        } else {
            self.churning.remove(id);
        }
    }

    /// Number of churning feeds.
    pub(super) fn count_churning(&self) -> usize {
        self.churning.len()
    }

    /// Number of feeds that are due.
    pub(super) fn count_due(&self, now: Timestamp) -> usize {
        self.by_due.iter().take_while(|(due, _)| *due <= now).count()
    }

    /// Takes at most `slots` feeds that are due off the queue, the longest waiting first, at most one of each host and none
    /// of a host in `busy`. A feed whose host is blocked does not use a slot: it is due again when the host is not.
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        slots: usize,
        busy: &HashSet<String>,
        limiter: &HostLimiter,
    ) -> Vec<String> {
        let mut taken: Vec<String> = Vec::new();
        let mut hosts: HashSet<&str> = busy.iter().map(String::as_str).collect();
        let mut postponed: Vec<(String, Timestamp)> = Vec::new();
        for (_, id) in self.by_due.iter().take_while(|(due, _)| *due <= now) {
            if taken.len() >= slots {
                break;
            }
            let Some(feed) = self.feeds.get(id) else { continue };
            if hosts.contains(feed.host.as_str()) {
                continue;
            }
            let wait = limiter.delay(&feed.host);
            if wait > MAX_WAIT {
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_mins(1));
                postponed.push((id.clone(), now.checked_add(wait).unwrap_or(now)));
                continue;
            }
            hosts.insert(&feed.host);
            taken.push(id.clone());
        }
        for (id, until) in postponed {
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

    fn queue(feeds: &[(&str, &str, i64)]) -> FeedQueue {
        let mut queue = FeedQueue::default();
        for (id, host, due) in feeds {
            let feed = Feed { feed_id: (*id).into(), ..Feed::default() };
            queue.insert(ScheduledFeed::new(feed, 0, (*host).into()), Some(at(*due)));
        }
        queue
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_longest_waiting_feed_of_each_host_is_taken() {
        let limiter = HostLimiter::new(Duration::from_secs(1));
        let mut queue = queue(&[("a1", "a", 5), ("a2", "a", 3), ("b1", "b", 4), ("c1", "c", 99)]);
        assert_eq!(queue.take(at(10), 10, &HashSet::new(), &limiter), ["a2", "b1"]);
        assert_eq!(queue.take(at(10), 10, &HashSet::from(["a".to_owned()]), &limiter), Vec::<String>::new());
        assert_eq!(queue.take(at(10), 10, &HashSet::new(), &limiter), ["a1"]);
    }

    #[tokio::test]
    async fn a_feed_of_a_blocked_host_does_not_use_a_slot() {
        let limiter = HostLimiter::new(Duration::from_secs(1));
        limiter.block("a", Duration::from_secs(600));
        let mut queue = queue(&[("a1", "a", 1), ("b1", "b", 2)]);
        assert_eq!(queue.take(at(10), 1, &HashSet::new(), &limiter), ["b1"]);
        assert_eq!(queue.count_due(at(10)), 0);
        assert_eq!(queue.count_due(at(611)), 1);
    }

    #[test]
    fn a_revoked_partition_loses_its_feeds() {
        let mut queue = queue(&[("a1", "a", 1)]);
        queue.set_churning("a1", true);
        queue.set_churning("unknown", true);
        queue.remove_partition(1);
        assert_eq!((queue.len(), queue.count_churning()), (1, 1));
        queue.remove_partition(0);
        assert_eq!((queue.len(), queue.count_due(at(10)), queue.count_churning()), (0, 0, 0));
    }
}
