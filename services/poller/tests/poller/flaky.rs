use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use stream::{Batch, Fault, From, Log, Member, MemberSpec, Outgoing, Tail, TopicSpec, Turn, embedded::Embedded};

/// Of its commits every third is aborted; of every eleven one is made and reported as lost, as when the answer of a broker
/// never comes.
pub struct Flaky {
    log: Embedded,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    commits: AtomicUsize,
    aborted: AtomicUsize,
    lost: AtomicUsize,
}

impl Flaky {
    pub fn new(log: Embedded) -> Self {
        Flaky { log, counts: Arc::default() }
    }

    /// Commits that were aborted, and that were lost.
    pub fn faults(&self) -> (usize, usize) {
        (self.counts.aborted.load(Ordering::Relaxed), self.counts.lost.load(Ordering::Relaxed))
    }
}

impl Log for Flaky {
    fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), Fault> {
        self.log.ensure_topics(topics)
    }
    fn partitions(&self, topic: &str) -> Result<i32, Fault> {
        self.log.partitions(topic)
    }
    fn join(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, Fault> {
        Ok(Box::new(FlakyMember { member: self.log.join(spec)?, counts: Arc::clone(&self.counts) }))
    }
    fn tail(&self, topic: &str, from: From) -> Result<Box<dyn Tail>, Fault> {
        self.log.tail(topic, from)
    }
    fn append(&self, records: Vec<Outgoing>) -> Result<(), Fault> {
        self.log.append(records)
    }
    fn committed(&self, group: &str, topic: &str) -> Result<HashMap<i32, i64>, Fault> {
        self.log.committed(group, topic)
    }
    fn ends(&self, topic: &str) -> Result<HashMap<i32, i64>, Fault> {
        self.log.ends(topic)
    }
    fn max_record_bytes(&self) -> usize {
        self.log.max_record_bytes()
    }
}

struct FlakyMember {
    member: Box<dyn Member>,
    counts: Arc<Counts>,
}

impl Member for FlakyMember {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Turn, Fault> {
        self.member.poll(max, wait)
    }
    fn commit(&mut self, batch: Batch) -> Result<(), Fault> {
        let number = self.counts.commits.fetch_add(1, Ordering::Relaxed);
        if number % 3 == 1 {
            self.counts.aborted.fetch_add(1, Ordering::Relaxed);
            self.member.rewind()?;
            return Err(Fault::Aborted("by the test".into()));
        }
        self.member.commit(batch)?;
        if number % 11 == 8 {
            self.counts.lost.fetch_add(1, Ordering::Relaxed);
            return Err(Fault::Lost("by the test".into()));
        }
        Ok(())
    }
    fn rewind(&mut self) -> Result<(), Fault> {
        self.member.rewind()
    }
    fn positions(&self) -> HashMap<i32, i64> {
        self.member.positions()
    }
    fn lag(&mut self) -> Option<i64> {
        self.member.lag()
    }
}
