//! Reading every record by the index, past what is damaged.

use super::super::{
    fault::Fault,
    file::OpenFile,
    report::{Damage, Span},
    tables::{self, End, Entry, Key, LATEST, RecordKey, Smalls, Topic, small_row},
};
use super::copy::NewFile;
use crate::{LogError, Record};
use redb::ReadableTable;
use std::collections::HashMap;

/// Most damage that is listed and read past.
const MOST: usize = 1_000;

/// What a walk has seen.
#[derive(Default)]
pub(super) struct Walk {
    pub topics: Vec<Topic>,
    pub smalls: Smalls,
    pub damage: Vec<Damage>,
    /// True if the index was read to its end, so that every record was either visited or is in `damage`.
    pub is_complete: bool,
}

/// Called with each record that is whole.
pub(super) type Visit<'v> = dyn FnMut(&Topic, RecordKey, Entry, Record) -> Result<(), LogError> + 'v;

/// Visits every record that is whole, by topic, partition and offset, in one snapshot if nothing is damaged.
///
/// # Errors
/// If the topics cannot be read; the errors of `visit`.
pub(super) fn walk(file: &OpenFile, visit: &mut Visit<'_>) -> Result<Walk, LogError> {
    let mut walk = Walk::default();
    let mut from: RecordKey = (0, 0, 0);
    loop {
        let (mut at, mut refused): (Option<RecordKey>, Option<LogError>) = (None, None);
        let read = file.read_once(|reader| {
            if walk.topics.is_empty() {
                walk.topics = reader.topics()?.into_values().collect();
                walk.topics.sort_by_key(|topic| topic.id);
                walk.smalls = reader.smalls()?;
            }
            for index in 0..walk.topics.len() {
                let topic = &walk.topics[index];
                for row in reader.index.range(from.max((topic.id, 0, 0))..(topic.id + 1, 0, 0))? {
                    at = None;
                    let (key, entry) = row?;
                    let (key, entry) = (key.value(), entry.value());
                    at = Some(key);
                    let record = reader.record(topic, key, entry)?;
                    if let Err(error) = visit(topic, key, entry, record) {
                        refused = Some(error);
                        return Ok(());
                    }
                    from = (key.0, key.1, key.2 + 1);
                }
            }
            Ok(())
        });
        if let Some(error) = refused {
            return Err(error);
        }
        let Err(error) = read else {
            walk.is_complete = true;
            return Ok(walk);
        };
        let what = text(&error);
        let Some((id, partition, offset)) = at else {
            if walk.topics.is_empty() {
                return Err(error);
            }
            walk.damage.push(Damage { records: None, what: format!("the index of the records: {what}") });
            return Ok(walk);
        };
        let topic =
            walk.topics.iter().find(|topic| topic.id == id).map_or_else(String::new, |topic| topic.name.clone());
        let records = Some(Span { topic, partition, first: offset, last: offset });
        walk.damage.push(Damage { records, what });
        if walk.damage.len() >= MOST {
            walk.damage.push(Damage { records: None, what: "more is damaged than is listed".to_owned() });
            return Ok(walk);
        }
        from = (id, partition, offset + 1);
    }
}

/// The error without what an operator should do.
fn text(error: &LogError) -> String {
    let (LogError::Corrupt(what) | LogError::Unavailable(what)) = error else { return error.to_string() };
    what.split("; `newswire log").next().unwrap_or(what).to_owned()
}

/// Copies every record that is whole to a new file.
pub(super) fn copy(file: &OpenFile, new: &mut NewFile) -> Result<(Walk, u64), LogError> {
    let mut records = 0;
    let walk = walk(file, &mut |topic, key, entry, record| {
        records += 1;
        new.add(topic, key.2, (entry.1, entry.2), record)
    })?;
    Ok((walk, records))
}

/// Reads the other tables to their ends, and compares the bytes of each partition with their sum.
pub(super) fn tables(file: &OpenFile, sums: &HashMap<(u32, i32), u64>) -> Result<Option<Damage>, LogError> {
    let read = file.read_once(|reader| {
        for (key, value) in reader.smalls()? {
            if let Key::End(topic, partition) = key {
                let end = small_row::<End>(&value)?.1;
                let sum = sums.get(&(topic, partition)).copied().unwrap_or(0);
                if end.bytes != sum {
                    let bytes = end.bytes;
                    let what = format!("topic number {topic}, partition {partition}: {sum} bytes instead of {bytes}");
                    return Err(Fault::damaged(&what));
                }
            }
        }
        for row in reader.table(LATEST)?.iter()? {
            let (key, offset) = row?;
            let (topic, partition, _) = key.value();
            if reader.index.get((topic, partition, offset.value()))?.is_none() {
                return Err(Fault::damaged(
                    "the table of the last records of each key names a record that is not there",
                ));
            }
        }
        for row in reader.table(tables::GARBAGE)?.iter()? {
            row?;
        }
        Ok(())
    });
    Ok(read.err().map(|error| Damage { records: None, what: text(&error) }))
}
