//! Rows of tables, as their changelogs hold them.

use proto::wire;
use std::collections::HashMap;

/// The rows of one partition of a table by key, encoded.
pub type Rows = HashMap<Vec<u8>, Row>;

/// A row as the changelog holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The record's `content-type`; `None` where it has none.
    pub content_type: Option<String>,
    /// The record's value.
    pub value: Vec<u8>,
}

impl Row {
    /// The row as the message that its content type names.
    ///
    /// # Errors
    /// Where the value is no such message.
    pub fn decode<M: wire::Message>(&self) -> Result<M, wire::DecodeError> {
        wire::decode(self.content_type.as_deref(), &self.value)
    }
}
