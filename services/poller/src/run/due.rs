//! Which feeds are due, in an order that a turn of the poll loop reads without a scan: each operation takes time logarithmic in
//! the number of feeds, whatever waits for a busy host or for a slot.

use crate::rate_limit;
use jiff::Timestamp;
use std::collections::{BTreeSet, HashMap};

/// Times with the feed or the host that they are of.
type Times = BTreeSet<(Timestamp, String)>;

/// Where a feed stands in the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// When it is due.
    pub(super) at: Timestamp,
    /// Whether it may be slow.
    pub(super) may_be_slow: bool,
}

/// The schedule: feeds that are due later by time, and those that are due by host.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    later: Times,
    hosts: HashMap<String, Host>,
    /// Hosts that may be polled now, by the time of their feed that has waited longest.
    ready: Lanes<Times>,
    due: usize,
}

/// What is kept apart for slow feeds.
#[derive(Debug, Default)]
struct Lanes<T> {
    quick: T,
    slow: T,
}

impl<T> Lanes<T> {
    fn of(&mut self, may_be_slow: bool) -> &mut T {
        if may_be_slow { &mut self.slow } else { &mut self.quick }
    }
}

/// A host, or the platform of several, with feeds that are due or with polls in flight.
#[derive(Debug, Default)]
struct Host {
    waiting: Lanes<Times>,
    /// The times under which it stands in `ready`.
    listed: Lanes<Option<Timestamp>>,
    in_flight: usize,
}

impl Schedule {
    /// Adds a feed, which must not be in the schedule.
    pub(super) fn add(&mut self, id: &str, place: Place) {
        self.later.insert((place.at, id.to_owned()));
    }

    /// Removes a feed of `host` from its place.
    pub(super) fn remove(&mut self, id: &str, host: &str, place: Place) {
        let one = (place.at, id.to_owned());
        if self.later.remove(&one) {
            return;
        }
        if let Some(known) = self.hosts.get_mut(host)
            && known.waiting.of(place.may_be_slow).remove(&one)
        {
            self.due -= 1;
            self.list(host);
        }
    }

    /// Makes those feeds wait for their hosts that are due at `now`. `feed` returns host and lane of a feed.
    pub(super) fn advance<'f>(&mut self, now: Timestamp, feed: impl Fn(&str) -> Option<(&'f str, bool)>) {
        while let Some(first) = self.later.pop_first() {
            if first.0 > now {
                self.later.insert(first);
                break;
            }
            if let Some((host, may_be_slow)) = feed(&first.1) {
                self.hosts.entry(host.to_owned()).or_default().waiting.of(may_be_slow).insert(first);
                self.due += 1;
                self.list(host);
            }
        }
    }

    /// The host that is polled next, and whether its feed is slow: the one whose feed has waited longest. Slow feeds count
    /// only where `with_slow` is set.
    pub(super) fn next_host(&self, with_slow: bool) -> Option<(&str, bool)> {
        let quick = self.ready.quick.first().map(|(at, host)| (*at, host.as_str(), false));
        let slow = self.ready.slow.first().filter(|_| with_slow).map(|(at, host)| (*at, host.as_str(), true));
        quick.into_iter().chain(slow).min().map(|(_, host, may_be_slow)| (host, may_be_slow))
    }

    /// Takes the feed of a host that has waited longest, with the time at which it was due, and counts a poll of the host as in
    /// flight.
    pub(super) fn take(&mut self, host: &str, may_be_slow: bool) -> Option<(Timestamp, String)> {
        let known = self.hosts.get_mut(host)?;
        let taken = known.waiting.of(may_be_slow).pop_first()?;
        known.in_flight += 1;
        self.due -= 1;
        self.list(host);
        Some(taken)
    }

    /// Takes all feeds of a host that are due.
    pub(super) fn take_all(&mut self, host: &str) -> Vec<String> {
        let Some(known) = self.hosts.get_mut(host) else { return Vec::new() };
        let Lanes { quick, slow } = std::mem::take(&mut known.waiting);
        self.due -= quick.len() + slow.len();
        self.list(host);
        quick.into_iter().chain(slow).map(|(_, id)| id).collect()
    }

    /// A poll of a host has begun elsewhere than by [`Schedule::take`].
    pub(super) fn occupy(&mut self, host: &str) {
        self.hosts.entry(host.to_owned()).or_default().in_flight += 1;
        self.list(host);
    }

    /// A poll of a host has ended.
    pub(super) fn release(&mut self, host: &str) {
        if let Some(known) = self.hosts.get_mut(host) {
            known.in_flight = known.in_flight.saturating_sub(1);
            self.list(host);
        }
    }

    /// When the next feed is due that does not wait for its host.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.later.first().map(|(at, _)| *at)
    }

    /// Number of feeds that were due at the last [`Schedule::advance`].
    pub(super) fn count_due(&self) -> usize {
        self.due
    }

    /// Forgets all feeds, but not which hosts have polls in flight.
    pub(super) fn clear(&mut self) {
        self.later.clear();
        self.ready = Lanes::default();
        self.due = 0;
        self.hosts.retain(|_, host| {
            *host = Host { in_flight: host.in_flight, ..Host::default() };
            host.in_flight > 0
        });
    }

    /// Lists a host in `ready` as its feeds and polls now require.
    fn list(&mut self, host: &str) {
        let Some(known) = self.hosts.get_mut(host) else { return };
        let parallel = rate_limit::parallel(host);
        for may_be_slow in [false, true] {
            let first = known.waiting.of(may_be_slow).first().map(|(at, _)| *at).filter(|_| known.in_flight < parallel);
            let before = std::mem::replace(known.listed.of(may_be_slow), first);
            if before == first {
                continue;
            }
            let ready = self.ready.of(may_be_slow);
            if let Some(before) = before {
                ready.remove(&(before, host.to_owned()));
            }
            if let Some(first) = first {
                ready.insert((first, host.to_owned()));
            }
        }
        if known.in_flight == 0 && known.waiting.quick.is_empty() && known.waiting.slow.is_empty() {
            self.hosts.remove(host);
        }
    }
}
