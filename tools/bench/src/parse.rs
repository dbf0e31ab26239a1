//! `bench parse [DATA]`: feeds and megabytes a second on one core, compared with feed-rs and feedparser.
//!
//! All parsers read the same documents, in turns, so that other load on the machine affects them equally.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use poller::document::Context;
use serde_json::{Value, json};

/// Number of turns; the best one counts.
const TURNS: usize = 7;

#[derive(Debug, Clone, Copy)]
struct Speed {
    read: usize,
    seconds: f64,
}

/// Prints a table unless `json` is set, and returns `{"feeds", "bytes", "newswire": {..}, "feed_rs": {..},
/// "feedparser": {..} or null, "to_feed_rs", "to_feedparser"}`. `data` is a folder of
/// documents, or one that has such a folder `publishers`.
///
/// # Errors
/// A document cannot be read, or there is none.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(data: &Path, json: bool) -> anyhow::Result<Value> {
    let inner = data.join("publishers");
    let data = if inner.is_dir() { inner } else { data.to_owned() };
    let mut documents = Vec::new();
    for entry in fs::read_dir(&data).with_context(|| data.display().to_string())? {
        let path = entry?.path();
        if path.is_file() && path.extension().is_none_or(|e| e != "json") {
            documents.push(fs::read(&path)?);
        }
    }
    anyhow::ensure!(!documents.is_empty(), "no documents in {}", data.display());
    let bytes: usize = documents.iter().map(Vec::len).sum();
    let cx = Context::new("http://127.0.0.1/feed");
    let ours = |d: &[u8]| poller::parse::read(d, &cx).is_ok();
    let theirs = |d: &[u8]| feed_rs::parser::Builder::new().sanitize_content(false).build().parse(d).is_ok();
    let mut best = [Speed { read: 0, seconds: f64::MAX }; 2];
    for _ in 0..TURNS {
        for (slot, reader) in [&ours as &dyn Fn(&[u8]) -> bool, &theirs].into_iter().enumerate() {
            let started = Instant::now();
            let read = documents.iter().filter(|d| reader(d)).count();
            let seconds = started.elapsed().as_secs_f64();
            if seconds < best[slot].seconds {
                best[slot] = Speed { read, seconds };
            }
        }
    }
    let python = feedparser(&data);
    let rate = |s: Speed| json!({ "read": s.read, "feeds_per_s": documents.len() as f64 / s.seconds, "mb_per_s": bytes as f64 / 1e6 / s.seconds });
    let [ours, theirs] = best;
    if !json {
        println!("{} documents, {:.1} MB, best of {TURNS} turns", documents.len(), bytes as f64 / 1e6);
        println!("{:<12} {:>6} {:>10} {:>8}", "reader", "read", "feeds/s", "MB/s");
        let line = |name: &str, s: Speed| {
            println!(
                "{name:<12} {:>6} {:>10.0} {:>8.1}",
                s.read,
                documents.len() as f64 / s.seconds,
                bytes as f64 / 1e6 / s.seconds
            );
        };
        line("newswire", ours);
        line("feed-rs", theirs);
        match &python {
            Ok(python) => line("feedparser", *python),
            Err(error) => println!("feedparser   not measured: {error:#}"),
        }
        println!("{:.2} times as fast as feed-rs", theirs.seconds / ours.seconds);
        if let Ok(python) = &python {
            println!("{:.1} times as fast as feedparser", python.seconds / ours.seconds);
        }
    }
    Ok(json!({
        "feeds": documents.len(), "bytes": bytes, "newswire": rate(ours), "feed_rs": rate(theirs),
        "feedparser": python.as_ref().ok().map(|p| rate(*p)),
        "to_feed_rs": theirs.seconds / ours.seconds,
        "to_feedparser": python.ok().map(|p| p.seconds / ours.seconds),
    }))
}

/// feedparser on the same documents. The Python script measures the time.
fn feedparser(data: &Path) -> anyhow::Result<Speed> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python = root.join(".tools/feedparser/bin/python");
    anyhow::ensure!(python.exists(), "no feedparser in .tools: `make setup`");
    let output = Command::new(python).arg(root.join("tools/bench/feedparser_speed.py")).arg(data).output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    let seconds = answer["seconds"].as_f64().context("feedparser_speed.py printed no seconds")?;
    let read = answer["read"]
        .as_u64()
        .and_then(|n| usize::try_from(n).ok())
        .context("feedparser_speed.py printed no count")?;
    Ok(Speed { read, seconds: seconds.max(Duration::from_nanos(1).as_secs_f64()) })
}
