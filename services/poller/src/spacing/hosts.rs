//! The rule behind the gate. Pure: the clock is passed in.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// Above this many hosts, those that nobody waits for are forgotten.
const MOST: usize = 10_000;
/// No host is left alone for longer than this, whatever it asks for.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What the rule says to one who wants to ask a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go; leave when done.
    Go,
    /// Not before this long.
    Wait(Duration),
    /// Another is asking: try again when one has left.
    Busy,
    /// The host asked to be left alone for this long.
    Closed(Duration),
}

/// Who is being asked, and when each host may be asked again.
#[derive(Debug)]
pub struct Hosts {
    spacing: Duration,
    slots: HashMap<String, Slot>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    busy: bool,
    free_at: Instant,
    closed_until: Option<Instant>,
}

impl Hosts {
    /// With this pause between two requests to a host.
    #[must_use]
    pub fn new(spacing: Duration) -> Self {
        Hosts { spacing, slots: HashMap::new() }
    }

    /// May `host` be asked now? After [`Answer::Go`] it counts as busy until [`Hosts::leave`].
    pub fn enter(&mut self, host: &str, now: Instant) -> Answer {
        self.tidy(now);
        let slot = self.slots.entry(host.to_owned()).or_insert(Slot { busy: false, free_at: now, closed_until: None });
        if let Some(until) = slot.closed_until {
            if until > now {
                return Answer::Closed(until - now);
            }
            slot.closed_until = None;
        }
        if slot.busy {
            return Answer::Busy;
        }
        if slot.free_at > now {
            return Answer::Wait(slot.free_at - now);
        }
        slot.busy = true;
        Answer::Go
    }

    /// The request has ended; the pause begins.
    pub fn leave(&mut self, host: &str, now: Instant) {
        if let Some(slot) = self.slots.get_mut(host) {
            slot.busy = false;
            slot.free_at = now + self.spacing;
        }
    }

    /// Leaves `host` alone for `wait`, at most a day.
    pub fn close(&mut self, host: &str, now: Instant, wait: Duration) {
        let until = now + wait.min(LONGEST);
        let slot = self.slots.entry(host.to_owned()).or_insert(Slot { busy: false, free_at: now, closed_until: None });
        slot.closed_until = Some(slot.closed_until.map_or(until, |other| other.max(until)));
    }

    /// How long until `host` may be asked, if whoever is asking it now were done.
    #[must_use]
    pub fn wait(&self, host: &str, now: Instant) -> Duration {
        self.slots.get(host).map_or(Duration::ZERO, |slot| {
            let at = slot.closed_until.map_or(slot.free_at, |until| until.max(slot.free_at));
            at.saturating_duration_since(now)
        })
    }

    /// Number of hosts that are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// True where no host is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    fn tidy(&mut self, now: Instant) {
        if self.slots.len() >= MOST {
            self.slots.retain(|_, slot| {
                slot.busy || slot.free_at > now || slot.closed_until.is_some_and(|until| until > now)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_nobody_waits_for_are_forgotten() {
        let now = Instant::now();
        let mut hosts = Hosts::new(Duration::from_secs(1));
        for n in 0..MOST {
            let host = format!("h{n}.org");
            assert_eq!(hosts.enter(&host, now), Answer::Go);
            hosts.leave(&host, now);
        }
        hosts.enter("another.org", now + Duration::from_secs(2));
        assert_eq!(hosts.len(), 1);
    }

    #[test]
    fn no_host_is_closed_for_more_than_a_day() {
        let now = Instant::now();
        let mut hosts = Hosts::new(Duration::ZERO);
        hosts.close("e.org", now, Duration::from_secs(u64::from(u32::MAX)));
        assert_eq!(hosts.wait("e.org", now), LONGEST);
    }
}
