//! Rows of the table of cases. All rows of a log share one pipeline: each has feeds of its own.

use crate::pipeline::{LIMIT, Pipeline};
use jiff::Timestamp;
use poller::schedule::clock::Clock;
use proto::{
    topic::{Names, Topic},
    v1::{Article, RawItem},
    vocab::kind,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, OnceLock},
};
use stream::{
    Log,
    embedded::Embedded,
    kafka::{Kafka, KafkaConfig},
};
use test_support::{
    publisher::{Item, Publisher, rss},
    wait::eventually,
};

/// Hosts of feeds.
const HOSTS: u8 = 6;

/// A change of a feed.
#[derive(Clone)]
pub enum Change {
    /// Its document has these items.
    Show(Vec<Item>),
    /// It has moved: its URL redirects permanently to another, which has the same document.
    Move,
    /// The operator replaces its definition by one of another URL, which has the same document.
    Replace,
}

/// A feed of a row.
pub struct Feed {
    /// The operator's `site_url`; empty for a feed of a stranger.
    pub site_url: String,
    /// What changes in each step.
    pub steps: Vec<Option<Change>>,
}

/// A row: its feeds, and what must be published.
pub struct Row {
    pub feeds: Vec<Feed>,
    /// The records of each article: change, revision, canonical URL and body.
    pub articles: Vec<Vec<String>>,
    /// Number of entries that are written to `news.raw.v1`.
    pub raw: usize,
}

/// What the pipeline wrote for one row.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Found {
    articles: BTreeMap<String, Vec<(i32, String)>>,
    raw: usize,
}

/// What was found on a log, by number of the row.
type Run = Vec<Found>;

/// Which log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum On {
    Embedded,
    Kafka,
}

/// Runs a row, with all others, and checks it. Skipped if there is no broker.
pub fn check(on: On, rows: &[fn() -> Row], number: usize) {
    static EMBEDDED: OnceLock<Option<Run>> = OnceLock::new();
    static KAFKA: OnceLock<Option<Run>> = OnceLock::new();
    let cell = if on == On::Embedded { &EMBEDDED } else { &KAFKA };
    let Some(run) = cell.get_or_init(|| run(on, &rows.iter().map(|row| row()).collect::<Vec<_>>())) else { return };
    let (row, found) = (rows[number](), &run[number]);
    let mut articles: Vec<Vec<String>> = Vec::new();
    for records in found.articles.values() {
        let mut records = records.clone();
        records.sort();
        articles.push(records.into_iter().map(|(_, record)| record).collect());
    }
    articles.sort();
    let mut expected = row.articles;
    expected.sort();
    assert_eq!(articles, expected);
    assert_eq!(found.raw, row.raw, "entries on news.raw.v1");
}

/// Runs all rows on a log; `None` if there is no broker.
fn run(on: On, rows: &[Row]) -> Option<Run> {
    let folder = tempfile::tempdir().unwrap();
    let (log, names, pollers): (Arc<dyn Log>, Names, &[&str]) = match on {
        On::Embedded => (Arc::new(Embedded::open(folder.path()).unwrap()), Names::default(), &["0"]),
        On::Kafka => {
            let broker = test_support::kafka::shared()?;
            let names = Names::new(&format!("identity{}.", Timestamp::now().as_nanosecond()));
            (Arc::new(Kafka::new(KafkaConfig::new(&broker)).unwrap()), names, &["0", "1"])
        }
    };
    let publisher = Publisher::start(HOSTS);
    let mut served = Served { publisher: &publisher, feeds: HashMap::new(), owners: HashMap::new() };
    let steps = rows.iter().flat_map(|row| row.feeds.iter().map(|feed| feed.steps.len())).max().unwrap_or(0);
    let mut pipeline = Pipeline::start(&log, &names, pollers, &Clock::default());
    for step in 0..steps {
        if step == 2 {
            // The others go on from the state that is stored.
            pipeline.stop();
            pipeline = Pipeline::start(&log, &names, pollers, &Clock::default());
        }
        for (row, feeds) in rows.iter().map(|row| &row.feeds).enumerate() {
            for (number, feed) in feeds.iter().enumerate() {
                served.change(&pipeline, (row, number), feed, step);
            }
        }
        served.wait();
        pipeline.drain();
    }
    let found = served.found(&pipeline, rows.len());
    pipeline.stop();
    Some(found)
}

/// The feeds that are served.
struct Served<'a> {
    publisher: &'a Publisher,
    /// By row and number in it: the present path and host, and the requests that the path had when the feed last changed.
    feeds: HashMap<(usize, usize), Path>,
    /// Row of each feed id.
    owners: HashMap<String, usize>,
}

struct Path {
    path: String,
    host: usize,
    document: Vec<u8>,
    requests: usize,
}

impl Served<'_> {
    fn url(&self, path: &Path) -> String {
        format!("{}{}", self.publisher.base(path.host), path.path)
    }

    fn add(&mut self, pipeline: &Pipeline, row: usize, url: &str, site_url: &str) {
        self.owners.insert(proto::id::feed_id(url), row);
        pipeline.add(url, site_url);
    }

    fn change(&mut self, pipeline: &Pipeline, at: (usize, usize), feed: &Feed, step: usize) {
        let is_first = !self.feeds.contains_key(&at);
        let path = format!("/{}-{}", at.0, at.1);
        let mut now = self.feeds.remove(&at).unwrap_or_else(|| Path {
            path,
            // Feeds of one row are on different hosts.
            host: at.0 + at.1,
            document: rss("Feed", "https://feed.example/", []).into(),
            requests: 0,
        });
        let change = feed.steps.get(step).cloned().flatten();
        if matches!(change, Some(Change::Move | Change::Replace)) {
            let before = self.url(&now);
            let from = now.path.clone();
            now = Path { path: format!("{from}-moved"), host: now.host + 1, ..now };
            let after = self.url(&now);
            if matches!(change, Some(Change::Move)) {
                self.publisher.redirect(&from, &after);
            } else {
                pipeline.remove(&before);
                self.add(pipeline, at.0, &after, &feed.site_url);
            }
        }
        match change {
            Some(Change::Show(items)) => now.document = rss("Feed", "https://feed.example/", &items).into(),
            Some(Change::Move | Change::Replace) | None => {}
        }
        self.publisher.put(&now.path, "application/rss+xml", now.document.clone());
        now.requests = self.publisher.requests(&now.path);
        if is_first {
            let url = self.url(&now);
            self.add(pipeline, at.0, &url, &feed.site_url);
        }
        self.feeds.insert(at, now);
    }

    /// Waits until each feed was polled twice since it changed: the first of these polls is then committed.
    fn wait(&self) {
        let mut waiting: Vec<&Path> = self.feeds.values().collect();
        eventually(LIMIT, "each feed is polled twice", || {
            waiting.retain(|feed| self.publisher.requests(&feed.path) < feed.requests + 2);
            waiting.is_empty()
        });
    }

    fn found(&self, pipeline: &Pipeline, rows: usize) -> Run {
        let mut found = vec![Found::default(); rows];
        for item in pipeline.read::<RawItem>(Topic::Raw) {
            assert_eq!(item.kind, kind::ENTRY);
            found[self.owners[&item.feed_id]].raw += 1;
        }
        let mut keys = HashSet::new();
        for article in pipeline.read::<Article>(Topic::Articles) {
            assert!(keys.insert((article.article_id.clone(), article.revision)), "a revision twice: {article:?}");
            let row = self.owners[article.feed_ids.first().unwrap()];
            let Article { revision, change, canonical_url, body, .. } = article;
            // The name of an entry without link has the feed's id in it.
            let url =
                if canonical_url.starts_with("urn:newswire:text:") { "urn:newswire:text" } else { &canonical_url };
            let record = format!("{change} {revision} {url} {body}");
            found[row].articles.entry(article.article_id).or_default().push((revision, record));
        }
        found
    }
}
