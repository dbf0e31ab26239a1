//! `eval feeds DATA`: how suites of feeds are parsed.
//!
//! DATA is a suite or a folder of suites, in the format of `corpora/feeds` and `corpora/publishers`. Files are parsed on a
//! thread with the usual stack of 2 MiB, so that a document that overflows it also ends the evaluation.
//!
//! *accepted*: parsed as a feed, with at least one entry if the document has an item. *checks*: feedparser's `Expect`
//! expressions of the form path == value whose path newswire's model has; `checks_met` is the number that are met.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use poller::document::{Context, Document, DocumentError};
use serde_json::{Value, json};

use super::expect;

/// Default stack size of a thread of the standard library, in bytes.
const STACK: usize = 2 << 20;

#[derive(Default)]
struct Suite {
    files: usize,
    accepted: usize,
    entries: usize,
    checks: usize,
    met: usize,
    panics: usize,
    slowest: Duration,
    refused: Vec<String>,
    unmet: Vec<String>,
    warnings: BTreeMap<&'static str, usize>,
}

/// Prints a table unless `json` is set, and returns
/// `{"suites": {NAME: {files, accepted, entries, checks, checks_met, panics, slowest_ms, refused, warnings}}}`.
///
/// # Errors
/// A folder or file cannot be read, or there are no feeds.
pub fn run(data: &Path, json: bool) -> anyhow::Result<Value> {
    let data = data.to_owned();
    // Panics are counted; their messages are not printed.
    std::panic::set_hook(Box::new(|_| {}));
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(move || suites(&data));
    let outcome = thread?.join();
    let _ = std::panic::take_hook();
    let suites = outcome.map_err(|_| anyhow::anyhow!("the evaluation itself panicked"))??;
    if !json {
        table(&suites);
    }
    let object = suites.into_iter().map(|(name, s)| {
        let value = json!({
            "files": s.files, "accepted": s.accepted, "entries": s.entries, "checks": s.checks, "checks_met": s.met,
            "panics": s.panics, "slowest_ms": u64::try_from(s.slowest.as_millis()).unwrap_or(u64::MAX),
            "refused": s.refused, "unmet": s.unmet, "warnings": s.warnings,
        });
        (name, value)
    });
    Ok(json!({ "suites": object.collect::<serde_json::Map<_, _>>() }))
}

#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
fn table(suites: &BTreeMap<String, Suite>) {
    println!(
        "{:<28} {:>6} {:>9} {:>7} {:>8} {:>7} {:>7} {:>7} {:>8}",
        "suite", "files", "accepted", "%", "entries", "checks", "met %", "panics", "slowest"
    );
    for (name, s) in suites {
        let share =
            |a: usize, b: usize| if b == 0 { "-".to_owned() } else { format!("{:.1}", 100.0 * a as f64 / b as f64) };
        println!(
            "{name:<28} {:>6} {:>9} {:>7} {:>8} {:>7} {:>7} {:>7} {:>6}ms",
            s.files,
            s.accepted,
            share(s.accepted, s.files),
            s.entries,
            s.checks,
            share(s.met, s.checks),
            s.panics,
            s.slowest.as_millis()
        );
    }
}

fn suites(data: &Path) -> anyhow::Result<BTreeMap<String, Suite>> {
    let mut suites = BTreeMap::new();
    for folder in folders(data)? {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let expectations = expect::load(&folder)?;
        for file in files(&folder)? {
            let relative = file.strip_prefix(&folder).unwrap_or(&file).to_string_lossy().replace('\\', "/");
            // The suites of feedparser are distinguished by folder.
            let part = relative.split_once('/').map(|(first, _)| first).filter(|_| !expectations.is_empty());
            let suite = suites.entry(part.map_or_else(|| name.clone(), |p| format!("{name}/{p}"))).or_default();
            one(&file, &relative, expectations.get(&relative), suite)?;
        }
    }
    anyhow::ensure!(!suites.is_empty(), "no feeds in {}", data.display());
    Ok(suites)
}

fn one(file: &Path, relative: &str, expected: Option<&expect::Expected>, suite: &mut Suite) -> anyhow::Result<()> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let mut cx = Context::new("http://127.0.0.1:8097/tests/");
    cx.content_type = expected.and_then(|e| e.header("content-type"));
    cx.content_location = expected.and_then(|e| e.header("content-location"));
    cx.content_language = expected.and_then(|e| e.header("content-language"));
    suite.files += 1;
    let begun = Instant::now();
    let outcome: Result<Result<Document, DocumentError>, _> =
        catch_unwind(AssertUnwindSafe(|| poller::parse::read(&bytes, &cx)));
    suite.slowest = suite.slowest.max(begun.elapsed());
    match outcome {
        Err(_) => {
            suite.panics += 1;
            suite.refused.push(format!("{relative}: panic"));
        }
        Ok(Err(error)) => suite.refused.push(format!("{relative}: {error}")),
        Ok(Ok(document)) => {
            suite.entries += document.entries.len();
            if document.entries.is_empty() && has_items(&bytes) {
                suite.refused.push(format!("{relative}: no entries"));
            } else {
                suite.accepted += 1;
            }
            for warning in document.warnings.iter().chain(document.entries.iter().flat_map(|e| &e.warnings)) {
                *suite.warnings.entry(warning.as_str()).or_default() += 1;
            }
            let (checks, unmet) = expected.map(|e| e.check(&document)).unwrap_or_default();
            suite.checks += checks;
            suite.met += checks - unmet.len();
            suite.unmet.extend(unmet.into_iter().map(|u| format!("{relative}: {u}")));
            return Ok(());
        }
    }
    // A refused document meets no check.
    let checks = expected.map(|e| e.check(&Document::default()).0).unwrap_or_default();
    suite.checks += checks;
    Ok(())
}

/// Whether the document has an item, in any encoding.
fn has_items(bytes: &[u8]) -> bool {
    let narrow: Vec<u8> = bytes.iter().filter(|b| **b != 0).map(u8::to_ascii_lowercase).collect();
    let text = String::from_utf8_lossy(&narrow);
    ["<item>", "<item ", "<entry>", "<entry ", "<rss:item"].iter().any(|i| text.contains(i))
}

/// The suites in `data`: its subfolders, or `data` itself if it has feeds or expectations.
fn folders(data: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut inside: Vec<PathBuf> = Vec::new();
    let mut direct = false;
    for entry in fs::read_dir(data).with_context(|| data.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            inside.push(path);
        } else {
            direct |= is_feed(&path) || path.file_name().is_some_and(|n| n == "expect.jsonl");
        }
    }
    inside.sort();
    if direct || inside.is_empty() {
        return Ok(vec![data.to_owned()]);
    }
    // A whole corpus: the folders of feeds and of publishers.
    let corpus: Vec<_> = inside.iter().filter(|p| p.ends_with("feeds") || p.ends_with("publishers")).cloned().collect();
    if corpus.is_empty() {
        return Ok(inside);
    }
    let mut all = Vec::new();
    for part in corpus {
        all.extend(folders(&part)?);
    }
    Ok(all)
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if is_feed(&path) {
                all.push(path);
            }
        }
    }
    all.sort();
    Ok(all)
}

/// Whether a file is a feed, not expectations, a list of feeds or a page.
fn is_feed(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    match extension.as_str() {
        "xml" | "rss" | "atom" | "rdf" | "cdf" => true,
        "json" => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let stem = name.strip_suffix(".json").unwrap_or(&name);
            let is_copy =
                ["xml", "rss", "atom", "rdf"].iter().any(|e| path.with_file_name(format!("{stem}.{e}")).exists());
            !is_copy && !stem.ends_with(".serde") && name != "manifest.json"
        }
        _ => false,
    }
}
