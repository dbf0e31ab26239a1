//! A bare transactional copy of a topic: what the broker and librdkafka take without any work on the records.

use anyhow::Context as _;
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    producer::{BaseProducer, BaseRecord, Producer as _},
};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

const TIMEOUT: Duration = Duration::from_secs(30);
/// Time between two commits of the copy that does not wait.
const COMMIT_EVERY: Duration = Duration::from_secs(1);

/// When the copy commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commits {
    /// After each batch of at most so many records, as a stage does: it reads nothing while it commits.
    EachBatch(usize),
    /// Once a second, in a transaction that stays open while it reads.
    EachSecond,
}

/// Copies the first `records` records of `from` to `to`, and returns records a second, from the first record to the last commit.
///
/// # Errors
/// The broker fails.
#[expect(clippy::cast_precision_loss, reason = "counts")]
pub fn run(address: &str, from: &str, to: &str, records: usize, commits: Commits) -> anyhow::Result<f64> {
    let id = format!("{to}.{}", jiff::Timestamp::now().as_nanosecond());
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("group.id", &id)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("isolation.level", "read_committed")
        .set("fetch.wait.max.ms", "50")
        .create()?;
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("transactional.id", &id)
        .set("compression.type", "zstd")
        .set("linger.ms", "5")
        .set("message.max.bytes", "1300000")
        .create()?;
    producer.init_transactions(TIMEOUT)?;
    consumer.subscribe(&[from])?;
    let (mut done, mut first, mut next) = (0, None, HashMap::new());
    let (mut open, mut began) = (0, Instant::now());
    let give_up = Instant::now() + Duration::from_secs(600);
    while done < records {
        anyhow::ensure!(Instant::now() < give_up, "the copy has read {done} of {records} records");
        let wait = if open == 0 { Duration::from_millis(100) } else { Duration::ZERO };
        let polled = consumer.poll(wait).transpose()?;
        let is_due = match commits {
            Commits::EachBatch(most) => open >= most || (open > 0 && polled.is_none()),
            Commits::EachSecond => open > 0 && (began.elapsed() >= COMMIT_EVERY || done + open >= records),
        };
        if let Some(message) = &polled {
            first.get_or_insert_with(Instant::now);
            if open == 0 {
                producer.begin_transaction()?;
                began = Instant::now();
            }
            send(&producer, to, message)?;
            next.insert(message.partition(), message.offset() + 1);
            open += 1;
        }
        if is_due {
            commit(&consumer, &producer, from, &next)?;
            done += open;
            open = 0;
        }
    }
    Ok(done as f64 / first.context("nothing was copied")?.elapsed().as_secs_f64())
}

fn send(producer: &BaseProducer, to: &str, message: &rdkafka::message::BorrowedMessage<'_>) -> anyhow::Result<()> {
    let mut record: BaseRecord<'_, [u8], [u8]> =
        BaseRecord::to(to).partition(message.partition()).key(message.key().unwrap_or_default());
    if let Some(value) = message.payload() {
        record = record.payload(value);
    }
    if let Some(headers) = message.headers() {
        record = record.headers(headers.detach());
    }
    while let Err((error, unsent)) = producer.send(record) {
        anyhow::ensure!(error.rdkafka_error_code() == Some(rdkafka::types::RDKafkaErrorCode::QueueFull), error);
        record = unsent;
        producer.poll(Duration::from_millis(1));
    }
    Ok(())
}

fn commit(
    consumer: &BaseConsumer,
    producer: &BaseProducer,
    from: &str,
    next: &HashMap<i32, i64>,
) -> anyhow::Result<()> {
    while producer.in_flight_count() > 0 {
        producer.poll(Duration::from_millis(1));
    }
    let mut offsets = TopicPartitionList::new();
    for (partition, next) in next {
        offsets.add_partition_offset(from, *partition, Offset::Offset(*next))?;
    }
    let group = consumer.group_metadata().context("no group metadata")?;
    producer.send_offsets_to_transaction(&offsets, &group, TIMEOUT)?;
    producer.commit_transaction(TIMEOUT)?;
    Ok(())
}
