//! Settings of librdkafka's clients, and the meaning of their errors.

use crate::{Headers, LogError, Record};
use rdkafka::{
    ClientConfig, ClientContext, Message,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::{BorrowedMessage, Headers as _},
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How to reach a cluster, and its timeouts.
#[derive(Debug, Clone)]
pub struct KafkaConfig {
    /// `host:port`, comma separated.
    pub bootstrap: String,
    /// Security of the connections.
    pub security: Security,
    /// Time after which a broker aborts the transaction of a silent producer.
    pub transaction_timeout: Duration,
    /// Time after which a group gives the partitions of a silent member to others.
    pub session_timeout: Duration,
    /// Replicas of topics that are created; `None` for the broker's default.
    pub replication: Option<i32>,
    /// How long a position that a partition does not have is asked for again, before the partition is held.
    pub position_patience: Duration,
    /// How often the position of a partition without new records is committed.
    pub position_interval: Duration,
}

impl KafkaConfig {
    /// A cluster without encryption or authentication; transactions time out after 10 s, sessions after 6 s.
    #[must_use]
    pub fn new(bootstrap: &str) -> Self {
        KafkaConfig {
            bootstrap: bootstrap.to_owned(),
            security: Security::Plaintext,
            transaction_timeout: Duration::from_secs(10),
            session_timeout: Duration::from_secs(6),
            replication: None,
            position_patience: Duration::from_secs(60),
            position_interval: Duration::from_secs(24 * 60 * 60),
        }
    }

    /// Longest time of one call: that of a transaction.
    pub(super) fn call_timeout(&self) -> Duration {
        self.transaction_timeout
    }

    /// Longest time of a transaction from begin to commit: three fifths of the time after which the broker aborts it.
    pub(super) fn commit_timeout(&self) -> Duration {
        self.transaction_timeout * 3 / 5
    }

    pub(super) fn client(&self) -> ClientConfig {
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", &self.bootstrap)
            .set("client.id", "newswire")
            // Short, so that a client reconnects soon after a broker's restart.
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
                    .set("sasl.mechanism", mechanism.name())
                    .set("sasl.username", username)
                    .set("sasl.password", password);
                if let Some(ca) = ca {
                    client.set("ssl.ca.location", ca);
                }
            }
        }
        client
    }

    /// A consumer outside any group, without stored offsets.
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

/// Security of a connection.
#[derive(Clone)]
pub enum Security {
    /// Neither encrypted nor authenticated.
    Plaintext,
    /// Encrypted with TLS.
    Ssl {
        /// File with the authority's certificates; `None` for the system's authorities.
        ca: Option<String>,
    },
    /// Encrypted with TLS, authenticated by user and password.
    SaslSsl {
        /// File with the authority's certificates; `None` for the system's authorities.
        ca: Option<String>,
        /// How the password is sent.
        mechanism: SaslMechanism,
        /// User.
        username: String,
        /// Password.
        password: String,
    },
}

impl Security {
    /// Its protocol, as in `--kafka-security`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Security::Plaintext => "plaintext",
            Security::Ssl { .. } => "ssl",
            Security::SaslSsl { .. } => "sasl-ssl",
        }
    }
}

/// SASL mechanisms of librdkafka that authenticate by user and password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaslMechanism {
    /// RFC 7677 with SHA-512.
    ScramSha512,
    /// RFC 7677.
    ScramSha256,
    /// RFC 4616: the password itself.
    Plain,
}

impl SaslMechanism {
    /// Its registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
            SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
            SaslMechanism::Plain => "PLAIN",
        }
    }
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

/// Logs what librdkafka reports, at debug level: the stage logs what an error means.
pub(super) struct QuietContext;

impl ClientContext for QuietContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
    }
}

impl rdkafka::consumer::ConsumerContext for QuietContext {}

pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    tracing::debug!(?level, facility, message, "kafka client");
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
        (KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_), _) => LogError::Config(error.to_string()),
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

/// First and next offset of a partition. Waits up to `timeout` while it has no leader, as after its topic was created or while
/// a broker restarts.
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
        let is_passing = matches!(
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
        if !is_passing || Instant::now() > end {
            return Err(log_error(&error));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Locks a mutex that is only held for an assignment, so that a panic cannot have left its value inconsistent.
pub(super) fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
