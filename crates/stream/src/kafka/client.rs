//! Settings of the clients, and what their errors mean.

use crate::{Headers, LogError, Record};
use rdkafka::{
    ClientConfig, ClientContext, Message,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::{BorrowedMessage, Headers as _},
};
use std::time::{Duration, Instant};

/// How to reach a cluster, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct KafkaConfig {
    /// `host:port`, comma separated.
    pub bootstrap: String,
    /// How the connection is secured.
    pub security: Security,
    /// After this a broker aborts a transaction whose owner has gone silent.
    pub transaction_timeout: Duration,
    /// After this a group gives a silent member's partitions to others.
    pub session_timeout: Duration,
    /// Replicas of topics that are created; `None` takes the broker's default.
    pub replication: Option<i32>,
}

impl KafkaConfig {
    /// An unsecured cluster, with the design's timeouts: transactions 10 s, sessions 6 s.
    #[must_use]
    pub fn new(bootstrap: &str) -> Self {
        KafkaConfig {
            bootstrap: bootstrap.to_owned(),
            security: Security::Plaintext,
            transaction_timeout: Duration::from_secs(10),
            session_timeout: Duration::from_secs(6),
            replication: None,
        }
    }

    /// How long one call may take: as long as a transaction may.
    pub(super) fn call_timeout(&self) -> Duration {
        self.transaction_timeout
    }

    pub(super) fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", &self.bootstrap)
            .set("client.id", "newswire")
            // Reconnect soon after a broker restart: its absence is bounded by the transaction timeout, not by this.
            .set("reconnect.backoff.ms", "50")
            .set("reconnect.backoff.max.ms", "1000")
            .set("socket.keepalive.enable", "true")
            .set_log_level(RDKafkaLogLevel::Warning);
        match &self.security {
            Security::Plaintext => {}
            Security::Ssl { ca } => {
                client.set("security.protocol", "ssl");
                if let Some(ca) = ca {
                    client.set("ssl.ca.location", ca);
                }
            }
            Security::SaslSsl { ca, mechanism, username, password } => {
                client
                    .set("security.protocol", "sasl_ssl")
                    .set("sasl.mechanism", mechanism)
                    .set("sasl.username", username)
                    .set("sasl.password", password);
                if let Some(ca) = ca {
                    client.set("ssl.ca.location", ca);
                }
            }
        }
        client
    }

    /// A consumer of its own: no group protocol, no stored offsets.
    pub(super) fn reader(&self, isolation: &str) -> ClientConfig {
        let mut client = self.client();
        client
            .set("group.id", "newswire.reader")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", isolation)
            .set("fetch.wait.max.ms", "50")
            .set("fetch.error.backoff.ms", "50");
        client
    }
}

/// How a connection is secured.
#[derive(Clone)]
pub enum Security {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// Encrypted.
    Ssl {
        /// File of the authority's certificates; the system's where `None`.
        ca: Option<String>,
    },
    /// Encrypted, and authenticated by name and password.
    SaslSsl {
        /// File of the authority's certificates; the system's where `None`.
        ca: Option<String>,
        /// `SCRAM-SHA-512`, `SCRAM-SHA-256` or `PLAIN`.
        mechanism: String,
        /// User.
        username: String,
        /// Password.
        password: String,
    },
}

impl std::fmt::Debug for Security {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Security::Plaintext => "Plaintext",
            Security::Ssl { .. } => "Ssl",
            Security::SaslSsl { .. } => "SaslSsl(password hidden)",
        })
    }
}

/// Client log lines go to tracing: a librdkafka warning is a debug line of ours, for the stage reports what it means.
pub(super) struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl rdkafka::consumer::ConsumerContext for Quiet {}

pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    tracing::debug!(?level, facility, message, "kafka client");
}

/// What an error of the client means to a stage.
pub(super) fn fault(error: &KafkaError) -> LogError {
    if let KafkaError::Transaction(inner) = error {
        return if fences(inner.code()) {
            LogError::Fenced(inner.to_string())
        } else if inner.txn_requires_abort() {
            LogError::Aborted(inner.to_string())
        } else {
            // Fatal, or timed out: librdkafka has no KIP-890, so a producer whose request timed out is not used again.
            LogError::Lost(inner.to_string())
        };
    }
    match (error, error.rdkafka_error_code()) {
        (_, Some(code)) if fences(code) => LogError::Fenced(error.to_string()),
        (KafkaError::MessageConsumptionFatal(_), _) => LogError::Lost(error.to_string()),
        (KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_), _) => LogError::Config(error.to_string()),
        (_, Some(RDKafkaErrorCode::UnknownTopicOrPartition | RDKafkaErrorCode::UnknownTopic)) => {
            LogError::NoTopic(error.to_string())
        }
        _ => LogError::Unavailable(error.to_string()),
    }
}

/// Codes by which a broker says that another holds the transactional id. A fenced group instance id is not among them: a
/// coordinator that comes back may say so of a member that merely joins again.
fn fences(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::Fenced | RDKafkaErrorCode::ProducerFenced | RDKafkaErrorCode::InvalidProducerEpoch)
}

/// First and next offset of a partition. Waits where it has no leader just now: after its topic was created, or while a
/// broker comes back.
pub(super) fn watermarks<C: rdkafka::consumer::ConsumerContext>(
    consumer: &BaseConsumer<C>,
    topic: &str,
    partition: i32,
    timeout: Duration,
) -> Result<(i64, i64), LogError> {
    let end = Instant::now() + timeout;
    loop {
        let error = match consumer.fetch_watermarks(topic, partition, timeout) {
            Ok(marks) => return Ok(marks),
            Err(error) => error,
        };
        let passes = matches!(
            error.rdkafka_error_code(),
            Some(
                RDKafkaErrorCode::NotLeaderForPartition
                    | RDKafkaErrorCode::LeaderNotAvailable
                    | RDKafkaErrorCode::UnknownTopicOrPartition
                    | RDKafkaErrorCode::UnknownPartition
                    | RDKafkaErrorCode::ReplicaNotAvailable
                    | RDKafkaErrorCode::BrokerTransportFailure
            )
        );
        if !passes || Instant::now() > end {
            return Err(fault(&error));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Copies a message out of the client's buffers.
pub(super) fn record(message: &BorrowedMessage<'_>) -> Record {
    let headers: Headers = message.headers().map_or_else(Headers::new, |headers| {
        headers.iter().map(|one| (one.key.to_owned(), one.value.unwrap_or_default().to_vec())).collect()
    });
    Record {
        topic: message.topic().to_owned(),
        partition: message.partition(),
        offset: message.offset(),
        timestamp_ms: message.timestamp().to_millis().unwrap_or(0),
        key: message.key().unwrap_or_default().to_vec(),
        value: message.payload().map(<[u8]>::to_vec),
        headers,
    }
}
