//! The poller's side of the consume-process-commit loop.

use super::{
    STAGE, TOPICS,
    backlog::Backlog,
    pace::Pace,
    queue::{FeedQueue, Request, SLOW},
    reachability::{PROBES, Reachability},
    stored::Stored,
    summary::Summary,
    waiting::Waiting,
};
use crate::{
    Config, Metrics,
    fetch::Validators,
    pages::Gate,
    poll::{Job, PollResult},
    rate_limit::HostLimiter,
    schedule::{Spread, clock::StepDetector},
};
use chassis::admin::Condition;
use jiff::Timestamp;
use proto::{
    topic::Topic,
    v1::{Feed, FeedHealth},
};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};
use stream::{Log, LogError, ProcessError, Processor, Record, Runtime, Session, StageMetrics, Table, Transaction};
use tokio::{runtime::Handle, sync::mpsc};
use url::Url;

pub(super) const FEEDS: Table<Feed> = Table::new(Topic::Feeds.suffix());
pub(super) const HEALTH: Table<FeedHealth> = Table::new(Topic::FeedHealth.suffix());

/// Feeds that the metrics name.
const MAX_NAMED: usize = 20;
/// Most definitions in one transaction.
const MAX_BATCH: usize = 500;
/// How long the loop waits for a result, or for the next feed to be due, before it looks for definitions.
const WAIT_RESULT: Duration = Duration::from_millis(20);
/// How long a poll of the log waits after that.
const WAIT_LOG: Duration = Duration::from_millis(1);
/// How long it waits where no result is awaited and no feed due sooner.
const WAIT_IDLE: Duration = Duration::from_millis(200);

/// A poll in flight.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    /// The feed's host.
    pub(super) host: String,
    /// True if the feed's poll before did not fail.
    pub(super) is_healthy: bool,
    /// True if the feed is slow, or was not polled before.
    may_be_slow: bool,
    /// When it began; `None` in a default.
    since: Option<Instant>,
}

impl InFlight {
    /// True if the feed may be slow, or this poll is.
    fn is_slow(&self, now: Instant) -> bool {
        self.may_be_slow || self.since.is_some_and(|since| now.duration_since(since) > SLOW)
    }
}

/// Who learns whether this machine can poll, and which partitions it owns.
pub(super) struct Reachable {
    /// Met while this machine can poll.
    pub(super) online: Condition,
    /// The stage of pages.
    pub(super) gate: Gate,
}

/// Schedules polls and commits their results.
pub(super) struct PollLoop {
    pub(super) config: Config,
    pub(super) runtime: Runtime,
    pub(super) metrics: Metrics,
    pub(super) stage_metrics: StageMetrics,
    pub(super) limiter: HostLimiter,
    network_runtime: Handle,
    jobs: mpsc::Sender<Job>,
    results: mpsc::Receiver<PollResult>,
    /// A result that ended a wait.
    arrived: Option<PollResult>,
    pub(super) feeds: FeedQueue,
    pub(super) spread: Spread,
    /// The polls in flight by number. They outlive a session.
    pub(super) in_flight: HashMap<u64, InFlight>,
    pub(super) network: Reachability<PollResult>,
    pub(super) reachable: Reachable,
    /// Definitions with secrets in their URL, which are to be written again, with their partitions.
    pub(super) to_relocate: Vec<(i32, Feed)>,
    /// Results that are not committed yet.
    pub(super) pending: VecDeque<PollResult>,
    /// Results of which a part is not published yet.
    pub(super) waiting: VecDeque<Waiting>,
    pub(super) pace: Pace,
    backlog: Backlog,
    last_number: u64,
    steps: StepDetector,
    summary: Summary,
}

impl PollLoop {
    pub(super) fn new(
        config: Config,
        runtime: Runtime,
        metrics: Metrics,
        limiter: HostLimiter,
        reachable: Reachable,
        network_runtime: Handle,
        (jobs, results): (mpsc::Sender<Job>, mpsc::Receiver<PollResult>),
    ) -> Self {
        reachable.online.met();
        PollLoop {
            summary: Summary::new(Instant::now()),
            steps: StepDetector::new(config.clock.now(), Instant::now()),
            stage_metrics: runtime.metrics.stage(STAGE),
            backlog: Backlog::start(runtime.clone(), config.pace.unwrap_or_default(), Instant::now()),
            // On Kafka the time that records and counts take says little of what the stages get through.
            pace: Pace::new(config.pace.is_some() && matches!(runtime.log.on_disk(), Ok(Some(_))), Instant::now()),
            waiting: VecDeque::new(),
            config,
            runtime,
            metrics,
            limiter,
            network_runtime,
            jobs,
            results,
            arrived: None,
            spread: Spread::default(),
            feeds: FeedQueue::default(),
            in_flight: HashMap::new(),
            network: Reachability::default(),
            reachable,
            to_relocate: Vec::new(),
            pending: VecDeque::new(),
            last_number: 0,
        }
    }

    /// Runs until `runtime.shutdown` is cancelled, or an error requires the process to end.
    pub(super) fn run(mut self) -> Result<(), LogError> {
        let spec = self.runtime.member(STAGE, TOPICS.source, TOPICS.tables);
        let Runtime { log, shutdown, .. } = self.runtime.clone();
        let metrics = self.stage_metrics.clone();
        stream::drive(&*log, &spec, MAX_BATCH, &shutdown, &metrics, &mut self)
    }

    /// The time. If the clock was set, the schedule moves with it: no feed waits for longer, and none is polled early.
    pub(super) fn now(&mut self) -> Timestamp {
        let now = self.config.clock.now();
        if let Some(step) = self.steps.step(now, Instant::now()) {
            tracing::warn!(seconds = step.as_secs(), "the system clock was set; the schedule moves with it");
            self.feeds.shift(step);
        }
        now
    }

    /// At most `most`, and no longer than until the next feed is due.
    fn until_due(&mut self, most: Duration) -> Duration {
        let now = self.now();
        let until = |due: Timestamp| Duration::try_from(due.duration_since(now)).unwrap_or(WAIT_LOG).max(WAIT_LOG);
        self.feeds.next_due().map_or(most, |due| until(due).min(most))
    }

    /// Waits until a result arrives, a feed is due, or it is time to look for definitions.
    fn wait_for_result(&mut self) {
        if self.arrived.is_some() {
            return;
        }
        let (wait, results) = (self.until_due(WAIT_RESULT), &mut self.results);
        let arrived = self.network_runtime.block_on(async { tokio::time::timeout(wait, results.recv()).await });
        self.arrived = arrived.ok().flatten();
    }

    /// The next result that has arrived.
    pub(super) fn next_arrived(&mut self) -> Option<PollResult> {
        self.arrived.take().or_else(|| self.results.try_recv().ok())
    }

    /// Hands the feeds that may be polled now to the network.
    fn start_polls(&mut self, session: &Session) -> Result<(), LogError> {
        let now = self.now();
        let parallel = if self.network.trouble().is_some() { PROBES } else { self.config.parallel };
        let slots = parallel.saturating_sub(self.in_flight.len() + self.pending.len());
        let began = Instant::now();
        let slow = self.in_flight.values().filter(|poll| poll.is_slow(began)).count();
        let slow_slots = (self.config.parallel.div_ceil(4).max(1) * 3).saturating_sub(slow);
        let transaction = Transaction::default();
        for (due, id) in self.feeds.take(now, slots, slow_slots, &self.limiter) {
            self.metrics.lateness_seconds.observe(now.duration_since(due).as_secs_f64().max(0.0));
            let Some(feed) = self.feeds.get_mut(&id) else { continue };
            let stored = Stored::read(session, &transaction, feed.partition, &id)?.state;
            let state = feed.current_state(stored, now).unwrap_or_default();
            // A definition without a valid URL is not scheduled.
            let Ok(url) = Url::parse(&state.moved_to).or_else(|_| Url::parse(&feed.feed.url)) else { continue };
            self.last_number += 1;
            let job = Job {
                number: self.last_number,
                feed_id: id,
                host: feed.host.clone(),
                url,
                credential: match &feed.inline {
                    Some(inline) => Ok(Some(Arc::clone(inline))),
                    None => self.config.credentials.of(&feed.feed),
                },
                validators: match feed.begin_poll() {
                    Request::Unconditional => Validators::default(),
                    Request::Conditional => Validators { etag: state.etag, last_modified: state.last_modified },
                },
                body_hash: state.body_hash,
            };
            feed.awaited = Some(job.number);
            let poll = InFlight {
                host: job.host.clone(),
                is_healthy: state.failures == 0,
                may_be_slow: feed.may_be_slow(),
                since: Some(began),
            };
            let (number, id) = (job.number, job.feed_id.clone());
            if self.jobs.try_send(job).is_ok() {
                self.in_flight.insert(number, poll);
            } else {
                feed.awaited = None;
                self.feeds.release(&poll.host);
                self.feeds.set_due(&id, Some(now));
            }
        }
        self.metrics.due.set(to_i64(self.feeds.count_due(now)));
        for (status, count) in self.feeds.count_statuses() {
            self.metrics.statuses.with_label_values(&[status.as_str()]).set(to_i64(count));
        }
        self.metrics.in_flight.set(to_i64(self.in_flight.len()));
        self.metrics.waiting.set(to_i64(self.waiting.len()));
        self.metrics.hosts.set(to_i64(self.limiter.tracked_hosts()));
        if self.summary.log(&self.metrics, Instant::now()) {
            self.name_problems();
        }
        Ok(())
    }

    /// Names the feeds with the longest problems in the metrics.
    fn name_problems(&self) {
        self.metrics.problems.reset();
        for (url, condition) in self.feeds.problems(MAX_NAMED) {
            self.metrics.problems.with_label_values(&[url, condition.status.as_str()]).set(condition.since_s);
        }
    }
}

impl Processor for PollLoop {
    fn on_join(&mut self, _log: &dyn Log) -> Result<(), LogError> {
        // Results of an earlier session are dropped: the partitions' next owner polls their feeds again.
        self.feeds = FeedQueue::with_busy(self.in_flight.values().map(|poll| poll.host.as_str()));
        self.pending.clear();
        self.waiting.clear();
        self.to_relocate.clear();
        self.network.clear();
        self.reachable.gate.clear();
        Ok(())
    }

    fn on_assigned(&mut self, session: &Session, partitions: &[i32]) -> Result<(), ProcessError> {
        self.reachable.gate.add(partitions);
        Ok(self.load_feeds(session, partitions)?)
    }

    fn on_revoked(&mut self, partitions: &[i32]) {
        self.reachable.gate.remove(partitions);
        self.drop_feeds(partitions);
    }

    fn on_records(&mut self, session: &mut Session, records: Vec<Record>) -> Result<(), ProcessError> {
        Ok(self.apply_definitions(session, &records)?)
    }

    fn before_poll(&mut self, session: &Session) -> Result<Duration, ProcessError> {
        self.start_polls(session)?;
        if self.in_flight.is_empty() && self.waiting.is_empty() && self.pending.is_empty() {
            return Ok(self.until_due(WAIT_IDLE));
        }
        // Results that could not be committed are tried again at once; the next part of a poll that waits is not.
        if self.pending.is_empty() {
            self.wait_for_result();
        }
        Ok(WAIT_LOG)
    }

    fn after_poll(&mut self, session: &mut Session) -> Result<bool, ProcessError> {
        let has_relocated = self.relocate_all(session)?;
        self.collect();
        self.backlog.update(&mut self.pace, Instant::now());
        Ok(self.commit_results(session)? || has_relocated)
    }

    fn on_shutdown(&mut self, session: &mut Session) -> Result<(), ProcessError> {
        // Results that have arrived need not be fetched again.
        self.collect();
        self.commit_results(session)?;
        Ok(())
    }
}

pub(super) fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_that_lasts_counts_as_one_of_a_slow_feed() {
        let began = Instant::now();
        let quick = InFlight { since: Some(began), ..InFlight::default() };
        assert!(!quick.is_slow(began + SLOW));
        assert!(quick.is_slow(began + SLOW * 2));
        assert!(InFlight { may_be_slow: true, ..quick }.is_slow(began));
    }
}
