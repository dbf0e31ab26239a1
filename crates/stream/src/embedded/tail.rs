//! Reading a topic: a position in each partition, and the records that follow.

use super::{store::Store, tables::Topic};
use crate::{LogError, Record, Start, Tail, tail::newest};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Bytes after which a batch ends, whatever the number of records asked for.
const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A position in every partition of a topic.
pub(super) struct Cursor {
    pub topic: Topic,
    /// Next offset, by partition.
    pub next: Vec<i64>,
    /// The partition that the next batch starts with, so that a busy one does not starve the others.
    first: usize,
}

impl Cursor {
    pub(super) fn new(topic: Topic, next: Vec<i64>) -> Self {
        Cursor { topic, next, first: 0 }
    }

    /// The next records. Skips offsets that retention has removed.
    pub(super) fn read(&mut self, store: &Store, max: usize) -> Result<Vec<Record>, LogError> {
        let (topic, first) = (&self.topic, self.first);
        let (records, next) = store.read(|reader| {
            let (mut batch, mut bytes, mut next) = (Vec::new(), 0, self.next.clone());
            let count = next.len();
            for index in (0..count).map(|step| (first + step) % count) {
                let partition = i32::try_from(index).unwrap_or(i32::MAX);
                let end = reader.end(topic, partition)?.next;
                if next[index] >= end {
                    continue;
                }
                for row in reader.index.range((topic.id, partition, next[index])..(topic.id, partition, end))? {
                    if batch.len() >= max || bytes > MAX_BATCH_BYTES {
                        return Ok((batch, next));
                    }
                    let (key, entry) = row?;
                    let (key, entry) = (key.value(), entry.value());
                    batch.push(reader.record(topic, key, entry)?);
                    bytes += usize::try_from(entry.4).unwrap_or(usize::MAX);
                    next[index] = key.2 + 1;
                }
                if batch.len() < max && bytes <= MAX_BATCH_BYTES {
                    next[index] = end;
                }
            }
            Ok((batch, next))
        })?;
        self.first = (first + 1) % self.next.len().max(1);
        self.next = next;
        Ok(records)
    }
}

/// A [`Tail`] on the embedded log.
pub(super) struct EmbeddedTail {
    store: Arc<Store>,
    cursor: Cursor,
    /// The ends when it was opened.
    until: Vec<i64>,
    is_caught_up: bool,
}

impl EmbeddedTail {
    pub(super) fn open(store: Arc<Store>, topic: &str, from: &Start) -> Result<Self, LogError> {
        let topic = store.topic(topic)?;
        let until = store.ends(&topic)?;
        let next = match from {
            Start::Beginning => vec![0; until.len()],
            Start::End => until.clone(),
            Start::Last(count) => until.iter().map(|end| end.saturating_sub(*count).clamp(0, *end)).collect(),
            Start::Time(at) => seek(&store, &topic, &until, *at)?,
            Start::Newest { since_ms, most, reaching } => {
                let of_time = seek(&store, &topic, &until, *since_ms)?;
                let parts = (0..).zip(of_time.iter().zip(&until));
                parts.map(|(part, (at, end))| newest(*at, *most, reaching.get(&part).copied(), 0, *end)).collect()
            }
            Start::Offsets(offsets) => (0..)
                .zip(&until)
                .map(|(partition, end)| offsets.get(&partition).copied().filter(|next| next <= end).unwrap_or(0))
                .collect(),
        };
        Ok(EmbeddedTail { store, cursor: Cursor::new(topic, next), until, is_caught_up: false })
    }
}

/// First offset that each partition holds; its end if it holds none.
pub(super) fn starts(store: &Store, topic: &Topic) -> Result<HashMap<i32, i64>, LogError> {
    let ends = store.ends(topic)?;
    Ok((0..).zip(seek(store, topic, &ends, i64::MIN)?).collect())
}

/// First offset that was written at or after a time. Reads the whole index of the topic: times need not grow with the
/// offsets, because the wall clock may be put right.
fn seek(store: &Store, topic: &Topic, ends: &[i64], at: i64) -> Result<Vec<i64>, LogError> {
    store.read(|reader| {
        let mut found = Vec::with_capacity(ends.len());
        for (partition, end) in (0..).zip(ends) {
            let mut first = *end;
            for row in reader.index.range((topic.id, partition, 0)..(topic.id, partition, *end))? {
                let (key, entry) = row?;
                if entry.value().1 >= at {
                    first = key.value().2;
                    break;
                }
            }
            found.push(first);
        }
        Ok(found)
    })
}

impl Tail for EmbeddedTail {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, LogError> {
        let until = Instant::now() + wait;
        loop {
            let seen = self.store.version();
            let records = self.cursor.read(&self.store, max)?;
            // A scan to the end must not wait there for another record.
            let was_behind = !self.is_caught_up;
            self.is_caught_up |= self.cursor.next.iter().zip(&self.until).all(|(next, end)| next >= end);
            let just_caught_up = was_behind && self.is_caught_up;
            if !records.is_empty() || just_caught_up || !self.store.wait_for_change(seen, until) {
                return Ok(records);
            }
        }
    }

    fn caught_up(&self) -> bool {
        self.is_caught_up
    }
}
