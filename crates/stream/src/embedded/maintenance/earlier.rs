//! Reading the file of an earlier version: the same store without checksums, and one table for all records.

use super::{
    super::{
        pages::EARLIER,
        tables::{End, Key, Smalls, Topic, TopicRow, encode_small},
    },
    copy,
    copy::NewFile,
};
use crate::{LogError, Record};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};
use std::{
    collections::{BTreeMap, HashSet},
    fs::File,
    io::{self, ErrorKind},
    ops::Bound,
    os::unix::fs::FileExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Time of writing, key, value, headers.
type Stored = (i64, &'static [u8], Option<&'static [u8]>, Vec<(&'static str, &'static [u8])>);

const TOPICS: TableDefinition<'_, &str, TopicRow> = TableDefinition::new("topics");
const RECORDS: TableDefinition<'_, (u32, i32, i64), Stored> = TableDefinition::new("records");
const ENDS: TableDefinition<'_, (u32, i32), (i64, u64)> = TableDefinition::new("ends");
const OFFSETS: TableDefinition<'_, (&str, u32, i32), i64> = TableDefinition::new("offsets");

/// True if an earlier version wrote the file.
pub(super) fn is_earlier(file: &File) -> Result<bool, LogError> {
    let mut first = [0; EARLIER.len()];
    match file.read_exact_at(&mut first, 0) {
        Ok(()) => Ok(first == *EARLIER),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(LogError::Unavailable(error.to_string())),
    }
}

/// Copies all records to `new`; the other rows, and the number of records.
pub(super) fn copy(path: &Path, file: &Arc<File>, new: &mut NewFile) -> Result<(Smalls, u64), LogError> {
    let damaged = |what: &str| LogError::Corrupt(format!("{}: {what}", path.display()));
    let backend = Unchanged::new(file.clone()).map_err(|error| damaged(&error.to_string()))?;
    // Its pages have no checksums, so damage reaches the store.
    let copied = catch_unwind(AssertUnwindSafe(|| {
        let database = Database::builder().create_with_backend(backend).map_err(|error| error.to_string())?;
        rows(&database, new)
    }));
    match copied {
        Ok(Ok(copied)) => copied,
        Ok(Err(error)) => Err(damaged(&error)),
        Err(_) => Err(damaged("the store cannot read it")),
    }
}

type Rows = Result<(Smalls, u64), LogError>;

fn rows(database: &Database, new: &mut NewFile) -> Result<Rows, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let transaction = database.begin_read().map_err(|error| text(&error))?;
    let (mut smalls, mut records, mut newest) = (Smalls::new(), 0, 0);
    let mut topics = BTreeMap::new();
    let mut put = |key: Key, row: Result<Vec<u8>, LogError>| match row {
        Ok(row) => {
            smalls.push((key, row));
            Ok(())
        }
        Err(error) => Err(text(&error)),
    };
    for row in transaction.open_table(TOPICS).map_err(|error| text(&error))?.iter().map_err(|error| text(&error))? {
        let (name, row) = row.map_err(|error| text(&error))?;
        let (name, row) = (name.value().to_owned(), row.value());
        put(Key::Topic(name.clone()), encode_small(&row))?;
        topics.insert(row.0, Topic::of_row(name, row));
    }
    for row in transaction.open_table(ENDS).map_err(|error| text(&error))?.iter().map_err(|error| text(&error))? {
        let (key, row) = row.map_err(|error| text(&error))?;
        let ((topic, partition), (next, _)) = (key.value(), row.value());
        put(Key::End(topic, partition), encode_small(&End { next, ..End::default() }))?;
    }
    let mut readers = HashSet::new();
    for row in transaction.open_table(OFFSETS).map_err(|error| text(&error))?.iter().map_err(|error| text(&error))? {
        let (key, next) = row.map_err(|error| text(&error))?;
        let ((group, topic, partition), next) = (key.value(), next.value());
        put(Key::Position(group.to_owned(), topic, partition), encode_small(&next))?;
        // A command's group, which reads nothing, stays at the beginning.
        if next > 0 {
            readers.insert((group.to_owned(), topic));
        }
    }
    for row in transaction.open_table(RECORDS).map_err(|error| text(&error))?.iter().map_err(|error| text(&error))? {
        let (key, row) = row.map_err(|error| text(&error))?;
        let ((id, partition, offset), (time, key, value, headers)) = (key.value(), row.value());
        let topic = topics.get(&id).ok_or_else(|| format!("topic number {id} has no name"))?;
        let record = Record {
            topic: topic.name.clone(),
            partition,
            offset,
            timestamp_ms: time,
            key: key.to_vec(),
            value: value.map(<[u8]>::to_vec),
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), value.to_vec())).collect(),
        };
        newest = newest.max(time);
        records += 1;
        if let Err(error) = new.add(topic, offset, (time, time), record) {
            return Ok(Err(error));
        }
    }
    // The clock of the log continues from the newest record, whatever the wall clock says now.
    put(Key::Clock, encode_small(&copy::clock_of(newest)))?;
    for (group, topic) in readers {
        put(Key::Hold(group, topic), encode_small(&newest))?;
    }
    Ok(Ok((smalls, records)))
}

/// The file as it is: what the store writes stays in memory.
#[derive(Debug)]
struct Unchanged {
    file: Arc<File>,
    written: Mutex<Written>,
}

#[derive(Debug)]
struct Written {
    len: u64,
    /// By position.
    parts: Vec<(u64, Vec<u8>)>,
}

impl Unchanged {
    fn new(file: Arc<File>) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Unchanged { file, written: Mutex::new(Written { len, parts: Vec::new() }) })
    }

    fn lock(&self) -> MutexGuard<'_, Written> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl redb::StorageBackend for Unchanged {
    fn len(&self) -> io::Result<u64> {
        Ok(self.lock().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut found = 0;
        while found < out.len() {
            match self.file.read_at(&mut out[found..], offset + found as u64)? {
                0 => break,
                count => found += count,
            }
        }
        out[found..].fill(0);
        let end = offset + out.len() as u64;
        for (at, part) in &self.lock().parts {
            let (from, to) = ((*at).max(offset), (at + part.len() as u64).min(end));
            if from < to {
                let index = |position: u64, base: u64| usize::try_from(position - base).map_err(io::Error::other);
                out[index(from, offset)?..index(to, offset)?]
                    .copy_from_slice(&part[index(from, *at)?..index(to, *at)?]);
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.lock().len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut written = self.lock();
        written.parts.retain(|(at, part)| *at != offset || part.len() > data.len());
        written.parts.push((offset, data.to_vec()));
        Ok(())
    }

    // The caller holds a lock on the whole file.
    fn try_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, redb::BackendError> {
        Ok(true)
    }

    fn unlock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<(), redb::BackendError> {
        Ok(())
    }

    fn query_lock_range(&self, _: Bound<u64>, _: Bound<u64>) -> Result<bool, redb::BackendError> {
        Ok(false)
    }
}
