use crate::support::{Gateway, article};
use ::stream::{Fault, From, Log, Member, MemberSpec, Outgoing, Record, Tail, TopicSpec};
use gateway::Config;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// A log whose readers can be cut off.
struct Fragile {
    log: Arc<dyn Log>,
    down: Arc<AtomicBool>,
    /// Its readers then say nothing, as librdkafka's do, instead of an error.
    silent: bool,
}

struct FragileTail {
    tail: Box<dyn Tail>,
    down: Arc<AtomicBool>,
    silent: bool,
}

fn up(down: &AtomicBool) -> Result<(), Fault> {
    if down.load(Ordering::SeqCst) { Err(Fault::Unavailable("cut off by the test".into())) } else { Ok(()) }
}

impl Tail for FragileTail {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, Fault> {
        match up(&self.down) {
            Err(_) if self.silent => {
                std::thread::sleep(wait);
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
    fn tail(&self, topic: &str, from: From) -> Result<Box<dyn Tail>, Fault> {
        up(&self.down)?;
        Ok(Box::new(FragileTail {
            tail: self.log.tail(topic, from)?,
            down: Arc::clone(&self.down),
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
        up(&self.down)?;
        self.log.ends(topic)
    }
    fn max_record_bytes(&self) -> usize {
        self.log.max_record_bytes()
    }
}

#[tokio::test]
async fn an_outage_of_the_log_is_waited_out_and_nothing_is_missed_or_repeated() {
    let down = Arc::new(AtomicBool::new(false));
    let cut = Arc::clone(&down);
    let gateway = Gateway::start_on(Config::default(), |log| Arc::new(Fragile { log, down: cut, silent: false })).await;
    let mut events = gateway.follow("/v1/stream", "").await;
    gateway.append([article("before", 1)]).await;
    assert_eq!(events.next().await.article().article_id, "before");

    down.store(true, Ordering::SeqCst);
    let unready = gateway.until("/readyz", |answer| answer.status == 503).await;
    assert!(unready.body.contains("cut off by the test"), "{}", unready.body);
    gateway.append([article("during", 2)]).await;
    assert_eq!(gateway.get("/v1/articles").await.ids(), ["before"], "what is there is still served");

    down.store(false, Ordering::SeqCst);
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
    let down = Arc::new(AtomicBool::new(false));
    let cut = Arc::clone(&down);
    let gateway = Gateway::start_on(Config::default(), |log| Arc::new(Fragile { log, down: cut, silent: true })).await;
    down.store(true, Ordering::SeqCst);
    gateway.until("/readyz", |answer| answer.status == 503).await;
    gateway.append([article("during", 1)]).await;
    down.store(false, Ordering::SeqCst);
    gateway.until("/readyz", |answer| answer.status == 200).await;
    gateway.until("/v1/articles", |answer| answer.ids() == ["during"]).await;
    gateway.stop().await;
}
