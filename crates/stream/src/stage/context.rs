//! What a step sees of its stage.

use super::StageSpec;
use crate::{LogError, Outgoing, ProcessError, Record, Table, Tables, Transaction};
use proto::{partition, topic::InTopic, wire};
use std::collections::HashMap;

/// What a step may do: read tables, change them, emit records. Nothing of it is visible before the commit.
pub struct ProcessContext<'a> {
    /// Time at which the batch is processed.
    pub now: jiff::Timestamp,
    pub(super) spec: &'a StageSpec,
    pub(super) tables: &'a Tables,
    /// Largest record that the log accepts, in bytes.
    pub(super) max_record_bytes: usize,
    /// Number of partitions of each topic that the step may emit to.
    pub(super) partitions: &'a HashMap<String, i32>,
    pub(super) transaction: &'a Transaction,
    pub(super) source: &'a Record,
    pub(super) effects: Effects,
}

/// What a step has done so far.
#[derive(Default)]
pub(super) struct Effects {
    outputs: Vec<Outgoing>,
    /// Changed rows, with their tables' numbers.
    rows: Vec<(usize, Outgoing)>,
}

impl Effects {
    fn len(&self) -> usize {
        self.outputs.len() + self.rows.len()
    }

    /// Bytes of all records that would be written.
    pub(super) fn bytes(&self) -> usize {
        self.outputs.iter().chain(self.rows.iter().map(|(_, change)| change)).map(Outgoing::size).sum()
    }

    pub(super) fn move_to(self, transaction: &mut Transaction) {
        self.rows.into_iter().for_each(|(number, change)| transaction.put_numbered(number, change));
        self.outputs.into_iter().for_each(|output| transaction.write(output));
    }
}

impl ProcessContext<'_> {
    /// The row of `key` in `table`, in the input's partition. Changes of this step are not visible to it.
    ///
    /// # Errors
    /// [`LogError::Config`] if the stage has no such table; poison if the row cannot be decoded: other records have other rows.
    pub fn get<M: wire::Message>(&self, table: &Table<M>, key: impl AsRef<[u8]>) -> Result<Option<M>, ProcessError> {
        self.tables.get(table, self.transaction, self.source.partition, key.as_ref()).map_err(|error| match error {
            LogError::Corrupt(detail) => ProcessError::poison("undecodable-state", detail),
            other => other.into(),
        })
    }

    /// Writes the row of `key` in `table`, in the input's partition.
    ///
    /// # Errors
    /// Poison if the row cannot be encoded or is over the limit; [`LogError::Config`] if the stage has no such
    /// table.
    pub fn put<M: InTopic>(&mut self, table: &Table<M>, key: impl AsRef<[u8]>, row: &M) -> Result<(), ProcessError> {
        let (number, changelog) = self.tables.find(table)?;
        let change = self.outgoing(changelog, self.source.partition, key.as_ref(), row)?;
        self.effects.rows.push((number, change));
        Ok(())
    }

    /// Deletes the row of `key` in `table`, in the input's partition.
    ///
    /// # Errors
    /// [`LogError::Config`] if the stage has no such table.
    pub fn delete<M: InTopic>(&mut self, table: &Table<M>, key: impl AsRef<[u8]>) -> Result<(), ProcessError> {
        let (number, changelog) = self.tables.find(table)?;
        let tombstone = Outgoing::tombstone(changelog, self.source.partition, key.as_ref());
        self.effects.rows.push((number, tombstone));
        Ok(())
    }

    /// Emits a record on the partition that its key belongs to.
    ///
    /// # Errors
    /// Poison if it cannot be encoded or is over the limit; [`LogError::NoTopic`] if `topic` is not one of the
    /// stage's outputs.
    pub fn emit<M: InTopic>(&mut self, topic: &str, key: impl AsRef<[u8]>, message: &M) -> Result<(), ProcessError> {
        let key = key.as_ref();
        self.emit_by(topic, key, message, |partitions| partition::of(key, partitions))
    }

    /// As [`ProcessContext::emit`], on the partition that `choose` returns for the number of the topic's partitions.
    ///
    /// # Errors
    /// As [`ProcessContext::emit`].
    pub fn emit_by<M: InTopic>(
        &mut self,
        topic: &str,
        key: impl AsRef<[u8]>,
        message: &M,
        choose: impl FnOnce(i32) -> i32,
    ) -> Result<(), ProcessError> {
        let count = self.partitions.get(topic).ok_or_else(|| LogError::NoTopic(topic.to_owned()))?;
        let output = self.outgoing(topic, choose(*count), key.as_ref(), message)?;
        self.effects.outputs.push(output);
        Ok(())
    }

    fn outgoing<M: InTopic>(
        &self,
        topic: &str,
        partition: i32,
        key: &[u8],
        message: &M,
    ) -> Result<Outgoing, ProcessError> {
        let encoding = M::TOPIC.encoding(self.spec.encoding);
        let value = encoding.encode(message).map_err(|error| ProcessError::poison("unencodable", error.to_string()))?;
        // Derived from the input's coordinates, so that processing it again writes the same id.
        let from = self.source;
        let event = wire::Attributes {
            id: &format!("{}/{}/{}/{}", from.topic, from.partition, from.offset, self.effects.len()),
            event_type: M::TYPE,
            source: &format!("newswire/{}", self.spec.member.stage),
            time: self.now,
        };
        let headers = wire::headers(encoding, &event, from.header(wire::TRACEPARENT));
        let output = Outgoing { topic: topic.to_owned(), partition, key: key.to_vec(), value: Some(value), headers };
        let limit = self.max_record_bytes;
        if output.size() > limit {
            let detail = format!("{} would be {} bytes, the limit is {limit}", M::TYPE, output.size());
            return Err(ProcessError::poison("too-large", detail));
        }
        Ok(output)
    }
}
