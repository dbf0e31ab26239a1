use chassis::admin::Readiness;
use jiff::{SignedDuration, Timestamp};
use poller::{Config, definition, identity::SeenEntry, schedule::clock::Clock};
use proto::{
    topic::{Names, Topic},
    v1::{Feed, FeedEntries, FeedHealth, FeedState, RawItem},
    vocab::kind,
    wire::Message,
};
use std::{collections::HashMap, ops::ControlFlow, path::Path, sync::Arc, time::Duration};
use stream::{CancellationToken, Log, Metrics, Record, Runtime, Start, embedded::Embedded};

pub const PARTITIONS: i32 = 3;

/// The configuration of a test.
pub fn config(poll_interval: SignedDuration) -> Config {
    Config {
        poll_interval,
        host_interval: Duration::ZERO,
        allow_private_networks: true,
        pace: None,
        ..Config::default()
    }
}

/// A running poller, with a tokio runtime of its own.
pub struct Service {
    pub runtime: Runtime,
    pub readiness: Readiness,
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

    /// As [`Service::start`], by another clock.
    pub fn start_by(folder: &Path, clock: &Clock) -> Self {
        let config = Config { clock: clock.clone(), ..config(SignedDuration::from_millis(100)) };
        Self::start_with("0", Arc::new(Embedded::open(folder).unwrap()), Names::default(), config)
    }

    /// Starts the poller of a replica.
    pub fn start_as(replica: &str, log: Arc<dyn Log>, names: Names, poll_interval: SignedDuration) -> Self {
        Self::start_with(replica, log, names, config(poll_interval))
    }

    /// As [`Service::start_as`], with another configuration.
    pub fn start_with(replica: &str, log: Arc<dyn Log>, names: Names, config: Config) -> Self {
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
        let readiness = Readiness::default();
        let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let ended = tokio.spawn(poller::run(config, runtime.clone(), readiness.clone()));
        Service { runtime, readiness, tokio, ended }
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
        records(&self.runtime, topic)
    }

    /// All raw items that carry an entry. Those that only renew the state of an article are left out.
    pub fn items(&self) -> Vec<RawItem> {
        let items = self.records(Topic::Raw).into_iter().map(|record| record.decode::<RawItem>().unwrap());
        items.filter(|item| item.kind != kind::SEEN).collect()
    }

    /// The last record of each key but those of feeds' entries; tombstones are `None`.
    pub fn table<M: Message>(&self, topic: Topic) -> HashMap<String, Option<M>> {
        self.records(topic)
            .iter()
            .filter(|record| record.header("ce_type") != Some(FeedEntries::TYPE))
            .map(|record| {
                let message = record.value.is_some().then(|| record.decode().unwrap());
                (topic.key_text(&record.key), message)
            })
            .collect()
    }

    /// The records of feeds' entries.
    pub fn entries_records(&self) -> Vec<Record> {
        let records = self.records(Topic::FeedState).into_iter();
        records.filter(|record| record.header("ce_type") == Some(FeedEntries::TYPE)).collect()
    }

    /// The last state of each feed, by its id, and the entries of its generation.
    pub fn states(&self) -> HashMap<String, (FeedState, Vec<SeenEntry>)> {
        let mut states: HashMap<String, (FeedState, Vec<SeenEntry>)> = HashMap::new();
        let records: Vec<Record> =
            self.records(Topic::FeedState).into_iter().filter(|record| record.value.is_some()).collect();
        let (entries, small): (Vec<_>, Vec<_>) =
            records.iter().partition(|record| record.header("ce_type") == Some(FeedEntries::TYPE));
        for record in small {
            let state: FeedState = record.decode().unwrap();
            states.insert(state.feed_id.clone(), (state, Vec::new()));
        }
        for record in entries {
            let FeedEntries { feed_id, generation, packed } = record.decode().unwrap();
            if let Some((state, entries)) = states.get_mut(&feed_id)
                && state.entries_generation == generation
            {
                *entries = poller::identity::unpack(&packed).unwrap();
            }
        }
        states
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

/// All records of a topic.
pub fn records(runtime: &Runtime, topic: Topic) -> Vec<Record> {
    let mut records = Vec::new();
    stream::scan(&*runtime.log, &runtime.names.of(topic), Start::Beginning, Duration::from_secs(20), |record| {
        records.push(record);
        ControlFlow::Continue(())
    })
    .unwrap();
    records
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
