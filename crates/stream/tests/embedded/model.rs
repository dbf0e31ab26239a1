//! Random operations on the log and on a model of it, a few maps. Both must agree. A failure prints its seed and the
//! shortest sequence that fails.

use crate::help;
use proptest::prelude::*;
use proto::topic::Retention;
use std::{
    cell::Cell,
    collections::{BTreeMap, HashMap},
    time::Duration,
};
use stream::{
    Admin, Batch, Event, Log, LogError, Member, MemberSpec, Outgoing, TableSpec,
    embedded::{Embedded, Options},
};

const HOUR: i64 = 3_600_000;
const LAG: i64 = 2 * HOUR;
const TOMBSTONE: i64 = 5 * HOUR;
/// The source is the first; the second is the table.
const TOPICS: [(&str, Retention); 3] = [
    ("news", Retention::Delete(8 * HOUR)),
    ("table", Retention::Compact),
    ("labels", Retention::CompactDelete(8 * HOUR)),
];

thread_local! {
    /// Without concurrent writers the calling thread does the work, so that each run can have a clock of its own.
    static NOW: Cell<i64> = const { Cell::new(0) };
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Write>),
    /// Reads at most this many records, writes, and commits what was read.
    Work(usize, Vec<Write>),
    /// The same, but one output is over the limit.
    Refused(usize, Vec<Write>),
    /// The same, by a member that another has fenced.
    Zombie(usize, Vec<Write>),
    Rewind,
    Rejoin,
    Reopen,
    /// This many hours pass, then retention runs.
    Sweep(i64),
}

/// Topic, partition, key and value.
type Write = (usize, i32, u8, Option<u16>);

fn writes() -> impl Strategy<Value = Vec<Write>> {
    prop::collection::vec((0..3_usize, 0..2_i32, 0..4_u8, prop::option::weighted(0.8, any::<u16>())), 0..6)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => writes().prop_map(Step::Append),
        4 => (0..8_usize, writes()).prop_map(|(max, writes)| Step::Work(max, writes)),
        1 => (0..8_usize, writes()).prop_map(|(max, writes)| Step::Refused(max, writes)),
        1 => (0..8_usize, writes()).prop_map(|(max, writes)| Step::Zombie(max, writes)),
        1 => Just(Step::Rewind),
        1 => Just(Step::Rejoin),
        1 => Just(Step::Reopen),
        3 => (0..4_i64).prop_map(Step::Sweep),
    ]
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    offset: i64,
    written: i64,
    superseded: Option<i64>,
    key: Vec<u8>,
    value: Option<Vec<u8>>,
}

#[derive(Default)]
struct Partition {
    rows: Vec<Row>,
    end: i64,
}

/// The expected content of the log.
#[derive(Default)]
struct Model {
    partitions: BTreeMap<(usize, i32), Partition>,
    committed: BTreeMap<i32, i64>,
    cursor: BTreeMap<i32, i64>,
}

impl Model {
    fn write(&mut self, writes: &[Write]) {
        for (topic, partition, key, value) in writes {
            let place = self.partitions.entry((*topic, *partition)).or_default();
            let (now, key) = (NOW.get(), vec![*key]);
            for row in place.rows.iter_mut().filter(|row| row.key == key && row.superseded.is_none()) {
                row.superseded = Some(now);
            }
            let value = value.map(|number| number.to_be_bytes().to_vec());
            place.rows.push(Row { offset: place.end, written: now, superseded: None, key, value });
            place.end += 1;
        }
    }

    fn sweep(&mut self) {
        let now = NOW.get();
        for ((topic, number), partition) in &mut self.partitions {
            let (is_compacted, keep) = match TOPICS[*topic].1 {
                Retention::Compact => (true, i64::MAX),
                Retention::CompactDelete(ms) => (true, ms),
                Retention::Delete(ms) => (false, ms),
            };
            // Retention waits for the group that reads the source.
            let unread = if *topic == 0 { self.committed.get(number).copied().unwrap_or(0) } else { i64::MAX };
            partition.rows.retain(|row| {
                let is_covered = is_compacted && row.superseded.is_some_and(|at| at + LAG <= now);
                let is_spent = is_compacted && row.value.is_none() && row.written + TOMBSTONE <= now;
                !(is_covered || is_spent || (row.offset < unread && row.written < now.saturating_sub(keep)))
            });
        }
    }

    fn table(&self, partition: i32) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut table = BTreeMap::new();
        for row in self.partitions.get(&(1, partition)).into_iter().flat_map(|one| &one.rows) {
            match &row.value {
                Some(value) => table.insert(row.key.clone(), value.clone()),
                None => table.remove(&row.key),
            };
        }
        table
    }
}

struct Run {
    folder: tempfile::TempDir,
    log: Option<Embedded>,
    member: Option<Box<dyn Member>>,
    model: Model,
}

fn options() -> Options {
    Options {
        sweep_every: Duration::from_secs(3_600),
        compaction_lag_ms: LAG,
        tombstone_ms: TOMBSTONE,
        small_file: 0,
        clock: || NOW.get(),
        elapsed: || NOW.get(),
        ..Options::default()
    }
}

fn outgoing(writes: &[Write]) -> Vec<Outgoing> {
    let one = |(topic, partition, key, value): &Write| Outgoing {
        topic: TOPICS[*topic].0.to_owned(),
        partition: *partition,
        key: vec![*key],
        value: value.map(|number| number.to_be_bytes().to_vec()),
        headers: vec![],
    };
    writes.iter().map(one).collect()
}

fn spec() -> MemberSpec {
    let table = TableSpec { name: "table".into(), topic: "table".into(), retention: None };
    MemberSpec { tables: vec![table], ..help::spec() }
}

impl Run {
    fn new() -> Self {
        NOW.set(1_000 * HOUR);
        let mut run = Run { folder: tempfile::tempdir().unwrap(), log: None, member: None, model: Model::default() };
        run.reopen();
        run
    }

    fn log(&self) -> &Embedded {
        self.log.as_ref().unwrap()
    }

    fn reopen(&mut self) {
        (self.member, self.log) = (None, None);
        let log = Embedded::open_with(self.folder.path(), options()).unwrap();
        log.ensure_topics(&TOPICS.map(|(name, retention)| help::topic(name, retention))).unwrap();
        self.log = Some(log);
        self.rejoin();
    }

    /// Replaces the member by a new one, and returns the old one without closing it.
    fn rejoin(&mut self) -> Option<Box<dyn Member>> {
        let mut member = self.log().join(&spec()).unwrap();
        assert_eq!(member.poll(10, Duration::ZERO).unwrap(), Event::Assigned(vec![0, 1]));
        for (partition, tables) in member.restore(&[0, 1]).unwrap() {
            let rows: BTreeMap<_, _> =
                tables[0].iter(0).map(Result::unwrap).map(|(key, row)| (key.to_vec(), row.value.to_vec())).collect();
            assert_eq!(rows, self.model.table(partition), "table of partition {partition}");
        }
        self.model.cursor = self.model.committed.clone();
        self.member.replace(member)
    }

    /// Reads records and checks them. Returns the offsets after them, or one offset if none was read.
    fn read(&mut self, max: usize) -> HashMap<i32, i64> {
        let mut next = HashMap::from([(0, self.model.cursor.get(&0).copied().unwrap_or(0))]);
        if max == 0 {
            return next;
        }
        let records = match self.member.as_mut().unwrap().poll(max, Duration::ZERO).unwrap() {
            Event::Records(records) => records,
            Event::Idle => Vec::new(),
            other => panic!("{other:?}"),
        };
        let mut left = 0;
        for partition in 0..2 {
            let from = self.model.cursor.get(&partition).copied().unwrap_or(0);
            let rows = self.model.partitions.get(&(0, partition)).map_or(&[][..], |one| &one.rows);
            let mut expected = rows.iter().filter(|row| row.offset >= from);
            for record in records.iter().filter(|record| record.partition == partition) {
                let Some(row) = expected.next() else { panic!("a record too many: {record:?}") };
                assert_eq!((record.offset, record.timestamp_ms), (row.offset, row.written));
                assert_eq!((&record.key, &record.value), (&row.key, &row.value));
                next.insert(partition, record.offset + 1);
                self.model.cursor.insert(partition, record.offset + 1);
            }
            left += expected.count();
        }
        assert!(records.len() == max || left == 0, "{} read of {max}, {left} left behind", records.len());
        next
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Append(writes) => {
                self.log().append(outgoing(writes)).unwrap();
                self.model.write(writes);
            }
            Step::Work(max, writes) => {
                let offsets = self.read(*max);
                let batch = Batch { outputs: outgoing(writes), offsets: offsets.clone() };
                self.member.as_mut().unwrap().commit(batch).unwrap();
                self.model.write(writes);
                self.model.committed.extend(offsets);
            }
            Step::Refused(max, writes) => {
                let offsets = self.read(*max);
                let mut outputs = outgoing(writes);
                outputs.push(help::record("labels", "huge", Some(&"x".repeat(1_000_001))));
                let error = self.member.as_mut().unwrap().commit(Batch { outputs, offsets }).unwrap_err();
                assert!(matches!(error, LogError::TooLarge { .. }));
            }
            Step::Zombie(max, writes) => {
                let offsets = self.read(*max);
                let mut zombie = self.rejoin().unwrap();
                let error = zombie.commit(Batch { outputs: outgoing(writes), offsets }).unwrap_err();
                assert!(matches!(error, LogError::Fenced(_)));
            }
            Step::Rewind => {
                self.member.as_mut().unwrap().rewind().unwrap();
                self.model.cursor = self.model.committed.clone();
            }
            Step::Rejoin => drop(self.rejoin()),
            Step::Reopen => self.reopen(),
            Step::Sweep(hours) => {
                NOW.set(NOW.get() + hours * HOUR);
                self.log().sweep().unwrap();
                self.model.sweep();
            }
        }
    }

    fn compare(&self) {
        for (index, (name, _)) in TOPICS.iter().enumerate() {
            for partition in 0..2 {
                let model = self.model.partitions.get(&(index, partition));
                let ends = self.log().ends(name).unwrap();
                assert_eq!(ends[&partition], model.map_or(0, |one| one.end), "end of {name} {partition}");
                let records = help::all(self.log(), name);
                let found: Vec<_> = records
                    .into_iter()
                    .filter(|record| record.partition == partition)
                    .map(|record| (record.offset, record.timestamp_ms, record.key, record.value))
                    .collect();
                let expected: Vec<_> = model
                    .into_iter()
                    .flat_map(|one| one.rows.clone())
                    .map(|row| (row.offset, row.written, row.key, row.value))
                    .collect();
                assert_eq!(found, expected, "records of {name} {partition}");
            }
        }
        let committed: BTreeMap<i32, i64> = self.log().committed("g", "news").unwrap().into_iter().collect();
        assert_eq!(committed, self.model.committed);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_log_agrees_with_its_model(steps in prop::collection::vec(step(), 1..40)) {
        let mut run = Run::new();
        for step in &steps {
            run.step(step);
            run.compare();
        }
    }
}
