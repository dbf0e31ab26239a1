//! Damage to the file: an error or right data, never a panic and never wrong data; and what `check` and `repair` make of it.

use crate::help;
use proto::topic::Retention;
use std::{
    collections::{BTreeMap, HashMap},
    ops::ControlFlow,
    path::Path,
    time::Duration,
};
use stream::{
    Admin, Batch, Event, Log, LogError, Outgoing, Start,
    embedded::{self, Embedded, maintenance},
};

const DAY: i64 = 24 * 60 * 60 * 1_000;
const TOPICS: [(&str, Retention); 2] = [("news", Retention::Delete(DAY)), ("state", Retention::Compact)];

/// Numbers that look random and are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Records by topic, partition and offset.
type Content = BTreeMap<(String, i32, i64), (Vec<u8>, Option<Vec<u8>>)>;

fn value(random: &mut Random) -> Vec<u8> {
    let length = 1 + random.below(6_000);
    (0..length).map(|_| u8::try_from(random.below(256)).unwrap()).collect()
}

/// A log with values that cannot be compressed, on two partitions, and a group that has read some.
fn write(folder: &Path) -> Content {
    let log = Embedded::open(folder).unwrap();
    log.ensure_topics(&TOPICS.map(|(name, retention)| help::topic(name, retention))).unwrap();
    let mut random = Random(7);
    for _ in 0..20 {
        let records = (0..10).map(|number| Outgoing {
            topic: TOPICS[number % 2].0.to_owned(),
            partition: i32::try_from(random.below(2)).unwrap(),
            key: format!("k{}", random.below(200)).into_bytes(),
            value: Some(value(&mut random)),
            headers: vec![("note".into(), b"a header".to_vec())],
        });
        let records = records.collect();
        log.append(records).unwrap();
    }
    let mut member = log.join(&help::spec()).unwrap();
    assert!(matches!(member.poll(1, Duration::ZERO).unwrap(), Event::Assigned(_)));
    member.commit(Batch { outputs: vec![], offsets: HashMap::from([(0, 5), (1, 6)]) }).unwrap();
    drop(member);
    content(&log).unwrap()
}

fn content(log: &dyn Log) -> Result<Content, LogError> {
    let mut content = Content::new();
    for (topic, _) in TOPICS {
        stream::scan(log, topic, Start::Beginning, Duration::from_secs(20), |record| {
            content.insert((record.topic, record.partition, record.offset), (record.key, record.value));
            ControlFlow::Continue(())
        })?;
    }
    Ok(content)
}

/// Reads what is left, and holds that each record is the one that was written.
fn read(folder: &Path, written: &Content) -> Result<Content, LogError> {
    let log = embedded::open(folder)?;
    let found = content(&*log)?;
    for (place, record) in &found {
        assert_eq!(written.get(place), Some(record), "wrong data at {place:?}");
    }
    Ok(found)
}

/// What `check` and `repair` make of a damaged file.
fn repair(folder: &Path, written: &Content, what: &str) -> Content {
    let is_damaged = maintenance::check(folder).map_or(true, |report| !report.damage.is_empty());
    let before = std::fs::read(folder.join("newswire.redb")).unwrap();
    let Some(copied) = maintenance::repair(folder).unwrap_or_else(|error| panic!("{what}: {error}")) else {
        assert!(!is_damaged, "{what}: damage that was not repaired");
        return read(folder, written).unwrap();
    };
    assert!(is_damaged, "{what}: repaired, but check found nothing");
    assert_eq!(std::fs::read(copied.kept.unwrap()).unwrap(), before, "{what}: the damaged file is kept as it was");
    let found = read(folder, written).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(copied.records, found.len() as u64, "{what}");
    let lost = |place: &(String, i32, i64)| {
        copied.lost.iter().any(|span| {
            (&span.topic, span.partition) == (&place.0, place.1) && (span.first..=span.last).contains(&place.2)
        })
    };
    for place in written.keys().filter(|place| place.0 == "news") {
        assert!(found.contains_key(place) != lost(place), "{what}: {place:?} is neither kept nor named as lost");
    }
    assert!(maintenance::check(folder).unwrap().damage.is_empty(), "{what}");
    found
}

#[test]
fn a_changed_byte_is_an_error_and_never_wrong_data() {
    let folder = tempfile::tempdir().unwrap();
    let written = write(folder.path());
    let file = folder.path().join("newswire.redb");
    let whole = std::fs::read(&file).unwrap();
    let mut random = Random(20_261_129);
    let mut errors = 0;
    for _ in 0..40 {
        let at = usize::try_from(random.below(whole.len() as u64)).unwrap();
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << random.below(8);
        std::fs::write(&file, &damaged).unwrap();
        match read(folder.path(), &written) {
            Ok(found) => assert_eq!(found, written, "byte {at}: records are missing without an error"),
            Err(LogError::Corrupt(what)) => {
                errors += 1;
                assert!(what.contains("newswire log repair"), "byte {at}: {what}");
            }
            Err(other) => panic!("byte {at}: {other}"),
        }
        std::fs::write(&file, &damaged).unwrap();
        let found = repair(folder.path(), &written, &format!("byte {at}"));
        assert!(found.len() + 120 > written.len(), "byte {at}: one page costs {}", written.len() - found.len());
    }
    assert!(errors > 10, "{errors} of 40 were noticed");
}

#[test]
fn the_error_names_the_record() {
    let folder = tempfile::tempdir().unwrap();
    let written = write(folder.path());
    let file = folder.path().join("newswire.redb");
    let whole = std::fs::read(&file).unwrap();
    // In the middle of a long value.
    let ((topic, partition, offset), (_, long)) =
        written.iter().find(|(_, (_, value))| value.as_ref().is_some_and(|value| value.len() > 5_000)).unwrap();
    let part = &long.as_ref().unwrap()[3_000..3_016];
    // It may also be in a page that is no longer in use.
    let places = whole.windows(part.len()).enumerate().filter(|(_, window)| *window == part);
    let of_record = format!("topic {topic}, partition {partition}, offset {offset}:");
    let is_named = places.map(|(at, _)| {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(&file, &damaged).unwrap();
        let error = read(folder.path(), &written).map_or_else(|error| error.to_string(), |_| String::new());
        let named: Vec<String> = maintenance::check(folder.path()).map_or_else(
            |error| vec![error.to_string()],
            |report| report.damage.iter().map(ToString::to_string).collect(),
        );
        // Another record of the page may come first when all are read.
        error.contains(&format!("topic {topic}, partition ")) && named.iter().any(|one| one.starts_with(&of_record))
    });
    let is_named: Vec<bool> = is_named.collect();
    assert!(is_named.contains(&true), "{is_named:?}");
}

#[test]
fn a_file_that_is_cut_short_is_refused_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let written = write(folder.path());
    let file = folder.path().join("newswire.redb");
    let whole = std::fs::read(&file).unwrap();
    let mut random = Random(5);
    let mut kept = 0;
    for _ in 0..12 {
        let length = usize::try_from(random.below(whole.len() as u64)).unwrap();
        let cut = &whole[..length];
        std::fs::write(&file, cut).unwrap();
        match read(folder.path(), &written) {
            Err(LogError::Corrupt(_)) => {}
            Err(LogError::Config(what)) if length == 0 => assert!(what.contains("no log"), "{what}"),
            other => panic!("{length} bytes: {other:?}"),
        }
        assert_eq!(std::fs::read(&file).unwrap(), cut, "a file that is refused is not changed");
        match maintenance::repair(folder.path()) {
            // The page with the topics is gone, or the headers.
            Err(LogError::Corrupt(_)) => assert_eq!(std::fs::read(&file).unwrap(), cut),
            Err(other) => panic!("{length} bytes: {other}"),
            Ok(copied) => {
                assert!(copied.is_some());
                kept += read(folder.path(), &written).unwrap().len();
            }
        }
    }
    assert!(kept > written.len(), "{kept} records were kept of twelve cuts");
}

#[test]
fn repair_keeps_positions_and_offsets_continue() {
    let folder = tempfile::tempdir().unwrap();
    let written = write(folder.path());
    let file = folder.path().join("newswire.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    // The headers' copies of the first page: the trees cannot be found.
    for copy in [0, 4096] {
        bytes[copy + 100] ^= 1;
    }
    std::fs::write(&file, &bytes).unwrap();
    let ends = |log: &dyn Log| (log.ends("news").unwrap(), log.ends("state").unwrap());
    assert_eq!(repair(folder.path(), &written, "headers").len(), written.len(), "every record is whole");
    let log = Embedded::open(folder.path()).unwrap();
    assert_eq!(log.committed("g", "news").unwrap(), HashMap::from([(0, 5), (1, 6)]));
    let next = |topic: &str, partition: i32| {
        written.keys().filter(|(name, number, _)| (name.as_str(), *number) == (topic, partition)).count()
    };
    let (news, state) = ends(&log);
    for partition in 0..2 {
        assert_eq!(news[&partition], i64::try_from(next("news", partition)).unwrap());
        assert!(state[&partition] >= i64::try_from(next("state", partition)).unwrap());
    }
    log.append(vec![help::record("news", "k", Some("goes on"))]).unwrap();
}

#[test]
fn a_backup_of_a_running_log_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let written = write(folder.path());
    let _running = Embedded::open(folder.path()).unwrap();
    let copy = tempfile::tempdir().unwrap();
    let to = copy.path().join("newswire.redb");
    let copied = maintenance::backup(folder.path(), &to).unwrap();
    assert_eq!((copied.records, copied.to), (written.len() as u64, to.clone()));
    assert_eq!(read(copy.path(), &written).unwrap(), written);
    assert!(maintenance::check(copy.path()).unwrap().damage.is_empty());
    let log = Embedded::open(copy.path()).unwrap();
    assert_eq!(log.committed("g", "news").unwrap(), HashMap::from([(0, 5), (1, 6)]));
    drop(log);
    let refused = maintenance::backup(folder.path(), &to).unwrap_err();
    assert!(matches!(&refused, LogError::Config(what) if what.contains("exists")), "{refused}");
}

#[test]
fn a_running_log_is_checked_and_not_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let written = write(folder.path());
    let running = Embedded::open(folder.path()).unwrap();
    let report = maintenance::check(folder.path()).unwrap();
    assert_eq!((report.records, report.damage), (written.len() as u64, vec![]));
    let refused = maintenance::repair(folder.path()).unwrap_err();
    assert!(matches!(&refused, LogError::Config(what) if what.contains("stop newswire")), "{refused}");
    drop(running);
    assert_eq!(maintenance::repair(folder.path()).unwrap(), None, "nothing is damaged");
}
