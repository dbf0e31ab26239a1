//! `kill -9` at each point of a commit, and aborts. The stage runs in a child process: this binary, started again.

use crate::{harness::Harness, help};
use nix::sys::signal::{Signal, raise};
use proto::{topic::Topic, v1};
use std::{
    os::unix::process::ExitStatusExt,
    process::{Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};
use test_support::wait::eventually;

crate::harness::on_both_logs! {
    killed_when_the_transaction_begins
    killed_with_outputs_written
    killed_with_offsets_written
    killed_after_the_commit
    aborted_by_a_failpoint
}

const ITEMS: i32 = 20;

/// Runs the stage until it ends. At the `nth` passage of `point` the process is killed (`kill`) or the transaction is aborted
/// (`abort`); after an abort the stage continues until all items are processed.
fn run_child(harness: &Harness, point: &str, action: &str, nth: u32) -> ExitStatus {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::be_the_stage", "--exact", "--nocapture"])
        .envs(harness.environment())
        .env("CONFORMANCE_POINT", point)
        .env("CONFORMANCE_ACTION", action)
        .env("CONFORMANCE_NTH", nth.to_string())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (send, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || send.send(child.wait()));
    ended.recv_timeout(help::DEADLINE).unwrap().unwrap()
}

fn run_until_killed(harness: &Harness, point: &str, nth: u32) {
    let status = run_child(harness, point, "kill", nth);
    assert_eq!(status.signal(), Some(Signal::SIGKILL as i32), "not killed");
}

/// Not a test: the child process.
#[test]
fn be_the_stage() {
    let Some(mut harness) = Harness::of_parent() else { return };
    let point = std::env::var("CONFORMANCE_POINT").unwrap();
    let nth: u32 = std::env::var("CONFORMANCE_NTH").unwrap().parse().unwrap();
    if std::env::var("CONFORMANCE_ACTION").unwrap() == "abort" {
        fail::cfg(point, &format!("{}*off->1*return->off", nth - 1)).unwrap();
        let runtime = harness.runtime();
        help::run_stage(&runtime, || help::is_done(&runtime));
        assert_eq!(runtime.metrics.aborted.with_label_values(&["count"]).get(), 1);
        return;
    }
    let times = AtomicU32::new(0);
    fail::cfg_callback(point, move || {
        if times.fetch_add(1, Ordering::SeqCst) + 1 == nth {
            raise(Signal::SIGKILL).unwrap();
        }
    })
    .unwrap();
    let runtime = harness.runtime();
    help::count(&runtime, &stream::CancellationToken::new()).unwrap();
}

fn aborted_by_a_failpoint(harness: &mut Harness) {
    let raw = harness.names().of(Topic::Raw);
    let mut expected = Vec::new();
    for (round, point) in ["begin", "produced", "offsets"].iter().enumerate() {
        let items = (0..ITEMS).map(|id| help::item(&raw, &format!("a{id:02}"), point)).collect();
        harness.log().append(items).unwrap();
        harness.close();
        let status = run_child(harness, &format!("stream::commit::{point}"), "abort", 2);
        assert!(status.success(), "{status}");
        let revision = i32::try_from(round).unwrap() + 1;
        expected.extend((0..ITEMS).map(|id| (format!("a{id:02}"), revision)));
    }
    expected.sort();
    assert_eq!(help::articles(harness), expected, "aborted outputs are invisible, and retried ones are visible once");
}

/// Kills the stage at its first commit, checks what is visible, kills it at later commits, and lets it finish.
fn killed_at(harness: &mut Harness, point: &str, is_committed: bool) {
    let names = harness.names();
    let raw = names.of(Topic::Raw);
    let items = |title: &str| (0..ITEMS).map(|id| help::item(&raw, &format!("a{id:02}"), title)).collect();
    harness.log().append(items("one")).unwrap();
    harness.close();

    run_until_killed(harness, point, 1);
    let (log, group) = (harness.log(), names.group("count"));
    let (articles, state) = (help::articles(harness), help::all(&*log, &names.of(Topic::ArticleState)));
    assert_eq!(articles.len(), state.len(), "outputs and state become visible together");
    assert_eq!(!articles.is_empty(), is_committed, "{articles:?}");
    // On Kafka the offsets are unknown until the transaction of the killed member has ended.
    let mut committed = None;
    eventually(help::DEADLINE, "the committed offsets are known", || {
        committed = log.committed(&group, &raw).ok();
        committed.is_some()
    });
    // A group's first positions are committed when it starts.
    assert_eq!(committed.unwrap().values().any(|next| *next > 0), is_committed);
    drop(log);
    harness.close();

    run_until_killed(harness, point, 3);
    // The same items again: duplicates, if the state was restored.
    harness.log().append(items("one")).unwrap();
    harness.close();
    run_until_killed(harness, point, 2);

    let runtime = harness.runtime();
    help::run_stage(&runtime, || help::is_done(&runtime));
    let expected: Vec<(String, i32)> = (0..ITEMS).map(|id| (format!("a{id:02}"), 1)).collect();
    assert_eq!(help::articles(harness), expected, "nothing lost, nothing twice");
    // And the table agrees.
    let mut member = runtime.log.join(&help::spec(&runtime)).unwrap();
    let tables = help::assigned(&mut *member);
    let mut rows: Vec<(String, i32)> = tables
        .values()
        .flat_map(|tables| tables[0].iter(0))
        .map(|row| {
            let (key, row) = row.unwrap();
            (String::from_utf8(key.to_vec()).unwrap(), row.decode::<v1::ArticleState>().unwrap().revision)
        })
        .collect();
    rows.sort();
    assert_eq!(rows, expected);
}

fn killed_when_the_transaction_begins(harness: &mut Harness) {
    killed_at(harness, "stream::commit::begin", false);
}

fn killed_with_outputs_written(harness: &mut Harness) {
    killed_at(harness, "stream::commit::produced", false);
}

fn killed_with_offsets_written(harness: &mut Harness) {
    killed_at(harness, "stream::commit::offsets", false);
}

fn killed_after_the_commit(harness: &mut Harness) {
    killed_at(harness, "stream::commit::done", true);
}
