//! A member with its tables. Changes to a table are staged in a transaction and become state when it has committed.

use crate::{
    Batch, Event, Log, LogError, Member, MemberSpec, Outgoing, Row, Rows, StageMetrics, Table, TableSpec,
    faults::{Sabotage, sabotaged},
    record,
};
use proto::wire;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// A member with its tables.
pub struct Session {
    member: Box<dyn Member>,
    tables: Vec<TableSpec>,
    owned: HashMap<i32, Vec<Rows>>,
    max_record_bytes: usize,
    metrics: Option<StageMetrics>,
}

/// Outputs, changes of tables and offsets that become visible together.
#[derive(Debug, Default)]
pub struct Transaction {
    outputs: Vec<Outgoing>,
    offsets: HashMap<i32, i64>,
    overlay: Overlay,
}

/// Changed rows by number of the table and partition; `None` is a deleted row.
type Overlay = HashMap<(usize, i32), HashMap<Vec<u8>, Option<Row>>>;

impl Transaction {
    /// Adds an output.
    pub fn write(&mut self, output: Outgoing) {
        self.outputs.push(output);
    }

    /// Marks every record before `next` in `partition` as processed.
    pub fn advance(&mut self, partition: i32, next: i64) {
        let offset = self.offsets.entry(partition).or_insert(next);
        *offset = next.max(*offset);
    }

    /// Writes a row: `change` is the record for the table's changelog, and a tombstone deletes the row.
    ///
    /// # Errors
    /// [`LogError::Config`] if the session has no such table, or `change` is for another topic.
    pub fn put<M: wire::Message>(
        &mut self,
        session: &Session,
        table: &Table<M>,
        change: Outgoing,
    ) -> Result<(), LogError> {
        let (number, changelog) = session.find(table)?;
        if changelog != change.topic {
            return Err(LogError::Config(format!("{} is not the changelog of table {}", change.topic, table.name())));
        }
        self.put_numbered(number, change);
        Ok(())
    }

    /// As [`Transaction::put`], by the table's number.
    pub(crate) fn put_numbered(&mut self, number: usize, change: Outgoing) {
        let row = change.value.clone().map(|value| Row {
            content_type: record::find(&change.headers, wire::CONTENT_TYPE).map(str::to_owned),
            value,
        });
        self.overlay.entry((number, change.partition)).or_default().insert(change.key.clone(), row);
        self.outputs.push(change);
    }

    /// Number of outputs, changelog records among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.outputs.len()
    }

    /// True if nothing would be written. Offsets alone do not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outputs.is_empty()
    }
}

impl Session {
    /// Joins the spec's group.
    ///
    /// # Errors
    /// As [`Log::join`].
    pub fn join(log: &dyn Log, spec: &MemberSpec) -> Result<Self, LogError> {
        Ok(Session {
            member: log.join(spec)?,
            tables: spec.tables.clone(),
            owned: HashMap::new(),
            max_record_bytes: log.max_record_bytes(),
            metrics: None,
        })
    }

    /// Counts and times the session's commits in `metrics`.
    #[must_use]
    pub fn measured_by(self, metrics: StageMetrics) -> Self {
        Session { metrics: Some(metrics), ..self }
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
            Event::Revoked(partitions) => self.owned.retain(|partition, _| !partitions.contains(partition)),
            Event::Records(_) | Event::Idle => {}
        }
        Ok(event)
    }

    /// The row of `key` as `transaction` would leave it.
    ///
    /// # Errors
    /// [`LogError::Config`] if the session has no such table; [`LogError::Corrupt`] if the row is not an `M`.
    pub fn get<M: wire::Message>(
        &self,
        table: &Table<M>,
        transaction: &Transaction,
        partition: i32,
        key: &[u8],
    ) -> Result<Option<M>, LogError> {
        let Some(row) = self.row(table, transaction, partition, key)? else { return Ok(None) };
        row.decode().map(Some).map_err(|error| {
            let key = String::from_utf8_lossy(key);
            LogError::Corrupt(format!("table {}, partition {partition}, key {key:?}: {error}", table.name()))
        })
    }

    /// As [`Session::get`], but the encoded row.
    ///
    /// # Errors
    /// [`LogError::Config`] if the session has no such table.
    pub fn row<'a, M: wire::Message>(
        &'a self,
        table: &Table<M>,
        transaction: &'a Transaction,
        partition: i32,
        key: &[u8],
    ) -> Result<Option<&'a Row>, LogError> {
        let (number, _) = self.find(table)?;
        if let Some(staged) = transaction.overlay.get(&(number, partition)).and_then(|rows| rows.get(key)) {
            return Ok(staged.as_ref());
        }
        Ok(self.owned.get(&partition).and_then(|tables| tables.get(number)?.get(key)))
    }

    /// The rows of one partition of a table by key, as last committed.
    ///
    /// # Errors
    /// [`LogError::Config`] if the session has no such table.
    pub fn rows<M: wire::Message>(
        &self,
        table: &Table<M>,
        partition: i32,
    ) -> Result<impl Iterator<Item = (&[u8], &Row)>, LogError> {
        let (number, _) = self.find(table)?;
        let rows = self.owned.get(&partition).and_then(|tables| tables.get(number));
        Ok(rows.into_iter().flatten().map(|(key, row)| (key.as_slice(), row)))
    }

    /// The changelog of a table.
    ///
    /// # Errors
    /// [`LogError::Config`] if the session has no such table.
    pub fn changelog<M: wire::Message>(&self, table: &Table<M>) -> Result<&str, LogError> {
        Ok(self.find(table)?.1)
    }

    /// Number and changelog of a table.
    pub(crate) fn find<M: wire::Message>(&self, table: &Table<M>) -> Result<(usize, &str), LogError> {
        let found = self.tables.iter().enumerate().find(|(_, spec)| spec.name == table.name());
        let found = found.map(|(number, spec)| (number, spec.topic.as_str()));
        found.ok_or_else(|| LogError::Config(format!("the member has no table {}", table.name())))
    }

    /// Largest record that the log accepts, in bytes.
    #[must_use]
    pub fn max_record_bytes(&self) -> usize {
        self.max_record_bytes
    }

    /// Next offset of each owned partition, as committed.
    #[must_use]
    pub fn positions(&self) -> HashMap<i32, i64> {
        self.member.positions()
    }

    /// Records between the positions and the ends, summed; `None` while it is unknown.
    pub fn lag(&mut self) -> Option<i64> {
        self.member.lag()
    }

    /// Commits a transaction. Only when it has succeeded do its changes become the tables' state.
    ///
    /// # Errors
    /// As [`Member::commit`]. The tables are unchanged.
    pub fn commit(&mut self, transaction: Transaction) -> Result<(), LogError> {
        let began = Instant::now();
        let Transaction { outputs, offsets, overlay } = transaction;
        if sabotaged(Sabotage::StateFirst) {
            self.apply(overlay);
            return self.member.commit(Batch { outputs, offsets });
        }
        self.member.commit(Batch { outputs, offsets })?;
        self.apply(overlay);
        if let Some(metrics) = &self.metrics {
            metrics.commit_seconds.observe(began.elapsed().as_secs_f64());
            metrics.committed.inc();
        }
        Ok(())
    }

    fn apply(&mut self, overlay: Overlay) {
        for ((number, partition), changes) in overlay {
            let Some(rows) = self.owned.get_mut(&partition).and_then(|tables| tables.get_mut(number)) else {
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

    /// Drops uncommitted work: its records are read again.
    ///
    /// # Errors
    /// As [`Member::rewind`].
    pub fn rewind(&mut self) -> Result<(), LogError> {
        self.member.rewind()
    }
}
