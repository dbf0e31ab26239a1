use crate::flaky::flaky;
use crate::server::{Answer, Server};
use jiff::{SignedDuration, Timestamp};
use poller::{Config, definition};
use proto::{
    topic::{Names, Topic},
    v1::{Feed, FeedHealth, FeedState, RawItem},
    wire::Message,
};
use std::{
    collections::{HashMap, HashSet},
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use stream::{CancellationToken, Log, Metrics, Record, Runtime, Start, embedded::Embedded};

pub const PARTITIONS: i32 = 3;

/// The service in a runtime of its own.
pub struct Service {
    pub runtime: Runtime,
    tokio: tokio::runtime::Runtime,
    ended: tokio::task::JoinHandle<Result<(), poller::Error>>,
}

impl Service {
    fn start(folder: &Path) -> Self {
        Self::start_on(Arc::new(Embedded::open(folder).unwrap()), Names::default())
    }

    fn start_on(log: Arc<dyn Log>, names: Names) -> Self {
        Self::start_as("0", log, names, SignedDuration::from_millis(100))
    }

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

    pub fn add(&self, url: &url::Url, change: impl FnOnce(&mut Feed)) {
        let mut feed = Feed { url: url.to_string(), ..Feed::default() };
        change(&mut feed);
        let record = definition::record(feed, PARTITIONS, &self.runtime.names, self.runtime.encoding, Timestamp::now());
        self.runtime.log.append(vec![record.unwrap()]).unwrap();
    }

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

    pub fn items(&self) -> Vec<RawItem> {
        self.records(Topic::Raw).iter().map(|record| record.decode().unwrap()).collect()
    }

    /// The last record of each key; tombstones are `None`.
    fn table<M: Message>(&self, topic: Topic) -> HashMap<String, Option<M>> {
        self.records(topic)
            .iter()
            .map(|record| {
                let message = record.value.is_some().then(|| record.decode().unwrap());
                (topic.key_text(&record.key), message)
            })
            .collect()
    }

    /// Waits for what a record of `topic` brings about.
    pub fn until(&self, topic: Topic, what: &str, condition: impl FnMut() -> bool) {
        let waited =
            stream::until(&*self.runtime.log, &self.runtime.names.of(topic), Duration::from_secs(60), condition);
        assert!(waited.is_ok(), "{what}: {waited:?}");
    }

    pub fn stop(self) -> Runtime {
        self.runtime.shutdown.cancel();
        self.tokio.block_on(self.ended).unwrap().unwrap();
        self.tokio.shutdown_timeout(Duration::from_secs(5));
        self.runtime
    }
}

/// A feed of these items; `salt` makes the bytes differ and says nothing.
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

#[test]
fn ten_polls_give_one_record_an_item_and_a_restart_repeats_nothing() {
    let folder = tempfile::tempdir().unwrap();
    ten_polls(|| Service::start(folder.path()));
}

/// The same on a real broker, where `NEWSWIRE_TEST_KAFKA` names one.
#[test]
fn ten_polls_on_kafka() {
    let Some(broker) = test_support::kafka::named("ten polls on Kafka") else { return };
    let prefix = format!("poller-test-{}.", Timestamp::now().as_millisecond());
    ten_polls(|| {
        let kafka = stream::kafka::Kafka::new(stream::kafka::KafkaConfig::new(&broker)).unwrap();
        Service::start_on(Arc::new(kafka), Names::new(&prefix))
    });
}

fn ten_polls(start: impl Fn() -> Service) {
    let items: Arc<Mutex<Vec<(&str, &str)>>> = Arc::new(Mutex::new(vec![("a", "One"), ("b", "Two"), ("a", "One")]));
    let (served, polls) = (Arc::clone(&items), AtomicUsize::new(0));
    let server = Server::start(move |request| match request.path.as_str() {
        "/feed" => Answer::new(200, rss(&served.lock().unwrap(), polls.fetch_add(1, Ordering::Relaxed))),
        _ => Answer::new(404, ""),
    });
    let service = start();
    service.add(&server.url("/feed"), |feed| feed.tags = vec!["test".into()]);
    let polled = |times: usize| server.until("/feed", times, |_| true);

    polled(10);
    let first = service.items();
    assert_eq!(first.len(), 2, "{first:#?}");
    let item = first.iter().find(|item| item.guid == "a").unwrap();
    assert_eq!(item.canonical_url, "http://news.example/a");
    assert_eq!(item.article_id, proto::id::article_id("http://news.example/a"));
    assert_eq!((item.feed_title.as_str(), item.feed_tags.len()), ("Example News", 1));
    assert!(item.backfill && item.published_at.is_some());

    // What is new comes once, and what has changed again under its id.
    items.lock().unwrap().push(("c", "Three"));
    service.until(Topic::Raw, "the new item", || service.items().len() == 3);
    items.lock().unwrap()[1] = ("b", "Two, corrected");
    service.until(Topic::Raw, "the changed item", || service.items().len() == 4);
    let all = service.items();
    assert_eq!(all.iter().map(|item| &item.article_id).collect::<HashSet<_>>().len(), 3);
    assert!(!all.iter().find(|item| item.guid == "c").unwrap().backfill);

    // State and items come together.
    let states = service.table::<FeedState>(Topic::FeedState);
    let state = states.values().next().unwrap().as_ref().unwrap();
    let known: HashSet<&String> = state.entries.iter().map(|entry| &entry.article_id).collect();
    assert_eq!(known, all.iter().map(|item| &item.article_id).collect());
    let records = service.records(Topic::Raw);
    let ids: HashSet<_> = records.iter().map(|record| record.header("ce_id").unwrap()).collect();
    assert_eq!(ids.len(), records.len());
    for record in &records {
        assert_eq!(record.partition, proto::partition::of(&record.key, PARTITIONS));
        assert_eq!(record.header("traceparent").map(str::len), Some(55));
    }
    let health = service.table::<FeedHealth>(Topic::FeedHealth);
    let health = health.values().next().unwrap().as_ref().unwrap();
    assert_eq!((health.status.as_str(), health.polls.len()), ("OK", 10));
    drop(service.stop());

    let before = server.requests("/feed").len();
    let service = start();
    polled(before + 4);
    assert_eq!(service.items().len(), 4);
    service.stop();
}

#[test]
fn a_large_state_is_not_written_for_nothing_and_a_restart_repeats_nothing() {
    let count = Arc::new(AtomicUsize::new(200));
    let (served, polls) = (Arc::clone(&count), AtomicUsize::new(0));
    let server = Server::start(move |request| {
        if request.path != "/feed" {
            return Answer::new(404, "");
        }
        let poll = polls.fetch_add(1, Ordering::Relaxed);
        let names: Vec<String> = (0..served.load(Ordering::Relaxed)).map(|n| format!("{n:03}")).collect();
        let items: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "Title")).collect();
        Answer::new(200, rss(&items, poll)).with("ETag", &format!("\"{poll}\""))
    });
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    service.add(&server.url("/feed"), |feed| feed.backfill = "all".into());
    server.until("/feed", 8, |_| true);
    let states = service.records(Topic::FeedState);
    let written: Vec<usize> = states.iter().map(|record| record.value.as_ref().map_or(0, Vec::len)).collect();
    assert_eq!(written.len(), 1, "{written:?}");
    assert!(written.iter().all(|bytes| *bytes > 16 << 10));
    // The first poll, and the first that found nothing new.
    assert_eq!(service.records(Topic::FeedHealth).len(), 2);
    for (number, request) in server.requests("/feed").iter().enumerate().skip(1) {
        assert_eq!(request.header("if-none-match"), format!("\"{}\"", number - 1), "the newest validator");
    }
    count.store(201, Ordering::Relaxed);
    service.until(Topic::Raw, "the new item", || service.items().len() == 201);
    assert_eq!(service.records(Topic::FeedState).len(), 2);
    drop(service.stop());

    let before = server.requests("/feed").len();
    let service = Service::start(folder.path());
    server.until("/feed", before + 3, |_| true);
    // The first health after a restart tells of the polls before it.
    let health = service.table::<FeedHealth>(Topic::FeedHealth);
    let polls = &health.values().next().unwrap().as_ref().unwrap().polls;
    assert!(polls.len() >= 9 && polls.iter().any(|poll| poll.new_entries == 1), "{polls:#?}");
    for record in service.records(Topic::FeedHealth) {
        assert_eq!(record.partition, definition::partition_of(&server.url("/feed"), PARTITIONS));
    }
    assert!(!server.requests("/feed").get(before).unwrap().header("if-none-match").is_empty());
    assert_eq!((service.items().len(), service.records(Topic::FeedState).len()), (201, 2));
    service.stop();
}

#[test]
fn a_restart_and_the_same_list_again_poll_no_feed_before_its_time() {
    let server = Server::start(|request| match request.path.as_str() {
        "/robots.txt" => Answer::new(404, ""),
        path => Answer::new(200, rss(&[(path.trim_start_matches('/'), "One")], 0)),
    });
    let folder = tempfile::tempdir().unwrap();
    let start = || {
        let log = Arc::new(Embedded::open(folder.path()).unwrap());
        Service::start_as("0", log, Names::default(), SignedDuration::from_hours(1))
    };
    let added = Some(proto::time::to_wire(Timestamp::now()));
    let service = start();
    service.add(&server.url("/old"), |feed| feed.added_at = added);
    service.until(Topic::Raw, "the first poll", || service.items().len() == 1);
    drop(service.stop());

    let service = start();
    // As a list does that says something else of the feed: the time of adding stays.
    service.add(&server.url("/old"), |feed| {
        feed.added_at = added;
        feed.title = "Another".into();
    });
    service.add(&server.url("/new"), |_| {});
    service.until(Topic::Raw, "the new feed", || service.items().len() == 2);
    assert_eq!(server.requests("/old").len(), 1);
    // Who adds it again wants it now.
    service.add(&server.url("/old"), |_| {});
    server.until("/old", 2, |_| true);
    service.stop();
}

#[test]
fn a_feed_can_be_removed_is_gone_or_is_none() {
    let server = Server::start(|request| match request.path.as_str() {
        "/feed" if request.header("if-none-match") == "\"v\"" => Answer::new(304, ""),
        "/feed" => Answer::new(200, rss(&[("a", "One")], 0)).with("ETag", "\"v\""),
        "/gone" => Answer::new(410, ""),
        "/page" => Answer::new(200, "<!DOCTYPE html><html><body>no feed</body></html>"),
        _ => Answer::new(404, ""),
    });
    let folder = tempfile::tempdir().unwrap();
    let service = Service::start(folder.path());
    for path in ["/feed", "/gone", "/page"] {
        service.add(&server.url(path), |_| {});
    }
    let bad = Feed { feed_id: "x".into(), url: "http://news.example/".into(), ..Feed::default() };
    let mut record = definition::tombstone("http://news.example/", PARTITIONS, &service.runtime.names).unwrap();
    record.value = Some(proto::wire::Encoding::Json.encode(&bad).unwrap());
    service.runtime.log.append(vec![record]).unwrap();

    let health = |path: &str| {
        let id = proto::id::feed_id(server.url(path).as_str());
        service.table::<FeedHealth>(Topic::FeedHealth).remove(&id).flatten()
    };
    let status = |path: &str| health(path).map(|health| health.status).unwrap_or_default();
    service.until(Topic::FeedHealth, "gone", || status("/gone") == "GONE");
    service.until(Topic::FeedHealth, "failing", || status("/page") == "FAILING");
    assert_eq!(health("/page").unwrap().polls.first().unwrap().outcome, "UNREADABLE");
    service.until(Topic::FeedHealth, "the feed", || status("/feed") == "OK");
    server.until("/feed", 1, |request| !request.header("if-none-match").is_empty());
    service.until(Topic::FeedHealth, "304", || {
        health("/feed").is_some_and(|health| health.polls.iter().any(|poll| poll.outcome == "NOT_MODIFIED"))
    });
    service.until(Topic::DeadLetter, "the dead letter", || service.records(Topic::DeadLetter).len() == 1);
    assert_eq!(server.requests("/gone").len(), 1);

    let removal = definition::tombstone(server.url("/feed").as_str(), PARTITIONS, &service.runtime.names).unwrap();
    service.runtime.log.append(vec![removal]).unwrap();
    let id = proto::id::feed_id(server.url("/feed").as_str());
    service.until(Topic::FeedState, "the state's tombstone", || {
        matches!(service.table::<FeedState>(Topic::FeedState).get(&id), Some(None))
    });
    // At most the one poll that was under way.
    let polls = server.requests("/feed").len();
    let others = server.requests("/page").len();
    server.until("/page", others + 2, |_| true);
    assert!(server.requests("/feed").len() <= polls + 1);
    assert_eq!(service.items().len(), 1);
    service.stop();
}

#[test]
fn aborted_and_lost_transactions_lose_nothing_and_repeat_nothing() {
    let served = Arc::new(AtomicUsize::new(0));
    let polls = Arc::clone(&served);
    let server = Server::start(move |request| {
        if request.path == "/robots.txt" {
            return Answer::new(404, "");
        }
        // One more item at every poll, on each of four feeds.
        let count = polls.fetch_add(1, Ordering::Relaxed) / 4 + 1;
        let names: Vec<String> =
            (0..count.min(30)).map(|n| format!("{}-{n}", request.path.trim_start_matches('/'))).collect();
        let items: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "Title")).collect();
        Answer::new(200, rss(&items, count))
    });
    let folder = tempfile::tempdir().unwrap();
    let (log, commits) = flaky(Embedded::open(folder.path()).unwrap());
    let service = Service::start_on(log, Names::default());
    for path in ["/a", "/b", "/c", "/d"] {
        service.add(&server.url(path), |_| {});
    }
    service.until(Topic::Raw, "all items", || {
        let ids: HashSet<String> = service.items().into_iter().map(|item| item.article_id).collect();
        ids.len() == 4 * 30
    });
    let (aborted, lost) = commits.faults();
    assert!(aborted >= 5 && lost >= 2, "{aborted} aborted, {lost} lost");
    assert_eq!(service.items().len(), 4 * 30);
    service.stop();
}

/// Every capture of a publisher's feed flows through: the records are the distinct identities of its entries.
#[test]
fn publishers_feeds_flow_through() {
    let Some(folder) = test_support::corpora::find("corpora/publishers") else { return };
    let captures: HashMap<String, Vec<u8>> = std::fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .map(|file| (format!("/{}", file.file_name().to_string_lossy()), std::fs::read(file.path()).unwrap()))
        .filter(|(name, _)| name != "/manifest.json")
        .collect();
    let bodies = captures.clone();
    let server = Server::start(move |request| match bodies.get(&request.path) {
        Some(body) => Answer::new(200, body.clone()).with("ETag", "\"1\""),
        None => Answer::new(404, ""),
    });
    let data = tempfile::tempdir().unwrap();
    let service = Service::start(data.path());
    let mut expected: HashMap<String, usize> = HashMap::new();
    for (path, body) in &captures {
        let url = server.url(path);
        let context = poller::document::Context::new(url.as_str());
        let document = poller::parse::read(body, &context).unwrap_or_else(|error| panic!("{path}: {error}"));
        // An item that says nothing at all is dropped, and counted as such.
        let says = |entry: &poller::document::Entry| {
            [&entry.title, &entry.link, &entry.summary, &entry.content].iter().any(|text| !text.trim().is_empty())
        };
        let ids: HashSet<String> = poller::identity::identify(url.as_str(), &document)
            .into_iter()
            .filter(|one| says(one.entry))
            .map(|one| one.article_id)
            .collect();
        if ids.len() != document.entries.len() {
            println!("{path}: {} entries, {} identities", document.entries.len(), ids.len());
        }
        expected.insert(proto::id::feed_id(url.as_str()), ids.len());
        service.add(&url, |feed| feed.backfill = "all".into());
    }
    service.until(Topic::FeedState, "every feed polled", || {
        service.table::<FeedState>(Topic::FeedState).len() == captures.len()
    });
    let mut found: HashMap<String, usize> = HashMap::new();
    for item in service.items() {
        *found.entry(item.feed_id).or_default() += 1;
    }
    expected.retain(|_, count| *count > 0);
    assert_eq!(found, expected);
    println!("{} feeds, {} items", captures.len(), found.values().sum::<usize>());
    service.stop();
}
