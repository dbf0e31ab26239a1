//! One stage that drains its backlog, in a process of its own.

use crate::broker::{self, Memory};
use proto::topic::Topic;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};
use stream::{CancellationToken, Runtime, StageMetrics};

/// A stage must make progress within this time.
const STUCK: Duration = Duration::from_secs(120);
/// What a stage spends its time on, one after the other.
pub const PARTS: [&str; 6] = ["poll", "work", "produce", "flush", "offsets", "commit"];

/// A stage's measurement, from its first commit to its last.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Records that became an output.
    pub articles_a_second: f64,
    /// Share of the time that each of [`PARTS`] took.
    pub shares: [f64; PARTS.len()],
    /// Records of a transaction.
    pub batch: f64,
    /// Processor time of the process for an article.
    pub processor_ms: f64,
    /// Most memory of the process while the backlog was drained.
    pub peak_mb: f64,
    /// Bytes of an output's value.
    pub bytes: f64,
}

/// Where a stage has its topics, and how many records it finds there.
#[derive(Debug, Clone, clap::Args)]
pub struct Place {
    address: String,
    prefix: String,
    stage: String,
    count: u64,
}

/// Runs the stage in a process of its own.
///
/// # Errors
/// It fails.
pub fn measured(address: &str, prefix: &str, stage: &str, count: usize) -> anyhow::Result<Measured> {
    broker::in_process(&["stage-once", address, prefix, stage, &count.to_string()])
}

/// Lets the stage drain its backlog in this process.
///
/// # Errors
/// It ends, stands still, or does not write an article for each record.
#[expect(clippy::cast_precision_loss, reason = "counts")]
pub fn once(Place { address, prefix, stage, count }: &Place) -> anyhow::Result<Measured> {
    let (stage, count) = (stage.as_str(), *count);
    let shutdown = CancellationToken::new();
    let runtime = Runtime { shutdown: shutdown.clone(), ..broker::on_kafka(address, prefix, "0")? };
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let running = start(&tokio, stage, runtime.clone())?;
    let metrics = runtime.metrics.stage(stage);
    let (mut first, mut last, mut moved) = (None, 0, Instant::now());
    while last < count {
        anyhow::ensure!(!running.is_finished(), "the {stage} has ended");
        anyhow::ensure!(moved.elapsed() < STUCK, "the {stage} stands still at {last} of {count}");
        std::thread::sleep(Duration::from_millis(5));
        let read = metrics.read.get();
        if read > last {
            (last, moved) = (read, Instant::now());
            if first.is_none() {
                let batches = metrics.committed.get();
                first = Some((read, batches, Instant::now(), times(&metrics), broker::processor_seconds()?));
            }
        }
    }
    let Some((before, batches, since, times_before, processor)) = first else { anyhow::bail!("nothing was processed") };
    let seconds = since.elapsed().as_secs_f64();
    let times = times(&metrics);
    let articles = (last - before) as f64;
    anyhow::ensure!(articles > 0.0, "one batch has all articles: take more");
    let processor = broker::processor_seconds()? - processor;
    let peak = broker::resident_bytes(Memory::Peak)?;
    shutdown.cancel();
    tokio.block_on(running)??;
    anyhow::ensure!(metrics.out.get() == count, "{} of {count} articles were written", metrics.out.get());
    let mut shares = times;
    shares.iter_mut().zip(times_before).for_each(|(share, before)| *share = (*share - before) / seconds);
    Ok(Measured {
        articles_a_second: articles / seconds,
        shares,
        batch: articles / (metrics.committed.get() - batches).max(1) as f64,
        processor_ms: processor * 1000.0 / articles,
        peak_mb: peak as f64 / 1e6,
        bytes: value_bytes(&runtime, if stage == normaliser::STAGE { Topic::Articles } else { Topic::Enriched })?,
    })
}

type Service = tokio::task::JoinHandle<anyhow::Result<()>>;

fn start(tokio: &tokio::runtime::Runtime, stage: &str, runtime: Runtime) -> anyhow::Result<Service> {
    if stage == normaliser::STAGE {
        return Ok(tokio.spawn(async move { Ok(normaliser::run(normaliser::Config::default(), runtime).await?) }));
    }
    let config =
        enricher::Config { batch: enricher::DEFAULT_BATCH as usize, recogniser: tagger::Recogniser::shipped()? };
    Ok(tokio.spawn(async move { Ok(enricher::run(config, runtime).await?) }))
}

/// Seconds of each of [`PARTS`] so far.
fn times(metrics: &StageMetrics) -> [f64; PARTS.len()] {
    PARTS.map(|part| match part {
        "work" => metrics.work_seconds.get_sample_sum(),
        part => metrics.part_seconds(part),
    })
}

/// Mean bytes of the values of the first records of a topic.
#[expect(clippy::cast_precision_loss, reason = "bytes")]
fn value_bytes(runtime: &Runtime, topic: Topic) -> anyhow::Result<f64> {
    let (mut bytes, mut count) = (0, 0);
    let topic = runtime.names.of(topic);
    stream::scan(&*runtime.log, &topic, stream::Start::Beginning, Duration::from_secs(60), |record| {
        bytes += record.value.map_or(0, |value| value.len());
        count += 1;
        if count < 1_000 { std::ops::ControlFlow::Continue(()) } else { std::ops::ControlFlow::Break(()) }
    })?;
    Ok(bytes as f64 / f64::from(count.max(1)))
}
