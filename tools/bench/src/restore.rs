//! `bench restore`: a member's table of article states, read from its changelog on Kafka: rows a second, bytes a row. Then the
//! time from a scale-up to the new replica working.

use crate::broker::{self, Memory, PARTITIONS, Server, Texts};
use proto::{
    partition,
    topic::{InTopic as _, Topic},
    v1::ArticleState,
    wire,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};
use stream::{CancellationToken, Event, Outgoing, Runtime, StageMetrics};

/// Records of one transaction.
const BATCH: usize = 20_000;
/// Raw items that are written each second while the stage scales up.
const RAW_A_SECOND: usize = 100;
/// A restore and a scale-up must be done within this time.
const STUCK: Duration = Duration::from_secs(600);

/// What was measured.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Rows of the table.
    pub rows: usize,
    /// Until one replica has restored all partitions.
    pub seconds: f64,
    /// Speed of that.
    pub rows_a_second: f64,
    /// Resident memory that the restore added, also what the client keeps of it, by row.
    pub bytes_a_row: f64,
    /// Bytes of a row's key and value in the changelog.
    pub changelog_bytes: f64,
    /// Most memory of the process during the restore.
    pub peak_mb: f64,
    /// What follows on the same table.
    pub scale_up: ScaleUp,
}

/// A second normaliser joins one that works.
#[derive(Debug, Serialize, Deserialize)]
pub struct ScaleUp {
    /// Until it has restored its partitions.
    pub restored_s: f64,
    /// Until its first commit.
    pub working_s: f64,
    /// Longest time without a commit of the first one.
    pub pause_s: f64,
}

/// Where the changelog is, and how many rows it has.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    address: String,
    prefix: String,
    rows: usize,
}

/// Writes `rows` states, and restores them in a process of its own. Prints a table unless `json` is set, and returns
/// [`Measured`].
///
/// # Errors
/// There is no broker, or it fails.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
#[expect(clippy::cast_precision_loss, reason = "counts")]
pub fn run(rows: usize, json: bool) -> anyhow::Result<Value> {
    let server = Server::start()?;
    let prefix = broker::prefix();
    let runtime = broker::on_kafka(&server.address, &prefix, "0")?;
    let topic = runtime.names.of(Topic::ArticleState);
    let began = Instant::now();
    let mut bytes = 0;
    for start in (0..rows).step_by(BATCH) {
        let records: Vec<Outgoing> =
            (start..rows.min(start + BATCH)).map(|number| record(&topic, number)).collect::<anyhow::Result<_>>()?;
        bytes += records.iter().map(|one| one.key.len() + one.value.as_ref().map_or(0, Vec::len)).sum::<usize>();
        runtime.log.append(records)?;
    }
    let wrote = began.elapsed().as_secs_f64();
    let mut measured: Measured = broker::in_process(&["restore-once", &server.address, &prefix, &rows.to_string()])?;
    measured.changelog_bytes = bytes as f64 / rows as f64;
    if !json {
        let Measured { rows, seconds, rows_a_second, bytes_a_row, changelog_bytes, peak_mb, scale_up } = &measured;
        println!(
            "{rows} rows of {changelog_bytes:.0} bytes (written in {wrote:.0} s) restored in {seconds:.1} s: \
             {rows_a_second:.0} rows/s; {bytes_a_row:.0} bytes a row of resident memory; {peak_mb:.0} MB at most"
        );
        println!(
            "scale-up from one replica to two: restored after {:.1} s, first commit after {:.1} s; the first replica \
             commits nothing for at most {:.1} s",
            scale_up.restored_s, scale_up.working_s, scale_up.pause_s
        );
    }
    Ok(serde_json::to_value(measured)?)
}

/// Restores the table in this process, then scales up on it.
///
/// # Errors
/// The broker fails, or rows are missing.
#[expect(clippy::cast_precision_loss, reason = "counts")]
pub fn once(Place { address, prefix, rows }: &Place) -> anyhow::Result<Measured> {
    let runtime = broker::on_kafka(address, prefix, "0")?;
    // A group of its own: the normaliser's has yet to start.
    let mut member = runtime.log.join(&runtime.member("restore", Topic::Raw, &[Topic::ArticleState]))?;
    let began = Instant::now();
    let partitions = loop {
        if let Event::Assigned(partitions) = member.poll(1, Duration::from_millis(100))? {
            break partitions;
        }
        anyhow::ensure!(began.elapsed() < STUCK, "no partitions were assigned");
    };
    let before = broker::resident_bytes(Memory::Now)?;
    let started = Instant::now();
    let tables = member.restore(&partitions)?;
    let seconds = started.elapsed().as_secs_f64();
    let memory = broker::resident_bytes(Memory::Now)?.saturating_sub(before);
    let peak = broker::resident_bytes(Memory::Peak)?;
    let kept: usize = tables.values().flatten().map(stream::Rows::len).sum();
    anyhow::ensure!(kept == *rows, "{kept} of {rows} rows were restored");
    drop((tables, member));
    Ok(Measured {
        rows: *rows,
        seconds,
        rows_a_second: *rows as f64 / seconds,
        bytes_a_row: memory as f64 / *rows as f64,
        changelog_bytes: 0.0,
        peak_mb: peak as f64 / 1e6,
        scale_up: scale_up(&runtime, address, prefix)?,
    })
}

/// Starts a normaliser, and a second one once the first works.
fn scale_up(runtime: &Runtime, address: &str, prefix: &str) -> anyhow::Result<ScaleUp> {
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let shutdown = CancellationToken::new();
    let writer = {
        let (runtime, shutdown) = (runtime.clone(), shutdown.clone());
        std::thread::spawn(move || write_raw(&runtime, &shutdown))
    };
    let first = Replica::start(&tokio, Runtime { shutdown: shutdown.clone(), ..runtime.clone() });
    first.wait(|metrics| metrics.read.get() > 0)?;
    let second = broker::on_kafka(address, prefix, "1")?;
    let began = Instant::now();
    let second = Replica::start(&tokio, Runtime { shutdown: shutdown.clone(), ..second });
    let (mut restored_s, mut pause_s, mut read, mut since) = (0.0, 0.0_f64, first.metrics.read.get(), began);
    second.wait(|metrics| {
        if restored_s == 0.0 && metrics.partitions.get() > 0 {
            restored_s = began.elapsed().as_secs_f64();
        }
        let now = first.metrics.read.get();
        pause_s = pause_s.max(since.elapsed().as_secs_f64());
        if now > read {
            (read, since) = (now, Instant::now());
        }
        // Until both work again.
        metrics.read.get() > 0 && since.elapsed() < Duration::from_millis(500)
    })?;
    let working_s = began.elapsed().as_secs_f64();
    shutdown.cancel();
    for replica in [first, second] {
        tokio.block_on(replica.service)??;
    }
    writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    Ok(ScaleUp { restored_s, working_s, pause_s })
}

struct Replica {
    metrics: StageMetrics,
    service: tokio::task::JoinHandle<Result<(), normaliser::Error>>,
}

impl Replica {
    fn start(tokio: &tokio::runtime::Runtime, runtime: Runtime) -> Self {
        let metrics = runtime.metrics.stage(normaliser::STAGE);
        Replica { metrics, service: tokio.spawn(normaliser::run(normaliser::Config::default(), runtime)) }
    }

    fn wait(&self, mut until: impl FnMut(&StageMetrics) -> bool) -> anyhow::Result<()> {
        let began = Instant::now();
        while !until(&self.metrics) {
            anyhow::ensure!(!self.service.is_finished(), "a replica has ended");
            anyhow::ensure!(began.elapsed() < STUCK, "a replica does not begin to work");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

/// Writes raw items until the shutdown.
fn write_raw(runtime: &Runtime, shutdown: &CancellationToken) -> anyhow::Result<()> {
    let texts = Texts::read();
    let mut number = 0;
    while !shutdown.is_cancelled() {
        let items = (number..number + RAW_A_SECOND / 10).map(|number| broker::raw_item(runtime, &texts, number, 2_000));
        runtime.log.append(items.collect::<anyhow::Result<_>>()?)?;
        number += RAW_A_SECOND / 10;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// A state as the normaliser writes it of an article that one feed has shown.
fn record(topic: &str, number: usize) -> anyhow::Result<Outgoing> {
    // No two ids are the same, and their bytes do not compress.
    let hash = |salt: u64| {
        let mut text = String::with_capacity(32);
        let mut state = (number as u64).wrapping_add(salt << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for _ in 0..2 {
            state = (state ^ (state >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let _ = write!(text, "{state:016x}");
        }
        text
    };
    let at = Some(proto::Timestamp { seconds: 1_790_000_000, nanos: 123_000_000 });
    let (id, feed) = (hash(0), format!("{:032x}", (number as u128 % 2_000 + 1).wrapping_mul(u128::MAX / 2_001)));
    let state = ArticleState {
        article_id: id.clone(),
        revision: 1,
        content_hash: hash(1),
        feed_ids: vec![feed.clone()],
        first_seen_at: at,
        last_seen_at: at,
        url: format!("https://www.news-{}.example/world/2026/11/28/{}", number % 2_000, &id[..24]),
        feed_id: feed,
        source_rank: "OWN".to_owned(),
        feed_hash: hash(1),
        body_source: "FEED".to_owned(),
        revised_at: at,
        ..ArticleState::default()
    };
    let encoding = wire::Encoding::Protobuf;
    let event = wire::Attributes {
        id: &format!("bench/{number}"),
        event_type: <ArticleState as wire::Message>::TYPE,
        source: "newswire/bench",
        time: jiff::Timestamp::now(),
    };
    Ok(Outgoing {
        topic: topic.to_owned(),
        partition: partition::of(id.as_bytes(), PARTITIONS),
        key: ArticleState::TOPIC.key(&id)?,
        value: Some(encoding.encode(&state)?),
        headers: wire::headers(encoding, &event, None),
    })
}
