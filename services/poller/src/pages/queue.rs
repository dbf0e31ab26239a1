//! The pages that wait, by host. Pure: the clock is passed in. Each operation takes time logarithmic in their number.

use jiff::{SignedDuration, Timestamp};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    time::Duration,
};

/// Most pages that wait, of all hosts and of one.
const MAX_PAGES: usize = 20_000;
const MAX_OF_HOST: usize = 5_000;

/// Where a page waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) partition: i32,
    /// When it is due.
    pub(super) at: Timestamp,
}

/// The pages that wait, and the hosts with one in flight.
#[derive(Debug, Default)]
pub(super) struct Queue {
    pages: HashMap<String, Place>,
    hosts: HashMap<String, Host>,
    /// The free hosts with pages, by the time at which the next may be fetched.
    ready: BTreeSet<(Timestamp, String)>,
}

#[derive(Debug, Default)]
struct Host {
    /// Due times and ids of its pages.
    pages: BTreeSet<(Timestamp, String)>,
    is_busy: bool,
    /// When its next page may be fetched.
    free_at: Timestamp,
    /// The time under which it stands in `ready`.
    listed: Option<Timestamp>,
}

impl Queue {
    /// An empty queue. These hosts have a page in flight.
    pub(super) fn with_busy<'h>(hosts: impl Iterator<Item = &'h str>) -> Self {
        let busy = hosts.map(|host| (host.to_owned(), Host { is_busy: true, ..Host::default() }));
        Queue { hosts: busy.collect(), ..Queue::default() }
    }

    /// Number of pages.
    pub(super) fn len(&self) -> usize {
        self.pages.len()
    }

    /// True if no more pages of `host` may wait. A page that waits may be replaced.
    pub(super) fn is_full(&self, id: &str, host: &str) -> bool {
        let of_host = self.hosts.get(host).map_or(0, |host| host.pages.len());
        !self.pages.contains_key(id) && (self.pages.len() >= MAX_PAGES || of_host >= MAX_OF_HOST)
    }

    /// Adds a page, or moves it.
    pub(super) fn insert(&mut self, id: &str, place: Place) {
        self.remove(id);
        let host = self.hosts.entry(place.host.clone()).or_default();
        host.pages.insert((place.at, id.to_owned()));
        let name = place.host.clone();
        self.pages.insert(id.to_owned(), place);
        self.list(&name);
    }

    /// Removes a page.
    pub(super) fn remove(&mut self, id: &str) {
        if let Some(place) = self.pages.remove(id) {
            if let Some(host) = self.hosts.get_mut(&place.host) {
                host.pages.remove(&(place.at, id.to_owned()));
            }
            self.list(&place.host);
        }
    }

    /// Removes the pages of a partition.
    pub(super) fn remove_partition(&mut self, partition: i32) {
        let ids: Vec<String> =
            self.pages.iter().filter(|(_, place)| place.partition == partition).map(|(id, _)| id.clone()).collect();
        ids.iter().for_each(|id| self.remove(id));
    }

    /// Takes a page that may be fetched at `now`, of one of these partitions. Its host is busy until [`Queue::release`]. A host
    /// of another partition is put off by a second.
    pub(super) fn take(&mut self, now: Timestamp, open: &HashSet<i32>) -> Option<(String, Place)> {
        loop {
            let (at, name) = self.ready.first().cloned()?;
            if at > now {
                return None;
            }
            let id = self.hosts.get(&name).and_then(|host| host.pages.first()).map(|(_, id)| id.clone());
            let place = id.as_ref().and_then(|id| self.pages.get(id)).cloned();
            let is_open = place.as_ref().is_some_and(|place| open.contains(&place.partition));
            if let Some(host) = self.hosts.get_mut(&name) {
                if is_open {
                    host.is_busy = true;
                } else {
                    host.free_at = now.checked_add(SignedDuration::from_secs(1)).unwrap_or(now);
                }
            }
            if let (true, Some(id), Some(place)) = (is_open, id, place) {
                self.remove(&id);
                return Some((id, place));
            }
            self.list(&name);
        }
    }

    /// A page of a host has ended. Its next one waits for `pause`.
    pub(super) fn release(&mut self, name: &str, now: Timestamp, pause: Duration) {
        if let Some(host) = self.hosts.get_mut(name) {
            host.is_busy = false;
            let pause = SignedDuration::try_from(pause).unwrap_or(SignedDuration::ZERO);
            host.free_at = now.checked_add(pause).unwrap_or(now);
            self.list(name);
        }
    }

    /// Moves all times by the step by which the clock was set.
    pub(super) fn shift(&mut self, step: SignedDuration) {
        let moved = |at: Timestamp| at.checked_add(step).unwrap_or(at);
        for host in self.hosts.values_mut() {
            host.free_at = moved(host.free_at);
        }
        for (id, place) in std::mem::take(&mut self.pages) {
            if let Some(host) = self.hosts.get_mut(&place.host) {
                host.pages.remove(&(place.at, id.clone()));
            }
            self.insert(&id, Place { at: moved(place.at), ..place });
        }
        let names: Vec<String> = self.hosts.keys().cloned().collect();
        names.iter().for_each(|name| self.list(name));
    }

    /// When the next page may be fetched.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.ready.first().map(|(at, _)| *at)
    }

    /// Forgets hosts without pages whose pause has passed.
    pub(super) fn forget_idle(&mut self, now: Timestamp) {
        self.hosts.retain(|_, host| host.is_busy || !host.pages.is_empty() || host.free_at > now);
    }

    /// Lists a host in `ready` as its pages now require.
    fn list(&mut self, name: &str) {
        let Some(host) = self.hosts.get_mut(name) else { return };
        let first = host.pages.first().filter(|_| !host.is_busy).map(|(at, _)| (*at).max(host.free_at));
        let before = std::mem::replace(&mut host.listed, first);
        if before == first {
            return;
        }
        if let Some(before) = before {
            self.ready.remove(&(before, name.to_owned()));
        }
        if let Some(first) = first {
            self.ready.insert((first, name.to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn place(host: &str, second: i64) -> Place {
        Place { host: host.to_owned(), partition: 0, at: at(second) }
    }

    fn taken(queue: &mut Queue, second: i64) -> Option<String> {
        queue.take(at(second), &HashSet::from([0])).map(|(id, _)| id)
    }

    #[test]
    fn a_host_has_one_page_in_flight_and_a_pause_after_it() {
        let mut queue = Queue::default();
        queue.insert("a", place("e.org", 0));
        queue.insert("b", place("e.org", 1));
        queue.insert("c", place("f.org", 2));
        assert_eq!(taken(&mut queue, 5).as_deref(), Some("a"));
        assert_eq!(taken(&mut queue, 5).as_deref(), Some("c"));
        assert_eq!(taken(&mut queue, 5), None);
        queue.release("e.org", at(5), Duration::from_secs(2));
        assert_eq!((taken(&mut queue, 6), queue.next_due()), (None, Some(at(7))));
        assert_eq!(taken(&mut queue, 7).as_deref(), Some("b"));
    }

    #[test]
    fn a_page_that_was_replaced_is_taken_once_at_its_new_time() {
        let mut queue = Queue::default();
        queue.insert("a", place("e.org", 0));
        queue.insert("a", place("f.org", 9));
        assert_eq!((taken(&mut queue, 8), queue.len()), (None, 1));
        assert_eq!(taken(&mut queue, 9).as_deref(), Some("a"));
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn pages_of_a_closed_partition_wait() {
        let mut queue = Queue::default();
        queue.insert("a", place("e.org", 0));
        assert_eq!(queue.take(at(1), &HashSet::new()), None);
        assert_eq!(taken(&mut queue, 1), None);
        assert_eq!(taken(&mut queue, 2).as_deref(), Some("a"));
        queue.insert("b", place("e.org", 0));
        queue.remove_partition(0);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn a_host_in_flight_stays_busy_after_a_new_session() {
        let mut queue = Queue::with_busy(["e.org"].into_iter());
        queue.insert("a", place("e.org", 0));
        assert_eq!(taken(&mut queue, 1), None);
        queue.release("e.org", at(1), Duration::ZERO);
        assert_eq!(taken(&mut queue, 1).as_deref(), Some("a"));
    }

    #[test]
    fn waits_move_with_the_clock() {
        let mut queue = Queue::default();
        queue.insert("a", place("e.org", 0));
        queue.insert("b", place("e.org", 1));
        taken(&mut queue, 0);
        queue.release("e.org", at(0), Duration::from_secs(2));
        queue.shift(SignedDuration::from_secs(1_000));
        assert_eq!((queue.next_due(), taken(&mut queue, 1_002).as_deref()), (Some(at(1_002)), Some("b")));
    }

    #[test]
    fn what_waits_is_bounded_by_host() {
        let mut queue = Queue::default();
        for n in 0..MAX_OF_HOST {
            queue.insert(&format!("{n}"), place("e.org", 0));
        }
        assert!(queue.is_full("new", "e.org") && !queue.is_full("0", "e.org") && !queue.is_full("new", "f.org"));
    }

    #[test]
    fn idle_hosts_are_forgotten() {
        let mut queue = Queue::default();
        queue.insert("a", place("e.org", 0));
        taken(&mut queue, 0);
        queue.release("e.org", at(0), Duration::from_secs(2));
        queue.forget_idle(at(1));
        assert_eq!(queue.hosts.len(), 1);
        queue.forget_idle(at(3));
        assert!(queue.hosts.is_empty());
    }
}
