//! Removes expired and superseded records in bounded slices, and compacts the file when that saves much space.
//!
//! A record expires by the log's clock, and only when every group that reads its topic is past it: a group that is gone is
//! released by `newswire log release`.

use super::{
    fault::Fault,
    store::Store,
    tables::{End, Key, Position, Reader, Smalls, Tables, Topic, small_row},
};
use crate::LogError;
use proto::topic::Retention;
use redb::ReadableTable;
use std::{
    collections::{HashMap, HashSet},
    sync::atomic::Ordering,
};

/// Most records that one transaction removes: commits wait for it.
const SLICE: usize = 1_000;
/// The file is compacted when it is larger than this many tenths of the bytes that it keeps. Compression makes it smaller than
/// them, and free pages are reused, so a log of constant size never gets there.
const COMPACT_TENTHS: u64 = 13;

/// The lowest position of the groups that read a topic, by id of the topic and partition. Without a group there is none.
type Unread = HashMap<(u32, i32), i64>;

/// Removes every record that is due until `shutdown` returns true; the number removed.
pub(super) fn sweep(store: &Store, shutdown: impl Fn() -> bool) -> Result<usize, LogError> {
    let now = store.now();
    let topics: HashMap<u32, Topic> = store.topics().into_iter().map(|topic| (topic.id, topic)).collect();
    let aged: Vec<(u32, i64)> = topics
        .values()
        .filter_map(|topic| match topic.retention {
            Retention::Compact => None,
            Retention::CompactDelete(ms) | Retention::Delete(ms) => Some((topic.id, now.age.saturating_sub(ms))),
        })
        .collect();
    let mut removed = 0;
    while !shutdown() {
        let (topics, aged) = (topics.clone(), aged.clone());
        let slice = store.write(0, move |tables| Ok(Ok(slice(tables, now.age, &topics, &aged)?)))?;
        removed += slice;
        if slice < SLICE {
            break;
        }
    }
    Ok(removed)
}

/// Removes at most [`SLICE`] records.
fn slice(tables: &mut Tables<'_>, age: i64, topics: &HashMap<u32, Topic>, aged: &[(u32, i64)]) -> Result<usize, Fault> {
    let mut count = superseded(tables, age, topics)?;
    let unread = unread(tables.smalls()?, topics)?;
    for (topic, before) in aged {
        let Some(topic) = topics.get(topic) else { continue };
        for partition in 0..topic.partitions {
            if count >= SLICE {
                return Ok(count);
            }
            let unread = unread.get(&(topic.id, partition)).copied().unwrap_or(i64::MAX);
            count += expired(tables, topic, partition, *before, unread, SLICE - count)?;
        }
    }
    Ok(count)
}

/// Removes superseded records, and expired tombstones.
fn superseded(tables: &mut Tables<'_>, age: i64, topics: &HashMap<u32, Topic>) -> Result<usize, Fault> {
    let last = (age, u32::MAX, i32::MAX, i64::MAX);
    let mut due = Vec::new();
    for row in tables.garbage.range(..=last)?.take(SLICE) {
        due.push(row?.0.value());
    }
    for key @ (_, topic, partition, offset) in &due {
        tables.garbage.remove(key)?;
        if let Some(topic) = topics.get(topic) {
            tables.remove(topic, (*partition, *offset))?;
        }
    }
    Ok(due.len())
}

/// Removes the oldest records of a partition that were written before the age `before`, up to the first `unread` one.
fn expired(
    tables: &mut Tables<'_>,
    topic: &Topic,
    partition: i32,
    before: i64,
    unread: i64,
    max: usize,
) -> Result<usize, Fault> {
    let mut old = Vec::new();
    let all = (topic.id, partition, 0)..=(topic.id, partition, i64::MAX);
    for row in tables.index.range(all)?.take(max) {
        let (key, entry) = row?;
        let offset = key.value().2;
        if entry.value().2 >= before || offset >= unread {
            break;
        }
        old.push(offset);
    }
    for offset in &old {
        tables.remove(topic, (partition, *offset))?;
    }
    if let Some(last) = old.last() {
        let key = Key::End(topic.id, partition);
        let end = tables.small::<End>(&key)?.unwrap_or_default();
        tables.put(&key, &End { start: last + 1, ..end })?;
    }
    Ok(old.len())
}

/// What the groups have not read. A group without a position in a partition has read nothing of it.
fn unread(rows: Smalls, topics: &HashMap<u32, Topic>) -> Result<Unread, Fault> {
    let (mut holds, mut positions) = (HashSet::new(), HashMap::new());
    for (key, value) in rows {
        match key {
            Key::Hold(group, topic) => drop(holds.insert((group, topic))),
            Key::Position(group, topic, partition) => {
                positions.insert((group, topic, partition), small_row::<Position>(&value)?.1);
            }
            _ => {}
        }
    }
    let mut unread = Unread::new();
    for (group, topic) in holds {
        for partition in 0..topics.get(&topic).map_or(0, |topic| topic.partitions) {
            let position = positions.get(&(group.clone(), topic, partition)).copied().unwrap_or(0);
            let lowest = unread.entry((topic, partition)).or_insert(position);
            *lowest = position.min(*lowest);
        }
    }
    Ok(unread)
}

/// Returns free pages to the file system if that saves much; true if it did. All reads and writes wait for it.
pub(super) fn shrink(store: &Store) -> Result<bool, LogError> {
    let file = store.file.size()?;
    // Small incompressible records may not get below the limit: it is retried only after the file has grown by a fifth.
    let is_as_it_was = file < store.compacted.load(Ordering::Relaxed) / 5 * 6;
    if file < store.options.small_file || is_as_it_was || file / COMPACT_TENTHS * 10 < kept_bytes(store)? {
        return Ok(false);
    }
    let started = std::time::Instant::now();
    if !store.file.compact()? {
        return Ok(false);
    }
    let after = store.file.size()?;
    store.compacted.store(after, Ordering::Relaxed);
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(before_bytes = file, after_bytes = after, elapsed_ms, "log file compacted");
    Ok(true)
}

/// Bytes of key, value and headers of all records.
pub(super) fn kept_bytes(store: &Store) -> Result<u64, LogError> {
    store.read(kept)
}

fn kept(reader: &mut Reader<'_>) -> Result<u64, Fault> {
    let mut sum = 0;
    for (key, value) in reader.smalls()? {
        if let Key::End(..) = key {
            sum += small_row::<End>(&value)?.1.bytes;
        }
    }
    Ok(sum)
}
