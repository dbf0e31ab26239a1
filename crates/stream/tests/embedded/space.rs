//! A disk that is full or fails: nothing is lost or doubled, and writes go on by themselves.

use crate::help;
use proto::topic::Retention;
use std::{
    collections::HashMap,
    io::{self, ErrorKind, Write},
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use stream::{
    Admin, Batch, Event, Log, LogError,
    embedded::{Embedded, Options, WriteFault, maintenance},
};
use test_support::wait::eventually;

const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Makes the n-th write to the file fail from now on, and all after it until `left` is set again.
fn fault(left: &Arc<AtomicI64>, kind: ErrorKind) -> WriteFault {
    let left = left.clone();
    WriteFault(Arc::new(move |_| match left.fetch_sub(1, Ordering::SeqCst) {
        1.. => Ok(()),
        _ => Err(io::Error::from(kind)),
    }))
}

fn topics() -> [stream::TopicSpec; 2] {
    [help::topic("news", Retention::Delete(DAY)), help::topic("out", Retention::Delete(DAY))]
}

#[test]
fn a_write_that_fails_anywhere_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let left = Arc::new(AtomicI64::new(i64::MAX / 2));
    let options = Options { fault: Some(fault(&left, ErrorKind::StorageFull)), ..Options::default() };
    let log = Embedded::open_with(folder.path(), options).unwrap();
    log.ensure_topics(&topics()).unwrap();
    let mut member = log.join(&help::spec()).unwrap();
    assert!(matches!(member.poll(1, Duration::ZERO).unwrap(), Event::Assigned(_)));
    let (mut acknowledged, mut failures) = (0, 0);
    for round in 0..40 {
        left.store(round, Ordering::SeqCst);
        let value = "x".repeat(9_000);
        let before = failures;
        loop {
            let outputs = vec![help::record("out", &acknowledged.to_string(), Some(&value))];
            match member.commit(Batch { outputs, offsets: HashMap::from([(0, acknowledged + 1)]) }) {
                Ok(()) => break,
                Err(LogError::Unavailable(why)) => {
                    failures += 1;
                    assert!(why.contains("no space left"), "{why}");
                    assert!(log.trouble().unwrap().contains("no space left"));
                }
                // Whether it is there is unknown: the member joins again and reads what was committed.
                Err(LogError::Lost(_)) => {
                    failures += 1;
                    left.store(i64::MAX / 2, Ordering::SeqCst);
                    member = log.join(&help::spec()).unwrap();
                    assert!(matches!(member.poll(1, Duration::ZERO).unwrap(), Event::Assigned(_)));
                    if log.committed("g", "news").unwrap().get(&0) == Some(&(acknowledged + 1)) {
                        break;
                    }
                }
                Err(other) => panic!("{other}"),
            }
            assert!(failures < before + 5, "the log does not recover");
            left.store(i64::MAX / 2, Ordering::SeqCst);
        }
        acknowledged += 1;
        left.store(i64::MAX / 2, Ordering::SeqCst);
        let keys: Vec<_> = help::all(&log, "out").into_iter().map(|record| record.key).collect();
        let expected: Vec<_> = (0..acknowledged).map(|number| number.to_string().into_bytes()).collect();
        assert_eq!(keys, expected, "after a failure at write {round}");
    }
    assert!(failures > 5, "{failures} writes failed");
    log.append(vec![help::record("out", "last", Some("1"))]).unwrap();
    assert_eq!(log.trouble(), None);
    drop((member, log));
    assert!(maintenance::check(folder.path()).unwrap().damage.is_empty());
}

#[test]
fn records_are_readable_while_the_disk_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let left = Arc::new(AtomicI64::new(i64::MAX / 2));
    let options = Options { fault: Some(fault(&left, ErrorKind::StorageFull)), ..Options::default() };
    let log = Embedded::open_with(folder.path(), options).unwrap();
    log.ensure_topics(&topics()).unwrap();
    log.append(vec![help::record("news", "k", Some("1"))]).unwrap();
    left.store(0, Ordering::SeqCst);
    assert!(log.append(vec![help::record("news", "k", Some("2"))]).is_err());
    left.store(i64::MAX / 2, Ordering::SeqCst);
    assert_eq!(help::rows(&log, "news"), ["k 1"]);
}

/// A file system of 8 MB in memory; removed at the end.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None`, after one visible line, if this user may not mount one.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(SmallDisk(folder));
        }
        drop(writeln!(io::stderr(), "skipped: a small file system cannot be mounted by this user"));
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(self.path()).output());
    }
}

#[test]
fn writes_resume_when_a_full_disk_has_space_again() {
    let Some(disk) = SmallDisk::mount() else { return };
    let options = Options { sweep_every: Duration::from_millis(50), ..Options::default() };
    let log = Embedded::open_with(&disk.path().join("data"), options).unwrap();
    log.ensure_topics(&topics()).unwrap();
    log.append(vec![help::record("news", "k", Some("1"))]).unwrap();
    assert_eq!(log.trouble(), None);
    // Another program takes all there is.
    let other = disk.path().join("other");
    drop(std::fs::write(&other, vec![1; 16_000_000]));
    eventually(Duration::from_secs(30), "it is noticed without a write", || log.trouble().is_some());
    let refused = log.append(vec![help::record("news", "k", Some("2"))]).unwrap_err();
    assert!(matches!(&refused, LogError::Unavailable(why) if why.contains("no space left")), "{refused}");
    assert!(log.trouble().unwrap().contains("no space left"));
    assert_eq!(help::rows(&log, "news"), ["k 1"], "records are readable");
    std::fs::remove_file(&other).unwrap();
    eventually(Duration::from_secs(30), "the log is writable again", || log.trouble().is_none());
    log.append(vec![help::record("news", "k", Some("3"))]).unwrap();
    assert_eq!(help::rows(&log, "news"), ["k 1", "k 3"]);
}

#[test]
fn a_log_that_fills_the_disk_itself_stays_whole() {
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = disk.path().join("data");
    let log = Embedded::open(&folder).unwrap();
    log.ensure_topics(&topics()).unwrap();
    let mut noise = 1_u64;
    let mut value = || -> String {
        let mut next = || {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'!' + u8::try_from((noise >> 57) % 90).unwrap())
        };
        (0..50_000).map(|_| next()).collect()
    };
    let mut written = 0;
    let error = loop {
        match log.append(vec![help::record("news", &written.to_string(), Some(&value()))]) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1_000, "the disk is never full");
    };
    assert!(error.to_string().contains("no space left"), "{error}");
    assert_eq!(help::all(&log, "news").len(), written);
    drop(log);
    assert_eq!(maintenance::check(&folder).unwrap().records, written as u64);
}
