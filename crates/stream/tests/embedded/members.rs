//! Members of the embedded log, where they differ from Kafka's: a group has one, and it owns everything.

use crate::help;
use proto::topic::Retention;
use std::{
    collections::HashMap,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};
use stream::{
    Admin, Batch, Event, Log, LogError, Member, MemberSpec,
    embedded::{Embedded, Options},
};

const HOUR: i64 = 3_600_000;
static NOW: AtomicI64 = AtomicI64::new(1_000 * HOUR);

fn open(folder: &tempfile::TempDir) -> Embedded {
    let now = || NOW.load(Ordering::SeqCst);
    let options = Options { clock: now, elapsed: now, ..Options::default() };
    let log = Embedded::open_with(folder.path(), options).unwrap();
    log.ensure_topics(&[help::topic("news", Retention::Delete(HOUR))]).unwrap();
    log
}

fn spec(group: &str, replica: &str) -> MemberSpec {
    MemberSpec { group: group.into(), replica: replica.into(), ..help::spec() }
}

fn join(log: &dyn Log, group: &str) -> Box<dyn Member> {
    let mut member = log.join(&spec(group, "0")).unwrap();
    assert!(matches!(member.poll(1, Duration::ZERO).unwrap(), Event::Assigned(all) if all.len() == 2));
    member
}

#[test]
fn a_second_replica_is_refused_while_the_first_runs() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(&folder);
    let first = log.join(&spec("g", "0")).unwrap();
    let error = log.join(&spec("g", "1")).err().unwrap();
    assert!(matches!(&error, LogError::Config(sentence) if sentence.contains("replica 0")), "{error}");
    drop(first);
    log.join(&spec("g", "1")).unwrap();
}

#[test]
fn records_that_retention_removed_are_not_lag() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(&folder);
    // Retention does not wait for it.
    let mut member = log.join_without_hold(&spec("g", "0")).unwrap();
    assert!(matches!(member.poll(1, Duration::ZERO).unwrap(), Event::Assigned(all) if all.len() == 2));
    log.append((0..10).map(|_| help::record("news", "k", Some("1"))).collect()).unwrap();
    assert_eq!(member.lag(), Some(10));
    assert!(matches!(member.poll(4, Duration::ZERO).unwrap(), Event::Records(records) if records.len() == 4));
    assert_eq!(member.lag(), Some(10), "read is not committed");
    member.commit(Batch { outputs: vec![], offsets: HashMap::from([(0, 4)]) }).unwrap();
    assert_eq!(member.lag(), Some(6));
    NOW.fetch_add(2 * HOUR, Ordering::SeqCst);
    log.sweep().unwrap();
    assert!(matches!(member.poll(4, Duration::ZERO).unwrap(), Event::Idle));
    assert_eq!(member.lag(), Some(0));
}

#[test]
fn a_refused_commit_does_not_affect_concurrent_commits() {
    let folder = tempfile::tempdir().unwrap();
    let log = open(&folder);
    let mut zombies: Vec<_> = (0..4).map(|number| join(&log, &format!("fenced{number}"))).collect();
    let _heirs: Vec<_> = (0..4).map(|number| join(&log, &format!("fenced{number}"))).collect();
    let mut good: Vec<_> = (0..4).map(|number| join(&log, &format!("good{number}"))).collect();
    std::thread::scope(|scope| {
        for (members, is_good) in [(&mut zombies, false), (&mut good, true)] {
            for member in members {
                scope.spawn(move || {
                    for round in 0..20 {
                        let outputs = vec![help::record("news", if is_good { "good" } else { "bad" }, Some("1"))];
                        match member.commit(Batch { outputs, offsets: HashMap::from([(1, round)]) }) {
                            Ok(()) => assert!(is_good, "a zombie has committed"),
                            Err(LogError::Fenced(_)) => assert!(!is_good),
                            Err(error) => panic!("{error}"),
                        }
                    }
                });
            }
        }
    });
    assert_eq!(help::rows(&log, "news"), vec!["good 1"; 80]);
    for number in 0..4 {
        assert_eq!(log.committed(&format!("good{number}"), "news").unwrap(), HashMap::from([(1, 19)]));
        assert!(log.committed(&format!("fenced{number}"), "news").unwrap().is_empty());
    }
}
