//! Values and headers of records.
//!
//! Values are proto3 JSON (`content-type: application/json`) or Protobuf binary (`application/protobuf`). Headers follow
//! the CloudEvents Kafka protocol binding 1.0, binary content mode.

use serde::{Serialize, de::DeserializeOwned};

/// Header that names the encoding of the value.
pub const CONTENT_TYPE: &str = "content-type";
/// Header with the format of a record that is not of format 1.
pub const FORMAT_HEADER: &str = "newswire-format";
/// Newest format of records that this version reads, and the one that it writes. Within a format, fields are only added. A
/// change that an earlier version would misread has the next number: an earlier version then refuses such a record, and the
/// state of a stage, before it writes.
pub const FORMAT: u32 = 1;
/// Header of W3C Trace Context.
pub const TRACEPARENT: &str = "traceparent";

/// A message that is the value of a record. Implemented by the table in [`crate::topic`].
pub trait Message:
    prost::Message + Serialize + DeserializeOwned + Default + Clone + PartialEq + Send + Sync + 'static
{
    /// Name without package: `Article`.
    const NAME: &'static str;
    /// Full name, which is the CloudEvents type: `news.v1.Article`.
    const TYPE: &'static str;
}

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// proto3 JSON, every field present.
    #[default]
    Json,
    /// Protobuf binary.
    Protobuf,
}

impl Encoding {
    /// The media type of the header `content-type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Encoding::Json => "application/json",
            Encoding::Protobuf => "application/protobuf",
        }
    }

    /// The value's bytes.
    ///
    /// # Errors
    /// If a time is outside the years 1 to 9999, which JSON cannot express.
    pub fn encode<M: Message>(self, message: &M) -> Result<Vec<u8>, EncodeError> {
        match self {
            Encoding::Json => serde_json::to_vec(message).map_err(|source| EncodeError { what: M::TYPE, source }),
            Encoding::Protobuf => Ok(message.encode_to_vec()),
        }
    }
}

/// `ce_source` of a record that `newswire replay` wrote: an article enriched again.
pub const SOURCE_REPLAY: &str = "newswire/replay";

/// The message cannot be expressed in JSON.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be written as JSON: {source}")]
pub struct EncodeError {
    what: &'static str,
    source: serde_json::Error,
}

/// The bytes are not the expected message.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not the JSON of this message.
    #[error("not the JSON of {what}: {source}")]
    Json {
        /// The message's type.
        what: &'static str,
        /// The parser's error.
        source: serde_json::Error,
    },
    /// Not the Protobuf of this message.
    #[error("not the Protobuf of {what}: {source}")]
    Protobuf {
        /// The message's type.
        what: &'static str,
        /// The parser's error.
        source: prost::DecodeError,
    },
    /// A newer version of newswire wrote the record.
    #[error(
        "format {0} was written by a newer version of newswire; this one reads formats up to {FORMAT}. Run the newer version"
    )]
    Newer(String),
    /// A content type that newswire does not write.
    #[error("content-type {0:?} is neither application/json nor application/protobuf")]
    ContentType(String),
    /// A tombstone if a message was expected.
    #[error("no value")]
    NoValue,
}

/// Checks the value of the header [`FORMAT_HEADER`].
///
/// # Errors
/// [`DecodeError::Newer`] if it is above [`FORMAT`], or no number.
pub fn check_format(header: Option<&str>) -> Result<(), DecodeError> {
    match header {
        None => Ok(()),
        Some(text) if text.parse::<u32>().is_ok_and(|format| format <= FORMAT) => Ok(()),
        Some(text) => Err(DecodeError::Newer(text.to_owned())),
    }
}

/// Decodes a value by its `content-type` header; without the header it is JSON. Unknown fields are ignored.
///
/// # Errors
/// If the bytes are not this message, or the content type is unknown.
pub fn decode<M: Message>(content_type: Option<&str>, value: &[u8]) -> Result<M, DecodeError> {
    let media_type = content_type.map_or("application/json", |full| full.split(';').next().unwrap_or(full).trim());
    match media_type {
        "application/json" => {
            serde_json::from_slice(value).map_err(|source| DecodeError::Json { what: M::TYPE, source })
        }
        "application/protobuf" => M::decode(value).map_err(|source| DecodeError::Protobuf { what: M::TYPE, source }),
        other => Err(DecodeError::ContentType(other.to_owned())),
    }
}

/// The JSON of a value, whichever encoding it has.
///
/// # Errors
/// As [`decode`].
pub fn json<M: Message>(content_type: Option<&str>, value: &[u8]) -> Result<serde_json::Value, DecodeError> {
    let message: M = decode(content_type, value)?;
    serde_json::to_value(&message).map_err(|source| DecodeError::Json { what: M::TYPE, source })
}

/// CloudEvents 1.0 attributes of a record.
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    /// Unique within `source`. A record that is written again has the same id.
    pub id: &'a str,
    /// [`Message::TYPE`].
    pub event_type: &'a str,
    /// The program that wrote it: `newswire/normaliser`.
    pub source: &'a str,
    /// When it was written.
    pub time: jiff::Timestamp,
}

/// Headers of a record: content type, CloudEvents attributes, the trace if there is one, and the format if it is not 1.
#[must_use]
pub fn headers(encoding: Encoding, event: &Attributes<'_>, traceparent: Option<&str>) -> Vec<(String, Vec<u8>)> {
    let mut headers = vec![
        (CONTENT_TYPE.to_owned(), encoding.content_type().as_bytes().to_vec()),
        ("ce_specversion".to_owned(), b"1.0".to_vec()),
        ("ce_id".to_owned(), event.id.as_bytes().to_vec()),
        ("ce_type".to_owned(), event.event_type.as_bytes().to_vec()),
        ("ce_source".to_owned(), event.source.as_bytes().to_vec()),
        ("ce_time".to_owned(), event.time.to_string().into_bytes()),
    ];
    if let Some(trace) = traceparent {
        headers.push((TRACEPARENT.to_owned(), trace.as_bytes().to_vec()));
    }
    headers.extend(format_header(FORMAT));
    headers
}

/// The header of a record of this format; none for the first.
fn format_header(format: u32) -> Option<(String, Vec<u8>)> {
    (format > 1).then(|| (FORMAT_HEADER.to_owned(), format.to_string().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_above_the_known_one_is_refused_with_its_number() {
        let header = |format| format_header(format).map(|(_, value)| String::from_utf8(value).unwrap());
        for known in 1..=FORMAT {
            assert!(check_format(header(known).as_deref()).is_ok());
        }
        let error = check_format(header(FORMAT + 1).as_deref()).unwrap_err();
        insta::assert_snapshot!(error, @"format 2 was written by a newer version of newswire; this one reads formats up to 1. Run the newer version");
        assert!(check_format(Some("next")).is_err());
    }
}
