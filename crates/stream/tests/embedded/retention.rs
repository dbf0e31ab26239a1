//! Expired and superseded records are removed, and the file shrinks.

use crate::help;
use proto::topic::Retention;
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, AtomicI64, Ordering},
    time::Duration,
};
use stream::{
    Admin, Log, Start,
    embedded::{Embedded, Options},
};
use test_support::wait::eventually;

const HOUR: i64 = 3_600_000;

/// Options with a clock that a test sets; each test has its own.
macro_rules! clock {
    ($name:ident) => {{
        static NOW: AtomicI64 = AtomicI64::new(1_000_000_000);
        (
            &NOW,
            Options {
                clock: || NOW.load(Ordering::SeqCst),
                elapsed: || NOW.load(Ordering::SeqCst),
                sweep_every: Duration::from_secs(3_600),
                ..Options::default()
            },
        )
    }};
}

#[test]
fn records_older_than_the_retention_are_removed() {
    let (now, options) = clock!(records_older);
    let folder = tempfile::tempdir().unwrap();
    let log = Embedded::open_with(folder.path(), options.clone()).unwrap();
    log.ensure_topics(&[
        help::topic("news", Retention::Delete(HOUR)),
        help::topic("state", Retention::CompactDelete(HOUR)),
    ])
    .unwrap();
    for (step, key) in ["a", "b", "c"].into_iter().enumerate() {
        now.fetch_add(if step == 0 { 0 } else { HOUR / 2 }, Ordering::SeqCst);
        log.append(vec![help::record("news", key, Some("1")), help::record("state", key, Some("1"))]).unwrap();
    }
    assert_eq!(log.sweep().unwrap(), 0);
    now.fetch_add(1, Ordering::SeqCst);
    assert_eq!(log.sweep().unwrap(), 2);
    assert_eq!(
        (help::rows(&log, "news"), help::rows(&log, "state")),
        (vec!["b 1".into(), "c 1".into()], vec!["b 1".into(), "c 1".into()])
    );
    assert_eq!((log.starts("news").unwrap()[&0], log.ends("news").unwrap()[&0]), (1, 3));
    now.fetch_add(2 * HOUR, Ordering::SeqCst);
    log.sweep().unwrap();
    assert_eq!(log.starts("news").unwrap()[&0], 3);
    assert!(help::rows(&log, "news").is_empty());
    // Offsets are not reused, even after a restart.
    drop(log);
    let log = Embedded::open_with(folder.path(), options).unwrap();
    assert_eq!(log.ends("news").unwrap()[&0], 3);
    log.append(vec![help::record("news", "d", Some("1"))]).unwrap();
    assert_eq!(help::all(&log, "news")[0].offset, 3);
}

#[test]
fn a_compacted_topic_keeps_the_last_record_of_each_key() {
    let (now, options) = clock!(compacted);
    let folder = tempfile::tempdir().unwrap();
    let log = Embedded::open_with(folder.path(), options).unwrap();
    log.ensure_topics(&[help::topic("state", Retention::Compact)]).unwrap();
    let put = |key, value| log.append(vec![help::record("state", key, value)]).unwrap();
    put("a", Some("1"));
    put("b", Some("1"));
    put("a", Some("2"));
    put("b", None);
    log.sweep().unwrap();
    assert_eq!(help::rows(&log, "state"), ["a 1", "b 1", "a 2", "b -"], "a tail has a minute to see them");
    now.fetch_add(60_000, Ordering::SeqCst);
    log.sweep().unwrap();
    assert_eq!(help::rows(&log, "state"), ["a 2", "b -"], "a tombstone stays for a day");
    now.fetch_add(24 * HOUR, Ordering::SeqCst);
    log.sweep().unwrap();
    assert_eq!(help::rows(&log, "state"), ["a 2"]);
    put("b", Some("3"));
    now.fetch_add(24 * HOUR, Ordering::SeqCst);
    log.sweep().unwrap();
    assert_eq!(help::rows(&log, "state"), ["a 2", "b 3"], "a row that is written again after its tombstone stays");
}

#[test]
fn a_tail_skips_removed_records() {
    let (now, options) = clock!(passes_over);
    let folder = tempfile::tempdir().unwrap();
    let log = Embedded::open_with(folder.path(), options).unwrap();
    log.ensure_topics(&[help::topic("news", Retention::Delete(HOUR))]).unwrap();
    let mut tail = log.tail("news", Start::Beginning).unwrap();
    log.append((0..10).map(|_| help::record("news", "old", Some("1"))).collect()).unwrap();
    let mut late = log.tail("news", Start::Beginning).unwrap();
    assert_eq!(tail.poll(4, Duration::ZERO).unwrap().len(), 4);
    now.fetch_add(2 * HOUR, Ordering::SeqCst);
    log.sweep().unwrap();
    for tail in [&mut tail, &mut late] {
        assert!(tail.poll(10, Duration::ZERO).unwrap().is_empty());
        assert!(tail.caught_up());
    }
    log.append(vec![help::record("news", "new", Some("1"))]).unwrap();
    assert_eq!(tail.poll(10, Duration::from_secs(20)).unwrap()[0].offset, 10);
}

#[test]
fn the_file_shrinks_after_retention() {
    let (now, options) = clock!(shrinks);
    let folder = tempfile::tempdir().unwrap();
    let log = Embedded::open_with(folder.path(), options).unwrap();
    log.ensure_topics(&[help::topic("news", Retention::Delete(HOUR))]).unwrap();
    let file = folder.path().join("newswire.redb");
    for round in 0..20_u64 {
        let noise = |index| stream::Outgoing {
            value: Some(help::noise(round * 500 + index, 4_000)),
            ..help::record("news", "k", None)
        };
        log.append((0..500).map(noise).collect()).unwrap();
    }
    let full = file.metadata().unwrap().len();
    assert!(full > 40_000_000, "{full}");
    now.fetch_add(2 * HOUR, Ordering::SeqCst);
    log.append(vec![help::record("news", "k", Some("stays"))]).unwrap();
    // More than one slice.
    assert_eq!(log.sweep().unwrap(), 10_000);
    let after = file.metadata().unwrap().len();
    assert!(after < full / 20, "{full} bytes became {after}");
    assert_eq!(help::rows(&log, "news"), ["k stays"]);
    log.append(vec![help::record("news", "k", Some("goes on"))]).unwrap();
}

#[test]
fn readers_and_writers_continue_during_retention() {
    let folder = tempfile::tempdir().unwrap();
    let log = Embedded::open_with(folder.path(), busy()).unwrap();
    log.ensure_topics(&busy_topics()).unwrap();
    let is_done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (log, is_done) = (&log, &is_done);
        scope.spawn(|| {
            while !is_done.load(Ordering::SeqCst) {
                log.sweep().unwrap();
            }
        });
        scope.spawn(|| {
            for number in 0..300 {
                let (key, value) = (format!("k{}", number % 7), number.to_string());
                let records = vec![help::record("news", &key, Some(&value)), help::record("state", &key, Some(&value))];
                log.append(records).unwrap();
            }
        });
        let mut news = log.tail("news", Start::Beginning).unwrap();
        let mut state = log.tail("state", Start::Beginning).unwrap();
        let (mut seen, mut rows) = (Vec::new(), std::collections::BTreeMap::new());
        let number = |value: Option<Vec<u8>>| String::from_utf8(value.unwrap()).unwrap().parse::<i64>().unwrap();
        eventually(Duration::from_secs(30), "all is read", || {
            seen.extend(news.poll(50, Duration::from_millis(10)).unwrap().into_iter().map(|one| number(one.value)));
            for one in state.poll(50, Duration::from_millis(10)).unwrap() {
                let value = number(one.value);
                assert!(rows.insert(one.key, value) < Some(value), "a key's records are in order");
            }
            seen.len() == 300 && rows.values().max() == Some(&299)
        });
        is_done.store(true, Ordering::SeqCst);
        assert_eq!(seen, (0..300).collect::<Vec<_>>());
        assert_eq!(rows.into_values().collect::<std::collections::BTreeSet<_>>(), (293..300).collect());
    });
}

/// Not a test: writes numbers while retention runs, and prints each number once it is on disk.
#[test]
fn child_writer() {
    let Some(folder) = std::env::var_os("WRITER_FOLDER") else { return };
    let log = Embedded::open_with(Path::new(&folder), busy()).unwrap();
    log.ensure_topics(&busy_topics()).unwrap();
    let first = log.ends("news").unwrap()[&0];
    std::thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                log.sweep().unwrap();
            }
        });
        for number in first.. {
            let (key, value) = (format!("k{}", number % 7), number.to_string());
            let records = ["news", "state"].map(|topic| help::record(topic, &key, Some(&value)));
            log.append(records.into()).unwrap();
            println!("written {number}");
        }
    });
}

/// Superseded records are removed at once, and the file is compacted at every round.
fn busy() -> Options {
    Options { compaction_lag_ms: 0, small_file: 0, sweep_every: Duration::from_secs(3_600), ..Options::default() }
}

fn busy_topics() -> [stream::TopicSpec; 2] {
    [help::topic("news", Retention::Delete(HOUR)), help::topic("state", Retention::Compact)]
}

#[test]
fn a_log_killed_during_retention_is_intact() {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=8 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["retention::child_writer", "--exact", "--nocapture"])
            .env("WRITER_FOLDER", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let written = lines.filter_map(|line| line.unwrap().split_once("written ")?.1.parse::<i64>().ok());
        let last = written.take(round * 13).last().unwrap();
        writer.kill().unwrap();
        writer.wait().unwrap();

        let log = Embedded::open_with(folder.path(), busy()).unwrap();
        let number =
            |one: &stream::Record| String::from_utf8(one.value.clone().unwrap()).unwrap().parse::<i64>().unwrap();
        let news: Vec<i64> = help::all(&log, "news").iter().map(number).collect();
        assert!(news.len() > usize::try_from(last).unwrap(), "{last} was acknowledged, {} were found", news.len());
        assert_eq!(news, (0..).take(news.len()).collect::<Vec<i64>>());
        // Both topics were written at once, and compaction lost no key's last record.
        let state: BTreeMap<Vec<u8>, i64> =
            help::all(&log, "state").iter().map(|one| (one.key.clone(), number(one))).collect();
        let expected: BTreeMap<Vec<u8>, i64> =
            news.iter().map(|number| (format!("k{}", number % 7).into_bytes(), *number)).collect();
        assert_eq!(state, expected);
        drop(log);
    }
}
