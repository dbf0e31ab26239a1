//! The poller's side of the consume-process-commit loop.

use super::{STAGE, queue::FeedQueue};
use crate::{
    Config, Metrics,
    fetch::Validators,
    identity::PACKED_BYTES,
    poll::{Job, PollResult},
    rate_limit::HostLimiter,
};
use jiff::Timestamp;
use proto::{
    topic::Topic,
    v1::{Feed, FeedHealth, FeedState},
};
use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};
use stream::{Log, LogError, ProcessError, Processor, Record, Runtime, Session, StageMetrics, Table, Transaction};
use tokio::sync::mpsc;
use url::Url;

pub(super) const FEEDS: Table<Feed> = Table::new(Topic::Feeds.suffix());
pub(super) const STATES: Table<FeedState> = Table::new(Topic::FeedState.suffix());
pub(super) const HEALTH: Table<FeedHealth> = Table::new(Topic::FeedHealth.suffix());

/// Most definitions in one transaction.
const MAX_BATCH: usize = 500;
/// How long a poll of the log waits while results are awaited: they cannot wake it.
const WAIT_IN_FLIGHT: Duration = Duration::from_millis(20);
/// How long it waits otherwise.
const WAIT_IDLE: Duration = Duration::from_millis(200);

/// Schedules polls and commits their results.
pub(super) struct PollLoop {
    pub(super) config: Config,
    pub(super) runtime: Runtime,
    pub(super) metrics: Metrics,
    pub(super) stage_metrics: StageMetrics,
    limiter: HostLimiter,
    jobs: mpsc::Sender<Job>,
    results: mpsc::Receiver<PollResult>,
    pub(super) feeds: FeedQueue,
    /// Host of each poll in flight, by the poll's number. Polls outlive a session.
    in_flight: HashMap<u64, String>,
    /// Results that are not committed yet.
    pub(super) pending: Vec<PollResult>,
    last_number: u64,
}

impl PollLoop {
    pub(super) fn new(
        config: Config,
        runtime: Runtime,
        metrics: Metrics,
        limiter: HostLimiter,
        jobs: mpsc::Sender<Job>,
        results: mpsc::Receiver<PollResult>,
    ) -> Self {
        PollLoop {
            stage_metrics: runtime.metrics.stage(STAGE),
            config,
            runtime,
            metrics,
            limiter,
            jobs,
            results,
            feeds: FeedQueue::default(),
            in_flight: HashMap::new(),
            pending: Vec::new(),
            last_number: 0,
        }
    }

    /// Runs until `runtime.shutdown` is cancelled, or an error requires the process to end.
    pub(super) fn run(mut self) -> Result<(), LogError> {
        let spec = self.runtime.member(STAGE, Topic::Feeds, &[Topic::Feeds, Topic::FeedState, Topic::FeedHealth]);
        let Runtime { log, shutdown, .. } = self.runtime.clone();
        let metrics = self.stage_metrics.clone();
        stream::drive(&*log, &spec, MAX_BATCH, &shutdown, &metrics, &mut self)
    }

    /// Hands the feeds that may be polled now to the network.
    fn start_polls(&mut self, session: &Session) -> Result<(), LogError> {
        let now = Timestamp::now();
        let slots = self.config.parallel.saturating_sub(self.in_flight.len() + self.pending.len());
        let busy: HashSet<String> = self.in_flight.values().cloned().collect();
        let transaction = Transaction::default();
        for id in self.feeds.take(now, slots, &busy, &self.limiter) {
            let Some(feed) = self.feeds.get_mut(&id) else { continue };
            let stored = state_of(session, &transaction, feed.partition, &id)?;
            let state = feed.current_state(stored).unwrap_or_default();
            let moved_to = Some(&state.moved_to).filter(|moved_to| !moved_to.is_empty());
            let Ok(url) = Url::parse(moved_to.unwrap_or(&feed.feed.url)) else { continue };
            self.last_number += 1;
            let job = Job {
                number: self.last_number,
                feed_id: id,
                url,
                validators: Validators { etag: state.etag, last_modified: state.last_modified },
                body_hash: state.body_hash,
            };
            feed.awaited = Some(job.number);
            let (number, host, id) = (job.number, feed.host.clone(), job.feed_id.clone());
            if self.jobs.try_send(job).is_ok() {
                self.in_flight.insert(number, host);
            } else {
                feed.awaited = None;
                self.feeds.set_due(&id, Some(now));
            }
        }
        self.metrics.due.set(to_i64(self.feeds.count_due(now)));
        self.metrics.churning.set(to_i64(self.feeds.count_churning()));
        self.metrics.in_flight.set(to_i64(self.in_flight.len()));
        self.metrics.hosts.set(to_i64(self.limiter.tracked_hosts()));
        Ok(())
    }

    /// Takes the results that have arrived. A result that no feed awaits any longer is dropped.
    fn collect(&mut self) {
        while self.pending.len() < self.config.parallel {
            let Ok(result) = self.results.try_recv() else { break };
            self.in_flight.remove(&result.number);
            if self.feeds.awaits(&result) {
                fail::fail_point!("poller::fetched");
                self.pending.push(result);
            } else {
                self.metrics.late.inc();
            }
        }
    }
}

impl Processor for PollLoop {
    fn on_join(&mut self, _log: &dyn Log) -> Result<(), LogError> {
        // Results of an earlier session are dropped: the partitions' next owner polls their feeds again.
        self.feeds = FeedQueue::default();
        self.pending.clear();
        Ok(())
    }

    fn on_assigned(&mut self, session: &Session, partitions: &[i32]) -> Result<(), ProcessError> {
        Ok(self.load_feeds(session, partitions)?)
    }

    fn on_revoked(&mut self, partitions: &[i32]) {
        self.drop_feeds(partitions);
    }

    fn on_records(&mut self, session: &mut Session, records: Vec<Record>) -> Result<(), ProcessError> {
        Ok(self.apply_definitions(session, &records)?)
    }

    fn before_poll(&mut self, session: &Session) -> Result<Duration, ProcessError> {
        self.start_polls(session)?;
        Ok(if self.in_flight.is_empty() { WAIT_IDLE } else { WAIT_IN_FLIGHT })
    }

    fn after_poll(&mut self, session: &mut Session) -> Result<bool, ProcessError> {
        self.collect();
        Ok(self.commit_results(session)?)
    }

    fn on_shutdown(&mut self, session: &mut Session) -> Result<(), ProcessError> {
        // Results that have arrived need not be fetched again.
        self.collect();
        self.commit_results(session)?;
        Ok(())
    }
}

/// A feed's state as `transaction` would leave it.
pub(super) fn state_of(
    session: &Session,
    transaction: &Transaction,
    partition: i32,
    feed_id: &str,
) -> Result<Option<FeedState>, LogError> {
    // A definition with an invalid id is refused and has no state.
    let Ok(key) = Topic::FeedState.key(feed_id) else { return Ok(None) };
    let Some(state) = session.get(&STATES, transaction, partition, &key)? else { return Ok(None) };
    let bytes = state.packed_entries.len();
    if !bytes.is_multiple_of(PACKED_BYTES) {
        return Err(LogError::Corrupt(format!("state of feed {feed_id}: {bytes} packed bytes are not whole entries")));
    }
    Ok(Some(state))
}

pub(super) fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
