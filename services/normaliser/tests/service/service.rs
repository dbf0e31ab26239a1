//! Runs a normaliser on an embedded log, and reads what it has written.

use proto::{
    topic::{Names, Topic},
    v1::{Article, Fetch, RawItem},
    vocab::kind,
    wire::{Encoding, Message},
};
use std::{ops::ControlFlow, path::Path, sync::Arc, time::Duration};
use stream::{CancellationToken, Metrics, Outgoing, Record, Runtime, Start, embedded::Embedded};

pub const PARTITIONS: i32 = 4;
/// Unix time from which [`fetched`] counts.
pub const FIRST_FETCH: i64 = 1_790_000_000;

pub struct Service {
    runtime: Runtime,
    folder: tempfile::TempDir,
}

fn runtime(folder: &Path) -> Runtime {
    let registry = prometheus::Registry::new();
    let runtime = Runtime {
        log: Arc::new(Embedded::open(folder).unwrap()),
        names: Names::default(),
        partitions: PARTITIONS,
        retention: Vec::new(),
        encoding: Encoding::Json,
        replica: "0".into(),
        metrics: Metrics::new(&registry).unwrap(),
        registry,
        shutdown: CancellationToken::new(),
    };
    runtime.ensure_topics().unwrap();
    runtime
}

/// An entry of a feed. Title and body contain text that the normaliser removes.
pub fn item(url: &str, feed: &str, body: &str) -> RawItem {
    RawItem {
        article_id: proto::id::article_id(url),
        kind: kind::ENTRY.into(),
        feed_id: feed.into(),
        feed_title: "Example Post".into(),
        url: url.into(),
        canonical_url: url.into(),
        title: format!("Dam {url} opens - Example Post"),
        content: format!("<p>{body}</p><p>Post a Comment</p>"),
        ..Default::default()
    }
}

/// `item`, fetched `second` seconds after [`FIRST_FETCH`].
pub fn fetched(item: RawItem, second: i64) -> RawItem {
    let at = jiff::Timestamp::from_second(FIRST_FETCH + second).unwrap();
    RawItem { fetch: Some(Fetch { fetched_at: Some(proto::time::to_wire(at)), ..Fetch::default() }), ..item }
}

impl Service {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Service { runtime: runtime(folder.path()), folder }
    }

    /// Opens the same log again, with new metrics.
    pub fn restart(self) -> Self {
        let Service { runtime: closed, folder } = self;
        drop(closed);
        Service { runtime: runtime(folder.path()), folder }
    }

    /// A raw item's record.
    pub fn outgoing(&self, item: &RawItem) -> Outgoing {
        let key = item.article_id.as_bytes();
        Outgoing {
            topic: self.runtime.names.of(Topic::Raw),
            partition: proto::partition::of(key, PARTITIONS),
            key: key.to_vec(),
            value: Some(Encoding::Json.encode(item).unwrap()),
            headers: Vec::new(),
        }
    }

    pub fn append(&self, records: impl IntoIterator<Item = Outgoing>) {
        self.runtime.log.append(records.into_iter().collect()).unwrap();
    }

    /// Runs the normaliser until every raw item is processed.
    pub async fn drain(&self) {
        let runtime = &self.runtime;
        let service =
            tokio::spawn(normaliser::run(normaliser::Config { batch: 3, ..Default::default() }, runtime.clone()));
        let (raw, group) = (runtime.names.of(Topic::Raw), runtime.names.group(normaliser::STAGE));
        let (log, state) = (runtime.log.clone(), runtime.names.of(Topic::ArticleState));
        let waited = tokio::task::spawn_blocking(move || {
            stream::until(&*log, &state, Duration::from_secs(60), || {
                let (ends, committed) = (log.ends(&raw).unwrap(), log.committed(&group, &raw).unwrap());
                ends.iter().all(|(partition, end)| *end == 0 || committed.get(partition) >= Some(end))
            })
        });
        let waited = waited.await.unwrap();
        runtime.shutdown.cancel();
        service.await.unwrap().unwrap();
        waited.unwrap();
    }

    /// All records of a topic.
    pub fn records(&self, topic: Topic) -> Vec<Record> {
        let mut records = Vec::new();
        let topic = self.runtime.names.of(topic);
        stream::scan(&*self.runtime.log, &topic, Start::Beginning, Duration::from_secs(20), |record| {
            records.push(record);
            ControlFlow::Continue(())
        })
        .unwrap();
        records
    }

    /// All messages of a topic.
    pub fn read<M: Message>(&self, topic: Topic) -> Vec<M> {
        self.records(topic).iter().map(|record| record.decode().unwrap()).collect()
    }

    /// Canonical URL, revision and change of all articles, sorted.
    pub fn articles(&self) -> Vec<(String, i32, String)> {
        let articles = self.read::<Article>(Topic::Articles).into_iter();
        let mut rows: Vec<_> =
            articles.map(|article| (article.canonical_url, article.revision, article.change)).collect();
        rows.sort();
        rows
    }

    /// The change of each article's record, in order.
    pub fn changes(&self) -> Vec<String> {
        self.articles().into_iter().map(|(_, _, change)| change).collect()
    }

    /// Records dropped for `reason` since the start.
    pub fn dropped(&self, reason: &str) -> u64 {
        self.runtime.metrics.stage(normaliser::STAGE).dropped(reason).get()
    }

    /// Records read, written, and dropped as duplicates since the start.
    pub fn counts(&self) -> (u64, u64, u64) {
        let metrics = &self.runtime.metrics;
        let [read, out, duplicate] = [&metrics.read, &metrics.out, &metrics.duplicate]
            .map(|counter| counter.with_label_values(&[normaliser::STAGE]).get());
        (read, out, duplicate)
    }
}
