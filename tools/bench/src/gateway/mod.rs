//! `bench gateway`: the delay from the topic to a thousand clients of the stream, with and without a thousand others that do not
//! read, and the time of lists with two filters over a full window. The gateway runs in a process of its own, on the embedded log.

mod articles;
mod clients;
mod lists;
mod process;

pub use process::{Place, serve};

use anyhow::Context as _;
use clients::Received;
use process::Gateway;
use serde_json::{Value, json};

/// What is measured.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Articles in the window for the lists
    #[arg(long, default_value_t = 200_000)]
    articles: usize,
    /// Clients of the stream
    #[arg(long, default_value_t = 1_000)]
    clients: usize,
    /// Articles a second on the stream
    #[arg(long, default_value_t = 100)]
    rate: usize,
    /// Requests of lists a second
    #[arg(long, default_value_t = 200)]
    requests: usize,
    /// Seconds of each measurement
    #[arg(long, default_value_t = 20)]
    seconds: usize,
}

/// Measures streams and lists. Prints a table unless `json` is set.
///
/// # Errors
/// The gateway fails, or a client misses an article.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(args: &Args, json: bool) -> anyhow::Result<Value> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    // Fails if it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let say = |line: String| {
        if !json {
            println!("{line}");
        }
    };
    let mut streams = Vec::new();
    for (name, stalled) in [("all read", 0), ("others do not read", args.clients)] {
        // As many articles as events are kept: the memory is that of the streams.
        let mut gateway = Gateway::start(4_000)?;
        let received = tokio.block_on(clients::follow(&mut gateway, args, stalled))?;
        let megabytes = gateway.megabytes()?;
        let Received { p50_ms, p99_ms, events, bytes } = received;
        say(format!(
            "stream, {} clients, {} articles a second, {name}: p50 {p50_ms:.0} ms, p99 {p99_ms:.0} ms; {events} events of {} \
             bytes; {megabytes} MB",
            args.clients,
            args.rate,
            bytes / events.max(1)
        ));
        streams.push(json!({
            "stalled": stalled, "p50_ms": p50_ms, "p99_ms": p99_ms, "events": events, "megabytes": megabytes,
        }));
    }
    let mut gateway = Gateway::start(args.articles)?;
    let filled = gateway.megabytes()?;
    say(format!("window of {} articles: {filled} MB, read in {:.1} s", args.articles, gateway.seconds_to_ready));
    let mut listed = serde_json::Map::new();
    for (name, queries) in lists::QUERIES {
        let times = tokio.block_on(lists::measure(&gateway, queries, args.requests, args.seconds))?;
        let (p50, p99) = (times.at(0.5), times.at(0.99));
        say(format!("{name}, {} requests a second: p50 {p50:.1} ms, p99 {p99:.1} ms", args.requests));
        listed.insert((*name).to_owned(), json!({"p50_ms": p50, "p99_ms": p99}));
    }
    gateway.end().context("the gateway's process")?;
    Ok(json!({"streams": streams, "window_megabytes": filled, "lists": listed}))
}

/// Times in milliseconds.
struct Times(Vec<f64>);

impl Times {
    /// The value that this share of the times does not exceed.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index"
    )]
    fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (sorted.len() as f64 * share) as usize;
        sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }
}
