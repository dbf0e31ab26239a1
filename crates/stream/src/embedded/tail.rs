//! Reading a topic: a position in each partition, and the records that follow.

use super::{
    store::Store,
    tables::{self, ENDS, RECORDS, Topic},
};
use crate::{LogError, Record, Start, Tail};
use std::{
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
        let mut next = self.next.clone();
        let records = store.read(|transaction| {
            let (records, ends) = (transaction.open_table(RECORDS)?, transaction.open_table(ENDS)?);
            let (mut batch, mut bytes) = (Vec::new(), 0);
            let count = next.len();
            for index in (0..count).map(|step| (first + step) % count) {
                let partition = i32::try_from(index).unwrap_or(i32::MAX);
                let end = tables::end(&ends, topic, partition)?;
                while next[index] < end {
                    if batch.len() >= max || bytes > MAX_BATCH_BYTES {
                        return Ok(batch);
                    }
                    let from = (topic.id, partition, next[index]);
                    let mut range = records.range(from..(topic.id, partition, end))?;
                    while batch.len() < max && bytes <= MAX_BATCH_BYTES {
                        let Some(row) = range.next() else {
                            next[index] = end;
                            break;
                        };
                        let (at, row) = row?;
                        let record = tables::record(topic, partition, at.value().2, &row.value());
                        bytes += usize::try_from(tables::weight(&row.value())).unwrap_or(usize::MAX);
                        next[index] = record.offset + 1;
                        batch.push(record);
                    }
                }
            }
            Ok(batch)
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
            Start::Offsets(offsets) => (0..)
                .zip(&until)
                .map(|(partition, end)| offsets.get(&partition).copied().filter(|next| next <= end).unwrap_or(0))
                .collect(),
        };
        Ok(EmbeddedTail { store, cursor: Cursor::new(topic, next), until, is_caught_up: false })
    }
}

/// First offset at or after a time, by binary search: times grow with offsets, as the clock does.
fn seek(store: &Store, topic: &Topic, ends: &[i64], at: i64) -> Result<Vec<i64>, LogError> {
    store.read(|transaction| {
        let records = transaction.open_table(RECORDS)?;
        let mut found = Vec::with_capacity(ends.len());
        for (partition, end) in (0..).zip(ends) {
            let (mut low, mut high) = (0, *end);
            while low < high {
                let middle = low + (high - low) / 2;
                let first = records.range((topic.id, partition, middle)..(topic.id, partition, high))?.next();
                match first.transpose()? {
                    Some((offset, row)) if row.value().0 < at => low = offset.value().2 + 1,
                    _ => high = middle,
                }
            }
            found.push(low);
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
