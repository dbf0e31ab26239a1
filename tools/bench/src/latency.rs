//! `bench latency`: from the publication on a feed's server to the enriched record that a consumer reads, at twenty articles
//! a second, on Kafka and on the embedded log. The wait for the next poll is shown apart.

use crate::broker::{self, PARTITIONS, Texts};
use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use proto::{topic::Topic, v1::EnrichedArticle, v1::Feed};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use stream::{CancellationToken, LogKind, Runtime, Start, kafka::KafkaConfig};
use test_support::publisher::{Item, Publisher, rss};

/// Feeds, each on a host of its own.
const FEEDS: usize = 20;
/// Each feed publishes an article a second.
const EVERY: Duration = Duration::from_millis(50);
const POLL_INTERVAL: SignedDuration = SignedDuration::from_secs(2);
/// Articles that a feed shows.
const SHOWN: usize = 30;
/// Bytes of an article's text.
const BYTES: usize = 2_000;
/// Articles at the beginning that are not counted: first polls, first joins.
const WARM_UP: usize = 200;

/// Milliseconds of each article.
struct Delay {
    all: f64,
    /// Without the wait for the poll.
    beyond_poll: f64,
}

/// Publishes `articles` articles on each log. Prints a table unless `json` is set, and returns `{"kafka": {"p50", "p99",
/// "beyond_poll_p50", "beyond_poll_p99"}, "embedded": {..}}` in milliseconds.
///
/// # Errors
/// A log fails, or an article does not arrive.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(articles: usize, json: bool) -> anyhow::Result<Value> {
    let (server, folder) = (broker::Server::start()?, tempfile::tempdir()?);
    let logs = [
        ("kafka", LogKind::Kafka(Box::new(KafkaConfig::new(&server.address)))),
        ("embedded", LogKind::Embedded(folder.path().to_owned())),
    ];
    let mut results = serde_json::Map::new();
    for (name, kind) in logs {
        let delays = measure(kind, articles)?;
        let at = |of: fn(&Delay) -> f64, share: f64| percentile(delays.iter().map(of).collect(), share);
        let value = json!({
            "p50": at(|one| one.all, 0.5), "p99": at(|one| one.all, 0.99),
            "beyond_poll_p50": at(|one| one.beyond_poll, 0.5), "beyond_poll_p99": at(|one| one.beyond_poll, 0.99),
        });
        if !json {
            println!(
                "{name:<9} {} articles: from publication p50 {:.0} ms, p99 {:.0} ms; beyond the wait for the poll p50 \
                 {:.0} ms, p99 {:.0} ms",
                delays.len(),
                at(|one| one.all, 0.5),
                at(|one| one.all, 0.99),
                at(|one| one.beyond_poll, 0.5),
                at(|one| one.beyond_poll, 0.99)
            );
        }
        results.insert(name.to_owned(), value);
    }
    Ok(Value::Object(results))
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share) as usize;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}

fn measure(kind: LogKind, articles: usize) -> anyhow::Result<Vec<Delay>> {
    let (texts, publisher) = (Texts::read(), Publisher::start(u8::try_from(FEEDS)?));
    let shutdown = CancellationToken::new();
    let runtime = Runtime { shutdown: shutdown.clone(), ..broker::runtime(kind, &broker::prefix(), "0")? };
    let url = |feed: usize| format!("{}/feed-{feed}", publisher.base(feed));
    let show = |feed: usize, items: &[Item]| {
        publisher.put(&format!("/feed-{feed}"), "application/rss+xml", rss("News", &publisher.base(feed), items));
    };
    let mut shown: Vec<Vec<Item>> = vec![Vec::new(); FEEDS];
    for feed in 0..FEEDS {
        show(feed, &[]);
        let definition = Feed { url: url(feed), ..Feed::default() };
        let record =
            poller::definition::record(definition, PARTITIONS, &runtime.names, runtime.encoding, Timestamp::now())?;
        runtime.log.append(vec![record])?;
    }
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let services = start(&tokio, &runtime)?;
    let reader = {
        let runtime = runtime.clone();
        std::thread::spawn(move || read(&runtime, articles))
    };
    let mut published = HashMap::new();
    let mut next = Instant::now();
    for number in 0..articles {
        let feed = number % FEEDS;
        let link = format!("{}/articles/{number}", publisher.base(feed));
        let (title, body) = (texts.title(number), texts.html(number, BYTES));
        let now = Timestamp::now();
        let items = &mut shown[feed];
        items.insert(0, Item { guid: link.clone(), link: link.clone(), title, body, published: now });
        items.truncate(SHOWN);
        show(feed, items);
        published.insert(link, now);
        next += EVERY;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let read = reader.join().map_err(|_| anyhow::anyhow!("the reader panicked"))??;
    shutdown.cancel();
    for service in services {
        tokio.block_on(service)??;
    }
    let mut delays = Vec::new();
    for (link, fetched, at) in read.into_iter().skip(WARM_UP.min(articles / 2)) {
        let began = *published.get(&link).with_context(|| format!("{link} was not published"))?;
        let ms = |from: Timestamp| at.duration_since(from).as_secs_f64() * 1000.0;
        delays.push(Delay { all: ms(began), beyond_poll: ms(fetched) });
    }
    Ok(delays)
}

type Service = tokio::task::JoinHandle<anyhow::Result<()>>;

fn start(tokio: &tokio::runtime::Runtime, runtime: &Runtime) -> anyhow::Result<[Service; 3]> {
    let config = poller::Config {
        poll_interval: POLL_INTERVAL,
        host_interval: Duration::ZERO,
        allow_private_networks: true,
        ..poller::Config::default()
    };
    let readiness = chassis::admin::Readiness::default();
    let recogniser = tagger::Recogniser::shipped()?;
    let [a, b, c] = [(); 3].map(|()| runtime.clone());
    Ok([
        tokio.spawn(async move { Ok(poller::run(config, a, readiness).await?) }),
        tokio.spawn(async move { Ok(normaliser::run(normaliser::Config::default(), b).await?) }),
        tokio.spawn(async move {
            Ok(enricher::run(enricher::Config { batch: enricher::DEFAULT_BATCH as usize, recogniser }, c).await?)
        }),
    ])
}

/// Reads enriched articles: URL, when its feed was fetched, when the record was read.
fn read(runtime: &Runtime, articles: usize) -> anyhow::Result<Vec<(String, Timestamp, Timestamp)>> {
    let mut tail = runtime.log.tail(&runtime.names.of(Topic::Enriched), Start::Beginning)?;
    let mut read: Vec<(String, Timestamp, Timestamp)> = Vec::with_capacity(articles);
    let mut moved = Instant::now();
    while read.len() < articles {
        anyhow::ensure!(moved.elapsed() < Duration::from_secs(90), "{} of {articles} articles arrived", read.len());
        for record in tail.poll(500, Duration::from_millis(100))? {
            let now = Timestamp::now();
            let article: EnrichedArticle = record.decode()?;
            let fetched = article.fetched_at.as_ref().and_then(proto::time::from_wire).context("no fetched_at")?;
            read.push((article.url, fetched, now));
            moved = Instant::now();
        }
    }
    Ok(read)
}
