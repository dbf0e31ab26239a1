//! A member. It owns all partitions of its source until a successor with its group and replica joins.

use super::{
    fault::Fault,
    store::{self, Store},
    tables::{Hold, Key, Topic},
    tail::Cursor,
};
use crate::{Batch, ContentType, Event, LogError, Member, MemberSpec, Outgoing, Row, Rows, rows::ReadRow};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// A [`Member`] on the embedded log.
pub(super) struct EmbeddedMember {
    store: Arc<Store>,
    spec: MemberSpec,
    epoch: u64,
    cursor: Cursor,
    /// Next offset of each partition, as committed.
    committed: Vec<i64>,
    /// Offset behind the last record handed out, by partition.
    delivered: Vec<i64>,
    is_assigned: bool,
}

impl EmbeddedMember {
    /// Joins. If `holds`, retention waits for the group from now on, whether or not it runs.
    pub(super) fn join(store: Arc<Store>, spec: &MemberSpec, holds: bool) -> Result<Self, LogError> {
        let source = store.topic(&spec.source)?;
        for table in &spec.tables {
            let partitions = store.topic(&table.topic)?.partitions;
            if partitions != source.partitions {
                return Err(LogError::Config(format!(
                    "table {} has {partitions} partitions, its source {} has {}",
                    table.topic, spec.source, source.partitions
                )));
            }
        }
        // Fence first, then read the offsets.
        let epoch = store.take_over(&spec.group, &spec.replica)?;
        if holds {
            hold(&store, &spec.group, source.id)?;
        }
        let offsets = store.committed(&spec.group, &source)?;
        let committed: Vec<i64> =
            (0..source.partitions).map(|number| offsets.get(&number).copied().unwrap_or(0)).collect();
        let (cursor, delivered) = (Cursor::new(source, committed.clone()), committed.clone());
        Ok(EmbeddedMember { store, spec: spec.clone(), epoch, cursor, committed, delivered, is_assigned: false })
    }

    /// Commits in one transaction of the store, with the same failpoints as on Kafka.
    fn transact(&self, outputs: Vec<(Topic, Outgoing)>, offsets: &HashMap<i32, i64>) -> Result<(), LogError> {
        fail::fail_point!("stream::commit::begin", |_| Err(LogError::Aborted("requested by a failpoint".to_owned())));
        let (store, epoch, group) = (self.store.clone(), self.epoch, self.spec.group.clone());
        let (source, offsets) = (self.cursor.topic.clone(), offsets.clone());
        let times = store.options.compaction_times();
        self.store.write(store::bytes(&outputs), move |tables| {
            if let Err(fenced) = store.check_epoch(&group, epoch) {
                return Ok(Err(fenced));
            }
            tables.append(&outputs, times)?;
            fail::fail_point!("stream::commit::produced", |_| Err(aborted()));
            tables.set_offsets(&group, source.id, &offsets)?;
            fail::fail_point!("stream::commit::offsets", |_| Err(aborted()));
            Ok(Ok(outputs.len() + offsets.len()))
        })?;
        fail::fail_point!("stream::commit::done");
        Ok(())
    }

    /// The rows of one partition of a table. Long ones are read from the file when they are needed.
    fn rows(&self, topic: &Topic, partition: i32) -> Result<Rows, LogError> {
        let (store, of) = (Arc::clone(&self.store), topic.clone());
        let read: ReadRow = Arc::new(move |key| store.read(|reader| reader.latest(&of, partition, key)));
        self.store.read(|reader| {
            let mut rows = Rows::with_log(Arc::clone(&read));
            for row in reader.index.range((topic.id, partition, 0)..=(topic.id, partition, i64::MAX))? {
                let (key, entry) = row?;
                let change = reader.record(topic, key.value(), entry.value())?;
                change.check_format().map_err(Fault::Log)?;
                match &change.value {
                    Some(value) => {
                        let row = Row { content_type: ContentType::of(&change.headers), value: value.into() };
                        rows.insert(&change.key, &row, change.timestamp_ms);
                    }
                    None => rows.remove(&change.key),
                }
            }
            Ok(rows)
        })
    }
}

/// Notes that a group reads a topic.
fn hold(store: &Store, group: &str, topic: u32) -> Result<(), LogError> {
    let key = Key::Hold(group.to_owned(), topic);
    if store.read(|reader| reader.small::<Hold>(&key))?.is_none() {
        let now = store.now().age;
        store.write(1, move |tables| {
            tables.put(&key, &now)?;
            Ok(Ok(1))
        })?;
    }
    Ok(())
}

#[cfg(feature = "failpoints")]
fn aborted() -> super::fault::Fault {
    super::fault::Fault::Log(LogError::Aborted("requested by a failpoint".to_owned()))
}

fn index(partition: i32) -> Option<usize> {
    usize::try_from(partition).ok()
}

impl Member for EmbeddedMember {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Event, LogError> {
        let until = Instant::now() + wait;
        if !self.is_assigned {
            self.store.check_epoch(&self.spec.group, self.epoch)?;
            self.is_assigned = true;
            return Ok(Event::Assigned((0..self.cursor.topic.partitions).collect()));
        }
        loop {
            let seen = self.store.version();
            self.store.check_epoch(&self.spec.group, self.epoch)?;
            let records = self.cursor.read(&self.store, max)?;
            for record in &records {
                if let Some(slot) = index(record.partition).and_then(|index| self.delivered.get_mut(index)) {
                    *slot = record.offset + 1;
                }
            }
            if !records.is_empty() {
                return Ok(Event::Records(records));
            }
            if !self.store.wait_for_change(seen, until) {
                return Ok(Event::Idle);
            }
        }
    }

    fn restore(&mut self, partitions: &[i32]) -> Result<HashMap<i32, Vec<Rows>>, LogError> {
        let topics: Vec<Topic> =
            self.spec.tables.iter().map(|table| self.store.topic(&table.topic)).collect::<Result<_, _>>()?;
        let tables = |partition: &i32| -> Result<Vec<Rows>, LogError> {
            topics.iter().map(|topic| self.rows(topic, *partition)).collect()
        };
        partitions.iter().map(|partition| Ok((*partition, tables(partition)?))).collect()
    }

    fn commit(&mut self, batch: Batch) -> Result<(), LogError> {
        let Batch { outputs, offsets } = batch;
        if offsets.is_empty() {
            return Err(LogError::NoOffsets);
        }
        if let Some(partition) = offsets.keys().find(|number| !(0..self.cursor.topic.partitions).contains(*number)) {
            self.rewind()?;
            return Err(LogError::Aborted(format!("partition {partition} is not owned")));
        }
        let outputs = self.store.check(outputs)?;
        match self.transact(outputs, &offsets) {
            Ok(()) => {}
            Err(LogError::Aborted(reason)) => {
                self.rewind()?;
                return Err(LogError::Aborted(reason));
            }
            Err(error) => return Err(error),
        }
        for (partition, next) in offsets {
            if let Some(slot) = index(partition).and_then(|index| self.committed.get_mut(index)) {
                *slot = next;
            }
        }
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), LogError> {
        self.cursor.next.clone_from(&self.committed);
        self.delivered.clone_from(&self.committed);
        Ok(())
    }

    fn positions(&self) -> HashMap<i32, i64> {
        if self.is_assigned { (0..).zip(self.committed.iter().copied()).collect() } else { HashMap::new() }
    }

    fn lag(&mut self) -> Option<i64> {
        let ends = self.store.ends(&self.cursor.topic).ok()?;
        let positions = self.committed.iter().zip(&self.delivered).zip(&self.cursor.next);
        // If every record handed out is committed, records that retention removed in between are not lag.
        let done =
            positions.map(|((committed, delivered), next)| if delivered <= committed { next } else { committed });
        Some(ends.iter().zip(done).map(|(end, done)| (end - done).max(0)).sum())
    }
}

impl Drop for EmbeddedMember {
    fn drop(&mut self) {
        self.store.leave(&self.spec.group, self.epoch);
    }
}
