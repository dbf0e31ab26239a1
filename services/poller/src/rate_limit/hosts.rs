//! The state of each host. Pure: the clock is passed in.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// From this many hosts on, idle ones are removed.
const MAX_IDLE_HOSTS: usize = 10_000;
/// The longest time for which a host is blocked, regardless of its Retry-After.
const MAX_BLOCK: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether a request may start now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Yes. The host is busy until [`HostTable::release`].
    Granted,
    /// Not before this much time has passed.
    Wait(Duration),
    /// Another request is in flight: try again when it has ended.
    Busy,
    /// The host is blocked for this long.
    Blocked(Duration),
}

/// Which hosts have a request in flight, and when each may receive the next.
#[derive(Debug)]
pub struct HostTable {
    min_interval: Duration,
    hosts: HashMap<String, HostState>,
}

#[derive(Debug, Clone, Copy)]
struct HostState {
    busy: bool,
    free_at: Instant,
    blocked_until: Option<Instant>,
}

impl HostState {
    fn idle(now: Instant) -> Self {
        HostState { busy: false, free_at: now, blocked_until: None }
    }
}

impl HostTable {
    /// An empty table that keeps `min_interval` between two requests to a host.
    #[must_use]
    pub fn new(min_interval: Duration) -> Self {
        HostTable { min_interval, hosts: HashMap::new() }
    }

    /// Starts a request to `host` if one is allowed at `now`.
    pub fn try_acquire(&mut self, host: &str, now: Instant) -> Admission {
        self.remove_idle(now);
        let state = self.hosts.entry(host.to_owned()).or_insert(HostState::idle(now));
        if let Some(until) = state.blocked_until {
            if until > now {
                return Admission::Blocked(until - now);
            }
            state.blocked_until = None;
        }
        if state.busy {
            return Admission::Busy;
        }
        if state.free_at > now {
            return Admission::Wait(state.free_at - now);
        }
        state.busy = true;
        Admission::Granted
    }

    /// Ends the request to `host`; the minimum interval starts.
    pub fn release(&mut self, host: &str, now: Instant) {
        if let Some(state) = self.hosts.get_mut(host) {
            state.busy = false;
            state.free_at = now + self.min_interval;
        }
    }

    /// Blocks requests to `host` for `wait` from `now`, at most a day. An earlier, longer block stays.
    pub fn block(&mut self, host: &str, now: Instant, wait: Duration) {
        let until = now + wait.min(MAX_BLOCK);
        let state = self.hosts.entry(host.to_owned()).or_insert(HostState::idle(now));
        state.blocked_until = Some(state.blocked_until.map_or(until, |other| other.max(until)));
    }

    /// Ends the block of `host`, if there is one.
    pub fn unblock(&mut self, host: &str) {
        if let Some(state) = self.hosts.get_mut(host) {
            state.blocked_until = None;
        }
    }

    /// How long until a request to `host` is allowed, if the one in flight ended at `now`.
    #[must_use]
    pub fn delay(&self, host: &str, now: Instant) -> Duration {
        self.hosts.get(host).map_or(Duration::ZERO, |state| {
            let at = state.blocked_until.map_or(state.free_at, |until| until.max(state.free_at));
            at.saturating_duration_since(now)
        })
    }

    /// Number of hosts in the table.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// True if the table is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    fn remove_idle(&mut self, now: Instant) {
        if self.hosts.len() >= MAX_IDLE_HOSTS {
            self.hosts.retain(|_, state| {
                state.busy || state.free_at > now || state.blocked_until.is_some_and(|until| until > now)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_hosts_are_removed_at_the_limit() {
        let now = Instant::now();
        let mut hosts = HostTable::new(Duration::from_secs(1));
        for n in 0..MAX_IDLE_HOSTS {
            let host = format!("h{n}.org");
            assert_eq!(hosts.try_acquire(&host, now), Admission::Granted);
            hosts.release(&host, now);
        }
        hosts.try_acquire("another.org", now + Duration::from_secs(2));
        assert_eq!(hosts.len(), 1);
    }

    #[test]
    fn a_host_is_blocked_for_a_day_at_most() {
        let now = Instant::now();
        let mut hosts = HostTable::new(Duration::ZERO);
        hosts.block("e.org", now, Duration::from_secs(u64::from(u32::MAX)));
        assert_eq!(hosts.delay("e.org", now), MAX_BLOCK);
    }
}
