//! Reads the enriched topic on a thread of its own, for as long as the process runs.

use crate::{Error, position::Position, state::GatewayState, trends};
use chassis::admin::Condition;
use proto::{topic::Topic, wire};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use stream::{LogError, Runtime, Start};

/// Most records of one poll.
const BATCH: usize = 500;
/// Longest wait for a record, and so the longest delay of a shutdown.
const WAIT: Duration = Duration::from_millis(200);
/// Time between two looks for articles that have become too old.
const EXPIRY: Duration = Duration::from_secs(10);
/// After this long without a record the reader checks that the log responds. A client library may hide an outage, and a
/// stall must be visible.
const PROBE: Duration = Duration::from_secs(5);
/// The initial window grows to at most this many times its usual length, if it is full of replayed records.
const MAX_WIDENING: i64 = 64;
const MIN_BACKOFF: Duration = Duration::from_millis(250);
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// Applies the records of the enriched topic to `state` until `runtime.shutdown`. `caught_up` is met once all records
/// that existed at the start have been read, and while the log responds. Outages are waited out.
///
/// # Errors
/// The log's storage cannot be read, or the log rejects the client.
pub(crate) async fn run(state: GatewayState, runtime: Runtime, caught_up: Condition) -> Result<(), Error> {
    chassis::thread::run("gateway", move || read(&state, &runtime, &caught_up)).await??;
    Ok(())
}

fn read(state: &GatewayState, runtime: &Runtime, caught_up: &Condition) -> Result<(), LogError> {
    let topic = runtime.names.of(Topic::Enriched);
    caught_up.not_met(format!("reading {topic}"));
    let mut backoff = MIN_BACKOFF;
    restore_trends(state, runtime);
    while !runtime.shutdown.is_cancelled() {
        match read_until_error(state, runtime, &topic, caught_up) {
            Ok(()) => return Ok(()),
            Err(
                error @ (LogError::Unavailable(_)
                | LogError::Denied(_)
                | LogError::Lost(_)
                | LogError::NoTopic(_)
                | LogError::Aborted(_)),
            ) => {
                caught_up.not_met(error.to_string());
                tracing::warn!(topic, %error, "log unavailable; retrying");
                state.metrics.reopened.inc();
            }
            Err(error) => return Err(error),
        }
        let until = Instant::now() + backoff;
        while Instant::now() < until && !runtime.shutdown.is_cancelled() {
            std::thread::sleep(Duration::from_millis(20));
        }
        backoff = (backoff * 2).min(MAX_BACKOFF);
    }
    Ok(())
}

fn read_until_error(
    state: &GatewayState,
    runtime: &Runtime,
    topic: &str,
    caught_up: &Condition,
) -> Result<(), LogError> {
    let ends = runtime.log.ends(topic)?;
    state.check_ends(&ends);
    let from = begin(state, runtime, topic, &ends)?;
    let mut tail = runtime.log.tail(topic, from)?;
    let (mut has_caught_up, mut last_response, mut reachable) = (false, Instant::now(), true);
    let mut last_expiry = Instant::now();
    while !runtime.shutdown.is_cancelled() {
        let records = tail.poll(BATCH, WAIT)?;
        let now = jiff::Timestamp::now().as_millisecond();
        state.apply(&records, now);
        if last_expiry.elapsed() >= EXPIRY {
            last_expiry = Instant::now();
            state.expire(now);
        }
        if !records.is_empty() {
            last_response = Instant::now();
            if !std::mem::replace(&mut reachable, true) {
                caught_up.met();
            }
        } else if has_caught_up && last_response.elapsed() >= PROBE {
            last_response = Instant::now();
            let reached = probe(runtime, topic, caught_up)?;
            match (reachable, reached) {
                (true, false) => tracing::warn!(topic, "log unavailable; serving what has been read"),
                (false, true) => tracing::info!(topic, "log available again"),
                _ => {}
            }
            reachable = reached;
        }
        if !has_caught_up && tail.caught_up() {
            has_caught_up = true;
            state.read_to(&ends);
            state.set_caught_up(true);
            caught_up.met();
            tracing::info!(topic, articles = state.window().len(), "caught up with the log");
        }
    }
    Ok(())
}

/// The counts of days before the window. Without them counting starts with the window: the articles do not depend on it.
fn restore_trends(state: &GatewayState, runtime: &Runtime) {
    match trends::load(runtime) {
        Ok(Some(loaded)) => state.trends().restore(&loaded),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "counts of earlier days cannot be read; counting starts with the window"),
    }
}

/// Where reading starts: after what was read before; at first where the window begins, or at what was not yet counted if that is
/// earlier.
fn begin(state: &GatewayState, runtime: &Runtime, topic: &str, ends: &HashMap<i32, i64>) -> Result<Start, LogError> {
    let next = |position: &Position| -> HashMap<i32, i64> {
        position.partitions().filter_map(|one| Some((one, position.last(one)? + 1))).collect()
    };
    let position = state.position();
    if state.is_caught_up() {
        return Ok(Start::Offsets(next(&position)));
    }
    let since_ms = jiff::Timestamp::now().as_millisecond() - state.limits.age_ms;
    let most = window(runtime, topic, ends, share_of(state.limits.articles, ends.len()), since_ms)?;
    Ok(Start::Newest { since_ms, most, reaching: next(state.trends().counted()) })
}

/// The number of records before each partition's end at which reading starts, so that at least `share` of them are not
/// replayed: a replay of old articles must not displace what has been published since.
fn window(
    runtime: &Runtime,
    topic: &str,
    ends: &HashMap<i32, i64>,
    share: i64,
    since_ms: i64,
) -> Result<i64, LogError> {
    let longest = ends.values().copied().max().unwrap_or(0);
    let mut count = share;
    while count < longest && count < share * MAX_WIDENING && !runtime.shutdown.is_cancelled() {
        let (mut live, mut replayed): (HashMap<i32, i64>, bool) = (HashMap::new(), false);
        let from = Start::Newest { since_ms, most: count, reaching: HashMap::new() };
        let mut tail = runtime.log.tail(topic, from)?;
        while !tail.caught_up() && !runtime.shutdown.is_cancelled() {
            for record in tail.poll(BATCH, WAIT)? {
                if record.header("ce_source") == Some(wire::SOURCE_REPLAY) {
                    replayed = true;
                } else {
                    *live.entry(record.partition).or_default() += 1;
                }
            }
        }
        // A partition that is shorter than the window is read in full.
        let enough = |(partition, end): (&i32, &i64)| *end <= count || live.get(partition) >= Some(&share);
        if !replayed || ends.iter().all(enough) {
            break;
        }
        count = count.saturating_mul(4);
    }
    Ok(count)
}

/// True if the log responds. The open tail resumes automatically where it stopped.
fn probe(runtime: &Runtime, topic: &str, caught_up: &Condition) -> Result<bool, LogError> {
    match runtime.log.ends(topic) {
        Ok(_) => {
            caught_up.met();
            Ok(true)
        }
        Err(error @ (LogError::Unavailable(_) | LogError::Denied(_))) => {
            caught_up.not_met(error.to_string());
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// The number of records of each partition that suffices for the `articles` newest. Keys spread them about evenly, and some
/// records only change an article, hence twice the share.
fn share_of(articles: usize, partitions: usize) -> i64 {
    let share = articles.div_ceil(partitions.max(1)) * 2 + 100;
    i64::try_from(share).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_provides_twice_its_share() {
        assert_eq!(share_of(5_000, 12), 934);
        assert_eq!(share_of(1, 0), 102);
    }
}
