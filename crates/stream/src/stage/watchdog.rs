//! Names records that take long. Work is bounded by counting, not by time: this only shows where that fails.

use prometheus::{IntCounter, IntGauge};
use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// A record that takes longer is logged when it is done.
const SLOW: Duration = Duration::from_secs(2);
/// A record that takes longer is logged while it is in work, again and again.
const STALLED: Duration = Duration::from_secs(10);

/// Watches the records that a stage has in work, from a thread of its own.
pub(super) struct Watchdog {
    stage: String,
    slow: IntCounter,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    work: Mutex<Work>,
    ended: Condvar,
}

#[derive(Default)]
struct Work {
    /// By number of the thread that works on it.
    records: HashMap<usize, (Instant, String)>,
    is_over: bool,
}

impl Work {
    /// The record that is in work for the longest time.
    fn oldest(&self) -> Option<&(Instant, String)> {
        self.records.values().min_by_key(|(since, _)| *since)
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Work> {
        // Each change is one assignment, so a panic cannot leave it inconsistent.
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watchdog {
    /// Starts the thread. `seconds` is what the record in work has taken, 0 below ten seconds; `slow` counts records over two
    /// seconds. Without a thread, which the system may refuse, slow records are still logged when they are done.
    pub fn start(stage: &str, seconds: IntGauge, slow: IntCounter) -> Self {
        Self::with_limit(stage, seconds, slow, STALLED)
    }

    fn with_limit(stage: &str, seconds: IntGauge, slow: IntCounter, stalled: Duration) -> Self {
        let state = Arc::new(State::default());
        let watched = state.clone();
        let name = stage.to_owned();
        let thread = std::thread::Builder::new()
            .name(format!("{stage}-watchdog"))
            .spawn(move || watch(&name, &watched, &seconds, stalled))
            .inspect_err(|error| tracing::warn!(stage, %error, "no watchdog: the thread could not be started"));
        Watchdog { stage: stage.to_owned(), slow, state, thread: thread.ok() }
    }

    /// A thread of the stage takes a record into work.
    pub fn begin(&self, thread: usize, key: &[u8]) {
        self.state.lock().records.insert(thread, (Instant::now(), String::from_utf8_lossy(key).into_owned()));
    }

    /// The thread's record is done.
    pub fn end(&self, thread: usize) {
        let Some((since, key)) = self.state.lock().records.remove(&thread) else { return };
        let taken = since.elapsed();
        if taken >= SLOW {
            self.slow.inc();
            let stage = self.stage.as_str();
            tracing::warn!(stage, key, millis = taken.as_millis(), "slow record");
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.state.lock().is_over = true;
        self.state.ended.notify_all();
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn watch(stage: &str, state: &State, seconds: &IntGauge, stalled: Duration) {
    let mut work = state.lock();
    while !work.is_over {
        let (guard, _) = state.ended.wait_timeout(work, stalled / 2).unwrap_or_else(PoisonError::into_inner);
        work = guard;
        match work.oldest() {
            Some((since, key)) if since.elapsed() >= stalled => {
                let taken = since.elapsed();
                // Rounded up, so that it is not 0.
                seconds.set(i64::try_from(taken.as_secs()).unwrap_or(i64::MAX).saturating_add(1));
                tracing::error!(
                    stage,
                    key,
                    millis = taken.as_millis(),
                    "a record takes very long; it is still in work"
                );
            }
            _ => seconds.set(0),
        }
    }
    seconds.set(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eventually(what: &str, holds: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !holds() {
            assert!(Instant::now() < deadline, "{what}");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_record_in_work_is_seen_until_it_is_done() {
        let (seconds, slow) = (IntGauge::new("s", "s").unwrap(), IntCounter::new("c", "c").unwrap());
        let watchdog = Watchdog::with_limit("test", seconds.clone(), slow, Duration::from_millis(10));
        watchdog.begin(0, b"b");
        watchdog.end(0);
        watchdog.begin(1, b"a");
        eventually("the record is seen", || seconds.get() > 0);
        watchdog.end(1);
        eventually("it is done", || seconds.get() == 0);
    }
}
