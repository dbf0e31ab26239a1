//! The socket's protocol: frames of a length (four bytes, big-endian) and a message in postcard.

use super::{report, tables};
use crate::{LogError, Outgoing, Record, Start, TopicSpec};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::HashMap,
    io::{self, Read, Write},
    path::PathBuf,
};

/// Largest frame. A batch ends with the record that passes 8 MiB.
pub(super) const MAX_FRAME: usize = 16 * 1024 * 1024;
/// Raised whenever a message changes: both ends must have the same version.
pub(super) const VERSION: u32 = 4;

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    /// The client's version. First on every connection.
    Hello(u32),
    /// Name, partitions, kind of retention and its milliseconds, whether it is a changelog.
    EnsureTopics(Vec<(String, i32, u8, i64, bool)>),
    Partitions(String),
    Starts(String),
    Ends(String),
    Committed {
        group: String,
        topic: String,
    },
    Append(Vec<Outgoing>),
    /// Opens the connection's tail, and closes an earlier one.
    Tail(String, Start),
    Poll {
        max: u32,
        wait_ms: u64,
    },
    /// Verifies every record.
    Check,
    /// Writes a copy of the log to a file.
    Backup(PathBuf),
    /// The groups that retention waits for.
    Groups,
    /// Lets retention delete what a group has not read.
    Release(String),
}

#[derive(Serialize, Deserialize)]
pub(super) enum Answer {
    /// The process that holds the log.
    Hello(u32),
    Done,
    Partitions(i32),
    Offsets(HashMap<i32, i64>),
    Records {
        records: Vec<Record>,
        is_caught_up: bool,
    },
    Failed(WireError),
    Checked(report::Report),
    Copied(report::Copied),
    Groups(Vec<report::Group>),
    Released(u64),
}

#[derive(Serialize, Deserialize)]
pub(super) enum WireError {
    TooLarge { topic: String, key: String, bytes: u64, limit: u64 },
    NoTopic(String),
    Config(String),
    Corrupt(String),
    Other(String),
}

impl From<LogError> for WireError {
    fn from(error: LogError) -> Self {
        match error {
            LogError::TooLarge { topic, key, bytes, limit } => {
                WireError::TooLarge { topic, key, bytes: bytes as u64, limit: limit as u64 }
            }
            LogError::NoTopic(topic) => WireError::NoTopic(topic),
            LogError::Config(what) => WireError::Config(what),
            LogError::Corrupt(what) => WireError::Corrupt(what),
            other => WireError::Other(other.to_string()),
        }
    }
}

impl From<WireError> for LogError {
    fn from(error: WireError) -> Self {
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        match error {
            WireError::TooLarge { topic, key, bytes, limit } => {
                LogError::TooLarge { topic, key, bytes: size(bytes), limit: size(limit) }
            }
            WireError::NoTopic(topic) => LogError::NoTopic(topic),
            WireError::Config(what) => LogError::Config(what),
            WireError::Corrupt(what) => LogError::Corrupt(what),
            WireError::Other(what) => LogError::Unavailable(what),
        }
    }
}

pub(super) fn from_topics(specs: &[TopicSpec]) -> Request {
    let row = |spec: &TopicSpec| {
        let (kind, ms) = tables::kind(spec.retention);
        (spec.name.clone(), spec.partitions, kind, ms, spec.is_state)
    };
    Request::EnsureTopics(specs.iter().map(row).collect())
}

pub(super) fn to_topic((name, partitions, kind, ms, is_state): (String, i32, u8, i64, bool)) -> TopicSpec {
    TopicSpec { name, partitions, retention: tables::retention(kind, ms), is_state }
}

/// Sends one message.
///
/// # Errors
/// `InvalidInput` if the message is too large for a frame; the errors of writing.
pub(super) fn send(stream: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let body = postcard::to_allocvec(message).map_err(io::Error::other)?;
    if body.len() > MAX_FRAME {
        let what = format!("a message of {} bytes is over the limit of {MAX_FRAME}", body.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), body.as_slice()].concat())
}

/// Receives one message.
///
/// # Errors
/// `InvalidData` if the frame is too large or holds no message; the errors of reading.
pub(super) fn receive<T: DeserializeOwned>(stream: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a message of {length} bytes")));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    postcard::from_bytes(&body).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}
