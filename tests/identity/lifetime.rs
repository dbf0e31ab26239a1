//! The state of an article outlives its retention of 30 days: the poller renews it. The clock is the test's.

use crate::pipeline::{LIMIT, Pipeline};
use jiff::Timestamp;
use poller::schedule::clock::Clock;
use proto::{
    topic::{Names, Topic},
    v1::{Article, ArticleState, RawItem},
    vocab::kind,
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use stream::{
    Log,
    embedded::{Embedded, Options},
    faults::ScriptedCommits,
    kafka::{Kafka, KafkaConfig},
};
use test_support::{
    publisher::{Item, Publisher, rss},
    wait::eventually,
};

const DAY_MS: i64 = 24 * 3_600 * 1_000;

/// The clocks of a test, which show the same time.
struct Clocks {
    /// By how many milliseconds the log's clock is fast.
    fast_ms: &'static AtomicI64,
    log: stream::Clock,
    poller: Clock,
}

impl Clocks {
    fn advance(&self, days: i64) {
        let fast_ms = self.fast_ms.fetch_add(days * DAY_MS, Ordering::Relaxed) + days * DAY_MS;
        self.poller.set(fast_ms / 1_000);
    }
}

/// Clocks of their own for each place of use.
macro_rules! clocks {
    () => {{
        static FAST_MS: AtomicI64 = AtomicI64::new(0);
        let log: stream::Clock = || Timestamp::now().as_millisecond() + FAST_MS.load(Ordering::Relaxed);
        Clocks { fast_ms: &FAST_MS, log, poller: Clock::default() }
    }};
}

/// A feed that answers 304, one that fails, and one that shows another item at each time. Each has one item that stays.
const FEEDS: [&str; 3] = ["/quiet", "/failing", "/busy"];

fn show(publisher: &Publisher, feed: &str, body: &str, others: i64) {
    let item = |name: &str, body: &str| Item {
        guid: name.into(),
        link: format!("https://news.example{feed}/{name}"),
        title: "Report".into(),
        body: body.into(),
        published: Timestamp::now(),
    };
    let newest = item(&format!("other-{others}"), "Another.");
    let items = [item("stays", body), newest];
    let shown = if others == 0 { &items[..1] } else { &items[..] };
    publisher.put(feed, "application/rss+xml", rss("News", "https://news.example/", shown));
}

/// Changes and revisions of the articles that stay, by feed.
fn records(pipeline: &Pipeline) -> Vec<String> {
    let articles = pipeline.read::<Article>(Topic::Articles).into_iter();
    let staying = articles.filter(|article| article.canonical_url.ends_with("/stays"));
    let mut records: Vec<String> =
        staying.map(|article| format!("{} {} {}", article.canonical_url, article.revision, article.change)).collect();
    records.sort();
    records
}

/// Polls the feeds for so many days, and then changes the items that stay. `pass` is called after each step of time.
fn cross(days: i64, clocks: &Clocks, log: &Arc<dyn Log>, names: &Names, restarts: bool, pass: &dyn Fn()) -> Pipeline {
    let publisher = Publisher::start(3);
    FEEDS.iter().for_each(|feed| show(&publisher, feed, "One.", 0));
    let mut pipeline = Pipeline::start(log, names, &["0"], &clocks.poller);
    let add = |pipeline: &Pipeline, number: usize| {
        pipeline.add(&format!("{}{}", publisher.base(number), FEEDS[number]), "https://news.example/");
    };
    // The first of two polls is committed. The schedule does not follow a clock that is set: the operator adds the feeds
    // again, so that they are polled at once.
    let polled = |pipeline: &Pipeline| {
        for _ in 0..2 {
            let before = FEEDS.map(|feed| publisher.requests(feed));
            eventually(LIMIT, "each feed is polled", || {
                let is_due = |number: &usize| publisher.requests(FEEDS[*number]) == before[*number];
                let due: Vec<usize> = (0..3).filter(is_due).collect();
                due.iter().for_each(|number| add(pipeline, *number));
                due.is_empty()
            });
        }
    };
    polled(&pipeline);
    publisher.remove("/failing");
    let step = if days > 100 { 8 } else { 2 };
    for (number, day) in (step..=days).step_by(usize::try_from(step).unwrap()).enumerate() {
        clocks.advance(step);
        show(&publisher, "/busy", "One.", day);
        polled(&pipeline);
        pipeline.drain();
        pass();
        if restarts && number % 6 == 5 {
            pipeline.stop();
            pipeline = Pipeline::start(log, names, &["0"], &clocks.poller);
        }
    }
    FEEDS.iter().for_each(|feed| show(&publisher, feed, "Two.", 0));
    clocks.advance(step);
    polled(&pipeline);
    pipeline.drain();
    pipeline
}

/// The revision goes on from the state: it was neither lost nor begun again.
fn is_updated(pipeline: &Pipeline) {
    let mut expected = Vec::new();
    for feed in ["busy", "failing", "quiet"] {
        expected.push(format!("https://news.example/{feed}/stays 2 UPDATED"));
    }
    let mut found = records(pipeline);
    // The first revisions are gone from the topic after its retention.
    found.retain(|record| !record.ends_with("1 NEW"));
    assert_eq!(found, expected);
}

fn on_embedded(days: i64, clocks: &Clocks, restarts: bool) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { clock: clocks.log, compaction_lag_ms: 0, ..Options::default() };
    let log = Arc::new(Embedded::open_with(folder.path(), options).unwrap());
    let shared: Arc<dyn Log> = log.clone();
    let sweep = || {
        log.sweep().unwrap();
    };
    let pipeline = cross(days, clocks, &shared, &Names::default(), restarts, &sweep);
    is_updated(&pipeline);
    pipeline.stop();
}

#[test]
fn an_edit_after_30_days_is_the_next_revision() {
    on_embedded(30, &clocks!(), false);
}

#[test]
fn an_edit_after_30_days_and_restarts_is_the_next_revision() {
    on_embedded(30, &clocks!(), true);
}

#[test]
fn an_edit_after_400_days_is_the_next_revision() {
    on_embedded(400, &clocks!(), false);
}

#[test]
fn an_edit_after_400_days_and_restarts_is_the_next_revision() {
    on_embedded(400, &clocks!(), true);
}

/// On Kafka the broker's own clock decides on retention, so that nothing expires: what is tested is what is written.
#[test]
fn seen_items_on_kafka_write_the_states_of_the_articles_again() {
    let Some(broker) = test_support::kafka::shared() else { return };
    let clocks = clocks!();
    let kafka = Kafka::new(KafkaConfig::new(&broker)).unwrap();
    let log: Arc<dyn Log> =
        Arc::new(ScriptedCommits::new(kafka, |member, batch| member.commit(batch)).with_clock(clocks.log));
    let names = Names::new(&format!("lifetime{}.", Timestamp::now().as_nanosecond()));
    let pipeline = cross(30, &clocks, &log, &names, true, &|| {});
    is_updated(&pipeline);
    let id = proto::id::article_id("https://news.example/quiet/stays");
    let items = pipeline.read::<RawItem>(Topic::Raw).into_iter();
    let seen = items.filter(|item| item.kind == kind::SEEN && item.article_id == id).count();
    assert!((2..=4).contains(&seen), "{seen} in 32 days");
    let states = pipeline.read::<ArticleState>(Topic::ArticleState);
    let written = states.iter().filter(|state| state.article_id == id).count();
    // NEW, each SEEN item, UPDATED.
    assert_eq!(written, seen + 2);
    pipeline.stop();
}
