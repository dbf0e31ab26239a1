//! `bench full-text CORPORA`: the share of articles with 150 words or more, with the feeds' text and with their pages. Captured
//! feeds are served by a local server that has a page for each of their links, and polled by the poller itself on the embedded log.

use crate::broker::{self, PARTITIONS};
use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};
use normaliser::FullText;
use poller::{
    document::{Context, Limits},
    parse,
};
use proto::{
    topic::Topic,
    v1::{Article, Feed, PageRequest, PageState, RawItem},
    vocab::{body_source, kind},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};
use stream::{CancellationToken, LogKind, Runtime, Start};
use test_support::publisher::Publisher;

/// Words from which on an article counts as whole.
const WHOLE: i32 = 150;
/// The longest wait for the next record.
const PATIENCE: Duration = Duration::from_secs(60);
/// Hosts of the server. Each gets one page at a time.
const HOSTS: u8 = 16;

/// Serves the captures in `corpora/publishers` and the pages in `corpora/html`, and counts. Prints a table unless `json` is set,
/// and returns `{"articles", "whole_before", "whole_after", "pages": {OUTCOME: count}}`; the shares are of 1.
///
/// # Errors
/// The data cannot be read, or the log fails.
#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "the table goes to standard output; counts")]
pub fn run(corpora: &Path, json: bool) -> anyhow::Result<Value> {
    let (publisher, folder) = (Publisher::start(HOSTS), tempfile::tempdir()?);
    let shutdown = CancellationToken::new();
    let kind = LogKind::Embedded(folder.path().to_owned());
    let runtime = Runtime { shutdown: shutdown.clone(), ..broker::runtime(kind, &broker::prefix(), "0")? };
    let feeds = serve(&publisher, corpora)?;
    for url in &feeds {
        let definition = Feed { url: url.clone(), backfill: "all".to_owned(), ..Feed::default() };
        let record =
            poller::definition::record(definition, PARTITIONS, &runtime.names, runtime.encoding, Timestamp::now())?;
        runtime.log.append(vec![record])?;
    }
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let poller = poller::Config {
        poll_interval: SignedDuration::from_hours(24),
        host_interval: Duration::ZERO,
        allow_private_networks: true,
        // What has no page on the local server must not be requested from its publisher.
        proxy: Some(publisher.base(0).parse()?),
        ..poller::Config::default()
    };
    let normaliser = normaliser::Config { full_text: FullText::Auto, ..normaliser::Config::default() };
    let [a, b] = [runtime.clone(), runtime.clone()];
    let polls = tokio.spawn(poller::run(poller, a, chassis::admin::Readiness::default()));
    let stages = tokio.spawn(normaliser::run(normaliser, b));
    until_answered(&runtime, feeds.len())?;
    shutdown.cancel();
    tokio.block_on(polls)??;
    tokio.block_on(stages)??;

    let (mut before, mut after): (HashMap<String, i32>, HashMap<String, (i32, i32)>) = Default::default();
    let mut pages: BTreeMap<String, usize> = BTreeMap::new();
    for article in all::<Article>(&runtime, Topic::Articles)? {
        if article.body_source == body_source::PAGE {
            *pages.entry("published".to_owned()).or_default() += 1;
        } else {
            before.insert(article.article_id.clone(), article.word_count);
        }
        let last = after.entry(article.article_id).or_default();
        *last = (*last).max((article.revision, article.word_count));
    }
    for item in all::<RawItem>(&runtime, Topic::Raw)? {
        if item.kind == kind::PAGE && !item.page_failure.is_empty() {
            *pages.entry(item.page_failure).or_default() += 1;
        }
    }
    let requested = all::<PageRequest>(&runtime, Topic::PageRequests)?.len();
    pages.insert("requested".to_owned(), requested);
    let share = |whole: usize| whole as f64 / after.len().max(1) as f64;
    let whole_before = share(before.values().filter(|words| **words >= WHOLE).count());
    let whole_after = share(after.values().filter(|(_, words)| *words >= WHOLE).count());
    if !json {
        let percent = |share: f64| share * 100.0;
        println!("{} articles of {} feeds; with {WHOLE} words or more:", after.len(), feeds.len());
        println!("  the feeds' text {:.1} %, with pages {:.1} %", percent(whole_before), percent(whole_after));
        println!("  pages: {pages:?}");
    }
    Ok(json!({"articles": after.len(), "whole_before": whole_before, "whole_after": whole_after, "pages": pages}))
}

/// Puts the captures on the server, each with links to pages of the server. Returns the URLs of the feeds.
fn serve(publisher: &Publisher, corpora: &Path) -> anyhow::Result<Vec<String>> {
    let pages = files(&corpora.join("html"), ".html.gz")?;
    anyhow::ensure!(!pages.is_empty(), "no pages in {}", corpora.join("html").display());
    let (mut feeds, mut count) = (Vec::new(), 0_usize);
    for (number, file) in files(&corpora.join("publishers"), "")?.into_iter().enumerate() {
        let mut bytes = fs::read(&file)?;
        let base = publisher.base(number);
        let context = Context {
            url: &format!("{base}/"),
            content_type: None,
            content_location: None,
            content_language: None,
            limits: Limits::default(),
        };
        let Ok(document) = parse::read(&bytes, &context) else { continue };
        let mut links: Vec<&str> = document.entries.iter().map(|entry| entry.link.as_str()).collect();
        // A link may begin with another one.
        links.sort_unstable_by_key(|link| std::cmp::Reverse(link.len()));
        links.dedup();
        for link in links.into_iter().filter(|link| !link.is_empty()) {
            let page = pages.get(count % pages.len()).context("no page")?;
            let path = format!("/pages/{count}");
            publisher.put(&path, "text/html", gunzip(page)?);
            for written in [link.to_owned(), link.replace('&', "&amp;")] {
                bytes = replaced(&bytes, written.as_bytes(), format!("{base}{path}").as_bytes());
            }
            count += 1;
        }
        let path = format!("/feeds/{number}");
        publisher.put(&path, "application/xml", bytes);
        feeds.push(format!("{base}{path}"));
    }
    Ok(feeds)
}

/// Files below a folder whose names end in `ending`, sorted.
fn files(folder: &Path, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| next.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(ending) && name != "manifest.json" {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn gunzip(file: &Path) -> anyhow::Result<Vec<u8>> {
    let output = Command::new("gzip").args(["-dc", "--"]).arg(file).output()?;
    anyhow::ensure!(output.status.success(), "gzip: {}", file.display());
    Ok(output.stdout)
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(from) {
            out.extend_from_slice(to);
            at += from.len();
        } else {
            out.extend(rest.first());
            at += 1;
        }
    }
    out
}

/// Waits until all feeds were polled, everything was normalised and no page waits.
fn until_answered(runtime: &Runtime, feeds: usize) -> anyhow::Result<()> {
    let mut raw = runtime.log.tail(&runtime.names.of(Topic::Raw), Start::Beginning)?;
    let mut last = Instant::now();
    loop {
        if !raw.poll(500, Duration::from_millis(200))?.is_empty() {
            last = Instant::now();
        }
        let polled = runtime.log.ends(&runtime.names.of(Topic::FeedHealth))?.values().sum::<i64>();
        let is_read = |stage: &str, topic: Topic| -> anyhow::Result<bool> {
            let (group, topic) = (runtime.names.group(stage), runtime.names.of(topic));
            let (committed, ends) = (runtime.log.committed(&group, &topic)?, runtime.log.ends(&topic)?);
            Ok(ends.iter().all(|(partition, end)| committed.get(partition).copied().unwrap_or(0) >= *end))
        };
        let all_read = is_read(normaliser::STAGE, Topic::Raw)? && is_read(poller::pages::STAGE, Topic::PageRequests)?;
        let is_quiet = last.elapsed() > Duration::from_secs(2);
        if is_quiet && usize::try_from(polled)? >= feeds && all_read && waiting(runtime)? == 0 {
            return Ok(());
        }
        if last.elapsed() > PATIENCE {
            // Pages that failed wait for a minute and longer.
            return Ok(());
        }
    }
}

/// Pages that wait.
fn waiting(runtime: &Runtime) -> anyhow::Result<usize> {
    let mut rows = HashMap::new();
    stream::scan(&*runtime.log, &runtime.names.of(Topic::PageState), Start::Beginning, PATIENCE, |record| {
        rows.insert(record.key.clone(), record.decode::<PageState>().is_ok());
        ControlFlow::Continue(())
    })?;
    Ok(rows.values().filter(|waits| **waits).count())
}

fn all<M: proto::wire::Message>(runtime: &Runtime, topic: Topic) -> anyhow::Result<Vec<M>> {
    let mut found = Vec::new();
    stream::scan(&*runtime.log, &runtime.names.of(topic), Start::Beginning, PATIENCE, |record| {
        found.extend(record.decode::<M>().ok());
        ControlFlow::Continue(())
    })?;
    Ok(found)
}
