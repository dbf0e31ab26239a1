//! The consume-process-commit loop of pages.

use super::{
    STAGE, TOPICS,
    backoff::{self, MAX_ATTEMPTS},
    fetch::{self, Failed, Fetched, Retry},
    gate::Gate,
    queue::{Place, Queue},
    record,
};
use crate::{
    Config, Metrics,
    fetch::Client,
    rate_limit::host_of,
    schedule::clock::{StepDetector, within_max_wait},
};
use jiff::Timestamp;
use proto::{
    partition, time,
    topic::Topic,
    v1::{PageRequest, PageState},
    vocab::page_failure,
};
use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};
use stream::{
    DeadLetter, Log, LogError, Outgoing, ProcessError, Processor, Record, Recovery, Runtime, Session, StageMetrics,
    Table, Transaction,
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

/// What a commit does to the queue.
enum After {
    /// The page is done, or was replaced.
    Done,
    /// It waits for its next attempt.
    Again(String, Place),
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

    /// Commits the pages that have arrived, or when they are tried again; true if there was something to commit. After an error
    /// they stay.
    fn commit(&mut self, session: &mut Session) -> Result<bool, LogError> {
        let (now, positions) = (self.now(), session.positions());
        let mut transaction = Transaction::default();
        let (mut done, mut outcomes) = (Vec::new(), Vec::new());
        for result in &self.pending {
            let partition = result.partition;
            let state = match positions.get(&partition) {
                Some(_) => read(session, &transaction, partition, &result.id)?,
                None => None,
            };
            // A later request has taken its place, or its partition is another replica's.
            let state = state.filter(|state| {
                state.request.as_ref().is_some_and(|request| request.requested_at == result.requested_at)
            });
            let Some((state, position)) = state.zip(positions.get(&partition)) else {
                outcomes.push("superseded");
                done.push(After::Done);
                continue;
            };
            let (after, outcome) = self.stage(session, &mut transaction, result, state, now)?;
            // The unchanged position: a transaction without an offset would not be fenced.
            transaction.advance(partition, *position);
            outcomes.push(outcome);
            done.push(after);
            if transaction.bytes() >= MAX_BYTES {
                break;
            }
        }
        let has_records = !transaction.is_empty();
        if has_records {
            session.commit(transaction)?;
        }
        outcomes.into_iter().for_each(|outcome| self.metrics.pages.with_label_values(&[outcome]).inc());
        for after in done {
            self.pending.pop_front();
            if let After::Again(id, place) = after {
                self.queue.insert(&id, place);
            }
        }
        Ok(has_records)
    }

    /// What a result writes: the item and a tombstone, or when it is tried again.
    fn stage(
        &self,
        session: &Session,
        transaction: &mut Transaction,
        result: &PageResult,
        state: PageState,
        now: Timestamp,
    ) -> Result<(After, &'static str), LogError> {
        let failed = match &result.page {
            Ok(page) => {
                self.answer(session, transaction, result.partition, &state, Ok(page), now)?;
                return Ok((After::Done, "fetched"));
            }
            Err(failed) => failed,
        };
        let (attempts, asked) = match failed.retry {
            Retry::Never => (MAX_ATTEMPTS, None),
            Retry::Later(asked) => (state.attempts.saturating_add(1), asked),
            Retry::Uncounted(asked) => (state.attempts, asked),
        };
        if attempts >= MAX_ATTEMPTS {
            let (article_id, reason, detail) = (&state.article_id, failed.reason, &failed.detail);
            tracing::debug!(article_id, reason, detail, "no page");
            self.answer(session, transaction, result.partition, &state, Err(failed.reason), now)?;
            return Ok((After::Done, failed.reason));
        }
        let counted = if attempts == state.attempts { 0 } else { attempts };
        let at = backoff::next(now, counted, asked);
        let host = state.request.as_ref().map(|request| host(&request.url)).unwrap_or_default();
        let next = PageState { attempts, next_at: Some(time::to_wire(at)), error: failed.detail.clone(), ..state };
        transaction.put(session, &PAGES, record::state(&self.runtime, result.partition, &next, now)?)?;
        Ok((After::Again(result.id.clone(), Place { host, partition: result.partition, at }), "postponed"))
    }

    /// Writes the item of a page, and removes its row.
    fn answer(
        &self,
        session: &Session,
        transaction: &mut Transaction,
        partition: i32,
        state: &PageState,
        page: Result<&Fetched, &str>,
        now: Timestamp,
    ) -> Result<(), LogError> {
        let request = state.request.clone().unwrap_or_default();
        let item = record::raw_item(&request, page);
        transaction.write(record::raw(&self.runtime, item, &request, session.max_record_bytes(), now)?);
        let key = Topic::PageState.key(&state.article_id).map_err(|error| LogError::Corrupt(error.to_string()))?;
        transaction.put(session, &PAGES, Outgoing::tombstone(session.changelog(&PAGES)?, partition, key))
    }

    /// Adds requests to the table. One that cannot be read goes to the dead letters; one too many is answered at once.
    fn accept(&mut self, session: &mut Session, records: &[Record]) -> Result<(), LogError> {
        let now = self.now();
        let mut transaction = Transaction::default();
        let (mut accepted, mut refused): (Vec<(String, Place)>, Vec<&str>) = (Vec::new(), Vec::new());
        for record in records {
            let partition = record.partition;
            transaction.advance(partition, record.offset + 1);
            let request = match parse(record) {
                Ok(Some(request)) => request,
                Ok(None) => continue,
                Err((reason, detail)) => {
                    tracing::warn!(stage = STAGE, reason, detail, "request refused; written to the dead letters");
                    let dead_letter = DeadLetter::new(STAGE, reason, &detail, record.clone(), now);
                    let to = partition::of(&record.key, self.runtime.partitions);
                    transaction.write(dead_letter.to_outgoing(&self.runtime.names.of(Topic::DeadLetter), to));
                    refused.push(reason);
                    continue;
                }
            };
            let (id, host) = (request.article_id.clone(), host(&request.url));
            let article_id = id.clone();
            let state = PageState {
                article_id,
                request: Some(request),
                next_at: Some(time::to_wire(now)),
                ..PageState::default()
            };
            if self.queue.is_full(&id, &host) || accepted.len() >= MAX_BATCH {
                self.metrics.pages.with_label_values(&[page_failure::TOO_MANY]).inc();
                self.answer(session, &mut transaction, partition, &state, Err(page_failure::TOO_MANY), now)?;
                accepted.retain(|(other, _)| *other != id);
                self.queue.remove(&id);
                continue;
            }
            transaction.put(session, &PAGES, record::state(&self.runtime, partition, &state, now)?)?;
            accepted.push((id, Place { host, partition, at: now }));
        }
        session.commit(transaction)?;
        accepted.into_iter().for_each(|(id, place)| self.queue.insert(&id, place));
        self.stage_metrics.read.inc_by(records.len() as u64);
        self.stage_metrics.out.inc_by((records.len() - refused.len()) as u64);
        refused.into_iter().for_each(|reason| self.stage_metrics.dead_letter(reason).inc());
        Ok(())
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

/// The row of a page; `None` if there is none, or it cannot be decoded.
fn read(
    session: &Session,
    transaction: &Transaction,
    partition: i32,
    article_id: &str,
) -> Result<Option<PageState>, LogError> {
    let Ok(key) = Topic::PageState.key(article_id) else { return Ok(None) };
    match session.tables().get(&PAGES, transaction, partition, &key) {
        Err(LogError::Corrupt(reason)) => {
            tracing::error!(article_id, reason, "the row of a page cannot be decoded; the page is not fetched");
            Ok(None)
        }
        row => row,
    }
}

/// The request in a record; `None` for a tombstone. Else the reason and the sentence for its dead letter.
fn parse(record: &Record) -> Result<Option<PageRequest>, (&'static str, String)> {
    if record.value.is_none() {
        return Ok(None);
    }
    let request: PageRequest = record.decode().map_err(|error| ("undecodable", error.to_string()))?;
    let bad = |detail: String| Err(("bad-request", detail));
    if request.article_id.as_bytes() != record.key || Topic::PageState.key(&request.article_id).is_err() {
        return bad(format!("the record's key is not the article id {:?}", request.article_id));
    }
    if request.entry.as_ref().is_none_or(|entry| entry.article_id != request.article_id) {
        return bad("the request has no entry of its article".to_owned());
    }
    match Url::parse(&request.url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Some(request)),
        _ => bad(format!("{:?} is no http or https URL", request.url)),
    }
}

fn host(url: &str) -> String {
    Url::parse(url).map(|url| host_of(&url)).unwrap_or_default()
}

fn to_i64(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
