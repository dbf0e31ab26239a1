//! `bench feeds`: many feeds on many hosts in one process, with the state of a year, at a mean of five minutes.

use super::{
    Folder, address,
    server::{Answer, Server},
};
use crate::broker;
use jiff::{SignedDuration, Timestamp};
use poller::schedule::Arrivals;
use proto::{
    id, key, time,
    topic::{InTopic, Topic},
    v1::{Feed, FeedEntries, FeedHealth, FeedState, Poll},
    vocab, wire,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, Instant},
};
use stream::{CancellationToken, LogKind, Outgoing, Runtime, Start};

/// Exponent of the number of feeds by host (Zipf).
const EXPONENT: f64 = 0.6;
/// Poll interval of a feed of which much is expected, as all of these are.
const POLL_INTERVAL: SignedDuration = SignedDuration::from_mins(5);
/// Entries that a feed has shown.
const ENTRIES: usize = 100;
/// Records that are written at a time.
const BATCH: usize = 2_000;
/// Of so many hosts one refuses connections, and another one never answers.
const DEAD_OF: usize = 20;

/// How many feeds on how many hosts, and for how long.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Feeds
    #[arg(default_value_t = 100_000)]
    feeds: usize,
    /// Hosts
    #[arg(long, default_value_t = 30_000)]
    hosts: usize,
    /// Minutes
    #[arg(long, default_value_t = 15)]
    minutes: u64,
}

/// What was measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Seconds from the start of the process to its first committed poll.
    pub first_poll_s: f64,
    /// Polls a second after the first minute, those that failed included.
    pub polls: f64,
    /// Feeds that were due and had to wait, at the end.
    pub due: f64,
    /// Of hosts with one feed, which answer: seconds from when it was due to when its poll ended.
    pub late_p50_s: f64,
    /// The same, 99th percentile.
    pub late_p99_s: f64,
    /// Polls that these are of.
    pub measured: usize,
    /// Resident memory at the end, and at most, in MB.
    pub resident_mb: f64,
    /// Most of it.
    pub peak_mb: f64,
    /// Share of a processor that was used.
    pub processor: f64,
}

/// Writes the feeds and their states, and polls them in a process of its own. Prints a table unless `json` is set, and returns
/// [`Measured`].
///
/// # Errors
/// A log or a process fails.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(args: &Args, json: bool) -> anyhow::Result<Value> {
    let (folder, server) = (tempfile::tempdir()?, Server::start(0)?);
    let began = Instant::now();
    preload(folder.path(), args, server.port)?;
    let file = folder_bytes(folder.path())?;
    if !json {
        println!("{} feeds on {} hosts written in {:.0} s", args.feeds, args.hosts, began.elapsed().as_secs_f64());
    }
    let place = folder.path().display().to_string();
    let measured: Measured = broker::in_process(&["feeds-once", &place, &(args.minutes * 60).to_string()])?;
    if !json {
        let Measured { first_poll_s, polls, due, late_p50_s, late_p99_s, measured, resident_mb, peak_mb, processor } =
            &measured;
        println!(
            "first poll after {first_poll_s:.1} s; {polls:.0} polls/s, {due:.0} feeds wait at the end; lateness of {measured} polls \
             of hosts with one feed: p50 {late_p50_s:.2} s, p99 {late_p99_s:.2} s; memory {resident_mb:.0} MB, at most \
             {peak_mb:.0} MB; {processor:.2} processors; file {:.0} MB before, {:.0} MB after",
            file as f64 / 1e6,
            folder_bytes(folder.path())? as f64 / 1e6
        );
    }
    Ok(serde_json::to_value(measured)?)
}

fn folder_bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// The host of each feed: of host `h` there are about `h^-0.6` of all.
fn hosts(feeds: usize, hosts: usize) -> Vec<usize> {
    let weights: Vec<f64> = (1..=hosts).map(|host| (host as f64).powf(-EXPONENT)).collect();
    let all: f64 = weights.iter().sum();
    let (mut cumulated, mut host, mut of) = (0.0, 0, Vec::with_capacity(feeds));
    for feed in 0..feeds {
        let share = (feed as f64 + 0.5) / feeds as f64;
        while host + 1 < hosts && (cumulated + weights[host]) / all < share {
            cumulated += weights[host];
            host += 1;
        }
        of.push(host);
    }
    of
}

/// The URL of a feed. One host of twenty refuses connections, and one never answers; of the others' feeds one in ten has a new
/// item at each poll.
fn url(feed: usize, host: usize, port: u16) -> String {
    let (answer, port) = match host % DEAD_OF {
        7 => (Answer::NotModified, 1),
        13 => (Answer::Silent, port),
        _ if feed.is_multiple_of(10) => (Answer::New, port),
        _ => (Answer::NotModified, port),
    };
    format!("http://{}:{port}/{}/{feed}", address(host), answer.path())
}

fn open(folder: &Path) -> anyhow::Result<Runtime> {
    broker::runtime(LogKind::Embedded(folder.to_owned()), "scale.", "0")
}

fn preload(folder: &Path, args: &Args, port: u16) -> anyhow::Result<()> {
    let (runtime, now) = (open(folder)?, Timestamp::now());
    let mut records = Vec::new();
    for (feed, host) in hosts(args.feeds, args.hosts).into_iter().enumerate() {
        records.extend(records_of(&runtime, feed, &url(feed, host, port), now)?);
        if records.len() >= BATCH {
            runtime.log.append(std::mem::take(&mut records))?;
        }
    }
    runtime.log.append(records)?;
    Ok(())
}

/// Definition, state, entries and health of a feed that was polled for a year.
fn records_of(runtime: &Runtime, number: usize, url: &str, now: Timestamp) -> anyhow::Result<Vec<Outgoing>> {
    let feed_id = id::feed_id(url);
    let hours = |hours: i64| SignedDuration::from_hours(hours);
    let last = now - SignedDuration::from_millis((number as i64 * 7_919) % POLL_INTERVAL.as_millis() as i64);
    let wire_at = |at: Timestamp| Some(time::to_wire(at));
    let feed = Feed { url: url.to_owned(), added_at: wire_at(now - hours(8_760)), ..Feed::default() };
    let to = poller::definition::partition_of(&url.parse()?, broker::PARTITIONS);
    let definition =
        poller::definition::record(feed, broker::PARTITIONS, &runtime.names, runtime.encoding, now - hours(8_760))?;
    // Ten entries an hour, so that the interval is the shortest.
    let published: Vec<Timestamp> = (0..6_720).map(|at| now - SignedDuration::from_mins(at * 6)).collect();
    let state = FeedState {
        feed_id: feed_id.clone(),
        url: url.to_owned(),
        title: format!("News {number}"),
        etag: "\"v\"".to_owned(),
        last_modified: "Sat, 28 Nov 2026 09:20:00 GMT".to_owned(),
        first_polled_at: wire_at(now - hours(8_760)),
        last_polled_at: wire_at(last),
        last_success_at: wire_at(last),
        next_poll_at: wire_at(last + POLL_INTERVAL),
        interval_s: i32::try_from(POLL_INTERVAL.as_secs())?,
        body_hash: id::digest(&[url.as_bytes()]),
        entries_generation: 1,
        renewal_due_min: i32::try_from((now + hours(200)).as_second() / 60)?,
        arrivals: Some(Arrivals::of_document(&published, now).to_wire()),
        ..FeedState::default()
    };
    let packed = (0..ENTRIES).flat_map(|entry| {
        let digest = id::digest(&[url.as_bytes(), &entry.to_be_bytes()]);
        digest.into_bytes().into_iter().chain([0; 16])
    });
    let entries = FeedEntries { feed_id: feed_id.clone(), generation: 1, packed: packed.collect() };
    let poll = Poll {
        at: wire_at(last),
        outcome: vocab::poll::NOT_MODIFIED.to_owned(),
        http_status: 304,
        duration_ms: 80,
        ..Poll::default()
    };
    let health = FeedHealth {
        feed_id: feed_id.clone(),
        url: url.to_owned(),
        title: state.title.clone(),
        status: "OK".to_owned(),
        last_success_at: state.last_success_at,
        next_poll_at: state.next_poll_at,
        polls: vec![poll; 10],
        ..FeedHealth::default()
    };
    Ok(vec![
        definition,
        record(runtime, (to, Topic::FeedState.key(&feed_id)?), &state, now)?,
        record(runtime, (to, key::of_entries(&feed_id)?.to_vec()), &entries, now)?,
        record(runtime, (to, Topic::FeedHealth.key(&feed_id)?), &health, now)?,
    ])
}

fn record<M: InTopic>(
    runtime: &Runtime,
    (partition, key): (i32, Vec<u8>),
    message: &M,
    now: Timestamp,
) -> anyhow::Result<Outgoing> {
    let encoding = M::TOPIC.encoding(runtime.encoding);
    let event = wire::Attributes { id: "bench", event_type: M::TYPE, source: "newswire/poller", time: now };
    Ok(Outgoing {
        topic: runtime.names.of(M::TOPIC),
        partition,
        key,
        value: Some(encoding.encode(message)?),
        headers: wire::headers(encoding, &event, None),
    })
}

/// Polls for so long.
///
/// # Errors
/// The log fails.
pub fn once(place: &Folder) -> anyhow::Result<Measured> {
    let began = Instant::now();
    rlimit::increase_nofile_limit(u64::MAX)?;
    let shutdown = CancellationToken::new();
    let runtime = Runtime { shutdown: shutdown.clone(), ..open(&place.folder)? };
    let config = poller::Config {
        poll_interval: POLL_INTERVAL,
        allow_private_networks: true,
        pace: None,
        ..poller::Config::default()
    };
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(8).enable_all().build()?;
    let service = tokio.spawn(poller::run(config, runtime.clone(), chassis::admin::Readiness::default()));
    while total(&runtime) == 0.0 {
        anyhow::ensure!(began.elapsed() < Duration::from_secs(120), "no poll within two minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
    let first_poll_s = began.elapsed().as_secs_f64();
    let reader = {
        let (runtime, seconds) = (runtime.clone(), place.seconds);
        std::thread::spawn(move || lateness(&runtime, Duration::from_secs(seconds)))
    };
    std::thread::sleep(Duration::from_secs(place.seconds.min(60)));
    let (before, processor, since) = (total(&runtime), broker::processor_seconds()?, Instant::now());
    let mut late = reader.join().map_err(|_| anyhow::anyhow!("the reader panicked"))??;
    let seconds = since.elapsed().as_secs_f64().max(1.0);
    let (polls, processor) =
        ((total(&runtime) - before) / seconds, (broker::processor_seconds()? - processor) / seconds);
    let (resident, due) = (broker::resident_bytes(broker::Memory::Now)?, gauge(&runtime, "newswire_feeds_due"));
    shutdown.cancel();
    tokio.block_on(service)??;
    late.sort_by(f64::total_cmp);
    let at = |share: f64| late.get((late.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    Ok(Measured {
        first_poll_s,
        polls,
        due,
        late_p50_s: at(0.5),
        late_p99_s: at(0.99),
        measured: late.len(),
        resident_mb: resident as f64 / 1e6,
        peak_mb: super::peak_mb()?,
        processor,
    })
}

/// All polls, those that failed included.
fn total(runtime: &Runtime) -> f64 {
    let families = runtime.registry.gather();
    let polls = families.iter().find(|family| family.name() == "newswire_polls_total");
    polls.map_or(0.0, |family| family.get_metric().iter().map(|one| one.get_counter().get_value()).sum())
}

fn gauge(runtime: &Runtime, name: &str) -> f64 {
    let families = runtime.registry.gather();
    let family = families.iter().find(|family| family.name() == name);
    family.and_then(|family| family.get_metric().first().map(|one| one.get_gauge().get_value())).unwrap_or(f64::NAN)
}

/// For `time`, how late each poll of a feed that has its host for itself ended: seconds.
fn lateness(runtime: &Runtime, time: Duration) -> anyhow::Result<Vec<f64>> {
    let mut tail = runtime.log.tail(&runtime.names.of(Topic::FeedState), Start::End)?;
    let (mut due, mut late, began) = (HashMap::<Vec<u8>, Timestamp>::new(), Vec::new(), Instant::now());
    let mut of_host = HashMap::<String, Vec<(Vec<u8>, f64)>>::new();
    while began.elapsed() < time {
        for record in tail.poll(2_000, Duration::from_millis(100))? {
            if record.header("ce_type") != Some(<FeedState as wire::Message>::TYPE) || record.value.is_none() {
                continue;
            }
            let state: FeedState = record.decode()?;
            let at = |time: &Option<proto::Timestamp>| time.as_ref().and_then(time::from_wire);
            let host = state.url.split('/').nth(2).unwrap_or_default().to_owned();
            let polled = at(&state.last_polled_at);
            if let (Some(due), Some(polled), 0) = (due.get(&record.key), polled, state.failures) {
                let late = polled.duration_since(*due).as_secs_f64();
                of_host.entry(host).or_default().push((record.key.clone(), late));
            }
            if let Some(next) = at(&state.next_poll_at) {
                due.insert(record.key, next);
            }
        }
    }
    for polls in of_host.into_values() {
        let is_own = polls.iter().all(|(key, _)| Some(key) == polls.first().map(|(key, _)| key));
        if is_own {
            late.extend(polls.into_iter().map(|(_, late)| late));
        }
    }
    Ok(late)
}
