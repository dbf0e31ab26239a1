//! Results that arrive: which count, and which are put off because this machine or its network failed.

use super::{
    poll_loop::{InFlight, PollLoop},
    reachability::{Blame, Change},
};
use crate::{fetch::FetchError, poll::PollResult, rate_limit::host_of};
use jiff::SignedDuration;
use std::time::{Duration, Instant};

/// Hosts that there must be to compare one with the others.
const COMPARED_HOSTS: usize = 3;
/// The first pause of a host that does not answer is this part of the poll interval.
const PAUSES: i32 = 10;
/// When a feed is due again whose poll does not count.
const RETRY: SignedDuration = SignedDuration::from_secs(15);

impl PollLoop {
    /// Takes the results that have arrived. A result that no feed awaits any longer is dropped.
    pub(super) fn collect(&mut self) {
        while self.pending.len() < self.config.parallel {
            let Some(mut result) = self.next_arrived() else { break };
            // By the clock that the schedule follows: it may have been set during the poll.
            result.at = self.now();
            let flight = self.in_flight.remove(&result.number);
            if let Some(poll) = &flight {
                self.feeds.release(&poll.host);
            }
            if !self.feeds.awaits(&result) {
                self.metrics.late.inc();
                continue;
            }
            fail::fail_point!("poller::fetched");
            self.judge(result, flight, Instant::now());
        }
        for (result, blame) in self.network.expired(Instant::now()) {
            self.settle(result, blame);
        }
    }

    fn judge(&mut self, result: PollResult, flight: Option<InFlight>, now: Instant) {
        let error = match &result.response {
            // These come without a request.
            Err(FetchError::Address(_) | FetchError::Blocked(_)) => return self.pending.push_back(result),
            Err(FetchError::Robots(_) | FetchError::RobotsUnreachable(_)) => return self.pending.push_back(result),
            Ok(_)
            | Err(FetchError::Redirect(_) | FetchError::TooLarge(_) | FetchError::Network(_) | FetchError::Fault(_)) => {
                let change = self.network.answered(now);
                self.apply_change(change);
                return self.pending.push_back(result);
            }
            Err(FetchError::Busy(_)) => {
                let change = self.network.answered(now);
                self.apply_change(change);
                return self.settle(result, Blame::Ours);
            }
            Err(error) => error.clone(),
        };
        let duration = Duration::from_millis(u64::try_from(result.duration_ms).unwrap_or(0));
        let began = now.checked_sub(duration).unwrap_or(now);
        let InFlight { host, is_healthy, .. } = flight.unwrap_or_default();
        let hosts = self.feeds.count_hosts().min(COMPARED_HOSTS);
        let (blame, change) = self.network.failed(&host, is_healthy, began, &error, hosts, now);
        self.apply_change(change);
        match blame {
            Blame::Unknown => self.network.hold(result, &error, now),
            blame => self.settle(result, blame),
        }
    }

    fn apply_change(&mut self, change: Change<PollResult>) {
        match change {
            Change::None => {}
            Change::Begins(held) => {
                let reason = self.network.trouble().unwrap_or_default().to_owned();
                tracing::error!(
                    reason,
                    "this machine cannot poll; no feed counts as failed, and polling resumes automatically"
                );
                self.reachable.gate.set_online(false);
                self.reachable.online.not_met(format!("this machine cannot poll: {reason}"));
                self.metrics.offline.set(1);
                held.into_iter().for_each(|result| self.settle(result, Blame::Ours));
            }
            Change::Answered(held, lasted) => {
                if let Some(lasted) = lasted {
                    tracing::info!(seconds = lasted.as_secs(), "polling resumes");
                    self.reachable.gate.set_online(true);
                    self.reachable.online.met();
                    self.metrics.offline.set(0);
                    let now = self.now();
                    self.feeds.spread_due(now, &mut self.spread, self.config.poll_interval);
                }
                held.into_iter().for_each(|result| self.settle(result, Blame::Publisher));
            }
        }
    }

    /// A publisher's failure is committed. A poll that failed here leaves no trace in the feed's state.
    fn settle(&mut self, result: PollResult, blame: Blame) {
        if !self.feeds.awaits(&result) {
            self.metrics.late.inc();
            return;
        }
        if blame != Blame::Ours {
            if matches!(result.response, Err(FetchError::NoAnswer { .. })) {
                // Its other feeds wait, without a failure. A host that a redirect leads to does not.
                let first = (self.config.poll_interval / PAUSES).unsigned_abs();
                self.limiter.unanswered(&host_of(&result.url), first);
            }
            return self.pending.push_back(result);
        }
        self.metrics.postponed.inc();
        let now = self.now();
        let Some(feed) = self.feeds.get_mut(&result.feed_id) else { return };
        feed.awaited = None;
        let wait = RETRY.min(self.config.poll_interval);
        let due = (!feed.feed.paused).then(|| now.checked_add(wait).unwrap_or(now));
        self.feeds.set_due(&result.feed_id, due);
    }
}
