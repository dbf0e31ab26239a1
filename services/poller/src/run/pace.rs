//! How much the polls publish, so that no feed keeps the others waiting in the stages behind: each reads a partition in its
//! order. A little of each poll is published at once. The rest goes in parts, as far as the stages get through what they have
//! within half a second. Pure.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

/// Bytes that the polls of a host may publish at once, and how many more each second.
const HOST_BYTES: f64 = 16.0 * 1_024.0;
const HOST_RATE: f64 = 2.0 * 1_024.0;
/// Bytes of a part.
const PART: usize = 1 << 20;
/// Seconds of work that the stages may have before them.
const AHEAD: f64 = 0.5;
/// Bytes that the stages are taken to get through in a second, before it is known.
const FIRST_RATE: f64 = 256.0 * 1_024.0;
/// The bounds of what they are taken to get through.
const RATES: (f64, f64) = (64.0 * 1_024.0, 8.0 * 1_024.0 * 1_024.0);
/// Bytes a second that are published whatever they do, and how many at once: the log keeps them.
const LEAST_RATE: f64 = 8.0 * 1_024.0;
const LEAST: f64 = 64.0 * 1_024.0;
/// Seconds of work after which an observation counts little.
const MEMORY: f64 = 5.0;
/// How much faster they are taken to be once they have got through what they were given.
const GROWTH: f64 = 1.3;
/// Most transactions whose bytes are known.
const REMEMBERED: usize = 10_000;
/// Most hosts that are remembered. Others publish at once.
const HOSTS: usize = 10_000;

/// Bytes that may be published, as of a time.
#[derive(Debug, Clone, Copy)]
struct Tokens {
    bytes: f64,
    at: Instant,
}

/// The pace of publication.
pub(super) struct Pace {
    /// False if everything is published at once.
    is_kept: bool,
    /// What is left to the hosts that have published lately.
    hosts: HashMap<String, Tokens>,
    /// Records and bytes of the last transactions.
    written: VecDeque<(u64, u64)>,
    /// Bytes written so far, and at the last observation.
    total: u64,
    observed_total: u64,
    /// Bytes that the stages had not read at the last observation.
    backlog: u64,
    /// Bytes that they have got through lately, and the seconds that it took.
    done: (f64, f64),
    observed: Option<Instant>,
    /// What is published whatever they do.
    least: Tokens,
}

impl Pace {
    pub(super) fn new(is_kept: bool, now: Instant) -> Self {
        Pace {
            is_kept,
            hosts: HashMap::new(),
            written: VecDeque::new(),
            total: 0,
            observed_total: 0,
            backlog: 0,
            done: (FIRST_RATE, 1.0),
            observed: None,
            least: Tokens { bytes: 0.0, at: now },
        }
    }

    /// False if everything is published at once.
    pub(super) fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Bytes that a poll of `host` may publish at once.
    pub(super) fn little(&self, host: &str, now: Instant) -> usize {
        if !self.is_kept {
            return usize::MAX;
        }
        self.hosts.get(host).map_or(HOST_BYTES, |tokens| of_host(*tokens, now)) as usize
    }

    /// Bytes of the next part of a poll that publishes much; 0 while it must wait.
    pub(super) fn part(&self) -> usize {
        let backlog = self.backlog.saturating_add(self.total - self.observed_total);
        let free = self.rate() * AHEAD - backlog as f64;
        (free.max(self.least.bytes).max(0.0) as usize).min(PART)
    }

    /// Counts a transaction.
    pub(super) fn wrote(&mut self, records: usize, bytes: usize) {
        if records == 0 {
            return;
        }
        let (records, bytes) = (records as u64, bytes as u64);
        self.total += bytes;
        // An item may be larger than what was left.
        self.least.bytes = (self.least.bytes - bytes as f64).max(-LEAST);
        self.written.push_front((records, bytes));
        self.written.truncate(REMEMBERED);
    }

    /// Counts what a poll of `host` published of [`Pace::little`].
    pub(super) fn published(&mut self, host: &str, bytes: usize, now: Instant) {
        if bytes == 0 {
            return;
        }
        let before = self.hosts.get(host).map_or(HOST_BYTES, |tokens| of_host(*tokens, now));
        if self.hosts.len() >= HOSTS {
            self.hosts.retain(|_, tokens| of_host(*tokens, now) < HOST_BYTES);
        }
        if self.hosts.len() < HOSTS {
            self.hosts.insert(host.to_owned(), Tokens { bytes: (before - bytes as f64).max(0.0), at: now });
        }
    }

    /// Bytes that the stages get through in a second.
    fn rate(&self) -> f64 {
        (self.done.0 / self.done.1).clamp(RATES.0, RATES.1)
    }

    /// Bytes written so far, for [`Pace::observe`].
    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// Takes how many records the stages have not read; `None` if it is not known, which counts as none. `total` is
    /// [`Pace::total`] from before they were counted.
    pub(super) fn observe(&mut self, unread: Option<u64>, total: u64, now: Instant) {
        let since = self.observed.replace(now).map_or(Duration::ZERO, |last| now.duration_since(last));
        let backlog = unread.map_or(0, |records| self.bytes_of_last(records, self.total - total));
        let done = (self.backlog + (total - self.observed_total)).saturating_sub(backlog);
        let seconds = since.as_secs_f64();
        if backlog > 0 {
            let kept = (-seconds / MEMORY).exp();
            self.done = (self.done.0 * kept + done as f64, self.done.1 * kept + seconds);
        } else if unread.is_some() && done as f64 > self.rate() * AHEAD / 2.0 {
            self.done.0 = (self.done.0 * GROWTH).min(RATES.1 * self.done.1);
        }
        (self.backlog, self.observed_total) = (backlog, total);
        let more = now.duration_since(self.least.at).as_secs_f64() * LEAST_RATE;
        self.least = Tokens { bytes: (self.least.bytes + more).min(LEAST), at: now };
    }

    /// Bytes of the last `records`, without the newest `later` bytes. What is older than is known, or another replica's, is
    /// taken to be like the rest.
    fn bytes_of_last(&self, records: u64, later: u64) -> u64 {
        let (mut skipped, mut found, mut bytes) = (0, 0, 0_u64);
        for (count, size) in &self.written {
            if skipped < later {
                skipped += size;
                continue;
            }
            if found >= records {
                return bytes;
            }
            let taken = (*count).min(records - found);
            bytes += size * taken / count.max(&1);
            found += taken;
        }
        match found {
            0 => 0,
            _ => bytes.saturating_mul(records) / found,
        }
    }
}

/// What is left to a host at `now`.
fn of_host(tokens: Tokens, now: Instant) -> f64 {
    (tokens.bytes + now.duration_since(tokens.at).as_secs_f64() * HOST_RATE).min(HOST_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn much_waits_while_the_stages_have_much_to_do() {
        let start = Instant::now();
        let mut pace = Pace::new(true, start);
        let first = pace.part();
        assert!(first > 0);
        pace.wrote(100, 10 << 20);
        assert_eq!(pace.part(), 0);
        pace.observe(Some(100), pace.total(), start + SECOND);
        assert_eq!(pace.part(), 0);
        pace.observe(Some(0), pace.total(), start + 2 * SECOND);
        assert!(pace.part() > first, "they are faster than was known");
    }

    #[test]
    fn the_rate_is_what_the_stages_get_through() {
        let start = Instant::now();
        let mut pace = Pace::new(true, start);
        pace.wrote(1_000, 100 << 20);
        for second in 0..20_u32 {
            pace.observe(Some(u64::from(1_000 - second * 20)), pace.total(), start + SECOND * second);
        }
        let rate = pace.rate() / f64::from(2 << 20);
        assert!((0.9..1.1).contains(&rate), "{rate}");
    }

    #[test]
    fn stages_that_get_through_nothing_do_not_stop_it() {
        let start = Instant::now();
        let mut pace = Pace::new(true, start);
        pace.wrote(1_000, 100 << 20);
        let second = |number: f64| start + SECOND.mul_f64(number);
        // Each second something is paid back of what was published beyond the least.
        let paid = LEAST / LEAST_RATE;
        pace.observe(Some(1_000), pace.total(), second(paid));
        assert_eq!(pace.part(), 0);
        pace.observe(Some(1_000), pace.total(), second(paid + 1.0));
        assert_eq!(pace.part(), LEAST_RATE as usize);
        pace.wrote(1, 60_000);
        pace.observe(Some(1_001), pace.total(), second(paid + 2.0));
        assert_eq!(pace.part(), 0);
        pace.observe(Some(1_001), pace.total(), second(paid + 3_600.0));
        assert_eq!(pace.part(), LEAST as usize);
        // Where nothing is known, there is a rate too.
        pace.observe(None, pace.total(), second(paid + 3_601.0));
        assert!(pace.part() > 0);
    }

    #[test]
    fn a_host_publishes_little_at_once_and_not_all_the_time() {
        let start = Instant::now();
        let mut pace = Pace::new(true, start);
        let all = HOST_BYTES as usize;
        assert_eq!(pace.little("a", start), all);
        pace.published("a", all / 4, start);
        assert_eq!(pace.little("a", start), all - all / 4);
        pace.published("a", all - all / 4, start);
        assert_eq!((pace.little("a", start), pace.little("b", start)), (0, all));
        assert_eq!(pace.little("a", start + SECOND), HOST_RATE as usize);
        assert_eq!(pace.little("a", start + 3_600 * SECOND), all);
    }
}
