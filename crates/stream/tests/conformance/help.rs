//! Helpers: records to write, members to read, and the stage `count`.

use crate::harness::{Harness, PARTITIONS};
use proto::{partition, topic::Topic, v1, wire};
use std::{
    collections::HashMap,
    ops::ControlFlow,
    time::{Duration, Instant},
};
use stream::{Event, Log, Member, MemberSpec, Outcome, Outgoing, Record, Rows, Runtime, Session, Start, Table};

/// Longest wait. Longer than a group's session.
pub const DEADLINE: Duration = Duration::from_secs(60);
pub const STATE: Table<v1::ArticleState> = Table::new(Topic::ArticleState.suffix());
const POLL: Duration = Duration::from_millis(100);

/// A record without a schema, on its key's partition.
pub fn plain(topic: &str, key: &str, value: &str) -> Outgoing {
    Outgoing {
        topic: topic.to_owned(),
        partition: partition::of(key.as_bytes(), PARTITIONS),
        key: key.as_bytes().to_vec(),
        value: Some(value.as_bytes().to_vec()),
        headers: vec![("note".to_owned(), b"\xff\x00".to_vec())],
    }
}

/// A raw item with that title.
pub fn item(topic: &str, id: &str, title: &str) -> Outgoing {
    let item = v1::RawItem { article_id: id.to_owned(), title: title.to_owned(), ..Default::default() };
    Outgoing { value: Some(wire::Encoding::Json.encode(&item).unwrap()), headers: vec![], ..plain(topic, id, "") }
}

/// The member of a stage with a table.
pub fn spec(runtime: &Runtime) -> MemberSpec {
    runtime.member("count", Topic::Raw, &[Topic::ArticleState])
}

/// Polls until the member owns all partitions; their tables.
pub fn assigned(member: &mut dyn Member) -> HashMap<i32, Vec<Rows>> {
    let until = Instant::now() + DEADLINE;
    let mut tables = HashMap::new();
    while tables.len() < usize::try_from(PARTITIONS).unwrap() {
        match member.poll(100, POLL).unwrap() {
            Event::Assigned(partitions) => tables.extend(member.restore(&partitions).unwrap()),
            Event::Records(records) => panic!("records before all partitions: {records:?}"),
            Event::Revoked(_) | Event::Idle => {}
        }
        assert!(Instant::now() < until, "not assigned in time");
    }
    tables
}

/// Polls until `count` records are read.
pub fn read(member: &mut dyn Member, count: usize) -> Vec<Record> {
    let until = Instant::now() + DEADLINE;
    let mut all = Vec::new();
    while all.len() < count {
        if let Event::Records(records) = member.poll(count - all.len(), POLL).unwrap() {
            all.extend(records);
        }
        assert!(Instant::now() < until, "{} of {count} records in time", all.len());
    }
    all
}

/// The offsets after those records.
pub fn behind(records: &[Record]) -> HashMap<i32, i64> {
    let mut offsets = HashMap::new();
    for record in records {
        let next = offsets.entry(record.partition).or_insert(0);
        *next = (*next).max(record.offset + 1);
    }
    offsets
}

/// Joins and polls until the session owns all partitions.
pub fn session(log: &dyn Log, spec: &MemberSpec) -> Session {
    let until = Instant::now() + DEADLINE;
    let mut session = Session::join(log, spec).unwrap();
    let mut count = 0;
    while count < usize::try_from(PARTITIONS).unwrap() {
        if let Event::Assigned(numbers) = session.poll(100, POLL).unwrap() {
            count += numbers.len();
        }
        assert!(Instant::now() < until, "not assigned in time");
    }
    session
}

/// All records of a topic.
pub fn all(log: &dyn Log, topic: &str) -> Vec<Record> {
    let mut records = Vec::new();
    stream::scan(log, topic, Start::Beginning, DEADLINE, |record| {
        records.push(record);
        ControlFlow::Continue(())
    })
    .unwrap();
    records
}

/// Runs the stage `count` until `until` holds. A title that is new for its id gives an article, whose revision is the number of
/// titles so far. The title `boom` panics, the title `poison` is refused.
pub fn run_stage(runtime: &Runtime, until: impl FnMut() -> bool) {
    let shutdown = stream::CancellationToken::new();
    std::thread::scope(|scope| {
        let worker = scope.spawn(|| count(runtime, &shutdown));
        let mut until = until;
        let results = runtime.names.of(Topic::Articles);
        let waited = stream::until(&*runtime.log, &results, DEADLINE, || until() || worker.is_finished());
        shutdown.cancel();
        worker.join().unwrap().unwrap();
        waited.unwrap();
    });
}

/// The stage `count`, in small batches, so that there are many commits.
pub fn count(runtime: &Runtime, shutdown: &stream::CancellationToken) -> Result<(), stream::LogError> {
    let mut spec = runtime.stage("count", Topic::Raw, &[Topic::ArticleState], &[Topic::Articles]);
    spec.max_batch = 5;
    let articles = runtime.names.of(Topic::Articles);
    stream::run::<v1::RawItem>(&*runtime.log, &spec, shutdown, &runtime.metrics, |input, context| {
        let (id, title) = (input.message.article_id.as_str(), input.message.title.as_str());
        let mut state = context.get(&STATE, id)?.unwrap_or_default();
        if state.content_hash == title {
            return Ok(Outcome::Duplicate);
        }
        state.revision += 1;
        state.content_hash = title.to_owned();
        context.put(&STATE, id, &state)?;
        let article = v1::Article { article_id: id.to_owned(), revision: state.revision, ..Default::default() };
        context.emit(&articles, id, &article)?;
        match title {
            "boom" => panic!("a mistake in a step"),
            "poison" => Err(stream::ProcessError::poison("no-title", "it says so itself")),
            _ => Ok(Outcome::Out),
        }
    })
}

/// True once the group of the stage `count` has committed all of its source.
pub fn is_done(runtime: &Runtime) -> bool {
    let raw = runtime.names.of(Topic::Raw);
    let Ok(committed) = runtime.log.committed(&runtime.names.group("count"), &raw) else { return false };
    // On Kafka the end is after the marker of the last transaction, which is not a record.
    all(&*runtime.log, &raw)
        .iter()
        .all(|record| committed.get(&record.partition).is_some_and(|next| *next > record.offset))
}

/// True if the group of the stage `count` has committed no record. On Kafka it commits where it starts.
pub fn has_read_nothing(runtime: &Runtime) -> bool {
    let committed = runtime.log.committed(&runtime.names.group("count"), &runtime.names.of(Topic::Raw));
    committed.unwrap().values().all(|next| *next == 0)
}

/// Id and revision of every article, sorted.
pub fn articles(harness: &mut Harness) -> Vec<(String, i32)> {
    let name = harness.names().of(Topic::Articles);
    let mut found: Vec<(String, i32)> = all(&*harness.log(), &name)
        .iter()
        .map(|record| record.decode::<v1::Article>().unwrap())
        .map(|article| (article.article_id, article.revision))
        .collect();
    found.sort();
    found
}
