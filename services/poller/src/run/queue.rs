//! The feeds of the partitions that this replica owns, and which of them may be polled now.

use super::{
    due::{Place, Schedule},
    recent::RecentPolls,
    status::{Condition, Status},
};
use crate::{
    credentials::Credential,
    poll::PollResult,
    rate_limit::{HostLimiter, group_of},
    schedule::{MAX_WAIT as MAX_WAIT_OF_FEED, Spread, clock},
};
use jiff::{SignedDuration, Timestamp};
use proto::v1::{Feed, FeedState, Poll};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// A poll may wait this long for its host's rate limit. A feed that would wait longer is postponed.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Of the polls of a feed that has answered 304 for long, one of this many is unconditional: some servers answer 304 to
/// anything.
const UNCONDITIONAL: u64 = 16;

/// A poll that takes longer is slow.
pub(super) const SLOW: Duration = Duration::from_secs(5);
/// A document of more bytes is large: it waits for memory and a processor.
const LARGE: i32 = 1 << 20;

/// A feed and its place in the schedule.
pub(super) struct ScheduledFeed {
    pub(super) feed: Feed,
    pub(super) partition: i32,
    pub(super) host: String,
    pub(super) polls: RecentPolls,
    /// When the state was last written by this process.
    pub(super) state_written: Option<Timestamp>,
    /// When health was last written, and its outcome.
    pub(super) last_health: Option<(Timestamp, String)>,
    /// Number of the poll that is in flight or not committed yet.
    pub(super) awaited: Option<u64>,
    /// Credential of a definition that was written with secrets in its URL.
    pub(super) inline: Option<Arc<Credential>>,
    /// Number of polls that this process has begun.
    pub(super) begun: u64,
    condition: Condition,
    place: Option<Place>,
}

/// Whether a request has validators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// It has those of the stored copy.
    Conditional,
    /// It has none.
    Unconditional,
}

impl ScheduledFeed {
    pub(super) fn new(feed: Feed, partition: i32, host: String) -> Self {
        ScheduledFeed {
            feed,
            partition,
            host,
            polls: RecentPolls::default(),
            state_written: None,
            last_health: None,
            awaited: None,
            inline: None,
            begun: 0,
            condition: Condition::default(),
            place: None,
        }
    }

    /// The state for the next poll. `stored` is the state in the table. Failures before the operator cleared the backoff do
    /// not count, and no time lies ahead of `now`.
    pub(super) fn current_state(&self, stored: Option<FeedState>, now: Timestamp) -> Option<FeedState> {
        stored.map(|mut state| {
            if is_cleared(&self.feed, &state, now) {
                (state.failures, state.interval_s) = (0, 0);
            }
            clock::distrust_future(&mut state, now);
            state
        })
    }

    /// Counts a poll that begins. Of a feed whose polls have all found the document unmodified for long, one poll of
    /// [`UNCONDITIONAL`] is unconditional.
    pub(super) fn begin_poll(&mut self) -> Request {
        self.begun += 1;
        let is_unchanged = self.polls.are_all(proto::vocab::poll::NOT_MODIFIED);
        match is_unchanged && self.begun.is_multiple_of(UNCONDITIONAL) {
            true => Request::Unconditional,
            false => Request::Conditional,
        }
    }

    /// True unless all polls that are remembered were quick, and their documents not large.
    pub(super) fn may_be_slow(&self) -> bool {
        self.polls.is_empty() || self.polls.exceed(SLOW.as_millis(), LARGE)
    }

    pub(super) fn add_poll(&mut self, poll: Poll) {
        self.polls.add(poll);
    }
}

/// True if the operator cleared the feed's backoff after its last poll.
pub(super) fn is_cleared(feed: &Feed, state: &FeedState, now: Timestamp) -> bool {
    is_since_last_poll(feed.backoff_cleared_at.as_ref(), state, now)
}

/// True if an operator's request is later than the feed's last poll. If the time of that lies ahead of `now`, the order is
/// unknown: a request then counts that is not older than the longest wait, because each earlier one has been answered.
pub(super) fn is_since_last_poll(request: Option<&proto::Timestamp>, state: &FeedState, now: Timestamp) -> bool {
    let at = |time: Option<&proto::Timestamp>| time.and_then(proto::time::from_wire);
    let (request, last) = (at(request), at(state.last_polled_at.as_ref()));
    request > last
        || clock::is_future(last, now) && request.is_some_and(|request| now.duration_since(request) <= MAX_WAIT_OF_FEED)
}

/// Feeds by id, and when they are due.
#[derive(Default)]
pub(super) struct FeedQueue {
    feeds: HashMap<String, ScheduledFeed>,
    schedule: Schedule,
    /// Number of feeds by host.
    hosts: HashMap<String, usize>,
    /// Number of feeds by status, in the order of [`Status::ALL`].
    statuses: [usize; Status::ALL.len()],
}

impl FeedQueue {
    /// Adds a feed, or replaces the one with its id. Without `due` it is not polled.
    pub(super) fn insert(&mut self, feed: ScheduledFeed, due: Option<Timestamp>) {
        let id = feed.feed.feed_id.clone();
        self.remove(&id);
        *self.hosts.entry(feed.host.clone()).or_default() += 1;
        self.count_status(feed.condition.status, 1);
        self.feeds.insert(id.clone(), feed);
        self.set_due(&id, due);
    }

    pub(super) fn remove(&mut self, id: &str) -> Option<ScheduledFeed> {
        self.set_due(id, None);
        let removed = self.feeds.remove(id)?;
        self.count_status(removed.condition.status, -1);
        if let Some(count) = self.hosts.get_mut(&removed.host) {
            *count -= 1;
            if *count == 0 {
                self.hosts.remove(&removed.host);
            }
        }
        Some(removed)
    }

    /// Removes the feeds of a partition.
    pub(super) fn remove_partition(&mut self, partition: i32) {
        let of = self.feeds.iter().filter(|(_, feed)| feed.partition == partition);
        let ids: Vec<String> = of.map(|(id, _)| id.clone()).collect();
        for id in ids {
            self.remove(&id);
        }
    }

    /// An empty queue, with a poll in flight to each of these hosts.
    pub(super) fn with_busy<'h>(hosts: impl Iterator<Item = &'h str>) -> Self {
        let mut queue = FeedQueue::default();
        hosts.for_each(|host| queue.schedule.occupy(group_of(host)));
        queue
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
        let place = due.map(|at| Place { at, may_be_slow: feed.may_be_slow() });
        if let Some(before) = std::mem::replace(&mut feed.place, place) {
            self.schedule.remove(id, group_of(&feed.host), before);
        }
        if let Some(place) = place {
            self.schedule.add(id, place);
        }
    }

    /// Moves all due times by `step`: the clock was set.
    pub(super) fn shift(&mut self, step: SignedDuration) {
        self.schedule.clear();
        for (id, feed) in &mut self.feeds {
            if let Some(place) = &mut feed.place {
                place.at = place.at.checked_add(step).unwrap_or(place.at);
                self.schedule.add(id, *place);
            }
        }
    }

    /// Spreads the feeds that are due over `window`, after a time in which none could be polled.
    pub(super) fn spread_due(&mut self, now: Timestamp, spread: &mut Spread, window: SignedDuration) {
        let is_due = |feed: &&ScheduledFeed| feed.place.is_some_and(|place| place.at <= now);
        let mut due: Vec<(Timestamp, String)> = self
            .feeds
            .values()
            .filter(is_due)
            .filter_map(|feed| Some((feed.place?.at, feed.feed.feed_id.clone())))
            .collect();
        due.sort_unstable();
        for (_, id) in due {
            self.set_due(&id, Some(spread.place(now, window)));
        }
    }

    /// When the next feed is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.schedule.next_due()
    }

    /// Records the condition of a feed.
    pub(super) fn set_condition(&mut self, id: &str, condition: Condition) {
        let Some(feed) = self.feeds.get_mut(id) else { return };
        let before = std::mem::replace(&mut feed.condition, condition);
        self.count_status(before.status, -1);
        self.count_status(condition.status, 1);
    }

    fn count_status(&mut self, status: Status, change: isize) {
        let counts = Status::ALL.iter().zip(&mut self.statuses).find(|(one, _)| **one == status);
        if let Some((_, count)) = counts {
            *count = count.saturating_add_signed(change);
        }
    }

    /// Number of feeds by status.
    pub(super) fn count_statuses(&self) -> impl Iterator<Item = (Status, usize)> {
        Status::ALL.into_iter().zip(self.statuses)
    }

    /// The feeds that have had a problem for longest, at most `most`: their URL, status and since when.
    pub(super) fn problems(&self, most: usize) -> Vec<(&str, Condition)> {
        let has_problem = |feed: &&ScheduledFeed| !matches!(feed.condition.status, Status::Ok | Status::Paused);
        let all = self.feeds.values().filter(has_problem).map(|feed| (feed.feed.url.as_str(), feed.condition));
        let mut problems: Vec<(&str, Condition)> = all.collect();
        problems.sort_unstable_by_key(|(url, condition)| (condition.since_s, *url));
        problems.truncate(most);
        problems
    }

    /// Number of feeds that are due.
    pub(super) fn count_due(&mut self, now: Timestamp) -> usize {
        self.advance(now);
        self.schedule.count_due()
    }

    /// Number of hosts.
    pub(super) fn count_hosts(&self) -> usize {
        self.hosts.len()
    }

    fn advance(&mut self, now: Timestamp) {
        let feeds = &self.feeds;
        self.schedule.advance(now, |id| {
            let feed = feeds.get(id)?;
            Some((group_of(&feed.host), feed.place?.may_be_slow))
        });
    }

    /// Takes at most `slots` feeds that are due off the queue, the longest waiting first, each with the time at which it was
    /// due: at most one of each host and none of a host with a poll in flight; of a platform as many as its rate allows. At most `slow_slots` of them are slow or were never polled, so that slow feeds do not
    /// keep the others waiting. A feed whose host is blocked does not use a slot: it is due again when the host is not. Each
    /// that is taken keeps its host busy until [`FeedQueue::release`].
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        slots: usize,
        mut slow_slots: usize,
        limiter: &HostLimiter,
    ) -> Vec<(Timestamp, String)> {
        self.advance(now);
        let mut taken: Vec<(Timestamp, String)> = Vec::new();
        while taken.len() < slots {
            let Some((host, may_be_slow)) = self.schedule.next_host(slow_slots > 0) else { break };
            let host = host.to_owned();
            let wait = limiter.delay(&host);
            if wait > MAX_WAIT {
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_mins(1));
                let until = now.checked_add(wait).unwrap_or(now);
                for id in self.schedule.take_all(&host) {
                    self.set_due(&id, Some(until));
                }
                continue;
            }
            let Some((at, id)) = self.schedule.take(&host, may_be_slow) else { break };
            slow_slots -= usize::from(may_be_slow);
            if let Some(feed) = self.feeds.get_mut(&id) {
                feed.place = None;
            }
            taken.push((at, id));
        }
        taken
    }

    /// A poll of a feed of `host` has ended.
    pub(super) fn release(&mut self, host: &str) {
        self.schedule.release(group_of(host));
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

    fn take(queue: &mut FeedQueue, slots: usize, slow_slots: usize, limiter: &HostLimiter) -> Vec<String> {
        queue.take(at(10), slots, slow_slots, limiter).into_iter().map(|(_, id)| id).collect()
    }

    fn polled(duration_ms: i32) -> Poll {
        Poll { duration_ms, outcome: proto::vocab::poll::NOT_MODIFIED.into(), ..Poll::default() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_longest_waiting_feed_of_each_host_is_taken() {
        let limiter = HostLimiter::new(Duration::from_secs(1));
        let mut queue = queue(&[("a1", "a", 5), ("a2", "a", 3), ("b1", "b", 4), ("c1", "c", 99)]);
        assert_eq!(take(&mut queue, 10, 10, &limiter), ["a2", "b1"]);
        assert_eq!(take(&mut queue, 10, 10, &limiter), Vec::<String>::new(), "both hosts are busy");
        queue.release("a");
        assert_eq!(take(&mut queue, 10, 10, &limiter), ["a1"]);
    }

    #[test]
    fn slow_feeds_leave_slots_to_the_others() {
        let limiter = HostLimiter::new(Duration::ZERO);
        let mut queue = queue(&[("s1", "s1", 1), ("s2", "s2", 2), ("s3", "s3", 3), ("q", "q", 4)]);
        for (id, due, duration_ms) in [("q", 4, 20), ("s1", 1, 60_000)] {
            queue.get_mut(id).unwrap().add_poll(polled(duration_ms));
            queue.set_due(id, Some(at(due)));
        }
        assert_eq!(take(&mut queue, 4, 2, &limiter), ["s1", "s2", "q"]);
    }

    #[test]
    fn feeds_of_a_platform_share_its_slots() {
        let limiter = HostLimiter::new(Duration::from_secs(1));
        let names: Vec<String> = (0..6).map(|at| format!("{at}.blogspot.com")).collect();
        let feeds: Vec<(&str, &str, i64)> = names.iter().map(|name| (name.as_str(), name.as_str(), 1)).collect();
        let mut queue = queue(&feeds);
        assert_eq!(take(&mut queue, 10, 10, &limiter).len(), 4);
        queue.release("0.blogspot.com");
        assert_eq!(take(&mut queue, 10, 10, &limiter), ["4.blogspot.com"]);
    }

    #[test]
    fn feeds_that_became_due_during_an_outage_are_spread_in_their_order() {
        let mut queue = queue(&[("b1", "b", 5), ("a1", "a", 3), ("c1", "c", 99)]);
        queue.spread_due(at(10), &mut Spread::default(), SignedDuration::from_mins(5));
        assert_eq!((queue.count_due(at(10)), queue.count_due(at(11)), queue.count_due(at(99))), (1, 2, 3));
        assert_eq!(queue.take(at(99), 1, 1, &HostLimiter::new(Duration::ZERO)), [(at(10), "a1".to_owned())]);
    }

    #[tokio::test]
    async fn a_feed_of_a_blocked_host_does_not_use_a_slot() {
        let limiter = HostLimiter::new(Duration::from_secs(1));
        limiter.block("a", Duration::from_secs(600));
        let mut queue = queue(&[("a1", "a", 1), ("b1", "b", 2)]);
        assert_eq!(take(&mut queue, 1, 1, &limiter), ["b1"]);
        assert_eq!(queue.count_due(at(10)), 0);
        assert_eq!(queue.count_due(at(611)), 1);
    }

    #[test]
    fn a_clock_that_is_set_moves_the_due_times_with_it() {
        let mut queue = queue(&[("a1", "a", 100), ("b1", "b", 200)]);
        for step in [-90, 31_536_000, -31_536_000, 90] {
            queue.shift(SignedDuration::from_secs(step));
        }
        assert_eq!((queue.count_due(at(99)), queue.count_due(at(100)), queue.count_due(at(200))), (0, 1, 2));
        queue.set_due("a1", None);
        assert_eq!(queue.count_due(at(200)), 1);
    }

    #[test]
    fn a_feed_that_became_slow_while_it_waited_keeps_its_place() {
        let limiter = HostLimiter::new(Duration::ZERO);
        let mut queue = queue(&[("a1", "a", 1), ("a2", "a", 2), ("b1", "b", 3)]);
        assert_eq!(queue.count_due(at(10)), 3);
        queue.get_mut("a1").unwrap().add_poll(polled(20));
        queue.set_due("a1", Some(at(4)));
        assert_eq!(queue.count_due(at(10)), 3);
        assert_eq!(take(&mut queue, 10, 0, &limiter), ["a1"]);
        queue.release("a");
        assert_eq!(take(&mut queue, 10, 9, &limiter), ["a2", "b1"]);
        assert_eq!(queue.count_due(at(10)), 0);
    }

    #[test]
    fn a_poll_in_flight_keeps_its_host_busy_when_the_feeds_are_assigned_again() {
        let limiter = HostLimiter::new(Duration::ZERO);
        let feeds = [("a1", "a", 1), ("a2", "a", 2)];
        let mut queue = queue(&feeds);
        assert_eq!(take(&mut queue, 10, 10, &limiter), ["a1"]);
        queue = FeedQueue::with_busy(["a"].into_iter());
        for (id, host, due) in feeds {
            let feed = Feed { feed_id: id.into(), ..Feed::default() };
            queue.insert(ScheduledFeed::new(feed, 0, host.into()), Some(at(due)));
        }
        assert_eq!(take(&mut queue, 10, 10, &limiter), Vec::<String>::new());
        queue.release("a");
        assert_eq!(take(&mut queue, 10, 10, &limiter), ["a1"]);
    }

    #[test]
    fn each_feed_that_answers_304_for_long_is_polled_unconditionally_now_and_then() {
        let mut feed = ScheduledFeed::new(Feed::default(), 0, "a".into());
        let mut begin = |outcome: &str| {
            feed.add_poll(Poll { outcome: outcome.into(), ..Poll::default() });
            feed.begin_poll() == Request::Unconditional
        };
        let unmodified = proto::vocab::poll::NOT_MODIFIED;
        let unconditional: Vec<usize> = (1..=64).filter(|_| begin(unmodified)).collect();
        assert_eq!(unconditional, [16, 32, 48, 64]);
        assert!((65..=80).all(|_| !begin(proto::vocab::poll::NOTHING_NEW)));
    }

    #[test]
    fn a_revoked_partition_loses_its_feeds() {
        let mut queue = queue(&[("a1", "a", 1)]);
        queue.remove_partition(1);
        assert_eq!(queue.len(), 1);
        queue.remove_partition(0);
        assert_eq!((queue.len(), queue.count_due(at(10))), (0, 0));
    }

    #[test]
    fn feeds_are_counted_by_status_and_the_longest_problems_are_named() {
        let mut queue = queue(&[("a", "a", 1), ("b", "b", 1), ("c", "c", 1), ("d", "d", 1)]);
        let count = |queue: &FeedQueue| queue.count_statuses().map(|(_, count)| count).collect::<Vec<_>>();
        assert_eq!(count(&queue), [4, 0, 0, 0, 0, 0]);
        for (id, status, since_s) in [
            ("a", Status::Failing, 30),
            ("b", Status::Silent, 20),
            ("c", Status::Paused, 10),
            ("c", Status::Failing, 10),
            ("unknown", Status::Gone, 0),
        ] {
            queue.get_mut(id).into_iter().for_each(|feed| feed.feed.url = id.to_owned());
            queue.set_condition(id, Condition { status, since_s });
        }
        assert_eq!(count(&queue), [1, 1, 0, 2, 0, 0]);
        let named: Vec<&str> = queue.problems(2).into_iter().map(|(url, _)| url).collect();
        assert_eq!(named, ["c", "b"]);
        queue.remove("c");
        assert_eq!(count(&queue), [1, 1, 0, 1, 0, 0]);
    }
}
