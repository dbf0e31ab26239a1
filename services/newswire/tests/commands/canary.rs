//! `newswire canary` and `newswire run --canary` as processes.

use std::{path::Path, time::Duration};
use test_support::{http, port, process::Process, wait};

const PATIENCE: Duration = Duration::from_secs(60);

fn start(folder: &Path, arguments: &[&str]) -> (Process, String) {
    let admin = format!("127.0.0.1:{}", port::free());
    let arguments: Vec<String> =
        arguments.iter().chain(&["--admin", admin.as_str()]).map(ToString::to_string).collect();
    let (binary, log) = (Path::new(env!("CARGO_BIN_EXE_newswire")), folder.join("log"));
    (Process::start("newswire", binary, &arguments, &[], &log), admin)
}

/// The value of a metric of a process.
fn metric(admin: &str, name: &str) -> Option<f64> {
    let text = http::get(admin, "/metrics")?;
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[test]
fn the_canary_of_a_run_is_polled_without_private_networks_and_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let (data, listen) = (folder.path().join("data"), format!("127.0.0.1:{}", port::free()));
    let arguments = ["run", "--canary", "--canary-listen", &listen, "--canary-every", "1s", "--canary-limit", "50s"];
    let pipeline = ["--listen", "127.0.0.1:0", "--poll-interval", "1s", "--host-interval", "10ms", "--partitions", "3"];
    let data = ["--data", data.to_str().unwrap()];
    let (mut process, admin) = start(folder.path(), &[&arguments[..], &pipeline, &data].concat());
    wait::eventually(PATIENCE, "an article of the canary at the gateway", || {
        metric(&admin, "newswire_canary_delay_seconds_count{since=\"served\"}").is_some_and(|count| count >= 1.0)
    });
    assert_eq!(metric(&admin, "newswire_canary_missing_total"), Some(0.0));
    assert_eq!(metric(&admin, "newswire_canary_connected"), Some(1.0));
    assert!(metric(&admin, "newswire_canary_last_arrival_timestamp_seconds") > Some(1.7e9));
    assert!(process.stop(PATIENCE).success(), "{}", process.log_tail());
}

#[test]
fn a_canary_without_a_gateway_is_not_ready_and_counts_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (listen, dead) = (format!("127.0.0.1:{}", port::free()), format!("http://127.0.0.1:{}", port::free()));
    let arguments = ["canary", "--listen", &listen, "--gateway", &dead, "--every", "1s", "--limit", "1s"];
    let (mut process, admin) = start(folder.path(), &arguments);
    wait::eventually(PATIENCE, "a missing article", || metric(&admin, "newswire_canary_missing_total") >= Some(1.0));
    assert_eq!(metric(&admin, "newswire_canary_connected"), Some(0.0));
    let ready = http::get(&admin, "/readyz").unwrap();
    assert!(ready.contains("canary-stream") && ready.contains("\"ready\":false"), "{ready}");
    assert!(http::get(&listen, "/canary.xml").unwrap().contains("/entry/"));
    assert!(process.stop(PATIENCE).success(), "{}", process.log_tail());
}
