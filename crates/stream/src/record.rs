//! Records as they are read and written.

use crate::{LogError, header};
use proto::wire;

/// Largest record that a stage writes, in bytes of key, value and headers. It is below Kafka's default `message.max.bytes`
/// (1,048,588).
pub const MAX_RECORD_BYTES: usize = 1_000_000;
/// Largest dead letter: a record of a foreign producer may be as large as the broker's default allows, and its dead letter has
/// more headers.
pub const MAX_DEAD_LETTER_BYTES: usize = 1_200_000;

/// Name and value of each header, in order. Names may repeat.
pub type Headers = Vec<(String, Vec<u8>)>;

/// A record read from a log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Record {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// Offset in the partition. Offsets grow, with gaps.
    pub offset: i64,
    /// Time of writing in milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Key; empty if the record has none.
    pub key: Vec<u8>,
    /// Value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers.
    pub headers: Headers,
}

impl Record {
    /// Value of the last header of that name, if it is UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The key as text; `None` if it is not UTF-8.
    #[must_use]
    pub fn key_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.key).ok()
    }

    /// Bytes of key, value and headers.
    #[must_use]
    pub fn size(&self) -> usize {
        size(&self.key, self.value.as_ref(), &self.headers)
    }

    /// # Errors
    /// [`LogError::Newer`] if a newer version of newswire wrote the record, and this one does not know its format.
    pub(crate) fn check_format(&self) -> Result<(), LogError> {
        wire::check_format(self.header(wire::FORMAT_HEADER)).map_err(|error| {
            let Record { topic, partition, offset, .. } = self;
            LogError::Newer(format!("topic {topic}, partition {partition}, offset {offset}: {error}"))
        })
    }

    /// The value as the message that its content type names.
    ///
    /// # Errors
    /// If the record is a tombstone, its value cannot be decoded, or its format is newer than this version.
    pub fn decode<M: wire::Message>(&self) -> Result<M, wire::DecodeError> {
        wire::check_format(self.header(wire::FORMAT_HEADER))?;
        let value = self.value.as_deref().ok_or(wire::DecodeError::NoValue)?;
        wire::decode(self.header(wire::CONTENT_TYPE), value)
    }
}

/// Value of the last header of that name, if it is UTF-8.
#[must_use]
pub fn find<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.iter().rev().find(|(key, _)| key == name).and_then(|(_, value)| std::str::from_utf8(value).ok())
}

/// A record to write.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Outgoing {
    /// Topic.
    pub topic: String,
    /// Partition. Always given, so that no client library chooses it.
    pub partition: i32,
    /// Key.
    pub key: Vec<u8>,
    /// Value; `None` is a tombstone.
    pub value: Option<Vec<u8>>,
    /// Headers.
    pub headers: Headers,
}

impl Outgoing {
    /// A tombstone for `key`.
    #[must_use]
    pub fn tombstone(topic: &str, partition: i32, key: impl Into<Vec<u8>>) -> Self {
        Outgoing { topic: topic.to_owned(), partition, key: key.into(), value: None, headers: Headers::new() }
    }

    /// Checks the record against [`MAX_RECORD_BYTES`], a dead letter against [`MAX_DEAD_LETTER_BYTES`].
    ///
    /// # Errors
    /// [`LogError::TooLarge`].
    pub fn check_size(&self) -> Result<(), LogError> {
        let is_dead_letter = self.headers.iter().any(|(name, _)| name == header::STAGE);
        let limit = if is_dead_letter { MAX_DEAD_LETTER_BYTES } else { MAX_RECORD_BYTES };
        let bytes = self.size();
        if bytes <= limit {
            return Ok(());
        }
        Err(LogError::TooLarge {
            topic: self.topic.clone(),
            key: String::from_utf8_lossy(&self.key).into_owned(),
            bytes,
            limit,
        })
    }

    /// Bytes of key, value and headers.
    #[must_use]
    pub fn size(&self) -> usize {
        size(&self.key, self.value.as_ref(), &self.headers)
    }
}

fn size(key: &[u8], value: Option<&Vec<u8>>, headers: &Headers) -> usize {
    let headers: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    key.len() + value.map_or(0, Vec::len) + headers
}
