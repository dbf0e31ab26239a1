//! Partitions whose position is in doubt: asked again, then started over or held.

use super::positions::Verdict;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// Time between two questions while the answer may still change.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Time between two questions while a partition is held.
const ASK_HELD: Duration = Duration::from_secs(3);

/// A partition in doubt.
struct Doubt {
    since: Instant,
    is_held: bool,
}

/// What follows from an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Go on at this offset.
    Go(i64),
    /// As [`Step::Go`]; the position was gone.
    StartOver(i64),
    /// Ask again later.
    Wait,
    /// As [`Step::Wait`]; from now on the partition is held. Reported once.
    Hold(String),
}

/// All partitions of a member that are in doubt.
pub(super) struct Doubts {
    doubts: HashMap<i32, Doubt>,
    /// How long an answer may still change: while a coordinator or a leader moves.
    patience: Duration,
    /// True if a missing position is held, false if it is started over.
    waits: bool,
    next: Instant,
}

impl Doubts {
    pub(super) fn new(patience: Duration, waits: bool) -> Self {
        Doubts { doubts: HashMap::new(), patience, waits, next: Instant::now() }
    }

    pub(super) fn insert(&mut self, partition: i32) {
        self.doubts.insert(partition, Doubt { since: Instant::now(), is_held: false });
        self.next = Instant::now() + ASK_AGAIN;
    }

    pub(super) fn remove(&mut self, partition: i32) {
        self.doubts.remove(&partition);
    }

    /// The partitions to ask about now, if any.
    pub(super) fn due(&self) -> Vec<i32> {
        if Instant::now() < self.next { Vec::new() } else { self.doubts.keys().copied().collect() }
    }

    /// There was an answer, or none in time: the next question waits. Asking may have taken seconds.
    pub(super) fn asked(&mut self) {
        let pause = if self.doubts.values().all(|doubt| doubt.is_held) { ASK_HELD } else { ASK_AGAIN };
        self.next = Instant::now() + pause;
    }

    /// Takes an answer, and decides.
    pub(super) fn answer(&mut self, partition: i32, verdict: &Verdict) -> Step {
        let Some(doubt) = self.doubts.get_mut(&partition) else { return Step::Wait };
        let for_at_least = |time| doubt.since.elapsed() >= time;
        let step = match verdict {
            Verdict::At(next) | Verdict::Gap { start: next, .. } => Step::Go(*next),
            // Starting over repeats work, but nothing that is published: it need not wait as long.
            Verdict::Missing { start } if !self.waits && for_at_least(self.patience / 4) => Step::StartOver(*start),
            Verdict::Missing { .. } if !self.waits => Step::Wait,
            Verdict::Missing { .. } | Verdict::Beyond { .. } if !doubt.is_held && for_at_least(self.patience) => {
                Step::Hold(verdict.to_string())
            }
            Verdict::Missing { .. } | Verdict::Beyond { .. } | Verdict::Unknown(_) => Step::Wait,
        };
        match &step {
            Step::Go(_) | Step::StartOver(_) => self.remove(partition),
            Step::Hold(_) => doubt.is_held = true,
            Step::Wait => {}
        }
        step
    }

    /// Partitions that wait for an operator.
    pub(super) fn held(&self) -> Vec<i32> {
        let held = self.doubts.iter().filter(|(_, doubt)| doubt.is_held).map(|(partition, _)| *partition);
        let mut held: Vec<i32> = held.collect();
        held.sort_unstable();
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubts(patience: u64, waits: bool) -> Doubts {
        let mut doubts = Doubts::new(Duration::from_secs(patience), waits);
        doubts.insert(3);
        doubts
    }

    #[test]
    fn an_answer_that_comes_in_time_ends_the_doubt() {
        let mut doubts = doubts(60, true);
        assert_eq!(doubts.answer(3, &Verdict::Missing { start: 5 }), Step::Wait);
        assert_eq!(doubts.answer(3, &Verdict::At(8)), Step::Go(8));
        assert!(doubts.held().is_empty() && doubts.due().is_empty());
    }

    #[test]
    fn a_missing_position_is_started_over_or_held() {
        assert_eq!(doubts(0, false).answer(3, &Verdict::Missing { start: 5 }), Step::StartOver(5));
        let mut waiting = doubts(0, true);
        assert!(matches!(waiting.answer(3, &Verdict::Missing { start: 5 }), Step::Hold(_)));
        assert_eq!(waiting.held(), [3]);
        // An operator has committed one.
        assert_eq!(waiting.answer(3, &Verdict::At(5)), Step::Go(5));
    }

    #[test]
    fn a_position_past_the_end_is_held_also_by_a_stage_that_starts_over() {
        let beyond = Verdict::Beyond { committed: 9, end: 4 };
        assert!(matches!(doubts(0, false).answer(3, &beyond), Step::Hold(_)));
        assert_eq!(doubts(60, false).answer(3, &beyond), Step::Wait);
        assert_eq!(doubts(0, false).answer(3, &Verdict::Unknown("no leader".into())), Step::Wait);
    }
}
