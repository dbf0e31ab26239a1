//! The gateway in a process of its own, with the writer of its topic.

use super::articles;
use crate::broker::{self, Memory, Texts};
use anyhow::Context as _;
use chassis::admin::Readiness;
use jiff::Timestamp;
use proto::{topic::Topic, wire};
use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};
use stream::{LogKind, Outgoing, Runtime};

/// Records of one write before the measurement.
const BATCH: usize = 1_000;

/// Where the hidden command runs, and with how many articles.
#[derive(Debug, clap::Args)]
pub struct Place {
    /// Folder of the embedded log
    folder: PathBuf,
    /// Articles to write first
    articles: usize,
}

/// A gateway whose window is full.
pub struct Gateway {
    /// Its address.
    pub address: SocketAddr,
    /// Seconds from its start until it had read the window.
    pub seconds_to_ready: f64,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    child: Child,
    _folder: tempfile::TempDir,
}

impl Gateway {
    /// Starts a gateway with `articles` articles.
    pub fn start(articles: usize) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut child = Command::new(std::env::current_exe()?)
            .arg("gateway-once")
            .arg(folder.path())
            .arg(articles.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let commands = child.stdin.take().context("no input")?;
        let mut answers = BufReader::new(child.stdout.take().context("no output")?);
        let line = read(&mut answers)?;
        let (address, seconds) = line.split_once(' ').context("address and seconds")?;
        let (address, seconds_to_ready) = (address.parse()?, seconds.parse()?);
        Ok(Gateway { address, seconds_to_ready, commands, answers, child, _folder: folder })
    }

    /// Begins to write `count` articles at `rate` a second.
    pub fn write(&mut self, count: usize, rate: usize) -> anyhow::Result<()> {
        Ok(writeln!(self.commands, "write {count} {rate}")?)
    }

    /// Resident memory of its process.
    pub fn megabytes(&mut self) -> anyhow::Result<u64> {
        writeln!(self.commands, "memory")?;
        Ok(read(&mut self.answers)?.parse()?)
    }

    /// Ends it.
    pub fn end(mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read(answers: &mut BufReader<ChildStdout>) -> anyhow::Result<String> {
    let mut line = String::new();
    anyhow::ensure!(answers.read_line(&mut line)? > 0, "the gateway's process ended");
    Ok(line.trim().to_owned())
}

/// Serves until its input ends. Prints its address once it is ready, and answers the commands `write COUNT RATE` and `memory`.
///
/// # Errors
/// The log or the gateway fails.
#[expect(clippy::print_stdout, reason = "answers go to standard output")]
pub fn serve(place: &Place) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let texts = Texts::read();
    let runtime = broker::runtime(LogKind::Embedded(place.folder.clone()), "news.", "0")?;
    for first in (0..place.articles).step_by(BATCH) {
        let last = (first + BATCH).min(place.articles);
        let batch = (first..last).map(|number| {
            let at = articles::time_of(number, place.articles)?;
            record(&runtime, &texts, number, at)
        });
        runtime.log.append(batch.collect::<anyhow::Result<_>>()?)?;
    }
    let begin = Instant::now();
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let config = gateway::Config {
        articles: place.articles.max(1) + 10_000,
        article_bytes: 4 << 30,
        clients: 100_000,
        per_address: 100_000,
        ..gateway::Config::default()
    };
    let readiness = Readiness::default();
    let listener = tokio.block_on(chassis::http::bind(([127, 0, 0, 1], 0).into()))?;
    let address = listener.local_addr()?;
    let serving = (runtime.clone(), readiness.clone());
    let served = tokio.spawn(async move { gateway::serve(listener, &config, serving.0, serving.1).await });
    while in_window(&runtime) < f64::from(u32::try_from(place.articles)?) && !served.is_finished() {
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("{address} {:.3}", begin.elapsed().as_secs_f64());
    let mut number = place.articles;
    for line in std::io::stdin().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["write", count, rate] => {
                let (count, rate) = (count.parse::<usize>()?, rate.parse::<u32>()?);
                let begin = Instant::now();
                for written in 0..count {
                    let due = begin + Duration::from_secs(1) * u32::try_from(written)? / rate.max(1);
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    runtime.log.append(vec![record(&runtime, &texts, number, Timestamp::now())?])?;
                    number += 1;
                }
            }
            ["memory"] => println!("{}", broker::resident_bytes(Memory::Now)? >> 20),
            _ => anyhow::bail!("{line:?} is no command"),
        }
        std::io::stdout().flush()?;
    }
    Ok(())
}

/// Articles in the window of the gateway, by its own metric.
fn in_window(runtime: &Runtime) -> f64 {
    let families = runtime.registry.gather();
    let articles = families.iter().find(|family| family.name() == "newswire_gateway_articles");
    articles.and_then(|family| family.get_metric().first()).map_or(0.0, |metric| metric.get_gauge().get_value())
}

fn record(runtime: &Runtime, texts: &Texts, number: usize, at: Timestamp) -> anyhow::Result<Outgoing> {
    let article = articles::article(texts, number, at)?;
    let key = article.article_id.clone().into_bytes();
    Ok(Outgoing {
        topic: runtime.names.of(Topic::Enriched),
        partition: proto::partition::of(&key, runtime.partitions),
        key,
        value: Some(runtime.encoding.encode(&article)?),
        headers: vec![(wire::CONTENT_TYPE.to_owned(), runtime.encoding.content_type().as_bytes().to_vec())],
    })
}
