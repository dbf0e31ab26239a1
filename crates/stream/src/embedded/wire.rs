//! What goes over the socket: frames of a length (four bytes, big-endian) and a message in postcard.

use crate::{LogError, Outgoing, Record, Start, TopicSpec};
use proto::topic::Retention;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::HashMap,
    io::{self, Read, Write},
};

/// Largest frame. A batch of records ends behind 8 MiB, and one record more.
pub(super) const MAX_FRAME: usize = 16 * 1024 * 1024;
/// Goes up whenever a message changes: both ends are then of one version.
pub(super) const VERSION: u32 = 2;

#[derive(Serialize, Deserialize)]
pub(super) enum Request {
    /// The first on every connection.
    Hello(u32),
    /// Name, partitions, kind of retention and its milliseconds, whether it is state.
    EnsureTopics(Vec<(String, i32, u8, i64, bool)>),
    Partitions(String),
    Ends(String),
    Committed {
        group: String,
        topic: String,
    },
    Append(Vec<Outgoing>),
    /// One tail a connection.
    Tail(String, Start),
    Poll {
        max: u32,
        wait_ms: u64,
    },
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
    LogError(WireFault),
}

#[derive(Serialize, Deserialize)]
pub(super) enum WireFault {
    TooLarge { topic: String, key: String, bytes: u64, limit: u64 },
    NoTopic(String),
    Config(String),
    Corrupt(String),
    Other(String),
}

impl std::convert::From<LogError> for WireFault {
    fn from(fault: LogError) -> Self {
        match fault {
            LogError::TooLarge { topic, key, bytes, limit } => {
                WireFault::TooLarge { topic, key, bytes: bytes as u64, limit: limit as u64 }
            }
            LogError::NoTopic(topic) => WireFault::NoTopic(topic),
            LogError::Config(what) => WireFault::Config(what),
            LogError::Corrupt(what) => WireFault::Corrupt(what),
            other => WireFault::Other(other.to_string()),
        }
    }
}

impl std::convert::From<WireFault> for LogError {
    fn from(fault: WireFault) -> Self {
        let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        match fault {
            WireFault::TooLarge { topic, key, bytes, limit } => {
                LogError::TooLarge { topic, key, bytes: size(bytes), limit: size(limit) }
            }
            WireFault::NoTopic(topic) => LogError::NoTopic(topic),
            WireFault::Config(what) => LogError::Config(what),
            WireFault::Corrupt(what) => LogError::Corrupt(what),
            WireFault::Other(what) => LogError::Unavailable(what),
        }
    }
}

pub(super) fn from_topics(specs: &[TopicSpec]) -> Request {
    let row = |spec: &TopicSpec| {
        let (kind, ms) = match spec.retention {
            Retention::Compact => (0, 0),
            Retention::CompactDelete(ms) => (1, ms),
            Retention::Delete(ms) => (2, ms),
        };
        (spec.name.clone(), spec.partitions, kind, ms, spec.is_state)
    };
    Request::EnsureTopics(specs.iter().map(row).collect())
}

pub(super) fn to_topic((name, partitions, kind, ms, is_state): (String, i32, u8, i64, bool)) -> TopicSpec {
    let retention = match kind {
        0 => Retention::Compact,
        1 => Retention::CompactDelete(ms),
        _ => Retention::Delete(ms),
    };
    TopicSpec { name, partitions, retention, is_state }
}

/// # Errors
/// Where the message is too large for a frame, or the other end is gone.
pub(super) fn send(stream: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let body = postcard::to_allocvec(message).map_err(io::Error::other)?;
    if body.len() > MAX_FRAME {
        let what = format!("{} bytes are too many for one message, at most {MAX_FRAME}", body.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    }
    let length = u32::try_from(body.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), body.as_slice()].concat())
}

/// # Errors
/// Where the other end is gone, or sends what is no message.
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
