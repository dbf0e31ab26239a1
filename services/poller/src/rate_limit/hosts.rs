//! The state of each host. Pure: the clock is passed in.

use super::platforms::{Rate, platform_of};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// From this many hosts on, idle ones are removed; then again when there are twice as many as were left.
const MAX_IDLE_HOSTS: usize = 10_000;
/// The longest time for which a host that did not answer gets no request.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
/// The longest time for which a host is blocked, regardless of its Retry-After.
const MAX_BLOCK: Duration = Duration::from_secs(24 * 60 * 60);
/// The same for a platform, whose feeds are those of many publishers.
const MAX_PLATFORM_BLOCK: Duration = Duration::from_secs(60 * 60);

/// Whether a request may start now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Yes. The host is busy until [`HostTable::release`].
    Granted,
    /// Not before this much time has passed.
    Wait(Duration),
    /// As many requests as may be are in flight: try again when one has ended.
    Busy,
    /// The host is blocked for this long.
    Blocked(Duration),
}

/// How many requests each host has in flight, and when it may receive the next. The subdomains of a platform count as one.
#[derive(Debug)]
pub struct HostTable {
    min_interval: Duration,
    hosts: HashMap<String, HostState>,
    /// Number of hosts at which idle ones are removed.
    full_at: usize,
}

#[derive(Debug, Clone, Copy)]
struct HostState {
    in_flight: usize,
    free_at: Instant,
    blocked_until: Option<Instant>,
    /// Requests in a row that it did not answer.
    unanswered: u32,
}

impl HostState {
    fn idle(now: Instant) -> Self {
        HostState { in_flight: 0, free_at: now, blocked_until: None, unanswered: 0 }
    }
}

impl HostTable {
    /// An empty table that keeps `min_interval` between two requests to a host that is no platform.
    #[must_use]
    pub fn new(min_interval: Duration) -> Self {
        HostTable { min_interval, hosts: HashMap::new(), full_at: MAX_IDLE_HOSTS }
    }

    /// Name and rate of a host.
    fn rate<'h>(&self, host: &'h str) -> (&'h str, Rate) {
        platform_of(host).unwrap_or((host, Rate { interval: self.min_interval, parallel: 1 }))
    }

    /// Starts a request to `host` if one is allowed at `now`.
    pub fn try_acquire(&mut self, host: &str, now: Instant) -> Admission {
        let admission = self.try_acquire_page(host, now);
        let (host, _) = self.rate(host);
        if admission == Admission::Granted
            && let Some(state) = self.hosts.get_mut(host)
        {
            state.in_flight += 1;
        }
        admission
    }

    /// As [`HostTable::try_acquire`], for a request that does not count as one in flight and is not released.
    pub fn try_acquire_page(&mut self, host: &str, now: Instant) -> Admission {
        self.remove_idle(now);
        let (host, rate) = self.rate(host);
        let state = self.hosts.entry(host.to_owned()).or_insert(HostState::idle(now));
        if let Some(until) = state.blocked_until {
            if until > now {
                return Admission::Blocked(until - now);
            }
            state.blocked_until = None;
        }
        if state.in_flight >= rate.parallel {
            return Admission::Busy;
        }
        if state.free_at > now {
            return Admission::Wait(state.free_at - now);
        }
        state.free_at = now + rate.interval;
        Admission::Granted
    }

    /// Ends a request to `host`; the minimum interval starts, and is `delay` at least.
    pub fn release(&mut self, host: &str, delay: Duration, now: Instant) {
        let (host, rate) = self.rate(host);
        if let Some(state) = self.hosts.get_mut(host) {
            state.in_flight = state.in_flight.saturating_sub(1);
            // With several at a time the interval is that between their starts.
            let wait = if rate.parallel == 1 { rate.interval.max(delay) } else { delay };
            state.free_at = state.free_at.max(now + wait);
        }
    }

    /// Blocks requests to `host` for `wait` from `now`, at most a day, and to a platform for an hour. An earlier, longer
    /// block stays.
    pub fn block(&mut self, host: &str, now: Instant, wait: Duration) {
        let most = if platform_of(host).is_some() { MAX_PLATFORM_BLOCK } else { MAX_BLOCK };
        let until = now + wait.min(most);
        let (host, _) = self.rate(host);
        let state = self.hosts.entry(host.to_owned()).or_insert(HostState::idle(now));
        state.blocked_until = Some(state.blocked_until.map_or(until, |other| other.max(until)));
    }

    /// A request to `host` got no answer: the host gets none for `first`, and twice as long after each further one, up to an
    /// hour.
    pub fn unanswered(&mut self, host: &str, first: Duration, now: Instant) {
        // Of a platform, another name may answer.
        if platform_of(host).is_some() {
            return;
        }
        let state = self.hosts.entry(host.to_owned()).or_insert(HostState::idle(now));
        let pause = first.saturating_mul(1 << state.unanswered.min(10)).min(LONGEST_PAUSE);
        state.unanswered = state.unanswered.saturating_add(1);
        self.block(host, now, pause);
    }

    /// `host` has answered.
    pub fn answered(&mut self, host: &str) {
        if let Some(state) = self.hosts.get_mut(host) {
            state.unanswered = 0;
        }
    }

    /// Ends the block of `host`, if there is one, and forgets what it did not answer.
    pub fn unblock(&mut self, host: &str) {
        let (host, _) = self.rate(host);
        if let Some(state) = self.hosts.get_mut(host) {
            state.blocked_until = None;
            state.unanswered = 0;
        }
    }

    /// How long until a request to `host` is allowed, if the one in flight ended at `now`.
    #[must_use]
    pub fn delay(&self, host: &str, now: Instant) -> Duration {
        let (host, _) = self.rate(host);
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
        if self.hosts.len() < self.full_at {
            return;
        }
        self.hosts.retain(|_, state| {
            let is_blocked = state.blocked_until.is_some_and(|until| until > now);
            state.in_flight > 0 || state.free_at > now || is_blocked || state.unanswered > 0
        });
        self.full_at = MAX_IDLE_HOSTS.max(2 * self.hosts.len());
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
            hosts.release(&host, Duration::ZERO, now);
        }
        hosts.try_acquire("another.org", now + Duration::from_secs(2));
        assert_eq!(hosts.len(), 1);
    }

    #[test]
    fn a_platform_has_a_rate_of_its_own_which_its_subdomains_share() {
        let now = Instant::now();
        let mut hosts = HostTable::new(Duration::from_secs(1));
        let mut acquire = |host: &str, millis| hosts.try_acquire(host, now + Duration::from_millis(millis));
        assert_eq!(acquire("a.blogspot.com", 0), Admission::Granted);
        assert_eq!(acquire("b.blogspot.com", 0), Admission::Wait(Duration::from_millis(100)));
        assert!([100, 200, 300].into_iter().all(|at| acquire("b.blogspot.com", at) == Admission::Granted));
        assert_eq!(acquire("c.blogspot.com", 400), Admission::Busy);
        hosts.block("a.blogspot.com", now, Duration::from_secs(60));
        hosts.release("a.blogspot.com", Duration::ZERO, now);
        assert_eq!(hosts.delay("c.blogspot.com", now), Duration::from_secs(60));
    }

    #[test]
    fn a_longer_delay_holds_after_the_request_that_asks_for_it() {
        let now = Instant::now();
        let mut hosts = HostTable::new(Duration::from_secs(1));
        hosts.try_acquire("e.org", now);
        hosts.release("e.org", Duration::from_secs(5), now);
        assert_eq!(hosts.try_acquire("e.org", now), Admission::Wait(Duration::from_secs(5)));
    }

    #[test]
    fn a_host_that_does_not_answer_waits_longer_each_time_until_it_does() {
        let now = Instant::now();
        let mut hosts = HostTable::new(Duration::from_secs(1));
        let pause = |hosts: &mut HostTable| {
            hosts.unanswered("e.org", Duration::from_secs(30), now);
            hosts.delay("e.org", now).as_secs()
        };
        assert_eq!([(); 9].map(|()| pause(&mut hosts)), [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        hosts.answered("e.org");
        hosts.unblock("e.org");
        assert_eq!(pause(&mut hosts), 30);
    }

    #[test]
    fn a_host_is_blocked_for_a_day_at_most_and_a_platform_for_an_hour() {
        let now = Instant::now();
        let mut hosts = HostTable::new(Duration::ZERO);
        for (host, most) in [("e.org", MAX_BLOCK), ("a.blogspot.com", MAX_PLATFORM_BLOCK)] {
            hosts.block(host, now, Duration::from_secs(u64::from(u32::MAX)));
            assert_eq!(hosts.delay(host, now), most, "{host}");
        }
    }
}
