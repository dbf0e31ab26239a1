//! Tells failures of this machine and its network from those of publishers. Pure: the clock is passed in.

use crate::fetch::FetchError;
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

/// Hosts that must fail, one after the other without an answer of any, before the network counts as down.
const MIN_HOSTS: usize = 3;
/// Polls in flight while this machine cannot poll: enough to notice when it can again.
pub(super) const PROBES: usize = 4;
/// Time for which a failure may wait for what becomes of the next polls.
const MAX_HELD: Duration = Duration::from_secs(30);
/// Failures that may wait.
const MAX_HELD_COUNT: usize = 1_000;

/// Whose failure a poll's result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blame {
    /// The host answered, or it is the only one that does not.
    Publisher,
    /// This machine's, or its network's: the poll does not count.
    Ours,
    /// Not known yet.
    Unknown,
}

/// A failure whose cause is not known yet.
#[derive(Debug)]
struct Held<T> {
    failure: T,
    is_offline: bool,
    since: Instant,
}

/// What is known of the network. `T` is a failed poll.
#[derive(Debug)]
pub(super) struct Reachability<T> {
    last_answer: Option<Instant>,
    /// Hosts without failures before that have not answered since the last answer.
    silent: HashSet<String>,
    held: Vec<Held<T>>,
    /// Why this machine cannot poll, and since when.
    trouble: Option<(String, Instant)>,
}

/// A change of [`Reachability`].
#[derive(Debug, PartialEq)]
pub(super) enum Change<T> {
    /// Nothing.
    None,
    /// This machine's trouble begins. These failures are its.
    Begins(Vec<T>),
    /// A host has answered: these failures are their publishers'. The trouble, if any, lasted this long.
    Answered(Vec<T>, Option<Duration>),
}

impl<T> Default for Reachability<T> {
    fn default() -> Self {
        Reachability { last_answer: None, silent: HashSet::new(), held: Vec::new(), trouble: None }
    }
}

impl<T> Reachability<T> {
    /// Why this machine cannot poll; `None` while it can.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_ref().map(|(reason, _)| reason.as_str())
    }

    /// A host has answered, whatever the answer.
    pub(super) fn answered(&mut self, now: Instant) -> Change<T> {
        self.last_answer = Some(now);
        self.silent.clear();
        let lasted = self.trouble.take().map(|(_, since)| now.duration_since(since));
        let held: Vec<T> = self.held.drain(..).map(|held| held.failure).collect();
        if held.is_empty() && lasted.is_none() { Change::None } else { Change::Answered(held, lasted) }
    }

    /// Judges a poll of `host` that failed with `error`; it began at `began`. `is_healthy` says that the poll before did
    /// not fail, `hosts` how many hosts there are.
    pub(super) fn failed(
        &mut self,
        host: &str,
        is_healthy: bool,
        began: Instant,
        error: &FetchError,
        hosts: usize,
        now: Instant,
    ) -> (Blame, Change<T>) {
        let (reason, is_offline) = match error {
            FetchError::Local(reason) => return (Blame::Ours, self.begin(reason, now)),
            FetchError::NoAnswer { reason, is_offline } => (reason, *is_offline),
            _ => return (Blame::Publisher, Change::None),
        };
        if self.trouble.is_some() {
            return (Blame::Ours, Change::None);
        }
        // Another host answered meanwhile.
        if self.last_answer.is_some_and(|answer| answer >= began) {
            return (Blame::Publisher, Change::None);
        }
        if is_healthy {
            self.silent.insert(host.to_owned());
        }
        if self.silent.len() >= MIN_HOSTS {
            return (Blame::Ours, self.begin(reason, now));
        }
        if hosts < MIN_HOSTS {
            // Too few to compare with.
            return if is_offline { (Blame::Ours, self.begin(reason, now)) } else { (Blame::Publisher, Change::None) };
        }
        let blame = if self.held.len() < MAX_HELD_COUNT { Blame::Unknown } else { Blame::Publisher };
        (blame, Change::None)
    }

    /// Keeps a failure of [`Blame::Unknown`] until more is known.
    pub(super) fn hold(&mut self, failure: T, error: &FetchError, now: Instant) {
        let is_offline = matches!(error, FetchError::NoAnswer { is_offline: true, .. });
        self.held.push(Held { failure, is_offline, since: now });
    }

    /// Failures that have waited long enough, and whose they are.
    pub(super) fn expired(&mut self, now: Instant) -> Vec<(T, Blame)> {
        let mut expired = Vec::new();
        let mut at = 0;
        while let Some(held) = self.held.get(at) {
            if now.duration_since(held.since) < MAX_HELD {
                at += 1;
                continue;
            }
            let held = self.held.swap_remove(at);
            expired.push((held.failure, if held.is_offline { Blame::Ours } else { Blame::Publisher }));
        }
        expired
    }

    /// Forgets the failures that wait: their polls are another replica's.
    pub(super) fn clear(&mut self) {
        self.held.clear();
    }

    fn begin(&mut self, reason: &str, now: Instant) -> Change<T> {
        if self.trouble.is_some() {
            return Change::None;
        }
        self.trouble = Some((reason.to_owned(), now));
        Change::Begins(self.held.drain(..).map(|held| held.failure).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed_out() -> FetchError {
        FetchError::NoAnswer { reason: "timed out".into(), is_offline: false }
    }

    fn no_route() -> FetchError {
        FetchError::NoAnswer { reason: "no route".into(), is_offline: true }
    }

    #[test]
    fn three_hosts_in_a_row_without_an_answer_are_our_trouble() {
        let (mut network, now) = (Reachability::default(), Instant::now());
        for host in ["a", "b"] {
            assert_eq!(network.failed(host, true, now, &timed_out(), 9, now), (Blame::Unknown, Change::None));
            network.hold(host, &timed_out(), now);
        }
        assert_eq!(network.failed("a", true, now, &timed_out(), 9, now).0, Blame::Unknown);
        let third = network.failed("c", true, now, &timed_out(), 9, now);
        assert_eq!(third, (Blame::Ours, Change::Begins(vec!["a", "b"])));
        assert_eq!(network.failed("d", false, now, &timed_out(), 9, now), (Blame::Ours, Change::None));
        let later = now + Duration::from_secs(60);
        assert_eq!(network.answered(later), Change::Answered(vec![], Some(Duration::from_secs(60))));
        assert_eq!(network.trouble(), None);
    }

    #[test]
    fn a_host_that_is_silent_while_another_answers_has_failed() {
        let (mut network, now) = (Reachability::default(), Instant::now());
        let later = now + Duration::from_secs(1);
        assert_eq!(network.failed("a", true, now, &no_route(), 9, now).0, Blame::Unknown);
        network.hold("a", &no_route(), now);
        assert_eq!(network.answered(later), Change::Answered(vec!["a"], None));
        assert_eq!(network.failed("b", true, now, &timed_out(), 9, later).0, Blame::Publisher);
    }

    #[test]
    fn hosts_that_failed_before_say_nothing_of_the_network() {
        let (mut network, now) = (Reachability::default(), Instant::now());
        for host in ["a", "b", "c", "d"] {
            assert_eq!(network.failed(host, false, now, &timed_out(), 9, now).0, Blame::Unknown);
            network.hold(host, &if host == "d" { no_route() } else { timed_out() }, now);
        }
        assert!(network.expired(now).is_empty());
        let mut expired = network.expired(now + MAX_HELD);
        expired.sort_by_key(|(host, _)| *host);
        let publisher = Blame::Publisher;
        assert_eq!(expired, [("a", publisher), ("b", publisher), ("c", publisher), ("d", Blame::Ours)]);
    }

    #[test]
    fn too_few_hosts_to_compare_are_judged_by_the_error() {
        let (mut network, now) = (Reachability::<()>::default(), Instant::now());
        assert_eq!(network.failed("a", true, now, &timed_out(), 2, now).0, Blame::Publisher);
        assert_eq!(network.failed("a", true, now, &no_route(), 2, now).0, Blame::Ours);
        assert_eq!(network.failed("a", true, now, &FetchError::Local("files".into()), 9, now).0, Blame::Ours);
        assert_eq!(network.failed("a", true, now, &FetchError::TooLarge(1), 9, now).0, Blame::Publisher);
    }
}
