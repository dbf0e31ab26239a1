//! Reading the enriched topic, on a thread of its own, for as long as the process runs.

use crate::{Error, Shared};
use chassis::admin::Condition;
use proto::{topic::Topic, wire};
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use stream::{LogError, Runtime, Start};

/// Most records of one read.
const BATCH: usize = 500;
/// Longest wait for a record, and so for a stop.
const WAIT: Duration = Duration::from_millis(200);
/// After an outage reading goes on so long before it: what is read twice is skipped by its offset.
const OVERLAP_MS: i64 = 60_000;
/// After so long without a record the log is asked whether it is still there: a client library may wait out an outage
/// in silence, and a stall must show.
const PROBE: Duration = Duration::from_secs(5);
/// Most times its usual length that the window at the start gets, where a replay fills it.
const WIDEST: i64 = 64;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// Follows the enriched topic until `runtime.stop`. `caught_up` is met while all that was there has been read.
///
/// # Errors
/// Where the log's storage cannot be read or its client is not accepted; outages are waited out.
pub async fn follow(shared: Shared, runtime: Runtime, caught_up: Condition) -> Result<(), Error> {
    chassis::thread::run("gateway", move || read_on(&shared, &runtime, &caught_up)).await??;
    Ok(())
}

fn read_on(shared: &Shared, runtime: &Runtime, caught_up: &Condition) -> Result<(), LogError> {
    let topic = runtime.names.of(Topic::Enriched);
    caught_up.not_met(format!("reading {topic}"));
    let mut pause = FIRST_PAUSE;
    let mut last_read: Option<i64> = None;
    while !runtime.shutdown.is_cancelled() {
        match read_until_a_fault(shared, runtime, &topic, &mut last_read, caught_up) {
            Ok(()) => return Ok(()),
            Err(
                fault @ (LogError::Unavailable(_) | LogError::Lost(_) | LogError::NoTopic(_) | LogError::Aborted(_)),
            ) => {
                caught_up.not_met(fault.to_string());
                tracing::warn!(topic, %fault, "reading stopped; it goes on after a pause");
                shared.metrics.reopened.inc();
            }
            Err(fault) => return Err(fault),
        }
        let until = Instant::now() + pause;
        while Instant::now() < until && !runtime.shutdown.is_cancelled() {
            std::thread::sleep(Duration::from_millis(20));
        }
        pause = (pause * 2).min(LAST_PAUSE);
    }
    Ok(())
}

fn read_until_a_fault(
    shared: &Shared,
    runtime: &Runtime,
    topic: &str,
    last_read: &mut Option<i64>,
    caught_up: &Condition,
) -> Result<(), LogError> {
    let ends = runtime.log.ends(topic)?;
    shared.check_ends(&ends);
    let from = match last_read {
        Some(at) => Start::Time(*at - OVERLAP_MS),
        None => Start::Last(window(runtime, topic, &ends, each_of(shared.kept(), ends.len()))?),
    };
    let mut tail = runtime.log.tail(topic, from)?;
    let (mut told, mut heard, mut reachable) = (false, Instant::now(), true);
    while !runtime.shutdown.is_cancelled() {
        let records = tail.poll(BATCH, WAIT)?;
        let now = jiff::Timestamp::now().as_millisecond();
        shared.take(&records, now);
        if !records.is_empty() {
            heard = Instant::now();
            if !std::mem::replace(&mut reachable, true) {
                caught_up.met();
            }
        } else if told && heard.elapsed() >= PROBE {
            heard = Instant::now();
            let reached = probe(runtime, topic, caught_up)?;
            match (reachable, reached) {
                (true, false) => tracing::warn!(topic, "the log cannot be reached; what is here is still served"),
                (false, true) => tracing::info!(topic, "the log is reached again"),
                _ => {}
            }
            reachable = reached;
        }
        if !told && tail.caught_up() {
            told = true;
            caught_up.met();
            tracing::info!(topic, articles = shared.lock().store.len(), "caught up with the log");
        }
        // Before that, an outage means that reading begins again from the start.
        if told {
            *last_read = Some(now);
        }
    }
    Ok(())
}

/// How far before each partition's end reading begins, so that at least `share` records of the enricher's own lie there:
/// a replay of old articles must not crowd out what has been published since.
fn window(runtime: &Runtime, topic: &str, ends: &HashMap<i32, i64>, share: i64) -> Result<i64, LogError> {
    let longest = ends.values().copied().max().unwrap_or(0);
    let mut count = share;
    while count < longest && count < share * WIDEST && !runtime.shutdown.is_cancelled() {
        let (mut live, mut replayed): (HashMap<i32, i64>, bool) = (HashMap::new(), false);
        let mut tail = runtime.log.tail(topic, Start::Last(count))?;
        while !tail.caught_up() && !runtime.shutdown.is_cancelled() {
            for record in tail.poll(BATCH, WAIT)? {
                if record.header("ce_source") == Some(wire::SOURCE_REPLAY) {
                    replayed = true;
                } else {
                    *live.entry(record.partition).or_default() += 1;
                }
            }
        }
        // A partition that is shorter than the window is there in full.
        let enough = |(partition, end): (&i32, &i64)| *end <= count || live.get(partition) >= Some(&share);
        if !replayed || ends.iter().all(enough) {
            break;
        }
        count = count.saturating_mul(4);
    }
    Ok(count)
}

/// Whether the log answers. The tail stays open: it goes on by itself where it was.
fn probe(runtime: &Runtime, topic: &str, caught_up: &Condition) -> Result<bool, LogError> {
    match runtime.log.ends(topic) {
        Ok(_) => {
            caught_up.met();
            Ok(true)
        }
        Err(fault @ LogError::Unavailable(_)) => {
            caught_up.not_met(fault.to_string());
            Ok(false)
        }
        Err(fault) => Err(fault),
    }
}

/// How many records of each partition are enough for the `kept` newest: keys spread them about evenly, and some records
/// only change an article, so twice the share.
fn each_of(kept: usize, partitions: usize) -> i64 {
    let share = kept.div_ceil(partitions.max(1)) * 2 + 100;
    i64::try_from(share).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_partition_gives_its_share_and_some() {
        assert_eq!(each_of(5_000, 12), 934);
        assert_eq!(each_of(1, 0), 102);
    }
}
