//! What the consume-process-commit loop does about each error, on a log whose second commit fails with it.

use crate::help;
use proto::topic::Retention;
use std::sync::atomic::{AtomicUsize, Ordering};
use stream::{
    Admin, Batch, CancellationToken, Log, LogError, Member, MemberSpec, Metrics, ProcessError, Processor, Record,
    Session, StageMetrics, Transaction, embedded::Embedded, faults::ScriptedCommits,
};

/// Records in the source.
const RECORDS: i64 = 3;

/// Commits each record on its own and shuts down after the last.
#[derive(Default)]
struct Counting {
    sessions: usize,
    committed: Vec<i64>,
    shutdown: CancellationToken,
}

impl Processor for Counting {
    fn on_join(&mut self, _log: &dyn Log) -> Result<(), LogError> {
        self.sessions += 1;
        Ok(())
    }

    fn on_records(&mut self, session: &mut Session, records: Vec<Record>) -> Result<(), ProcessError> {
        for record in records {
            let mut transaction = Transaction::default();
            transaction.advance(record.partition, record.offset + 1);
            session.commit(transaction)?;
            self.committed.push(record.offset);
            if record.offset == RECORDS - 1 {
                self.shutdown.cancel();
            }
        }
        Ok(())
    }
}

type Commit = fn(&mut dyn Member, Batch) -> Result<(), LogError>;

/// Runs the loop; the second commit is replaced by `failing`.
fn run(failing: Commit) -> (Result<(), LogError>, Counting, StageMetrics) {
    let folder = tempfile::tempdir().unwrap();
    let embedded = Embedded::open(folder.path()).unwrap();
    embedded.ensure_topics(&[help::topic("source", Retention::Delete(i64::MAX / 2))]).unwrap();
    embedded
        .append((0..RECORDS).map(|number| help::record("source", &format!("{number}"), Some("v"))).collect())
        .unwrap();
    let commits = AtomicUsize::new(0);
    let log = ScriptedCommits::new(embedded, move |member, batch| {
        if commits.fetch_add(1, Ordering::Relaxed) == 1 { failing(member, batch) } else { member.commit(batch) }
    });
    let spec = MemberSpec {
        stage: "count".into(),
        group: "count".into(),
        replica: "0".into(),
        source: "source".into(),
        tables: Vec::new(),
        recovery: stream::Recovery::default(),
    };
    let metrics = Metrics::new(&prometheus::Registry::new()).unwrap().stage("count");
    let mut counting = Counting::default();
    let shutdown = counting.shutdown.clone();
    let result = stream::drive(&log, &spec, 100, &shutdown, &metrics, &mut counting);
    (result, counting, metrics)
}

#[test]
fn after_an_abort_the_records_are_read_again() {
    let (result, counting, metrics) = run(|member, _| {
        member.rewind()?;
        Err(LogError::Aborted("by the test".into()))
    });
    result.unwrap();
    assert_eq!((counting.sessions, counting.committed.as_slice()), (1, [0, 1, 2].as_slice()));
    assert_eq!((metrics.aborted.get(), metrics.rejoined.get(), metrics.committed.get()), (1, 0, 3));
}

#[test]
fn while_the_log_is_unavailable_the_loop_rewinds_and_retries() {
    let (result, counting, metrics) = run(|_, _| Err(LogError::Unavailable("by the test".into())));
    result.unwrap();
    assert_eq!((counting.sessions, counting.committed.as_slice()), (1, [0, 1, 2].as_slice()));
    assert_eq!((metrics.aborted.get(), metrics.rejoined.get()), (0, 0));
}

#[test]
fn a_lost_member_rejoins_and_finds_what_it_committed() {
    let (result, counting, metrics) = run(|member, batch| {
        member.commit(batch)?;
        Err(LogError::Lost("by the test".into()))
    });
    result.unwrap();
    assert_eq!((counting.sessions, counting.committed.as_slice()), (2, [0, 2].as_slice()));
    assert_eq!((metrics.rejoined.get(), metrics.fenced.get()), (1, 0));
}

#[test]
fn a_fenced_member_ends() {
    let (result, counting, metrics) = run(|_, _| Err(LogError::Fenced("by the test".into())));
    assert!(matches!(result, Err(LogError::Fenced(_))), "{result:?}");
    assert_eq!((counting.sessions, counting.committed.as_slice()), (1, [0].as_slice()));
    assert_eq!((metrics.fenced.get(), metrics.rejoined.get()), (1, 0));
}
