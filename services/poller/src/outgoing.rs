//! A record that the poller writes.

use jiff::Timestamp;
use proto::{key::KeyError, topic::InTopic, wire};
use stream::{LogError, Outgoing, Runtime};

const SOURCE: &str = "newswire/poller";

pub(crate) fn unencodable(error: wire::EncodeError) -> LogError {
    LogError::Corrupt(error.to_string())
}

pub(crate) fn bad_key(error: KeyError) -> LogError {
    LogError::Corrupt(error.to_string())
}

/// The record of a message. `id` identifies the event.
pub(crate) fn outgoing<M: InTopic>(
    runtime: &Runtime,
    (partition, key): (i32, Vec<u8>),
    value: Vec<u8>,
    id: &str,
    trace: Option<&str>,
    now: Timestamp,
) -> Result<Outgoing, LogError> {
    let event = wire::Attributes { id, event_type: M::TYPE, source: SOURCE, time: now };
    Ok(Outgoing {
        topic: runtime.names.of(M::TOPIC),
        partition,
        key,
        value: Some(value),
        headers: wire::headers(M::TOPIC.encoding(runtime.encoding), &event, trace),
    })
}
