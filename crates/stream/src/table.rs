//! Tables: keyed state of a member, each restored from a changelog topic.

use proto::wire;
use std::{collections::HashMap, marker::PhantomData};

/// The rows of one partition of a table by key, encoded.
pub type Rows = HashMap<Vec<u8>, Row>;

/// A row as the changelog holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The record's `content-type`; `None` if it has none.
    pub content_type: Option<String>,
    /// The record's value.
    pub value: Vec<u8>,
}

impl Row {
    /// The row as the message that its content type names.
    ///
    /// # Errors
    /// If the value cannot be decoded.
    pub fn decode<M: wire::Message>(&self) -> Result<M, wire::DecodeError> {
        wire::decode(self.content_type.as_deref(), &self.value)
    }
}

/// Names one of a member's tables and the message that its rows are.
///
/// ```
/// use proto::v1::ArticleState;
/// const STATE: stream::Table<ArticleState> = stream::Table::new("article-state");
/// assert_eq!(STATE.name(), "article-state");
/// ```
#[derive(Debug)]
pub struct Table<M> {
    name: &'static str,
    row: PhantomData<fn() -> M>,
}

impl<M: wire::Message> Table<M> {
    /// The table that a [`TableSpec`] of the member has given this name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Table { name, row: PhantomData }
    }

    /// Name of the table among the member's.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The table with its changelog, for a member's spec.
    #[must_use]
    pub fn spec(&self, changelog: &str) -> TableSpec {
        TableSpec { name: self.name.to_owned(), topic: changelog.to_owned() }
    }
}

/// A table of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name, by which a [`Table`] refers to it.
    pub name: String,
    /// Its changelog: a compacted topic with as many partitions as the member's source.
    pub topic: String,
}
