use ::stream::{Admin, Log, LogError, Member, MemberSpec, Outgoing, Record, Start, Tail, TopicSpec};
use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};
use tokio::sync::watch;

/// The link from a gateway to its log, which a test can cut. It signals every request of the gateway: at that time the
/// gateway has applied the records of the previous one.
#[derive(Default)]
pub struct Link {
    is_down: Mutex<bool>,
    changed: Condvar,
    requests: watch::Sender<()>,
    /// While the link is down a tail returns no records, as librdkafka's does, instead of an error.
    silent: bool,
}

impl Link {
    /// A link whose tails hide an outage.
    pub fn silent() -> Self {
        Link { silent: true, ..Link::default() }
    }

    pub fn set_down(&self, is_down: bool) {
        *self.is_down.lock().unwrap() = is_down;
        self.changed.notify_all();
    }

    /// Changes with every request of the gateway.
    pub fn requests(&self) -> watch::Receiver<()> {
        self.requests.subscribe()
    }

    fn request(&self) -> Result<(), LogError> {
        self.requests.send_replace(());
        if *self.is_down.lock().unwrap() { Err(LogError::Unavailable("cut off by the test".into())) } else { Ok(()) }
    }

    /// Waits until the link is up again, at most `wait`.
    fn wait_until_up(&self, wait: Duration) {
        drop(self.changed.wait_timeout_while(self.is_down.lock().unwrap(), wait, |is_down| *is_down).unwrap());
    }
}

/// A log behind a link.
pub struct Remote {
    pub log: Arc<dyn Log>,
    pub link: Arc<Link>,
}

struct RemoteTail {
    tail: Box<dyn Tail>,
    link: Arc<Link>,
}

impl Tail for RemoteTail {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, LogError> {
        match self.link.request() {
            Err(_) if self.link.silent => {
                self.link.wait_until_up(wait);
                Ok(Vec::new())
            }
            Err(error) => Err(error),
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
        self.link.request()?;
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
        self.link.request()?;
        Ok(Box::new(RemoteTail { tail: self.log.tail(topic, from)?, link: Arc::clone(&self.link) }))
    }
    fn append(&self, records: Vec<Outgoing>) -> Result<(), LogError> {
        self.log.append(records)
    }
    fn max_record_bytes(&self) -> usize {
        self.log.max_record_bytes()
    }
}
