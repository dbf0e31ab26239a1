use ::stream::{Admin, Log, LogError, Member, MemberSpec, Outgoing, Record, Start, Tail, TopicSpec};
use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};
use tokio::sync::watch;

/// The line from a gateway to its log: up, or down. It tells whenever the gateway asks, which is when it has done with
/// what it was answered before.
#[derive(Default)]
pub struct Line {
    is_down: Mutex<bool>,
    changed: Condvar,
    asked: watch::Sender<()>,
    /// A reader that is cut off says nothing, as librdkafka's do, instead of an error.
    silent: bool,
}

impl Line {
    /// One whose reader says nothing while it is cut off.
    pub fn silent() -> Self {
        Line { silent: true, ..Line::default() }
    }

    pub fn set_down(&self, is_down: bool) {
        *self.is_down.lock().unwrap() = is_down;
        self.changed.notify_all();
    }

    /// Changes whenever the gateway asks.
    pub fn asked(&self) -> watch::Receiver<()> {
        self.asked.subscribe()
    }

    fn ask(&self) -> Result<(), LogError> {
        self.asked.send_replace(());
        if *self.is_down.lock().unwrap() { Err(LogError::Unavailable("cut off by the test".into())) } else { Ok(()) }
    }

    /// Until it is up again, or for so long.
    fn wait_until_up(&self, wait: Duration) {
        drop(self.changed.wait_timeout_while(self.is_down.lock().unwrap(), wait, |is_down| *is_down).unwrap());
    }
}

/// A log at the end of a line.
pub struct Remote {
    pub log: Arc<dyn Log>,
    pub line: Arc<Line>,
}

struct RemoteTail {
    tail: Box<dyn Tail>,
    line: Arc<Line>,
}

impl Tail for RemoteTail {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, LogError> {
        match self.line.ask() {
            Err(_) if self.line.silent => {
                self.line.wait_until_up(wait);
                Ok(Vec::new())
            }
            Err(fault) => Err(fault),
            Ok(()) => self.tail.poll(max, wait),
        }
    }

    fn caught_up(&self) -> bool {
        self.tail.caught_up()
    }
}

impl Admin for Remote {
    fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.log.ensure_topics(topics)
    }
    fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        self.log.partitions(topic)
    }
    fn ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.line.ask()?;
        self.log.ends(topic)
    }
    fn committed(&self, group: &str, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.log.committed(group, topic)
    }
}

impl Log for Remote {
    fn join(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, LogError> {
        self.log.join(spec)
    }
    fn tail(&self, topic: &str, from: Start) -> Result<Box<dyn Tail>, LogError> {
        self.line.ask()?;
        Ok(Box::new(RemoteTail { tail: self.log.tail(topic, from)?, line: Arc::clone(&self.line) }))
    }
    fn append(&self, records: Vec<Outgoing>) -> Result<(), LogError> {
        self.log.append(records)
    }
    fn max_record_bytes(&self) -> usize {
        self.log.max_record_bytes()
    }
}
