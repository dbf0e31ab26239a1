//! The file and its folder: permissions, what creates them, and the file of an earlier version.

use crate::help;
use proto::topic::Retention;
use std::{collections::HashMap, os::unix::fs::PermissionsExt, path::Path};
use stream::{
    Admin, LogError,
    embedded::{self, Embedded, maintenance},
};

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn only_the_owner_can_read_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let log = Embedded::open(&data).unwrap();
    log.ensure_topics(&[help::topic("news", Retention::Delete(DAY))]).unwrap();
    let file = data.join("newswire.redb");
    assert_eq!((mode(&data), mode(&file)), (0o700, 0o600));
    let copy = folder.path().join("copy");
    maintenance::backup(&data, &copy).unwrap();
    assert_eq!(mode(&copy), 0o600);
    drop(log);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(Embedded::open(&data).unwrap());
    assert_eq!(mode(&file), 0o600, "a file of an earlier version is closed, too");
}

#[test]
fn a_command_that_reads_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let refused = |result: Result<(), LogError>| {
        let error = result.unwrap_err();
        assert!(matches!(&error, LogError::Config(what) if what.contains("no log in")), "{error}");
        assert!(!data.exists());
    };
    refused(embedded::open(&data).map(drop));
    refused(maintenance::check(&data).map(drop));
    refused(maintenance::repair(&data).map(drop));
    refused(maintenance::groups(&data).map(drop));
    refused(maintenance::release(&data, "g").map(drop));
    std::fs::create_dir(&data).unwrap();
    assert!(embedded::open(&data).is_err());
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 0);
    drop(embedded::open_or_create(&data).unwrap());
    drop(embedded::open(&data).unwrap());
}

type Stored = (i64, &'static [u8], Option<&'static [u8]>, Vec<(&'static str, &'static [u8])>);

/// A file as version 0.1.0 of 2026-11-28 wrote it.
fn write_earlier(file: &Path) {
    use redb::TableDefinition;
    const TOPICS: TableDefinition<'_, &str, (u32, i32, u8, i64)> = TableDefinition::new("topics");
    const RECORDS: TableDefinition<'_, (u32, i32, i64), Stored> = TableDefinition::new("records");
    const ENDS: TableDefinition<'_, (u32, i32), (i64, u64)> = TableDefinition::new("ends");
    const OFFSETS: TableDefinition<'_, (&str, u32, i32), i64> = TableDefinition::new("offsets");
    let database = redb::Database::create(file).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(TOPICS).unwrap().insert("news", (0, 2, 2, DAY)).unwrap();
    transaction.open_table(TOPICS).unwrap().insert("state", (1, 2, 0, 0)).unwrap();
    {
        let mut records = transaction.open_table(RECORDS).unwrap();
        let headers = || vec![("note", &b"h"[..])];
        records.insert((0, 0, 5), (1_000, &b"k"[..], Some(&b"five"[..]), headers())).unwrap();
        records.insert((0, 0, 6), (2_000, &b"k"[..], Some(&b"six"[..]), headers())).unwrap();
        records.insert((1, 1, 3), (3_000, &b"s"[..], None, vec![])).unwrap();
        let mut ends = transaction.open_table(ENDS).unwrap();
        for (key, next) in [((0, 0), 7), ((0, 1), 0), ((1, 0), 2), ((1, 1), 4)] {
            ends.insert(key, (next, 0)).unwrap();
        }
        let mut offsets = transaction.open_table(OFFSETS).unwrap();
        offsets.insert(("g", 0, 0), 6).unwrap();
        offsets.insert(("replay", 0, 0), 0).unwrap();
    }
    transaction.commit().unwrap();
}

#[test]
fn the_file_of_an_earlier_version_is_refused_and_converted() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("newswire.redb");
    write_earlier(&file);
    let before = std::fs::read(&file).unwrap();
    let refused = Embedded::open(folder.path()).err().unwrap();
    assert!(matches!(&refused, LogError::Corrupt(what) if what.contains("newswire log upgrade")), "{refused}");
    assert!(maintenance::repair(folder.path()).unwrap_err().to_string().contains("newswire log upgrade"));
    assert_eq!(std::fs::read(&file).unwrap(), before);

    let converted = maintenance::upgrade(folder.path()).unwrap().unwrap();
    assert_eq!(converted.records, 3);
    assert_eq!(std::fs::read(converted.kept.unwrap()).unwrap(), before, "the old file is kept");
    let log = Embedded::open(folder.path()).unwrap();
    let news = help::all(&log, "news");
    let found: Vec<_> = news.iter().map(|one| (one.offset, one.timestamp_ms, one.value.as_deref())).collect();
    assert_eq!(found, [(5, 1_000, Some(&b"five"[..])), (6, 2_000, Some(&b"six"[..]))]);
    assert_eq!(news[0].headers, [("note".to_owned(), b"h".to_vec())]);
    assert_eq!(help::rows(&log, "state"), ["s -"]);
    assert_eq!(log.ends("news").unwrap(), HashMap::from([(0, 7), (1, 0)]));
    assert_eq!(log.ends("state").unwrap(), HashMap::from([(0, 2), (1, 4)]));
    assert_eq!(log.committed("g", "news").unwrap(), HashMap::from([(0, 6)]));
    let groups: Vec<_> =
        maintenance::groups(folder.path()).unwrap().into_iter().map(|one| (one.group, one.unread)).collect();
    assert_eq!(groups, [("g".to_owned(), 1)]);
    drop(log);
    assert_eq!(maintenance::upgrade(folder.path()).unwrap(), None, "nothing to convert");
}

#[test]
fn the_store_of_the_earlier_version_refuses_a_new_file() {
    let folder = tempfile::tempdir().unwrap();
    drop(Embedded::open(folder.path()).unwrap());
    let file = folder.path().join("newswire.redb");
    let before = std::fs::read(&file).unwrap();
    assert!(redb::Database::create(&file).is_err());
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn the_file_of_a_newer_version_is_refused_and_not_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("newswire.redb");
    drop(Embedded::open(folder.path()).unwrap());
    let mut bytes = std::fs::read(&file).unwrap();
    let present = b"newswire log 2";
    for at in 0..bytes.len() - present.len() {
        if bytes[at..].starts_with(present) {
            bytes[at + present.len() - 1] = b'3';
        }
    }
    std::fs::write(&file, &bytes).unwrap();
    let refused = |result: Result<(), LogError>| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains("was written by a newer version of newswire: run that version"), "{error}");
        assert!(std::fs::read(&file).unwrap() == bytes, "the file is unchanged");
    };
    refused(Embedded::open(folder.path()).map(drop));
    refused(maintenance::check(folder.path()).map(drop));
    refused(maintenance::repair(folder.path()).map(drop));
}
