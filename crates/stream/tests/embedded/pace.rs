//! A measurement, not a test: `NEWSWIRE_MEASURE=1 cargo test --release -p stream --test embedded -- --nocapture pace`.

use crate::help;
use proto::topic::Retention;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use stream::{Admin, Batch, Event, Log, MemberSpec, embedded::Embedded};

#[test]
fn commits_of_many_threads_share_an_fsync() {
    if std::env::var_os("NEWSWIRE_MEASURE").is_none() {
        eprintln!("skipped: a measurement of commits (NEWSWIRE_MEASURE=1 takes it)");
        return;
    }
    let value = "x".repeat(4_000);
    for outputs in [1, 100] {
        let mut alone = None;
        for threads in [1, 2, 4, 8, 16] {
            let folder = tempfile::tempdir().unwrap();
            let log = Embedded::open(folder.path()).unwrap();
            log.ensure_topics(&[help::topic("news", Retention::Delete(i64::MAX / 2))]).unwrap();
            let started = Instant::now();
            let commits: usize = std::thread::scope(|scope| {
                let workers: Vec<_> = (0..threads)
                    .map(|number| {
                        let (log, value) = (&log, &value);
                        scope.spawn(move || {
                            let spec =
                                MemberSpec { stage: format!("s{number}"), group: format!("g{number}"), ..help::spec() };
                            let mut member = log.join(&spec).unwrap();
                            assert!(matches!(member.poll(1, Duration::ZERO).unwrap(), Event::Assigned(_)));
                            let mut commits = 0;
                            while started.elapsed() < Duration::from_secs(2) {
                                let outputs = (0..outputs).map(|_| help::record("news", "k", Some(value))).collect();
                                member.commit(Batch { outputs, offsets: HashMap::from([(0, commits)]) }).unwrap();
                                commits += 1;
                            }
                            usize::try_from(commits).unwrap()
                        })
                    })
                    .collect();
                workers.into_iter().map(|worker| worker.join().unwrap()).sum()
            });
            #[expect(clippy::cast_precision_loss, reason = "a figure for a human")]
            let rate = commits as f64 / started.elapsed().as_secs_f64();
            let ratio = rate / *alone.get_or_insert(rate);
            eprintln!(
                "{threads:2} threads, {outputs:3} records of 4 KB each: {rate:7.0} commits/s, {ratio:.2} times one thread"
            );
        }
    }
}
