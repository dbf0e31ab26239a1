//! A session over a scripted member.

use super::*;
use crate::TableSpec;
use proto::{topic::Topic, v1::ArticleState};

const STATE: Table<ArticleState> = Table::new(Topic::ArticleState.suffix());
const MINUTE_MS: i64 = 60_000;

/// Returns events in turn; its table has a row of minute 100 in each partition.
struct Scripted(VecDeque<Event>);

impl Member for Scripted {
    fn poll(&mut self, _max: usize, _wait: Duration) -> Result<Event, LogError> {
        Ok(self.0.pop_front().unwrap_or(Event::Idle))
    }
    fn restore(&mut self, partitions: &[i32]) -> Result<HashMap<i32, Vec<Rows>>, LogError> {
        let mut rows = Rows::new();
        rows.insert(b"old", &Row { content_type: ContentType::Protobuf, value: b"".into() }, 100 * MINUTE_MS);
        Ok(HashMap::from([(partitions[0], vec![rows])]))
    }
    fn resume(
        &mut self,
        partitions: &[i32],
        kept: HashMap<i32, Vec<Rows>>,
    ) -> Result<HashMap<i32, Vec<Rows>>, LogError> {
        if kept.is_empty() { self.restore(partitions) } else { Ok(kept) }
    }
    fn commit(&mut self, _batch: Batch) -> Result<(), LogError> {
        Ok(())
    }
    fn rewind(&mut self) -> Result<(), LogError> {
        Ok(())
    }
    fn positions(&self) -> HashMap<i32, i64> {
        HashMap::new()
    }
    fn lag(&mut self) -> Option<i64> {
        None
    }
}

fn session(events: impl IntoIterator<Item = Event>) -> Session {
    let retention = Some(Duration::from_secs(60 * 60));
    Session {
        member: Box::new(Scripted(events.into_iter().collect())),
        tables: Tables::new(vec![TableSpec { retention, ..STATE.spec("changelog") }], || {
            jiff::Timestamp::now().as_millisecond()
        }),
        revoked: HashMap::new(),
        forgotten_at: Instant::now(),
        max_record_bytes: 1_000,
        metrics: None,
        carried: VecDeque::new(),
    }
}

fn record_at(minute: i64) -> Event {
    Event::Records(vec![Record {
        topic: "source".into(),
        partition: 0,
        offset: 0,
        timestamp_ms: minute * MINUTE_MS,
        key: Vec::new(),
        value: None,
        headers: Vec::new(),
    }])
}

fn knows(session: &Session, key: &[u8]) -> bool {
    session.tables().row(&STATE, &Transaction::default(), 0, key).unwrap().is_some()
}

#[test]
fn a_row_is_forgotten_after_its_retention_also_without_a_restart() {
    let mut session = session([Event::Assigned(vec![0]), record_at(160), record_at(161)]);
    let poll = |session: &mut Session| session.poll(1, Duration::ZERO).map(drop).unwrap();
    poll(&mut session);
    poll(&mut session);
    assert!(knows(&session, b"old"), "written an hour ago");
    // A change that is committed now starts its time again.
    let mut transaction = Transaction::default();
    let headers = vec![(wire::CONTENT_TYPE.to_owned(), b"application/protobuf".to_vec())];
    let change =
        Outgoing { topic: "changelog".into(), partition: 0, key: b"new".to_vec(), value: Some(vec![]), headers };
    transaction.put(&session, &STATE, change).unwrap();
    session.commit(transaction).unwrap();
    poll(&mut session);
    assert!(!knows(&session, b"old"), "an hour and a minute ago");
    assert!(knows(&session, b"new"));
    // And its memory is freed.
    session.forgotten_at -= FORGET_EVERY;
    poll(&mut session);
    assert_eq!(session.tables.owned[&0][0].len(), 1);
}

#[test]
fn a_clock_that_is_ahead_forgets_nothing() {
    // The newest record says minute 160, whatever the clock says.
    let mut session = session([Event::Assigned(vec![0]), record_at(160)]);
    (0..2).for_each(|_| drop(session.poll(1, Duration::ZERO).unwrap()));
    session.forgotten_at -= FORGET_EVERY;
    drop(session.poll(1, Duration::ZERO).unwrap());
    assert!(knows(&session, b"old"));
}

#[test]
fn tables_of_a_revoked_partition_are_used_when_it_returns() {
    let moved = [Event::Assigned(vec![0]), Event::Revoked(vec![0]), Event::Assigned(vec![0])];
    let mut session = session(moved);
    (0..2).for_each(|_| drop(session.poll(1, Duration::ZERO).unwrap()));
    assert!(!knows(&session, b"old"), "not owned");
    assert_eq!(session.revoked.len(), 1);
    drop(session.poll(1, Duration::ZERO).unwrap());
    assert!(knows(&session, b"old") && session.revoked.is_empty());
    // After ten minutes they are gone.
    session.revoked.insert(7, (Vec::new(), Instant::now() - KEEP_REVOKED));
    drop(session.poll(1, Duration::ZERO).unwrap());
    assert!(session.revoked.is_empty());
}
