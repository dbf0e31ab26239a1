use crate::support::{Gateway, article};
use ::stream::{Fault, Log, Member, MemberSpec, Outgoing, Record, Start, Tail, TopicSpec};
use gateway::Config;
use std::{
    collections::HashMap,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

/// The line to a log: up, or down.
#[derive(Default)]
struct Line {
    is_down: Mutex<bool>,
    changed: Condvar,
}

impl Line {
    fn set_down(&self, is_down: bool) {
        *self.is_down.lock().unwrap() = is_down;
        self.changed.notify_all();
    }

    fn up(&self) -> Result<(), Fault> {
        if *self.is_down.lock().unwrap() { Err(Fault::Unavailable("cut off by the test".into())) } else { Ok(()) }
    }

    /// Until it is up again, or for so long.
    fn wait_until_up(&self, wait: Duration) {
        drop(self.changed.wait_timeout_while(self.is_down.lock().unwrap(), wait, |is_down| *is_down).unwrap());
    }
}

/// A log whose readers can be cut off.
struct Fragile {
    log: Arc<dyn Log>,
    line: Arc<Line>,
    /// Its readers then say nothing, as librdkafka's do, instead of an error.
    silent: bool,
}

struct FragileTail {
    tail: Box<dyn Tail>,
    line: Arc<Line>,
    silent: bool,
}

impl Tail for FragileTail {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, Fault> {
        match self.line.up() {
            Err(_) if self.silent => {
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

impl Log for Fragile {
    fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), Fault> {
        self.log.ensure_topics(topics)
    }
    fn partitions(&self, topic: &str) -> Result<i32, Fault> {
        self.log.partitions(topic)
    }
    fn join(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, Fault> {
        self.log.join(spec)
    }
    fn tail(&self, topic: &str, from: Start) -> Result<Box<dyn Tail>, Fault> {
        self.line.up()?;
        Ok(Box::new(FragileTail {
            tail: self.log.tail(topic, from)?,
            line: Arc::clone(&self.line),
            silent: self.silent,
        }))
    }
    fn append(&self, records: Vec<Outgoing>) -> Result<(), Fault> {
        self.log.append(records)
    }
    fn committed(&self, group: &str, topic: &str) -> Result<HashMap<i32, i64>, Fault> {
        self.log.committed(group, topic)
    }
    fn ends(&self, topic: &str) -> Result<HashMap<i32, i64>, Fault> {
        self.line.up()?;
        self.log.ends(topic)
    }
    fn max_record_bytes(&self) -> usize {
        self.log.max_record_bytes()
    }
}

#[tokio::test]
async fn an_outage_of_the_log_is_waited_out_and_nothing_is_missed_or_repeated() {
    let line = Arc::new(Line::default());
    let cut = Arc::clone(&line);
    let gateway = Gateway::start_on(Config::default(), |log| Arc::new(Fragile { log, line: cut, silent: false })).await;
    let mut events = gateway.follow("/v1/stream", "").await;
    gateway.append([article("before", 1)]).await;
    assert_eq!(events.next().await.article().article_id, "before");

    line.set_down(true);
    let unready = gateway.until("/readyz", |answer| answer.status == 503).await;
    assert!(unready.body.contains("cut off by the test"), "{}", unready.body);
    gateway.append([article("during", 2)]).await;
    assert_eq!(gateway.get("/v1/articles").await.ids(), ["before"], "what is there is still served");

    line.set_down(false);
    assert_eq!(events.next().await.article().article_id, "during");
    gateway.until("/readyz", |answer| answer.status == 200).await;
    gateway.append([article("after", 3)]).await;
    assert_eq!(events.next().await.article().article_id, "after");
    let metrics = gateway.get("/metrics").await.body;
    assert!(metrics.contains("records_total{outcome=\"shown\"} 3"), "{metrics}");
    gateway.stop().await;
}

/// A client library that waits an outage out in silence must not make a stalled gateway look well.
#[tokio::test]
async fn an_outage_that_the_reader_hides_shows_in_the_readiness() {
    let line = Arc::new(Line::default());
    let cut = Arc::clone(&line);
    let gateway = Gateway::start_on(Config::default(), |log| Arc::new(Fragile { log, line: cut, silent: true })).await;
    line.set_down(true);
    gateway.until("/readyz", |answer| answer.status == 503).await;
    gateway.append([article("during", 1)]).await;
    line.set_down(false);
    gateway.until("/readyz", |answer| answer.status == 200).await;
    gateway.until("/v1/articles", |answer| answer.ids() == ["during"]).await;
    gateway.stop().await;
}
