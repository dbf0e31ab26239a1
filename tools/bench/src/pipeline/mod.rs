//! `bench pipeline`: articles a second from raw item to enriched article on one broker, stage by stage, next to bare
//! transactional copies of the same records and to Python, in the same run.

mod copy;
pub mod stage;

use crate::broker::{self, PARTITIONS, Server, Texts};
use anyhow::Context as _;
use copy::Commits;
use proto::topic::{Retention, Topic};
use serde_json::{Value, json};
use stage::{Measured, PARTS};
use std::{path::Path, process::Command};
use stream::{Outgoing, Runtime, TopicSpec};

/// Records of one transaction while the backlog is written.
const WRITE: usize = 2_000;
/// Most records that are copied: a copy's speed does not change with their number.
const COPIED: usize = 50_000;
/// Articles of the run in Python, which is slow.
const PYTHON: usize = 300;

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Articles of 2 KB; of other sizes, as many as have as much text
    #[arg(default_value_t = 20_000)]
    articles: usize,
    /// Bytes of an article's text
    #[arg(long, value_delimiter = ',', default_values_t = [2_000, 10_000])]
    text_bytes: Vec<usize>,
}

/// Runs a backlog of articles of each size through each stage. Prints a table unless `json` is set, and returns `{"sizes":
/// [{"text_bytes", "articles", "raw_bytes", "normaliser": {..}, "enricher": {..}, "python"}, ..]}`.
///
/// # Errors
/// There is no broker, or it fails.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(Args { articles, text_bytes }: &Args, json: bool) -> anyhow::Result<Value> {
    let server = Server::start()?;
    let address = server.address.as_str();
    let texts = Texts::read();
    let mut sizes = Vec::new();
    for bytes in text_bytes {
        let count = (articles * 2_000 / (*bytes).max(1)).max(1);
        let prefix = broker::prefix();
        let runtime = broker::on_kafka(address, &prefix, "0")?;
        let raw_bytes = write(&runtime, &texts, count, *bytes)?;
        if !json {
            println!("{count} articles with {bytes} bytes of text; a raw item has {raw_bytes:.0} bytes");
        }
        let mut value = json!({ "text_bytes": bytes, "articles": count, "raw_bytes": raw_bytes });
        for (name, source, batch) in [
            (normaliser::STAGE, Topic::Raw, normaliser::Config::default().batch),
            (enricher::STAGE, Topic::Articles, enricher::DEFAULT_BATCH as usize),
        ] {
            let stage = stage::measured(address, &prefix, name, count)?;
            let count = count.min(COPIED);
            let waiting = copied(&runtime, address, source, count, Commits::EachBatch(batch))?;
            let free = copied(&runtime, address, source, count, Commits::EachSecond)?;
            if !json {
                print(name, &stage, waiting, free);
            }
            value[name] = row(&stage, waiting, free)?;
        }
        match in_python(&runtime, address, count.min(PYTHON)) {
            Ok(rate) => {
                value["python"] = rate.into();
                if !json {
                    println!("Python (confluent-kafka, spaCy-sm), raw item to names: {rate:.1} articles/s");
                }
            }
            Err(error) if json => value["python_error"] = format!("{error:#}").into(),
            Err(error) => println!("Python not measured: {error:#}"),
        }
        sizes.push(value);
    }
    Ok(json!({ "sizes": sizes }))
}

#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
fn print(name: &str, stage: &Measured, waiting: f64, free: f64) {
    let rate = stage.articles_a_second;
    println!(
        "{name:<10} {rate:>6.0} articles/s; {:.2} of the copy that waits ({waiting:.0}), {:.2} of the one that does not \
         ({free:.0}); {:.2} ms processor an article; {:.0} bytes written; {:.0} MB at most",
        rate / waiting,
        rate / free,
        stage.processor_ms,
        stage.bytes,
        stage.peak_mb,
    );
    let parts = PARTS.iter().zip(stage.shares).map(|(part, share)| format!("{part} {:.0} %", share * 100.0));
    println!("{:<10} {}; {:.0} records a transaction", "", parts.collect::<Vec<_>>().join(", "), stage.batch);
}

fn row(stage: &Measured, waiting: f64, free: f64) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(stage)?;
    value["shares"] =
        PARTS.iter().zip(stage.shares).map(|(part, share)| (part.to_string(), Value::from(share))).collect();
    value["waiting_copy"] = waiting.into();
    value["free_copy"] = free.into();
    Ok(value)
}

/// Writes the backlog; bytes of a value.
#[expect(clippy::cast_precision_loss, reason = "bytes")]
fn write(runtime: &Runtime, texts: &Texts, count: usize, bytes: usize) -> anyhow::Result<f64> {
    let mut total = 0;
    for start in (0..count).step_by(WRITE) {
        let numbers = start..count.min(start + WRITE);
        let items: Vec<Outgoing> =
            numbers.map(|number| broker::raw_item(runtime, texts, number, bytes)).collect::<anyhow::Result<_>>()?;
        total += items.iter().filter_map(|item| item.value.as_ref()).map(Vec::len).sum::<usize>();
        runtime.log.append(items)?;
    }
    Ok(total as f64 / count as f64)
}

/// Records a second of a copy of `source` to a topic of its own.
fn copied(runtime: &Runtime, address: &str, source: Topic, count: usize, commits: Commits) -> anyhow::Result<f64> {
    let to = new_topic(runtime, source, "copy")?;
    copy::run(address, &runtime.names.of(source), &to, count, commits)
}

fn new_topic(runtime: &Runtime, source: Topic, what: &str) -> anyhow::Result<String> {
    let name = format!("{}.{what}{}", runtime.names.of(source), jiff::Timestamp::now().as_nanosecond());
    let retention = Retention::Delete(24 * 60 * 60 * 1000);
    let spec = TopicSpec { name: name.clone(), partitions: PARTITIONS, retention, is_state: false };
    runtime.log.ensure_topics(&[spec])?;
    Ok(name)
}

/// Articles a second from raw item to names in Python, whose script also times it.
#[expect(clippy::cast_precision_loss, reason = "counts")]
fn in_python(runtime: &Runtime, address: &str, count: usize) -> anyhow::Result<f64> {
    let to = new_topic(runtime, Topic::Raw, "python")?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipeline.py");
    let output = Command::new(broker::python()?)
        .arg(script)
        .args([address, &runtime.names.of(Topic::Raw), &to, &count.to_string()])
        .env("OMP_NUM_THREADS", "1")
        .output()?;
    anyhow::ensure!(output.status.success(), "pipeline.py: {}", String::from_utf8_lossy(&output.stderr));
    let last = String::from_utf8_lossy(&output.stdout);
    let last: Value = serde_json::from_str(last.trim_end().lines().next_back().unwrap_or_default())?;
    let seconds = last["seconds"].as_f64().context("pipeline.py printed no seconds")?;
    Ok(count as f64 / seconds)
}
