//! The rows that a session owns, as last committed. A stage's workers read them at the same time.

use super::{Overlay, StagedRow, Transaction};
use crate::{Clock, LogError, Record, Row, Rows, Table, TableSpec};
use proto::wire;
use std::collections::HashMap;

/// The tables of a session's partitions.
pub struct Tables {
    specs: Vec<TableSpec>,
    pub(super) owned: HashMap<i32, Vec<Rows>>,
    /// Time of writing of the newest record read so far, in milliseconds since 1970.
    newest_ms: i64,
    pub(super) clock: Clock,
}

impl Tables {
    pub(crate) fn new(specs: Vec<TableSpec>, clock: Clock) -> Self {
        Tables { specs, owned: HashMap::new(), newest_ms: 0, clock }
    }

    pub(super) fn note_time(&mut self, records: &[Record]) {
        self.newest_ms = records.iter().map(|record| record.timestamp_ms).fold(self.newest_ms, i64::max);
    }

    /// Time before which a row of the table must have been written to be forgotten, in milliseconds since 1970. A row is
    /// forgotten when both the log's time and the clock say so: a clock that is ahead must not empty the tables.
    fn oldest_ms(&self, number: usize) -> i64 {
        let Some(retention) = self.specs.get(number).and_then(|table| table.retention) else { return 0 };
        let now = self.newest_ms.min((self.clock)());
        now.saturating_sub(i64::try_from(retention.as_millis()).unwrap_or(i64::MAX)).max(0)
    }

    /// Drops the rows that their changelog has forgotten.
    pub(super) fn forget(&mut self) {
        let oldest: Vec<i64> = (0..self.specs.len()).map(|number| self.oldest_ms(number)).collect();
        for tables in self.owned.values_mut() {
            tables.iter_mut().zip(&oldest).for_each(|(rows, oldest)| {
                rows.forget(*oldest);
            });
        }
    }

    /// The row of `key` as `transaction` would leave it.
    ///
    /// # Errors
    /// [`LogError::Config`] if there is no such table; [`LogError::Corrupt`] if the row is not an `M`.
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

    /// As [`Tables::get`], but the encoded row.
    ///
    /// # Errors
    /// [`LogError::Config`] if there is no such table; those of the log, where a long row is read there.
    pub fn row<'a, M: wire::Message>(
        &'a self,
        table: &Table<M>,
        transaction: &'a Transaction,
        partition: i32,
        key: &[u8],
    ) -> Result<Option<Row<'a>>, LogError> {
        let (number, _) = self.find(table)?;
        if let Some(staged) = transaction.overlay.get(&(number, partition)).and_then(|rows| rows.get(key)) {
            return Ok(staged.as_ref().map(StagedRow::row));
        }
        let oldest = self.oldest_ms(number);
        let rows = self.owned.get(&partition).and_then(|tables| tables.get(number));
        rows.map_or(Ok(None), |rows| rows.get(key, oldest))
    }

    /// The rows of one partition of a table by key, as last committed, each with the errors of the log, where it is read there.
    ///
    /// # Errors
    /// [`LogError::Config`] if there is no such table.
    pub fn rows<M: wire::Message>(
        &self,
        table: &Table<M>,
        partition: i32,
    ) -> Result<impl Iterator<Item = Result<(&[u8], Row<'_>), LogError>>, LogError> {
        let (number, _) = self.find(table)?;
        let oldest = self.oldest_ms(number);
        let rows = self.owned.get(&partition).and_then(|tables| tables.get(number));
        Ok(rows.into_iter().flat_map(move |rows| rows.iter(oldest)))
    }

    /// Number and changelog of a table.
    ///
    /// # Errors
    /// [`LogError::Config`] if there is no such table.
    pub(crate) fn find<M: wire::Message>(&self, table: &Table<M>) -> Result<(usize, &str), LogError> {
        let found = self.specs.iter().enumerate().find(|(_, spec)| spec.name == table.name());
        let found = found.map(|(number, spec)| (number, spec.topic.as_str()));
        found.ok_or_else(|| LogError::Config(format!("the member has no table {}", table.name())))
    }

    pub(super) fn apply(&mut self, overlay: Overlay) {
        let now = (self.clock)();
        for ((number, partition), changes) in overlay {
            let Some(rows) = self.owned.get_mut(&partition).and_then(|tables| tables.get_mut(number)) else {
                continue;
            };
            for (key, row) in changes {
                match row {
                    Some(row) => rows.insert(&key, &row.row(), now),
                    None => rows.remove(&key),
                }
            }
        }
    }
}
