//! A log whose commits a test scripts.

use crate::{
    Admin, Batch, Clock, Event, Findings, Log, LogError, Member, MemberSpec, OnDisk, Outgoing, Rows, Start, Tail,
    TopicSpec,
};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// Wraps a log; its members commit by a given function, which may commit the batch, rewind, or return another result than
/// what it did.
pub struct ScriptedCommits<L, F> {
    log: L,
    commit: Arc<F>,
    clock: Clock,
}

impl<L: Log, F: Fn(&mut dyn Member, Batch) -> Result<(), LogError>> ScriptedCommits<L, F> {
    /// `commit` is called with the wrapped log's member and the batch to commit.
    pub fn new(log: L, commit: F) -> Self {
        let clock = log.clock();
        ScriptedCommits { log, commit: Arc::new(commit), clock }
    }

    /// The same with another clock for the services. The wrapped log still dates its records by its own.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        ScriptedCommits { clock, ..self }
    }
}

impl<L: Log, F: Send + Sync> Admin for ScriptedCommits<L, F> {
    fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.log.ensure_topics(topics)
    }
    fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        self.log.partitions(topic)
    }
    fn ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.log.ends(topic)
    }
    fn settled_ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.log.settled_ends(topic)
    }
    fn committed(&self, group: &str, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.log.committed(group, topic)
    }
    fn starts(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.log.starts(topic)
    }
    fn set_committed(&self, group: &str, topic: &str, offsets: &HashMap<i32, i64>) -> Result<(), LogError> {
        self.log.set_committed(group, topic, offsets)
    }
}

impl<L, F> Log for ScriptedCommits<L, F>
where
    L: Log,
    F: Fn(&mut dyn Member, Batch) -> Result<(), LogError> + Send + Sync + 'static,
{
    fn join(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, LogError> {
        Ok(Box::new(ScriptedMember { member: self.log.join(spec)?, commit: Arc::clone(&self.commit) }))
    }
    fn join_without_hold(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, LogError> {
        let member = self.log.join_without_hold(spec)?;
        Ok(Box::new(ScriptedMember { member, commit: Arc::clone(&self.commit) }))
    }
    fn trouble(&self) -> Option<String> {
        self.log.trouble()
    }
    fn on_disk(&self) -> Result<Option<OnDisk>, LogError> {
        self.log.on_disk()
    }
    fn tail(&self, topic: &str, from: Start) -> Result<Box<dyn Tail>, LogError> {
        self.log.tail(topic, from)
    }
    fn append(&self, records: Vec<Outgoing>) -> Result<(), LogError> {
        self.log.append(records)
    }
    fn max_record_bytes(&self) -> usize {
        self.log.max_record_bytes()
    }
    fn clock(&self) -> Clock {
        self.clock
    }
}

struct ScriptedMember<F> {
    member: Box<dyn Member>,
    commit: Arc<F>,
}

impl<F: Fn(&mut dyn Member, Batch) -> Result<(), LogError> + Send + Sync> Member for ScriptedMember<F> {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Event, LogError> {
        self.member.poll(max, wait)
    }
    fn restore(&mut self, partitions: &[i32]) -> Result<HashMap<i32, Vec<Rows>>, LogError> {
        self.member.restore(partitions)
    }
    fn resume(
        &mut self,
        partitions: &[i32],
        kept: HashMap<i32, Vec<Rows>>,
    ) -> Result<HashMap<i32, Vec<Rows>>, LogError> {
        self.member.resume(partitions, kept)
    }
    fn commit(&mut self, batch: Batch) -> Result<(), LogError> {
        (self.commit)(&mut *self.member, batch)
    }
    fn rewind(&mut self) -> Result<(), LogError> {
        self.member.rewind()
    }
    fn positions(&self) -> HashMap<i32, i64> {
        self.member.positions()
    }
    fn lag(&mut self) -> Option<i64> {
        self.member.lag()
    }
    fn findings(&mut self) -> Findings {
        self.member.findings()
    }
}
