//! The consume-process-commit loop of pages.

mod commit;
mod request;

use super::{
    STAGE, TOPICS, backoff,
    fetch::{self, Failed, Fetched},
    gate::Gate,
    queue::{Place, Queue},
};
use crate::{
    Config, Metrics,
    fetch::Client,
    rate_limit::host_of,
    schedule::clock::{StepDetector, within_max_wait},
};
use commit::read;
use jiff::Timestamp;
use proto::{time, topic::Topic, v1::PageState, vocab::page_failure};
use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};
use stream::{
    Log, LogError, ProcessError, Processor, Record, Recovery, Runtime, Session, StageMetrics, Table, Transaction,
};
use tokio::{runtime::Handle, sync::mpsc, task::JoinSet};
use url::Url;

const PAGES: Table<PageState> = Table::new(Topic::PageState.suffix());

/// Most requests in one transaction.
const MAX_BATCH: usize = 200;
/// Bytes after which a transaction takes no more pages.
const MAX_BYTES: usize = 4 << 20;
/// Most pages in flight.
const PARALLEL: usize = 64;
/// A host gets a page for each so many requests that its rate allows; the others are left to feeds.
const SHARE: u32 = 2;
/// How long the loop waits for a page before it looks for requests.
const WAIT_PAGE: Duration = Duration::from_millis(20);
/// How long it waits where none is in flight.
const WAIT_IDLE: Duration = Duration::from_millis(200);
/// How long a poll of the log waits after a wait for a page.
const WAIT_LOG: Duration = Duration::from_millis(1);

/// A page that was fetched, or was not.
struct PageResult {
    number: u64,
    id: String,
    partition: i32,
    requested_at: Option<proto::Timestamp>,
    page: Result<Fetched, Failed>,
}

/// Fetches pages and commits them.
pub(super) struct PageLoop {
    config: Config,
    runtime: Runtime,
    metrics: Metrics,
    stage_metrics: StageMetrics,
    client: Client,
    gate: Gate,
    network: Handle,
    tasks: JoinSet<()>,
    fetched: mpsc::Sender<PageResult>,
    results: mpsc::Receiver<PageResult>,
    queue: Queue,
    /// Hosts of the pages in flight, and when they began, by number. They outlive a session.
    in_flight: HashMap<u64, (String, Instant)>,
    /// Results that are not committed yet.
    pending: VecDeque<PageResult>,
    last_number: u64,
    steps: StepDetector,
}

impl PageLoop {
    pub(super) fn new(
        config: Config,
        runtime: Runtime,
        metrics: Metrics,
        client: Client,
        gate: Gate,
        network: Handle,
    ) -> Self {
        // At most `PARALLEL` are in flight, so a send never waits.
        let (fetched, results) = mpsc::channel(PARALLEL);
        PageLoop {
            stage_metrics: runtime.metrics.stage(STAGE),
            steps: StepDetector::new(config.clock.now(), Instant::now()),
            config,
            runtime,
            metrics,
            client,
            gate,
            network,
            tasks: JoinSet::new(),
            fetched,
            results,
            queue: Queue::default(),
            in_flight: HashMap::new(),
            pending: VecDeque::new(),
            last_number: 0,
        }
    }

    /// Runs until `runtime.shutdown` is cancelled, or an error requires the process to end.
    pub(super) fn run(mut self) -> Result<(), LogError> {
        let outputs = TOPICS.outputs.iter().map(|topic| self.runtime.names.of(*topic)).collect();
        let recovery = Recovery { outputs, waits: false };
        let mut spec = self.runtime.member(STAGE, TOPICS.source, TOPICS.tables);
        spec.recovery = recovery;
        let Runtime { log, shutdown, .. } = self.runtime.clone();
        let metrics = self.stage_metrics.clone();
        stream::drive(&*log, &spec, MAX_BATCH, &shutdown, &metrics, &mut self)
    }

    /// The time. If the clock was set, what waits moves with it.
    fn now(&mut self) -> Timestamp {
        let now = self.config.clock.now();
        if let Some(step) = self.steps.step(now, Instant::now()) {
            self.queue.shift(step);
        }
        now
    }

    /// Hands the pages that may be fetched now to the network.
    fn start(&mut self, session: &Session) -> Result<(), LogError> {
        let (now, open) = (self.now(), self.gate.open());
        while self.in_flight.len() + self.pending.len() < PARALLEL {
            let Some((id, place)) = self.queue.take(now, &open) else { break };
            let Some(state) = read(session, &Transaction::default(), place.partition, &id)? else {
                self.queue.release(&place.host, now, Duration::ZERO);
                continue;
            };
            let request = state.request.unwrap_or_default();
            self.last_number += 1;
            let number = self.last_number;
            let (partition, requested_at) = (place.partition, request.requested_at);
            let result = move |page| PageResult { number, id, partition, requested_at, page };
            self.in_flight.insert(number, (place.host, Instant::now()));
            let requested = requested_at.as_ref().and_then(time::from_wire);
            let url = match Url::parse(&request.url) {
                Ok(url) if !backoff::is_expired(requested, now) => url,
                _ => {
                    let error = state.error;
                    self.arrived(result(Err(Failed::never(page_failure::EXPIRED, error))));
                    continue;
                }
            };
            let (client, fetched) = (self.client.clone(), self.fetched.clone());
            let fetch = async move {
                // Without a result after a panic the host would stay busy.
                let page = match tokio::spawn(async move { fetch::fetch(&client, &url).await }).await {
                    Ok(page) => page,
                    Err(_) => Err(Failed::never(page_failure::NETWORK, "the fetch panicked".to_owned())),
                };
                // The receiver is gone only at shutdown.
                let _ = fetched.send(result(page)).await;
            };
            self.tasks.spawn_on(fetch, &self.network);
        }
        while self.tasks.try_join_next().is_some() {}
        self.metrics.pages_in_flight.set(to_i64(self.in_flight.len()));
        self.metrics.pages_waiting.set(to_i64(self.queue.len()));
        Ok(())
    }

    /// Takes a result. Its host is free after its pause.
    fn arrived(&mut self, result: PageResult) {
        let now = self.now();
        if let Some((host, began)) = self.in_flight.remove(&result.number) {
            self.metrics.page_seconds.observe(began.elapsed().as_secs_f64());
            let asked = result.page.as_ref().map_or(Duration::ZERO, |page| page.crawl_delay);
            self.queue.release(&host, now, asked.max(self.config.host_interval * SHARE));
        }
        self.pending.push_back(result);
    }

    /// Waits until a page arrives, or it is time to look for requests.
    fn wait(&mut self) {
        let results = &mut self.results;
        let arrived = self.network.block_on(async { tokio::time::timeout(WAIT_PAGE, results.recv()).await });
        if let Ok(Some(result)) = arrived {
            self.arrived(result);
        }
    }

    fn collect(&mut self) {
        while let Ok(result) = self.results.try_recv() {
            self.arrived(result);
        }
    }

    fn load(&mut self, session: &Session, partitions: &[i32]) -> Result<(), LogError> {
        let now = self.now();
        for partition in partitions {
            for row in session.tables().rows(&PAGES, *partition)? {
                let (_, row) = row?;
                let Ok(PageState { article_id, request: Some(request), next_at, .. }) = row.decode() else { continue };
                let at = next_at.as_ref().and_then(time::from_wire).unwrap_or(now);
                // Of a clock ahead of this one: it would wait for as long.
                let at = within_max_wait(at, now);
                self.queue.insert(&article_id, Place { host: host(&request.url), partition: *partition, at });
            }
        }
        Ok(())
    }
}

impl Processor for PageLoop {
    fn on_join(&mut self, _log: &dyn Log) -> Result<(), LogError> {
        // Results of an earlier session are dropped: their rows are still there.
        self.queue = Queue::with_busy(self.in_flight.values().map(|(host, _)| host.as_str()));
        self.pending.clear();
        Ok(())
    }

    fn on_assigned(&mut self, session: &Session, partitions: &[i32]) -> Result<(), ProcessError> {
        Ok(self.load(session, partitions)?)
    }

    fn on_revoked(&mut self, partitions: &[i32]) {
        partitions.iter().for_each(|partition| self.queue.remove_partition(*partition));
        self.pending.retain(|result| !partitions.contains(&result.partition));
    }

    fn on_records(&mut self, session: &mut Session, records: Vec<Record>) -> Result<(), ProcessError> {
        Ok(self.accept(session, &records)?)
    }

    fn before_poll(&mut self, session: &Session) -> Result<Duration, ProcessError> {
        let now = self.now();
        self.queue.forget_idle(now);
        self.start(session)?;
        if self.in_flight.is_empty() && self.pending.is_empty() {
            let now = self.now();
            let due = self.queue.next_due().and_then(|due| Duration::try_from(due.duration_since(now)).ok());
            return Ok(due.unwrap_or(WAIT_IDLE).clamp(WAIT_LOG, WAIT_IDLE));
        }
        if self.pending.is_empty() {
            self.wait();
        }
        Ok(WAIT_LOG)
    }

    fn after_poll(&mut self, session: &mut Session) -> Result<bool, ProcessError> {
        self.collect();
        Ok(self.commit(session)?)
    }

    fn on_shutdown(&mut self, session: &mut Session) -> Result<(), ProcessError> {
        // Pages that have arrived need not be fetched again.
        self.collect();
        self.commit(session)?;
        Ok(())
    }
}

fn host(url: &str) -> String {
    Url::parse(url).map(|url| host_of(&url)).unwrap_or_default()
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
