use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use stream::{Log, LogError, embedded::Embedded, faults::ScriptedCommits};

/// What became of the commits of a flaky log.
#[derive(Default)]
pub struct Counts {
    commits: AtomicUsize,
    aborted: AtomicUsize,
    lost: AtomicUsize,
}

impl Counts {
    /// Commits that were aborted, and that were lost.
    pub fn faults(&self) -> (usize, usize) {
        (self.aborted.load(Ordering::Relaxed), self.lost.load(Ordering::Relaxed))
    }
}

/// Of its commits every third is aborted; of every eleven one is made and reported as lost, as when the answer of a broker
/// never comes.
pub fn flaky(log: Embedded) -> (Arc<dyn Log>, Arc<Counts>) {
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
