//! Tables: keyed state of a member, each restored from a changelog topic.

use crate::record;
use proto::wire;
use std::{borrow::Cow, marker::PhantomData, time::Duration};

/// How a row's value is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// The changelog does not tell.
    None,
    /// `application/json`
    Json,
    /// `application/protobuf`
    Protobuf,
    /// One that newswire does not write.
    Other,
}

impl ContentType {
    /// That of a record with these headers.
    #[must_use]
    pub fn of(headers: &crate::Headers) -> Self {
        Self::of_text(record::find(headers, wire::CONTENT_TYPE))
    }

    /// That of the text of the header `content-type`, parameters ignored.
    #[must_use]
    pub fn of_text(text: Option<&str>) -> Self {
        let Some(text) = text else { return ContentType::None };
        match text.split(';').next().unwrap_or(text).trim() {
            "application/json" => ContentType::Json,
            "application/protobuf" => ContentType::Protobuf,
            _ => ContentType::Other,
        }
    }

    fn text(self) -> Option<&'static str> {
        match self {
            ContentType::None => None,
            ContentType::Json => Some("application/json"),
            ContentType::Protobuf => Some("application/protobuf"),
            ContentType::Other => Some("unknown"),
        }
    }

    pub(crate) fn number(self) -> u8 {
        match self {
            ContentType::None => 0,
            ContentType::Json => 1,
            ContentType::Protobuf => 2,
            ContentType::Other => 3,
        }
    }

    pub(crate) fn of_number(number: u8) -> Self {
        match number {
            0 => ContentType::None,
            1 => ContentType::Json,
            2 => ContentType::Protobuf,
            _ => ContentType::Other,
        }
    }
}

/// A row as the changelog holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// How the value is encoded.
    pub content_type: ContentType,
    /// The record's value.
    pub value: Cow<'a, [u8]>,
}

impl Row<'_> {
    /// The row as the message that its content type names.
    ///
    /// # Errors
    /// If the value cannot be decoded.
    pub fn decode<M: wire::Message>(&self) -> Result<M, wire::DecodeError> {
        wire::decode(self.content_type.text(), &self.value)
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
        TableSpec { name: self.name.to_owned(), topic: changelog.to_owned(), retention: None }
    }
}

/// A table of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name, by which a [`Table`] refers to it.
    pub name: String,
    /// Its changelog: a compacted topic with as many partitions as the member's source.
    pub topic: String,
    /// Time after its last writing after which a row is forgotten, as the changelog does; `None` if it is kept forever.
    pub retention: Option<Duration>,
}
