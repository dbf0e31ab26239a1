//! Reads the topics of feeds on a thread of its own, for as long as the process runs.

use crate::{Error, state::GatewayState};
use proto::{
    topic::Topic,
    v1::{Feed, FeedHealth},
};
use std::time::{Duration, Instant};
use stream::{DeadLetter, LogError, Record, Runtime, Start, Tail};

/// Most records of one poll.
const BATCH: usize = 1_000;
/// Wait for a record of one topic; the others wait meanwhile.
const WAIT: Duration = Duration::from_millis(150);
/// How far back refused records are read.
const REFUSED_MS: i64 = 24 * 60 * 60 * 1_000;
/// Pause before the topics are opened again.
const BACKOFF: Duration = Duration::from_secs(5);

/// Applies the records of the topics to `state` until `runtime.shutdown`. Outages, missing topics and missing rights are logged and
/// waited out: the articles do not depend on them.
///
/// # Errors
/// The thread could not be started, or panicked.
pub(crate) async fn run(state: GatewayState, runtime: Runtime) -> Result<(), Error> {
    chassis::thread::run("gateway-feeds", move || {
        let mut was_logged = false;
        while !runtime.shutdown.is_cancelled() {
            if let Err(error) = read(&state, &runtime, &mut was_logged)
                && !std::mem::replace(&mut was_logged, true)
            {
                tracing::warn!(%error, "the topics of feeds cannot be read; trying again");
            }
            let until = Instant::now() + BACKOFF;
            while Instant::now() < until && !runtime.shutdown.is_cancelled() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    })
    .await?;
    Ok(())
}

fn read(state: &GatewayState, runtime: &Runtime, was_logged: &mut bool) -> Result<(), LogError> {
    let open = |topic: Topic, from: Start| runtime.log.tail(&runtime.names.of(topic), from);
    let now = jiff::Timestamp::now().as_millisecond();
    let mut tails: Vec<(Topic, Box<dyn Tail>)> = vec![
        (Topic::Feeds, open(Topic::Feeds, Start::Beginning)?),
        (Topic::FeedHealth, open(Topic::FeedHealth, Start::Beginning)?),
        (Topic::DeadLetter, open(Topic::DeadLetter, Start::Time(now - REFUSED_MS))?),
    ];
    state.feeds_mut().clear();
    while !runtime.shutdown.is_cancelled() {
        for (topic, tail) in &mut tails {
            let records = tail.poll(BATCH, WAIT)?;
            if !records.is_empty() {
                apply(state, *topic, &records);
            }
        }
        if tails.iter().all(|(_, tail)| tail.caught_up()) && !state.feeds().is_caught_up {
            state.feeds_mut().is_caught_up = true;
            if std::mem::take(was_logged) {
                tracing::info!("the topics of feeds are read again");
            }
        }
    }
    Ok(())
}

fn apply(state: &GatewayState, topic: Topic, records: &[Record]) {
    let mut feeds = state.feeds_mut();
    for record in records {
        let id = record.key_text().unwrap_or_default();
        let is_tombstone = record.value.is_none();
        match topic {
            Topic::Feeds => match record.decode::<Feed>() {
                Ok(feed) => feeds.define(id, Some(feed)),
                Err(_) if is_tombstone => feeds.define(id, None),
                Err(error) => undecodable(record, &error),
            },
            Topic::FeedHealth => match record.decode::<FeedHealth>() {
                Ok(health) => feeds.set_health(id, Some(health)),
                Err(_) if is_tombstone => feeds.set_health(id, None),
                Err(error) => undecodable(record, &error),
            },
            _ => {
                if let Some(refused) = DeadLetter::from_record(record) {
                    feeds.dropped.add(&refused.stage, &refused.reason, refused.time.as_millisecond());
                }
            }
        }
    }
    let overflow = feeds.overflow();
    drop(feeds);
    state.metrics.feeds_not_kept.set(i64::try_from(overflow).unwrap_or(i64::MAX));
}

fn undecodable(record: &Record, error: &dyn std::fmt::Display) {
    let (topic, partition, offset) = (&record.topic, record.partition, record.offset);
    tracing::debug!(topic, partition, offset, %error, "record skipped: it could not be decoded");
}
