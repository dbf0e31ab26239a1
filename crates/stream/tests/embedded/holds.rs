//! Retention waits for the groups that read a topic.

use crate::help;
use proto::topic::Retention;
use std::{
    collections::HashMap,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};
use stream::{
    Admin, Batch, Event, Log, LogError, Member, MemberSpec,
    embedded::{Embedded, Options, maintenance},
};

const HOUR: i64 = 3_600_000;

fn options(clock: fn() -> i64) -> Options {
    Options { clock, elapsed: clock, sweep_every: Duration::from_secs(3_600), ..Options::default() }
}

fn spec(group: &str) -> MemberSpec {
    MemberSpec { group: group.into(), ..help::spec() }
}

fn open(folder: &tempfile::TempDir, options: Options) -> Embedded {
    let log = Embedded::open_with(folder.path(), options).unwrap();
    log.ensure_topics(&[help::topic("news", Retention::Delete(HOUR))]).unwrap();
    log
}

fn commit(member: &mut dyn Member, next: i64) {
    assert!(matches!(member.poll(1, Duration::ZERO).unwrap(), Event::Assigned(_)));
    member.commit(Batch { outputs: vec![], offsets: HashMap::from([(0, next)]) }).unwrap();
}

#[test]
fn what_a_group_has_not_read_is_not_deleted() {
    static NOW: AtomicI64 = AtomicI64::new(1_000 * HOUR);
    let options = options(|| NOW.load(Ordering::SeqCst));
    let folder = tempfile::tempdir().unwrap();
    let log = open(&folder, options.clone());
    let (mut fast, slow) = (log.join(&spec("fast")).unwrap(), log.join(&spec("slow")).unwrap());
    log.append((0..10).map(|_| help::record("news", "k", Some("1"))).collect()).unwrap();
    commit(&mut *fast, 10);
    NOW.fetch_add(2 * HOUR, Ordering::SeqCst);
    assert_eq!(log.sweep().unwrap(), 0, "the slow group has read nothing");
    // Also when it does not run, and after a restart.
    drop((fast, slow, log));
    let log = open(&folder, options);
    assert_eq!(log.sweep().unwrap(), 0);
    let mut slow = log.join(&spec("slow")).unwrap();
    commit(&mut *slow, 4);
    assert_eq!(log.sweep().unwrap(), 4);
    assert_eq!(help::all(&log, "news")[0].offset, 4);
}

#[test]
fn a_group_that_is_gone_is_released() {
    static NOW: AtomicI64 = AtomicI64::new(1_000 * HOUR);
    let options = options(|| NOW.load(Ordering::SeqCst));
    let folder = tempfile::tempdir().unwrap();
    let log = open(&folder, options.clone());
    let member = log.join(&spec("gone")).unwrap();
    log.append(vec![help::record("news", "k", Some("1"))]).unwrap();
    let listed = maintenance::groups(folder.path()).unwrap();
    assert_eq!((listed[0].group.as_str(), listed[0].unread, listed[0].is_running), ("gone", 1, true));
    let refused = maintenance::release(folder.path(), "gone").unwrap_err();
    assert!(matches!(&refused, LogError::Config(what) if what.contains("runs")), "{refused}");
    drop((member, log));
    assert!(!maintenance::groups(folder.path()).unwrap()[0].is_running);
    maintenance::release(folder.path(), "gone").unwrap();
    assert!(maintenance::groups(folder.path()).unwrap().is_empty());
    assert!(maintenance::release(folder.path(), "gone").unwrap_err().to_string().contains("no group gone"));
    let log = open(&folder, options);
    NOW.fetch_add(2 * HOUR, Ordering::SeqCst);
    assert_eq!(log.sweep().unwrap(), 1);
}

#[test]
fn the_group_of_a_command_does_not_hold_records() {
    static NOW: AtomicI64 = AtomicI64::new(1_000 * HOUR);
    let folder = tempfile::tempdir().unwrap();
    let log = open(&folder, options(|| NOW.load(Ordering::SeqCst)));
    let _command = log.join_without_hold(&spec("replay")).unwrap();
    log.append(vec![help::record("news", "k", Some("1"))]).unwrap();
    NOW.fetch_add(2 * HOUR, Ordering::SeqCst);
    assert_eq!(log.sweep().unwrap(), 1);
}
