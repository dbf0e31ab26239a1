//! A member with its tables. Changes to a table are staged in a transaction and become state when it has committed.

mod tables;

pub use tables::Tables;

use crate::{
    Batch, ContentType, Event, Findings, Log, LogError, Member, MemberSpec, Outgoing, Record, Row, Rows, StageMetrics,
    Table,
    faults::{Sabotage, sabotaged},
};
use proto::wire;
use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

/// A member with its tables.
pub struct Session {
    member: Box<dyn Member>,
    tables: Tables,
    /// Tables of revoked partitions, and since when.
    revoked: HashMap<i32, (Vec<Rows>, Instant)>,
    forgotten_at: Instant,
    max_record_bytes: usize,
    metrics: Option<StageMetrics>,
    /// Records that were polled and not processed yet.
    carried: VecDeque<Record>,
}

/// Outputs, changes of tables and offsets that become visible together.
#[derive(Debug, Default)]
pub struct Transaction {
    outputs: Vec<Outgoing>,
    bytes: usize,
    offsets: HashMap<i32, i64>,
    overlay: Overlay,
}

/// Changed rows by number of the table and partition; `None` is a deleted row.
type Overlay = HashMap<(usize, i32), HashMap<Vec<u8>, Option<StagedRow>>>;

/// A row that is not committed yet.
#[derive(Debug)]
struct StagedRow {
    content_type: ContentType,
    value: Vec<u8>,
}

impl StagedRow {
    fn row(&self) -> Row<'_> {
        Row { content_type: self.content_type, value: self.value.as_slice().into() }
    }
}

/// How long the tables of a partition are kept after it was revoked.
const KEEP_REVOKED: Duration = Duration::from_secs(10 * 60);
/// How often rows are looked for that are to be forgotten. Until then they take memory, and are not returned.
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);

impl Transaction {
    /// Adds an output.
    pub fn write(&mut self, output: Outgoing) {
        self.bytes += output.size();
        self.outputs.push(output);
    }

    /// Bytes of all records that would be written.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
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
        let (number, changelog) = session.tables.find(table)?;
        if changelog != change.topic {
            return Err(LogError::Config(format!("{} is not the changelog of table {}", change.topic, table.name())));
        }
        self.put_numbered(number, change);
        Ok(())
    }

    /// As [`Transaction::put`], by the table's number.
    pub(crate) fn put_numbered(&mut self, number: usize, change: Outgoing) {
        let content_type = ContentType::of(&change.headers);
        let row = change.value.clone().map(|value| StagedRow { content_type, value });
        self.overlay.entry((number, change.partition)).or_default().insert(change.key.clone(), row);
        self.write(change);
    }

    /// Adds the outputs, changes and offsets of another transaction.
    pub fn append(&mut self, other: Transaction) {
        self.bytes += other.bytes;
        self.outputs.extend(other.outputs);
        for (partition, next) in other.offsets {
            self.advance(partition, next);
        }
        for (table, rows) in other.overlay {
            self.overlay.entry(table).or_default().extend(rows);
        }
    }

    /// Checks that the log takes each of the outputs.
    ///
    /// # Errors
    /// [`LogError::TooLarge`] for the first that it does not.
    pub fn check(&self) -> Result<(), LogError> {
        self.outputs.iter().try_for_each(Outgoing::check_size)
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
        Ok(Self::of(log.join(spec)?, log, spec))
    }

    /// As [`Session::join`], for a command: [`Log::join_without_hold`].
    ///
    /// # Errors
    /// As [`Log::join`].
    pub fn join_without_hold(log: &dyn Log, spec: &MemberSpec) -> Result<Self, LogError> {
        Ok(Self::of(log.join_without_hold(spec)?, log, spec))
    }

    fn of(member: Box<dyn Member>, log: &dyn Log, spec: &MemberSpec) -> Self {
        Session {
            member,
            tables: Tables::new(spec.tables.clone(), log.clock()),
            revoked: HashMap::new(),
            forgotten_at: Instant::now(),
            max_record_bytes: log.max_record_bytes(),
            metrics: None,
            carried: VecDeque::new(),
        }
    }

    /// Counts and times the session's commits in `metrics`.
    #[must_use]
    pub fn measured_by(self, metrics: StageMetrics) -> Self {
        Session { metrics: Some(metrics), ..self }
    }

    /// Polls the member, and restores the tables of partitions that it is assigned. Records that were carried over come first.
    ///
    /// # Errors
    /// As [`Member::poll`] and [`Member::restore`].
    pub fn poll(&mut self, max: usize, wait: Duration) -> Result<Event, LogError> {
        let has_carried = !self.carried.is_empty();
        // The member is asked in any case: only so does it serve its group. One record more than is taken keeps this bounded.
        let (wanted, wait) =
            if has_carried { (max.saturating_sub(self.carried.len()).max(1), Duration::ZERO) } else { (max, wait) };
        let event = self.member.poll(wanted, wait)?;
        self.forget();
        match &event {
            Event::Assigned(partitions) => {
                let kept = partitions.iter().filter_map(|one| Some((*one, self.revoked.remove(one)?.0))).collect();
                let mut restored = self.member.resume(partitions, kept)?;
                for partition in partitions {
                    self.tables.owned.insert(*partition, restored.remove(partition).unwrap_or_default());
                }
            }
            Event::Revoked(partitions) => {
                for partition in partitions {
                    if let Some(tables) = self.tables.owned.remove(partition) {
                        self.revoked.insert(*partition, (tables, Instant::now()));
                    }
                }
                self.carried.retain(|record| !partitions.contains(&record.partition));
            }
            Event::Records(records) if !has_carried => self.tables.note_time(records),
            Event::Idle if !has_carried => {}
            Event::Records(_) | Event::Idle => {
                if let Event::Records(records) = event {
                    self.tables.note_time(&records);
                    self.carried.extend(records);
                }
                let count = self.carried.len().min(max.max(1));
                return Ok(Event::Records(self.carried.drain(..count).collect()));
            }
        }
        Ok(event)
    }

    /// Drops what is no longer needed: rows that their changelog has forgotten, and tables of partitions that did not return.
    fn forget(&mut self) {
        self.revoked.retain(|_, (_, since)| since.elapsed() < KEEP_REVOKED);
        if self.forgotten_at.elapsed() < FORGET_EVERY {
            return;
        }
        self.forgotten_at = Instant::now();
        self.tables.forget();
    }

    /// Returns the last records of a poll, which were not processed, to the next poll.
    pub(crate) fn carry(&mut self, records: impl DoubleEndedIterator<Item = Record>) {
        records.rev().for_each(|record| self.carried.push_front(record));
    }

    /// The tables, with the rows of the owned partitions.
    #[must_use]
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The changelog of a table.
    ///
    /// # Errors
    /// [`LogError::Config`] if the session has no such table.
    pub fn changelog<M: wire::Message>(&self, table: &Table<M>) -> Result<&str, LogError> {
        Ok(self.tables.find(table)?.1)
    }

    /// Largest record that the log accepts, in bytes.
    #[must_use]
    pub fn max_record_bytes(&self) -> usize {
        self.max_record_bytes
    }

    /// The time of the log's clock.
    #[must_use]
    pub fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond((self.tables.clock)()).unwrap_or_else(|_| jiff::Timestamp::now())
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

    /// What the member has found about its partitions since the last call.
    pub fn findings(&mut self) -> Findings {
        self.member.findings()
    }

    /// Commits a transaction. Only when it has succeeded do its changes become the tables' state.
    ///
    /// # Errors
    /// As [`Member::commit`]. The tables are unchanged.
    pub fn commit(&mut self, transaction: Transaction) -> Result<(), LogError> {
        let began = Instant::now();
        let Transaction { outputs, offsets, overlay, .. } = transaction;
        if sabotaged(Sabotage::StateFirst) {
            self.tables.apply(overlay);
            return self.member.commit(Batch { outputs, offsets });
        }
        self.member.commit(Batch { outputs, offsets }).inspect_err(|_| self.carried.clear())?;
        self.tables.apply(overlay);
        if let Some(metrics) = &self.metrics {
            metrics.commit_seconds.observe(began.elapsed().as_secs_f64());
            metrics.committed.inc();
        }
        Ok(())
    }

    /// Drops uncommitted work: its records are read again.
    ///
    /// # Errors
    /// As [`Member::rewind`].
    pub fn rewind(&mut self) -> Result<(), LogError> {
        self.carried.clear();
        self.member.rewind()
    }
}

#[cfg(test)]
mod tests;
