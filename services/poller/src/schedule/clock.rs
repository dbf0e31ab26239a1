//! The wall clock, which may be wrong and may be set at any time.

use super::MAX_WAIT;
use jiff::{SignedDuration, Timestamp};
use proto::{time, v1::FeedState};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

/// A smaller difference between two clocks is drift, or that between two machines.
const TOLERANCE: SignedDuration = SignedDuration::from_secs(30);

/// The wall clock. Clones share one shift, which is zero outside tests.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = stream::faults::now();
        now.checked_add(SignedDuration::from_secs(self.0.load(Ordering::Relaxed))).unwrap_or(now)
    }

    /// Sets the clock to the real time and `seconds`.
    pub fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

impl PartialEq for Clock {
    fn eq(&self, other: &Self) -> bool {
        self.0.load(Ordering::Relaxed) == other.0.load(Ordering::Relaxed)
    }
}

/// Notices steps of the wall clock: changes that the monotonic clock does not confirm.
#[derive(Debug)]
pub struct StepDetector {
    wall: Timestamp,
    monotonic: Instant,
}

impl StepDetector {
    /// A detector that begins at this time by both clocks.
    #[must_use]
    pub fn new(wall: Timestamp, monotonic: Instant) -> Self {
        StepDetector { wall, monotonic }
    }

    /// By how much the wall clock was set since the last call, where that is more than 30 seconds.
    pub fn step(&mut self, wall: Timestamp, monotonic: Instant) -> Option<SignedDuration> {
        let elapsed = SignedDuration::try_from(monotonic.saturating_duration_since(self.monotonic)).unwrap_or_default();
        let step = wall.duration_since(self.wall).checked_sub(elapsed)?;
        *self = Self::new(wall, monotonic);
        (step.abs() > TOLERANCE).then_some(step)
    }
}

/// True for a time that lies ahead of `now`, by the clock of this machine.
#[must_use]
pub fn is_future(at: Option<Timestamp>, now: Timestamp) -> bool {
    at.is_some_and(|at| at.duration_since(now) > TOLERANCE)
}

/// A due time at most [`MAX_WAIT`] from `now`.
#[must_use]
pub fn within_max_wait(due: Timestamp, now: Timestamp) -> Timestamp {
    due.min(now.checked_add(MAX_WAIT).unwrap_or(now))
}

/// How far the last poll of a state lies ahead of `now`, where it does.
#[must_use]
pub fn ahead(state: &FeedState, now: Timestamp) -> Option<SignedDuration> {
    let last = state.last_polled_at.as_ref().and_then(time::from_wire);
    last.filter(|_| is_future(last, now)).map(|last| last.duration_since(now))
}

/// Corrects a state that was written while the clock was ahead of `now`: its times are moved back so that the last poll
/// was now, and the wait until the next stays. Returns how far the state was [`ahead`].
pub fn distrust_future(state: &mut FeedState, now: Timestamp) -> Option<SignedDuration> {
    let at = |wire: Option<&proto::Timestamp>| wire.and_then(time::from_wire);
    let ahead = ahead(state, now);
    if let Some(ahead) = ahead {
        let moved = at(state.next_poll_at.as_ref()).and_then(|next| next.checked_sub(ahead).ok());
        state.next_poll_at = moved.map(time::to_wire);
        state.last_polled_at = Some(time::to_wire(now));
    }
    for stored in [&mut state.first_polled_at, &mut state.last_success_at] {
        *stored = at(stored.as_ref()).map(|at| time::to_wire(at.min(now)));
    }
    let next = at(state.next_poll_at.as_ref());
    state.next_poll_at = next.map(|next| time::to_wire(within_max_wait(next, now)));
    ahead
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const DAY: i64 = 86_400;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).unwrap()
    }

    #[test]
    fn a_step_is_what_the_monotonic_clock_does_not_confirm() {
        let begin = Instant::now();
        let mut steps = StepDetector::new(at(0), begin);
        let mut step =
            |wall, seconds| steps.step(at(wall), begin + Duration::from_secs(seconds)).map(|step| step.as_secs());
        assert_eq!(step(60, 60), None);
        assert_eq!(step(71, 70), None, "drift");
        assert_eq!(step(81 - 3_600, 80), Some(-3_600));
        assert_eq!(step(91 - 3_600, 90), None);
        assert_eq!(step(101 + 365 * DAY, 100), Some(365 * DAY + 3_600));
        assert_eq!(step(111, 110), Some(-365 * DAY));
        // Where both clocks are set back.
        assert_eq!(step(111 - DAY, 0), Some(-DAY));
    }

    /// A state that was polled at `last`, due 300 s later, and is read at 0.
    fn read(last: i64) -> (Option<i64>, i64, FeedState) {
        let wire = |second| Some(time::to_wire(at(second)));
        let mut state = FeedState {
            first_polled_at: wire(last - 1_000),
            last_polled_at: wire(last),
            last_success_at: wire(last),
            next_poll_at: wire(last + 300),
            ..FeedState::default()
        };
        let ahead = distrust_future(&mut state, at(0)).map(|ahead| ahead.as_secs());
        let next = state.next_poll_at.as_ref().and_then(time::from_wire).unwrap();
        (ahead, next.duration_since(at(0)).as_secs(), state)
    }

    #[test]
    fn a_state_of_the_future_keeps_its_wait_and_no_time_ahead() {
        for ahead in [3_600, DAY, 365 * DAY, 3_650 * DAY] {
            let (found, wait, state) = read(ahead);
            assert_eq!((found, wait), (Some(ahead), 300));
            let times = [&state.first_polled_at, &state.last_polled_at, &state.last_success_at];
            assert!(times.into_iter().all(|stored| stored.as_ref().and_then(time::from_wire) <= Some(at(0))));
        }
        assert_eq!((read(-100).0, read(-100).1), (None, 200));
        assert_eq!((read(-365 * DAY).0, read(-365 * DAY).1), (None, 300 - 365 * DAY));
    }

    #[test]
    fn no_feed_is_due_later_than_the_longest_wait() {
        assert_eq!(within_max_wait(at(400 * DAY), at(0)), at(MAX_WAIT.as_secs()));
        assert_eq!(within_max_wait(at(-5), at(0)), at(-5));
    }
}
