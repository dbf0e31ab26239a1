//! Removes expired and superseded records in bounded slices, and compacts the file when that saves much space.

use super::{
    store::{self, Store},
    tables::{ENDS, Tables, Topic},
};
use crate::LogError;
use proto::topic::Retention;
use redb::ReadableTable;
use std::sync::{PoisonError, atomic::Ordering};

/// Most records that one transaction removes: commits wait for it.
const SLICE: usize = 1_000;
/// The file is compacted when it is this many times larger than its records. The tree takes up to twice its records, and free
/// pages are reused, so a log of constant size never gets there.
const COMPACT_FACTOR: u64 = 4;

/// Removes every record that is due at `now` (milliseconds since 1970) until `shutdown` returns true; the number removed.
pub(super) fn sweep(store: &Store, now: i64, shutdown: impl Fn() -> bool) -> Result<usize, LogError> {
    let mut removed = 0;
    let aged: Vec<(Topic, i64)> = store
        .topics()
        .into_iter()
        .filter_map(|topic| match topic.retention {
            Retention::Compact => None,
            Retention::CompactDelete(ms) | Retention::Delete(ms) => Some((topic, now.saturating_sub(ms))),
        })
        .collect();
    while !shutdown() {
        let aged = aged.clone();
        let slice = store.write(move |tables| Ok(Ok(slice(tables, now, &aged).map_err(store::log_error)?)))?;
        removed += slice;
        if slice < SLICE {
            break;
        }
    }
    Ok(removed)
}

/// Removes at most [`SLICE`] records.
fn slice(tables: &mut Tables<'_>, now: i64, aged: &[(Topic, i64)]) -> Result<usize, redb::Error> {
    let mut count = superseded(tables, now)?;
    for (topic, before) in aged {
        for partition in 0..topic.partitions {
            if count >= SLICE {
                return Ok(count);
            }
            count += expired(tables, topic, partition, *before, SLICE - count)?;
        }
    }
    Ok(count)
}

/// Removes superseded records, and expired tombstones.
fn superseded(tables: &mut Tables<'_>, now: i64) -> Result<usize, redb::Error> {
    let last = (now, u32::MAX, i32::MAX, i64::MAX);
    let mut due = Vec::new();
    for row in tables.garbage.range(..=last)?.take(SLICE) {
        due.push(row?.0.value());
    }
    for key @ (_, topic, partition, offset) in &due {
        tables.garbage.remove(key)?;
        tables.remove((*topic, *partition, *offset))?;
    }
    Ok(due.len())
}

/// Removes the oldest records of a partition that were written before `before`.
fn expired(
    tables: &mut Tables<'_>,
    topic: &Topic,
    partition: i32,
    before: i64,
    max: usize,
) -> Result<usize, redb::Error> {
    let mut old = Vec::new();
    let all = (topic.id, partition, 0)..=(topic.id, partition, i64::MAX);
    for row in tables.records.range(all)?.take(max) {
        let (key, row) = row?;
        if row.value().0 >= before {
            break;
        }
        old.push(key.value());
    }
    for key in &old {
        tables.remove(*key)?;
    }
    Ok(old.len())
}

/// Returns free pages to the file system if that saves much; true if it did. All reads and writes wait for it.
pub(super) fn shrink(store: &Store) -> Result<bool, LogError> {
    let file = std::fs::metadata(&store.path).map_err(|error| LogError::Lost(error.to_string()))?.len();
    // With many small records compaction may not reach the factor: it is retried only after the file has grown by half.
    let is_as_it_was = file < store.compacted.load(Ordering::Relaxed) / 2 * 3;
    if file < store.options.small_file || is_as_it_was || file / COMPACT_FACTOR < live_bytes(store)? {
        return Ok(false);
    }
    let started = std::time::Instant::now();
    let mut database = store.database.write().unwrap_or_else(PoisonError::into_inner);
    database.compact().map_err(store::log_error)?;
    drop(database);
    let after = std::fs::metadata(&store.path).map_or(0, |data| data.len());
    store.compacted.store(after, Ordering::Relaxed);
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(before_bytes = file, after_bytes = after, elapsed_ms, "log file compacted");
    Ok(true)
}

/// Bytes of the records, without the tree.
fn live_bytes(store: &Store) -> Result<u64, LogError> {
    store.read(|transaction| {
        let mut sum = 0;
        for row in transaction.open_table(ENDS)?.iter()? {
            sum += row?.1.value().1;
        }
        Ok(sum)
    })
}
