use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use stream::{Log, LogError, embedded::Embedded, faults::ScriptedCommits};

/// Commits of a failing log.
#[derive(Default)]
pub struct Counts {
    commits: AtomicUsize,
    aborted: AtomicUsize,
    lost: AtomicUsize,
}

impl Counts {
    /// The number of aborted commits, and of lost ones.
    pub fn faults(&self) -> (usize, usize) {
        (self.aborted.load(Ordering::Relaxed), self.lost.load(Ordering::Relaxed))
    }
}

/// A log that aborts every third commit. It makes one commit in eleven and reports it as lost, as if the broker's
/// response were lost.
pub fn failing(log: Embedded) -> (Arc<dyn Log>, Arc<Counts>) {
    let counts = Arc::new(Counts::default());
    let counted = Arc::clone(&counts);
    let log = ScriptedCommits::new(log, move |member, batch| {
        let number = counted.commits.fetch_add(1, Ordering::Relaxed);
        if number % 3 == 1 {
            counted.aborted.fetch_add(1, Ordering::Relaxed);
            member.rewind()?;
            return Err(LogError::Aborted("by the test".into()));
        }
        member.commit(batch)?;
        if number % 11 == 8 {
            counted.lost.fetch_add(1, Ordering::Relaxed);
            return Err(LogError::Lost("by the test".into()));
        }
        Ok(())
    });
    (Arc::new(log), counts)
}
