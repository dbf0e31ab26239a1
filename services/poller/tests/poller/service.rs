use jiff::{SignedDuration, Timestamp};
use poller::{Config, definition};
use proto::{
    topic::{Names, Topic},
    v1::{Feed, FeedHealth, RawItem},
    wire::Message,
};
use std::{collections::HashMap, ops::ControlFlow, path::Path, sync::Arc, time::Duration};
use stream::{CancellationToken, Log, Metrics, Record, Runtime, Start, embedded::Embedded};

pub const PARTITIONS: i32 = 3;

/// A running poller, with a tokio runtime of its own.
pub struct Service {
    pub runtime: Runtime,
    tokio: tokio::runtime::Runtime,
    ended: tokio::task::JoinHandle<Result<(), poller::Error>>,
}

impl Service {
    /// Starts a poller on an embedded log in `folder`, with a poll interval of 100 ms.
    pub fn start(folder: &Path) -> Self {
        Self::start_on(Arc::new(Embedded::open(folder).unwrap()), Names::default())
    }

    /// As [`Service::start`], on another log.
    pub fn start_on(log: Arc<dyn Log>, names: Names) -> Self {
        Self::start_as("0", log, names, SignedDuration::from_millis(100))
    }

    /// Starts the poller of a replica.
    pub fn start_as(replica: &str, log: Arc<dyn Log>, names: Names, poll_interval: SignedDuration) -> Self {
        let registry = prometheus::Registry::new();
        let runtime = Runtime {
            log,
            names,
            partitions: PARTITIONS,
            retention: Vec::new(),
            encoding: proto::wire::Encoding::Json,
            replica: replica.into(),
            metrics: Metrics::new(&registry).unwrap(),
            registry,
            shutdown: CancellationToken::new(),
        };
        runtime.ensure_topics().unwrap();
        let config =
            Config { poll_interval, host_interval: Duration::ZERO, allow_private_networks: true, ..Config::default() };
        let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let ended = tokio.spawn(poller::run(config, runtime.clone()));
        Service { runtime, tokio, ended }
    }

    /// Adds a feed, whose definition `change` completes.
    pub fn add(&self, url: &url::Url, change: impl FnOnce(&mut Feed)) {
        let mut feed = Feed { url: url.to_string(), ..Feed::default() };
        change(&mut feed);
        let record = definition::record(feed, PARTITIONS, &self.runtime.names, self.runtime.encoding, Timestamp::now());
        self.runtime.log.append(vec![record.unwrap()]).unwrap();
    }

    /// All records of a topic.
    pub fn records(&self, topic: Topic) -> Vec<Record> {
        let mut records = Vec::new();
        stream::scan(
            &*self.runtime.log,
            &self.runtime.names.of(topic),
            Start::Beginning,
            Duration::from_secs(20),
            |record| {
                records.push(record);
                ControlFlow::Continue(())
            },
        )
        .unwrap();
        records
    }

    /// All raw items.
    pub fn items(&self) -> Vec<RawItem> {
        self.records(Topic::Raw).iter().map(|record| record.decode().unwrap()).collect()
    }

    /// The last record of each key; tombstones are `None`.
    pub fn table<M: Message>(&self, topic: Topic) -> HashMap<String, Option<M>> {
        self.records(topic)
            .iter()
            .map(|record| {
                let message = record.value.is_some().then(|| record.decode().unwrap());
                (topic.key_text(&record.key), message)
            })
            .collect()
    }

    /// Waits until `condition` holds, checking it after each record of `topic`.
    pub fn until(&self, topic: Topic, what: &str, condition: impl FnMut() -> bool) {
        let waited =
            stream::until(&*self.runtime.log, &self.runtime.names.of(topic), Duration::from_secs(60), condition);
        assert!(waited.is_ok(), "{what}: {waited:?}");
    }

    /// Removes a feed.
    pub fn remove(&self, url: &url::Url) {
        let record = definition::tombstone(url.as_str(), PARTITIONS, &self.runtime.names).unwrap();
        self.runtime.log.append(vec![record]).unwrap();
    }

    /// The health of a feed.
    pub fn health(&self, url: &url::Url) -> Option<FeedHealth> {
        self.table::<FeedHealth>(Topic::FeedHealth).remove(&proto::id::feed_id(url.as_str())).flatten()
    }

    /// Waits until a feed has this status.
    pub fn until_status(&self, url: &url::Url, status: &str) {
        self.until(Topic::FeedHealth, status, || self.health(url).is_some_and(|health| health.status == status));
    }

    /// Stops the poller and waits for its end.
    pub fn stop(self) -> Runtime {
        self.runtime.shutdown.cancel();
        self.tokio.block_on(self.ended).unwrap().unwrap();
        self.tokio.shutdown_timeout(Duration::from_secs(5));
        self.runtime
    }
}

/// An RSS feed of items, each a name and a title. `salt` changes the bytes, not the content.
pub fn rss(items: &[(&str, &str)], salt: usize) -> String {
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&Timestamp::now()).unwrap();
    let items: String = items
        .iter()
        .map(|(name, title)| {
            format!(
                "<item><title>{title}</title><link>http://news.example/{name}?utm_source=rss</link>\
                 <guid isPermaLink=\"false\">{name}</guid><description>Text of {name}.</description>\
                 <pubDate>{date}</pubDate></item>"
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\"?><!-- {salt} --><rss version=\"2.0\"><channel><title>Example News</title>\
         <link>http://news.example/</link><description>d</description>{items}</channel></rss>"
    )
}

/// As [`rss`], with `count` items named `PREFIX-NUMBER`.
pub fn numbered(prefix: &str, count: usize, salt: usize) -> String {
    let names: Vec<String> = (0..count).map(|n| format!("{prefix}-{n}")).collect();
    let items: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "Title")).collect();
    rss(&items, salt)
}
