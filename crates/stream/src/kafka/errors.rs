//! What the errors of librdkafka's clients mean.

use crate::LogError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// A right that a call needs: an operation, as Kafka's access control lists name it, and what it is on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Right<'a> {
    Topic(&'static str, &'a str),
    Group(&'static str, &'a str),
    TransactionalId(&'static str, &'a str),
}

impl Right<'_> {
    fn is_denied_by(self, code: RDKafkaErrorCode) -> bool {
        match self {
            Right::Topic(..) => code == RDKafkaErrorCode::TopicAuthorizationFailed,
            Right::Group(..) => code == RDKafkaErrorCode::GroupAuthorizationFailed,
            Right::TransactionalId(..) => code == RDKafkaErrorCode::TransactionalIdAuthorizationFailed,
        }
    }
}

impl std::fmt::Display for Right<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Right::Topic(operation, name) => write!(f, "{operation} on topic {name}"),
            Right::Group(operation, name) => write!(f, "{operation} on group {name}"),
            Right::TransactionalId(operation, name) => write!(f, "{operation} on transactional id {name}"),
        }
    }
}

/// A right that the cluster does not grant, for [`LogError::Denied`].
pub(super) fn missing(right: Right<'_>) -> String {
    format!("{right} is missing")
}

/// The first of these rights that the error says is missing.
pub(super) fn denied(error: &KafkaError, rights: &[Right<'_>]) -> Option<String> {
    let code = match error {
        KafkaError::Transaction(inner) => Some(inner.code()),
        other => other.rdkafka_error_code(),
    }?;
    rights.iter().find(|right| right.is_denied_by(code)).map(|right| missing(*right))
}

/// As [`log_error`], for a call that needs these rights: the one that the cluster does not grant is named.
pub(super) fn log_error_of(error: &KafkaError, rights: &[Right<'_>]) -> LogError {
    match (denied(error, rights), log_error(error)) {
        (None, other) => other,
        // The transaction has to be aborted all the same, and a client that has failed for good to be replaced.
        (Some(right), LogError::Aborted(_)) => LogError::Aborted(right),
        (Some(right), LogError::Lost(_)) => LogError::Lost(right),
        (Some(right), _) => LogError::Denied(right),
    }
}

/// What a client's error means to a stage.
pub(super) fn log_error(error: &KafkaError) -> LogError {
    if let KafkaError::Transaction(inner) = error {
        return if fences(inner.code()) {
            LogError::Fenced(inner.to_string())
        } else if inner.txn_requires_abort() {
            LogError::Aborted(inner.to_string())
        } else {
            // Fatal or timed out. librdkafka lacks KIP-890, so a producer whose request timed out is not used again.
            LogError::Lost(inner.to_string())
        };
    }
    match (error, error.rdkafka_error_code()) {
        (_, Some(code)) if fences(code) => LogError::Fenced(error.to_string()),
        (KafkaError::MessageConsumptionFatal(_), _) => LogError::Lost(error.to_string()),
        (KafkaError::Canceled, _) => LogError::Lost("a call of the client does not return".to_owned()),
        // Not the value, which may be a secret.
        (KafkaError::ClientConfig(_, why, name, _), _) => LogError::Config(format!("{name}: {why}")),
        (KafkaError::ClientCreation(_), _) => LogError::Config(error.to_string()),
        (_, Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic)) => {
            LogError::NoTopic(error.to_string())
        }
        _ => LogError::Unavailable(error.to_string()),
    }
}

/// Codes with which a broker reports that another producer has taken the transactional id. `FencedInstanceId` is not one of
/// them: a restarted coordinator may report it of a member that only rejoins.
fn fences(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch)
}
