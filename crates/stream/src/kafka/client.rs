//! Settings of librdkafka's clients.

use super::{
    errors::{Right, denied, log_error_of},
    security::Security,
};
use crate::{Headers, LogError, Record};
use rdkafka::{
    ClientConfig, ClientContext, Message,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode},
    message::{BorrowedMessage, Headers as _},
    metadata::{Metadata, MetadataTopic},
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The group of clients that are in none. It has no members and no positions.
pub const READER: &str = "newswire.reader";
/// Beginning of the transactional ids of what is written outside a stage; the rest is unique.
pub const APPENDERS: &str = "newswire.append.";

/// Most reports of a client that are read after a call that failed.
pub(super) const MAX_REPORTS: usize = 100;
/// Longest wait for one of them.
pub(super) const REPORT_WAIT: Duration = Duration::from_millis(1);

/// How to reach a cluster, and its timeouts.
#[derive(Debug, Clone)]
pub struct KafkaConfig {
    /// `host:port`, comma separated.
    pub bootstrap: String,
    /// Security of the connections.
    pub security: Security,
    /// Properties of librdkafka that replace newswire's own, as `LogArgs::check` has passed them.
    pub properties: Vec<(String, String)>,
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
            properties: Vec::new(),
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
            // A topic that is missing must not come into being with the broker's settings.
            .set("allow.auto.create.topics", "false")
            .set_log_level(RDKafkaLogLevel::Warning);
        self.security.apply(&mut client);
        self.tuned(client)
    }

    /// Sets what the operator has set. Each kind of client ends with this.
    fn tuned(&self, mut client: ClientConfig) -> ClientConfig {
        for (name, value) in &self.properties {
            client.set(name, value);
        }
        client
    }

    /// A consumer outside any group, without stored offsets.
    pub(super) fn reader(&self, isolation: &str) -> ClientConfig {
        let mut client = self.client();
        client
            .set("group.id", READER)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", isolation)
            .set("fetch.wait.max.ms", "50")
            // Enough for several batches of some hundred records. A response has up to a quarter of a megabyte of each partition, so
            // that the buffers of one fit those of the next.
            .set("queued.max.messages.kbytes", "16384")
            .set("max.partition.fetch.bytes", "262144")
            // How long a partition is not asked for more while the queue is full. By default it is a second, in which a fast
            // reader empties the queue and waits.
            .set("fetch.queue.backoff.ms", "20")
            .set("fetch.error.backoff.ms", "50");
        self.tuned(client)
    }

    /// The consumer of a member of `group`: `id` is its name in the group, `incarnation` that of its process.
    pub(super) fn member(&self, group: &str, id: &str, incarnation: &str) -> ClientConfig {
        let mut client = self.reader("read_committed");
        client
            .set("group.id", group)
            .set("group.instance.id", id)
            .set("client.id", incarnation)
            .set("session.timeout.ms", self.session_timeout.as_millis().to_string())
            .set("heartbeat.interval.ms", (self.session_timeout / 4).as_millis().to_string())
            // It gives a member the same numbers of all topics with equal partition counts.
            .set("partition.assignment.strategy", "range")
            // A position that the log does not have is judged here, never skipped by the client.
            .set("auto.offset.reset", "error")
            .set("statistics.interval.ms", "2000");
        self.tuned(client)
    }

    /// A transactional producer.
    pub(super) fn producer(&self, transactional_id: &str) -> ClientConfig {
        let mut client = self.client();
        client
            .set("transactional.id", transactional_id)
            .set("transaction.timeout.ms", self.transaction_timeout.as_millis().to_string())
            .set("message.timeout.ms", self.commit_timeout().as_millis().to_string())
            .set("message.max.bytes", super::settings::MAX_MESSAGE_BYTES.to_string())
            .set("compression.type", "zstd")
            .set("linger.ms", "5")
            .set("enable.idempotence", "true")
            .set("acks", "all");
        self.tuned(client)
    }
}

/// Logs what librdkafka reports, at debug level: the stage logs what an error means.
#[derive(Default)]
pub(super) struct QuietContext {
    /// Why a broker was last not reached: a call only times out.
    trouble: Mutex<Option<String>>,
}

impl QuietContext {
    pub(super) fn is_troubled(&self) -> bool {
        guard(&self.trouble).is_some()
    }

    /// As `error`, with the reason for which no broker was reached since the last call.
    pub(super) fn explain(&self, error: LogError) -> LogError {
        match (error, guard(&self.trouble).take()) {
            (LogError::Unavailable(what), Some(why)) => LogError::Unavailable(format!("{what}: {why}")),
            (error, _) => error,
        }
    }
}

impl ClientContext for QuietContext {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(%error, reason, "kafka client");
        // That all brokers are down says less than what was reported of one.
        if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            *guard(&self.trouble) = Some(reason.to_owned());
        }
    }
}

impl rdkafka::consumer::ConsumerContext for QuietContext {}

pub(super) fn log(level: RDKafkaLogLevel, facility: &str, message: &str) {
    tracing::debug!(?level, facility, message, "kafka client");
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
            return Err(log_error_of(&error, &[Right::Topic("Describe", topic)]));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// [`LogError::Denied`] if the metadata, which were asked for this topic, say that it may not be described.
pub(super) fn check_described(metadata: &Metadata, topic: &str) -> Result<(), LogError> {
    let error = metadata.topics().iter().find(|one| one.name() == topic).and_then(MetadataTopic::error);
    let error = error.map(|error| KafkaError::MetadataFetch(error.into()));
    match error.and_then(|error| denied(&error, &[Right::Topic("Describe", topic)])) {
        Some(right) => Err(LogError::Denied(right)),
        None => Ok(()),
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
