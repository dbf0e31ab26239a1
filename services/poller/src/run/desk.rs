//! The thread that owns the session.

use super::{STAGE, watches::Watches};
use crate::{
    Config, Metrics, diff,
    fetch::Validators,
    poll::{Job, PollResult},
    rate_limit::HostLimiter,
};
use jiff::Timestamp;
use proto::{topic::Topic, v1::FeedState};
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};
use stream::{Event, LogError, MemberSpec, Runtime, Session, Transaction, rejoining};
use tokio::sync::mpsc;
use url::Url;

/// The member's tables, by number.
pub(super) const FEEDS: usize = 0;
pub(super) const STATES: usize = 1;
pub(super) const HEALTH: usize = 2;
/// Items after which a transaction takes no more results.
pub(super) const BATCH: usize = 2_000;
/// How long the loop sleeps on the log: short while results are awaited, which cannot wake it.
const AWAITING: Duration = Duration::from_millis(20);
const IDLE: Duration = Duration::from_millis(200);
/// Pause after a transaction that failed.
const PAUSE: Duration = Duration::from_millis(200);

/// See the module.
pub(super) struct Desk {
    pub(super) config: Config,
    pub(super) runtime: Runtime,
    pub(super) metrics: Metrics,
    limiter: HostLimiter,
    jobs: mpsc::Sender<Job>,
    results: mpsc::Receiver<PollResult>,
    pub(super) watches: Watches,
    /// Host of each poll under way, by number. It outlives a session: the network goes on.
    under_way: HashMap<u64, String>,
    /// Results that wait for their transaction.
    pub(super) pending: Vec<PollResult>,
    last_number: u64,
}

impl Desk {
    pub(super) fn new(
        config: Config,
        runtime: Runtime,
        metrics: Metrics,
        limiter: HostLimiter,
        jobs: mpsc::Sender<Job>,
        results: mpsc::Receiver<PollResult>,
    ) -> Self {
        Desk {
            config,
            runtime,
            metrics,
            limiter,
            jobs,
            results,
            watches: Watches::default(),
            under_way: HashMap::new(),
            pending: Vec::new(),
            last_number: 0,
        }
    }

    /// Until asked to stop, or a fault says that the process must end.
    pub(super) fn run(mut self) -> Result<(), LogError> {
        let spec = self.runtime.member(STAGE, Topic::Feeds, &[Topic::Feeds, Topic::FeedState, Topic::FeedHealth]);
        let (shutdown, stages) = (self.runtime.shutdown.clone(), self.runtime.metrics.clone());
        rejoining(STAGE, &shutdown, &stages, |progress| self.session(&spec, progress))
    }

    fn session(&mut self, spec: &MemberSpec, progress: &mut dyn FnMut()) -> Result<(), LogError> {
        // Whatever an earlier session still awaited is polled again by whoever owns it now.
        self.watches = Watches::default();
        self.pending.clear();
        let log = std::sync::Arc::clone(&self.runtime.log);
        let mut session = Session::join(&*log, spec)?;
        while !self.runtime.shutdown.is_cancelled() {
            self.start_polls(&session)?;
            let wait = if self.under_way.is_empty() { IDLE } else { AWAITING };
            let turn = match session.poll(500, wait) {
                Ok(Event::Records(records)) => self.definitions(&mut session, &records).map(|()| progress()),
                Ok(Event::Assigned(numbers)) => self.assigned(&session, &numbers),
                Ok(Event::Revoked(numbers)) => {
                    self.revoked(&numbers);
                    Ok(())
                }
                Ok(Event::Idle) => Ok(()),
                Err(fault) => Err(fault),
            };
            self.collect();
            let committed = match turn {
                Ok(()) => self.commit_results(&mut session),
                Err(fault) => Err(fault),
            };
            match committed {
                Ok(true) => progress(),
                Ok(false) => {}
                Err(LogError::Aborted(reason)) => {
                    self.runtime.metrics.aborted.with_label_values(&[STAGE]).inc();
                    tracing::warn!(stage = STAGE, reason, "transaction aborted; results are kept and tried again");
                    self.pause();
                }
                Err(LogError::Unavailable(reason)) => {
                    tracing::warn!(stage = STAGE, reason, "not possible just now; results are kept and tried again");
                    session.rewind()?;
                    self.pause();
                }
                Err(fault) => return Err(fault),
            }
            if let Some(lag) = session.lag() {
                self.runtime.metrics.lag.with_label_values(&[STAGE]).set(lag);
            }
        }
        // The commit in hand: what has come is not fetched again. An abort loses nothing but that.
        self.collect();
        match self.commit_results(&mut session) {
            Ok(_) | Err(LogError::Aborted(_) | LogError::Unavailable(_)) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    fn pause(&self) {
        let until = Instant::now() + PAUSE;
        while Instant::now() < until && !self.runtime.shutdown.is_cancelled() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Hands feeds whose turn it is to the network.
    fn start_polls(&mut self, session: &Session) -> Result<(), LogError> {
        let now = Timestamp::now();
        let room = self.config.parallel.saturating_sub(self.under_way.len() + self.pending.len());
        let busy: HashSet<String> = self.under_way.values().cloned().collect();
        let transaction = Transaction::default();
        for id in self.watches.take(now, room, &busy, &self.limiter) {
            let Some(watch) = self.watches.get_mut(&id) else { continue };
            let stored = state_of(session, &transaction, watch.partition, &id)?;
            let state = watch.current(stored).unwrap_or_default();
            let moved = Some(&state.moved_to).filter(|moved| !moved.is_empty());
            let Ok(url) = Url::parse(moved.unwrap_or(&watch.feed.url)) else { continue };
            self.last_number += 1;
            let job = Job {
                number: self.last_number,
                feed_id: id,
                url,
                validators: Validators { etag: state.etag, last_modified: state.last_modified },
                body_hash: state.body_hash,
            };
            watch.awaited = Some(job.number);
            let (number, host, id) = (job.number, watch.host.clone(), job.feed_id.clone());
            if self.jobs.try_send(job).is_ok() {
                self.under_way.insert(number, host);
            } else {
                watch.awaited = None;
                self.watches.set_due(&id, Some(now));
            }
        }
        self.metrics.due.set(int(self.watches.due(now)));
        self.metrics.in_flight.set(int(self.under_way.len()));
        self.metrics.hosts.set(int(self.limiter.tracked_hosts()));
        Ok(())
    }

    /// Takes what came from the network; drops what nobody waits for any more.
    fn collect(&mut self) {
        while self.pending.len() < self.config.parallel {
            let Ok(polled) = self.results.try_recv() else { break };
            self.under_way.remove(&polled.number);
            if is_awaited(&self.watches, &polled) {
                fail::fail_point!("poller::fetched");
                self.pending.push(polled);
            } else {
                self.metrics.late.inc();
            }
        }
    }
}

pub(super) fn is_awaited(watches: &Watches, polled: &PollResult) -> bool {
    watches.get(&polled.feed_id).is_some_and(|watch| watch.awaited == Some(polled.number))
}

/// A feed's state as `transaction` would leave it, its entries unpacked.
pub(super) fn state_of(
    session: &Session,
    transaction: &Transaction,
    partition: i32,
    feed_id: &str,
) -> Result<Option<FeedState>, LogError> {
    let Some(row) = session.row(transaction, STATES, partition, feed_id.as_bytes()) else { return Ok(None) };
    let corrupt = |error: &dyn std::fmt::Display| LogError::Corrupt(format!("state of feed {feed_id}: {error}"));
    let mut state: FeedState = row.decode().map_err(|error| corrupt(&error))?;
    diff::unpack(&mut state).map_err(|bytes| corrupt(&format!("{bytes} packed bytes are not whole entries")))?;
    Ok(Some(state))
}

pub(super) fn int(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
