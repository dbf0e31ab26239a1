//! Keyed state over a member: tables as of the last commit, and an overlay that becomes state only after the next one.

use crate::{
    Batch, Event, Log, LogError, Member, MemberSpec, Outgoing, Row, Rows,
    faults::{Sabotage, sabotaged},
    record,
};
use proto::wire;
use std::{collections::HashMap, time::Duration};

/// A member with its tables.
pub struct Session {
    member: Box<dyn Member>,
    tables: Vec<String>,
    owned: HashMap<i32, Vec<Rows>>,
    max_record_bytes: usize,
}

/// Outputs, state changes and offsets that become visible together.
#[derive(Debug, Default)]
pub struct Transaction {
    outputs: Vec<Outgoing>,
    offsets: HashMap<i32, i64>,
    overlay: Overlay,
}

/// Changed rows by table and partition; `None` is a deleted one.
type Overlay = HashMap<(usize, i32), HashMap<Vec<u8>, Option<Row>>>;

impl Transaction {
    /// Adds an output.
    pub fn write(&mut self, output: Outgoing) {
        self.outputs.push(output);
    }

    /// Says that everything before `next` in `partition` is done with.
    pub fn advance(&mut self, partition: i32, next: i64) {
        let offset = self.offsets.entry(partition).or_insert(next);
        *offset = next.max(*offset);
    }

    /// Writes a row of a table: to its changelog, and to the state once this is committed. The value `None` deletes it.
    pub fn put(&mut self, session: &Session, table: usize, change: Outgoing) {
        let row = change.value.clone().map(|value| Row {
            content_type: record::find(&change.headers, wire::CONTENT_TYPE).map(str::to_owned),
            value,
        });
        debug_assert_eq!(session.tables.get(table), Some(&change.topic));
        self.overlay.entry((table, change.partition)).or_default().insert(change.key.clone(), row);
        self.outputs.push(change);
    }

    /// Number of outputs, changelog records among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.outputs.len()
    }

    /// True where nothing would be written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }
}

impl Session {
    /// Joins.
    ///
    /// # Errors
    /// See [`Log::join`].
    pub fn join(log: &dyn Log, spec: &MemberSpec) -> Result<Self, LogError> {
        Ok(Session {
            member: log.join(spec)?,
            tables: spec.tables.clone(),
            owned: HashMap::new(),
            max_record_bytes: log.max_record_bytes(),
        })
    }

    /// Polls the member, and restores the tables of partitions that it is assigned.
    ///
    /// # Errors
    /// As [`Member::poll`] and [`Member::restore`].
    pub fn poll(&mut self, max: usize, wait: Duration) -> Result<Event, LogError> {
        let event = self.member.poll(max, wait)?;
        match &event {
            Event::Assigned(partitions) => {
                let mut restored = self.member.restore(partitions)?;
                for partition in partitions {
                    self.owned.insert(*partition, restored.remove(partition).unwrap_or_default());
                }
            }
            Event::Revoked(partitions) => partitions.iter().for_each(|partition| {
                self.owned.remove(partition);
            }),
            Event::Records(_) | Event::Idle => {}
        }
        Ok(event)
    }

    /// The row of `key` as `transaction` would leave it.
    #[must_use]
    pub fn row<'a>(
        &'a self,
        transaction: &'a Transaction,
        table: usize,
        partition: i32,
        key: &[u8],
    ) -> Option<&'a Row> {
        match transaction.overlay.get(&(table, partition)).and_then(|rows| rows.get(key)) {
            Some(staged) => staged.as_ref(),
            None => self.owned.get(&partition)?.get(table)?.get(key),
        }
    }

    /// The rows of a table's partition, as last committed.
    pub fn rows(&self, table: usize, partition: i32) -> impl Iterator<Item = (&[u8], &Row)> {
        let rows = self.owned.get(&partition).and_then(|tables| tables.get(table));
        rows.into_iter().flatten().map(|(key, row)| (key.as_slice(), row))
    }

    /// Largest record that the log takes, in bytes.
    #[must_use]
    pub fn max_record_bytes(&self) -> usize {
        self.max_record_bytes
    }

    /// Next offset of each owned partition.
    #[must_use]
    pub fn positions(&self) -> HashMap<i32, i64> {
        self.member.positions()
    }

    /// Records between the positions and the ends.
    pub fn lag(&mut self) -> Option<i64> {
        self.member.lag()
    }

    /// Commits. The overlay becomes state only here, and only on success.
    ///
    /// # Errors
    /// See [`Member::commit`]; the state is then as if the transaction had never been.
    pub fn commit(&mut self, transaction: Transaction) -> Result<(), LogError> {
        let Transaction { outputs, offsets, overlay } = transaction;
        if sabotaged(Sabotage::StateFirst) {
            self.apply(overlay);
            return self.member.commit(Batch { outputs, offsets });
        }
        self.member.commit(Batch { outputs, offsets })?;
        self.apply(overlay);
        Ok(())
    }

    fn apply(&mut self, overlay: Overlay) {
        for ((table, partition), changes) in overlay {
            let Some(rows) = self.owned.get_mut(&partition).and_then(|tables| tables.get_mut(table)) else {
                continue;
            };
            for (key, row) in changes {
                match row {
                    Some(row) => rows.insert(key, row),
                    None => rows.remove(&key),
                };
            }
        }
    }

    /// Drops uncommitted work: the records come again.
    ///
    /// # Errors
    /// See [`Member::rewind`].
    pub fn rewind(&mut self) -> Result<(), LogError> {
        self.member.rewind()
    }
}
