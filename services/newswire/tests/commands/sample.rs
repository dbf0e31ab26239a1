//! What `newswire run --sample` shows soon after its start.

use serde_json::Value;
use std::{collections::HashSet, path::Path, time::Duration};
use test_support::{http, port, process::Process, wait};

/// For a debug build on a busy machine. What a release build takes is in docs/benchmarks/start.md.
const PATIENCE: Duration = Duration::from_secs(240);

struct Sample {
    listen: String,
    admin: String,
    _process: Process,
    _folder: tempfile::TempDir,
}

impl Sample {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [listen, admin] = [port::free(), port::free()].map(|port| format!("127.0.0.1:{port}"));
        let (data, port) = (folder.path().join("data"), port::free().to_string());
        let own = ["run", "--sample", "--sample-port", &port, "--listen", &listen, "--admin", &admin];
        let arguments = [&own[..], &["--poll-interval", "1s", "--data", data.to_str().unwrap()]].concat();
        let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
        let binary = Path::new(env!("CARGO_BIN_EXE_newswire"));
        let process = Process::start("newswire", binary, &arguments, &[], &folder.path().join("log"));
        Sample { listen, admin, _process: process, _folder: folder }
    }

    fn get(&self, path: &str) -> Value {
        http::get(&self.listen, path).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    fn count(&self, path: &str, list: &str) -> usize {
        self.get(path)[list].as_array().map_or(0, Vec::len)
    }
}

/// The hours in which a trend has articles. A country alone may have them in few, by the time of day.
fn counted_hours(trend: &Value) -> impl Iterator<Item = usize> {
    let counts = trend["counts"].as_array().into_iter().flatten();
    counts.enumerate().filter(|(_, count)| count.as_u64() > Some(0)).map(|(hour, _)| hour)
}

#[test]
fn counts_trends_and_health_are_alive_soon_after_the_start() {
    let sample = Sample::start();
    wait::eventually(PATIENCE, "countries of the map", || sample.count("/v1/countries", "countries") > 20);
    wait::eventually(PATIENCE, "trends of an earlier hour", || {
        let trends = sample.get("/v1/trends?of=country&hours=48");
        let hours: HashSet<usize> = trends["trends"].as_array().into_iter().flatten().flat_map(counted_hours).collect();
        hours.len() > 12
    });
    for status in ["OK", "FAILING", "SILENT"] {
        wait::eventually(PATIENCE, status, || sample.count(&format!("/v1/feeds?status={status}"), "feeds") > 0);
    }
}

#[test]
fn an_article_is_withdrawn_soon_after_the_start() {
    let sample = Sample::start();
    wait::eventually(PATIENCE, "a withdrawn article", || {
        let metrics = http::get(&sample.admin, "/metrics").unwrap_or_default();
        metrics.contains("newswire_gateway_records_total{outcome=\"withdrawn\"} 1\n")
    });
}

#[test]
fn what_breaks_after_the_start_rises_within_minutes() {
    let sample = Sample::start();
    let rises = |of: &str, key: &str| {
        let rising = sample.get(&format!("/v1/trends?sort=rising&of={of}"));
        let found = rising["trends"].as_array().into_iter().flatten().find(|one| one["key"] == key);
        found.is_some_and(|one| one["recent"].as_u64() >= Some(3))
    };
    wait::eventually(PATIENCE, "Iceland rises", || rises("country", "IS"));
    wait::eventually(PATIENCE, "its grid company rises", || rises("entity", "org:nordstraum"));
}
