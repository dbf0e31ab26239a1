//! `bench poll`: polls a second of one process, compared with the HTTP client in a bare loop and with Python. `bench feeds`: many
//! feeds on many hosts.

pub mod scale;
pub mod server;

use crate::broker;
use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use proto::v1::Feed;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use server::{Answer, Server};
use std::{
    net::Ipv4Addr,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use stream::{CancellationToken, LogKind, Outgoing, Runtime, kafka::KafkaConfig};

/// Feeds, two on each host: the connections of all hosts stay open.
const FEEDS: usize = 20_000;
const HOSTS: usize = 10_000;
/// Requests at a time.
const PARALLEL: usize = 1_000;
/// Every feed is due again after this time.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_millis(50);
/// Time before the measurement begins: first polls.
const WARM_UP: Duration = Duration::from_secs(20);

/// What is measured.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Seconds of each measurement
    #[arg(default_value_t = 20)]
    seconds: u64,
    /// Leave out Kafka
    #[arg(long)]
    embedded_only: bool,
}

/// One measurement in a process of its own.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    #[arg(value_enum)]
    answer: Answer,
    port: u16,
    seconds: u64,
    /// What polls: the poller, or the bare client
    #[arg(long)]
    bare: bool,
    /// Address of a broker; the embedded log without it
    #[arg(long)]
    kafka: Option<String>,
}

/// Result of a measurement.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Polls a second.
    pub polls: f64,
    /// Most resident memory, in MB.
    pub peak_mb: f64,
    /// Share of a processor that was used.
    pub processor: f64,
}

/// Measures each kind of answer. Prints a table unless `json` is set, and returns polls a second by answer.
///
/// # Errors
/// A process fails.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(args: &Args, json: bool) -> anyhow::Result<Value> {
    let broker = if args.embedded_only { None } else { Some(broker::Server::start()?) };
    let mut all = serde_json::Map::new();
    if !json {
        println!("polls a second, poller on one processor, server on another");
        println!("{:<14} {:>10} {:>10} {:>10} {:>10}", "answer", "embedded", "Kafka", "bare loop", "Python");
    }
    for answer in [Answer::NotModified, Answer::Unchanged, Answer::New] {
        let server = Server::start(0)?;
        let place = [answer.path().to_owned(), server.port.to_string(), args.seconds.to_string()];
        let once = |more: &[&str]| -> anyhow::Result<Measured> {
            let mut arguments = vec!["poll-once"];
            arguments.extend(place.iter().map(String::as_str));
            arguments.extend(more);
            broker::in_process(&arguments)
        };
        let bare = once(&["--bare"])?;
        let embedded = once(&[])?;
        let kafka = broker.as_ref().map(|broker| once(&["--kafka", &broker.address])).transpose()?;
        let python = python(answer, server.port, args.seconds).ok();
        if !json {
            let shown = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"));
            println!(
                "{:<14} {:>10.0} {:>10} {:>10.0} {:>10}  {:.0} MB",
                answer.path(),
                embedded.polls,
                shown(kafka.as_ref().map(|kafka| kafka.polls)),
                bare.polls,
                shown(python),
                embedded.peak_mb
            );
        }
        all.insert(
            answer.path().to_owned(),
            json!({ "embedded": embedded, "kafka": kafka, "bare": bare, "python": python }),
        );
    }
    Ok(Value::Object(all))
}

/// Polls of a script with aiohttp and feedparser.
fn python(answer: Answer, port: u16, seconds: u64) -> anyhow::Result<f64> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/poll_speed.py");
    let output = Command::new("taskset")
        .args(["-c", "1"])
        .arg(broker::python()?)
        .args([script, answer.path(), &port.to_string(), &seconds.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    anyhow::ensure!(output.status.success(), "{script}: {}", output.status);
    let value: Value = serde_json::from_slice(&output.stdout)?;
    value["polls"].as_f64().context("no number of polls")
}

/// Lets this process run on one processor.
///
/// # Errors
/// There is none of this number.
pub fn pin(processor: usize) -> anyhow::Result<()> {
    let mut set = nix::sched::CpuSet::new();
    set.set(processor)?;
    Ok(nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &set)?)
}

/// The address of a host: 127.1.0.0 and those after it.
fn address(host: usize) -> Ipv4Addr {
    let [_, a, b, c] = u32::try_from(host).unwrap_or_default().to_be_bytes();
    Ipv4Addr::new(127, 1 + a, b, c)
}

fn url(answer: Answer, feed: usize, port: u16) -> String {
    format!("http://{}:{port}/{}/{feed}", address(feed % HOSTS), answer.path())
}

/// One measurement.
///
/// # Errors
/// The log fails.
pub fn once(place: &Place) -> anyhow::Result<Measured> {
    pin(1)?;
    rlimit::increase_nofile_limit(u64::MAX)?;
    if place.bare { bare(place) } else { poller(place) }
}

fn config() -> poller::Config {
    poller::Config {
        poll_interval: POLL_INTERVAL,
        host_interval: Duration::ZERO,
        allow_private_networks: true,
        parallel: PARALLEL,
        pace: None,
        ..poller::Config::default()
    }
}

fn poller(place: &Place) -> anyhow::Result<Measured> {
    let folder: tempfile::TempDir;
    let kind = match &place.kafka {
        Some(address) => LogKind::Kafka(Box::new(KafkaConfig::new(address))),
        None => {
            folder = tempfile::tempdir()?;
            LogKind::Embedded(folder.path().to_owned())
        }
    };
    let shutdown = CancellationToken::new();
    let runtime = Runtime { shutdown: shutdown.clone(), ..broker::runtime(kind, &broker::prefix(), "0")? };
    let definitions: Vec<Outgoing> = (0..FEEDS)
        .map(|feed| definition(&runtime, url(place.answer, feed, place.port)))
        .collect::<anyhow::Result<_>>()?;
    for batch in definitions.chunks(500) {
        runtime.log.append(batch.to_vec())?;
    }
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build()?;
    let service = tokio.spawn(poller::run(config(), runtime.clone(), chassis::admin::Readiness::default()));
    std::thread::sleep(WARM_UP);
    let (polls, processor) = (polls(&runtime), broker::processor_seconds()?);
    let began = Instant::now();
    std::thread::sleep(Duration::from_secs(place.seconds));
    let (polled, seconds) = (self::polls(&runtime) - polls, began.elapsed().as_secs_f64());
    let processor = (broker::processor_seconds()? - processor) / seconds;
    shutdown.cancel();
    tokio.block_on(service)??;
    Ok(Measured { polls: polled / seconds, peak_mb: peak_mb()?, processor })
}

fn definition(runtime: &Runtime, url: String) -> anyhow::Result<Outgoing> {
    let feed = Feed { url, ..Feed::default() };
    let record =
        poller::definition::record(feed, broker::PARTITIONS, &runtime.names, runtime.encoding, Timestamp::now());
    Ok(record?)
}

/// Polls that were committed, but those that failed.
fn polls(runtime: &Runtime) -> f64 {
    let families = runtime.registry.gather();
    let polls = families.iter().find(|family| family.name() == "newswire_polls_total");
    let is_success = |metric: &&prometheus::proto::Metric| {
        let label = metric.get_label().first().map(|label| label.value());
        matches!(label, Some("NEW_ENTRIES" | "NOTHING_NEW" | "NOT_MODIFIED"))
    };
    polls.map_or(0.0, |family| {
        family.get_metric().iter().filter(is_success).map(|one| one.get_counter().get_value()).sum()
    })
}

#[expect(clippy::cast_precision_loss, reason = "megabytes")]
fn peak_mb() -> anyhow::Result<f64> {
    Ok(broker::resident_bytes(broker::Memory::Peak)? as f64 / 1e6)
}

/// The client that the poller uses, without anything around it.
#[expect(clippy::cast_precision_loss, reason = "counts")]
fn bare(place: &Place) -> anyhow::Result<Measured> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build()?;
    let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(1).build()?;
    let (next, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    for _ in 0..PARALLEL {
        let (client, next, done) = (client.clone(), Arc::clone(&next), Arc::clone(&done));
        let (answer, port) = (place.answer, place.port);
        tokio.spawn(async move {
            loop {
                let feed = usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap_or_default() % FEEDS;
                let request = client.get(url(answer, feed, port)).header("if-none-match", "\"v\"");
                if let Ok(response) = request.send().await
                    && response.bytes().await.is_ok()
                {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    std::thread::sleep(Duration::from_secs(3));
    let (before, processor, began) = (done.load(Ordering::Relaxed), broker::processor_seconds()?, Instant::now());
    std::thread::sleep(Duration::from_secs(place.seconds));
    let (polled, seconds) = (done.load(Ordering::Relaxed) - before, began.elapsed().as_secs_f64());
    let processor = (broker::processor_seconds()? - processor) / seconds;
    Ok(Measured { polls: polled as f64 / seconds, peak_mb: peak_mb()?, processor })
}

/// Where a measurement of many feeds keeps its log.
#[derive(Debug, Clone, clap::Args)]
pub struct Folder {
    /// Folder of the embedded log
    pub folder: PathBuf,
    /// Seconds to poll
    pub seconds: u64,
}
