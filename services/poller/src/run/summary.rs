//! The periodic line on polling in the log. A single poll is logged at level debug.

use crate::Metrics;
use std::time::{Duration, Instant};

/// Time between two summaries.
const INTERVAL: Duration = Duration::from_secs(60);

/// What has been counted since the process began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Totals {
    polls: u64,
    failed: u64,
    new: u64,
    changed: u64,
    bytes: u64,
}

/// Outcomes of polls that did not fail.
const SUCCESSES: [&str; 3] =
    [proto::vocab::poll::NEW_ENTRIES, proto::vocab::poll::NOTHING_NEW, proto::vocab::poll::NOT_MODIFIED];

impl Totals {
    fn of(metrics: &Metrics) -> Self {
        let polls = metrics.poll_seconds.get_sample_count();
        let succeeded: u64 = SUCCESSES.iter().map(|outcome| metrics.polls.with_label_values(&[*outcome]).get()).sum();
        let entries = |outcome: &str| metrics.entries.with_label_values(&[outcome]).get();
        let failed = polls.saturating_sub(succeeded);
        Totals { polls, failed, new: entries("new"), changed: entries("changed"), bytes: metrics.bytes.get() }
    }
}

/// Logs how many polls there were, once a minute.
#[derive(Debug)]
pub(super) struct Summary {
    last: Totals,
    at: Instant,
}

impl Summary {
    pub(super) fn new(now: Instant) -> Self {
        Summary { last: Totals::default(), at: now }
    }

    /// Logs a summary, if it is time; true if it did.
    pub(super) fn log(&mut self, metrics: &Metrics, now: Instant) -> bool {
        let Some(Totals { polls, failed, new, changed, bytes }) = self.since(|| Totals::of(metrics), now) else {
            return false;
        };
        let (feeds, due) = (metrics.feeds.get(), metrics.due.get());
        tracing::info!(polls, failed, new, changed, bytes, feeds, due, "polls of the last minute");
        true
    }

    /// What was counted since the last summary; `None` if it is not time for the next.
    fn since(&mut self, totals: impl FnOnce() -> Totals, now: Instant) -> Option<Totals> {
        if now.duration_since(self.at) < INTERVAL {
            return None;
        }
        let totals = totals();
        let last = std::mem::replace(&mut self.last, totals);
        self.at = now;
        Some(Totals {
            polls: totals.polls - last.polls,
            failed: totals.failed.saturating_sub(last.failed),
            new: totals.new - last.new,
            changed: totals.changed - last.changed,
            bytes: totals.bytes - last.bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_counts_what_came_since_the_last() {
        let begin = Instant::now();
        let mut summary = Summary::new(begin);
        let totals = |polls, failed| Totals { polls, failed, ..Totals::default() };
        assert_eq!(summary.since(|| totals(5, 0), begin + Duration::from_secs(59)), None);
        assert_eq!(summary.since(|| totals(7, 2), begin + INTERVAL), Some(totals(7, 2)));
        assert_eq!(summary.since(|| totals(8, 2), begin + INTERVAL), None);
        assert_eq!(summary.since(|| totals(9, 3), begin + 2 * INTERVAL), Some(totals(2, 1)));
    }
}
