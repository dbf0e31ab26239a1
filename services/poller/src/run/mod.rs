//! The poll loop. One thread owns the log's session: it knows which feeds are due, hands them to the network, and commits
//! the results. The network runs on tokio; bounded channels connect the two.

mod backlog;
mod budget;
mod commit;
mod counters;
mod definitions;
mod due;
mod network;
mod pace;
mod poll_loop;
mod queue;
mod reachability;
mod recent;
mod records;
mod relocate;
mod status;
mod stored;
mod summary;
mod waiting;
mod write_policy;

use crate::{
    Config, Error, Metrics,
    document::Limits,
    fetch::{Client, FetchError},
    pages::{self, Gate},
    poll::{self, Job, PollResult},
    rate_limit::HostLimiter,
};
use chassis::admin::Readiness;
use poll_loop::{PollLoop, Reachable};
use proto::topic::Topic;
use stream::StageTopics;
use tokio::{sync::mpsc, task::JoinSet};

/// Name of the stage, of its consumer group and of its label in metrics.
pub const STAGE: &str = "poller";

/// The stage's topics.
pub const TOPICS: StageTopics = StageTopics {
    name: STAGE,
    source: Topic::Feeds,
    tables: &[Topic::Feeds, Topic::FeedState, Topic::FeedHealth],
    outputs: &[Topic::Raw],
};

pub use backlog::WATCHED;

/// Polls feeds and fetches pages until `runtime.shutdown` is cancelled. It then starts no more, commits the results that it has,
/// and returns. `readiness` gets the condition `poller-network`: that this machine can poll.
///
/// # Errors
/// If the HTTP client cannot be created, metrics cannot be registered, or a log error requires the process to end.
pub async fn run(config: Config, runtime: stream::Runtime, readiness: Readiness) -> Result<(), Error> {
    let descriptors = rlimit::Resource::NOFILE.get_soft().unwrap_or(u64::MAX);
    let parallel = budget::parallel(config.parallel, descriptors);
    if parallel < config.parallel {
        tracing::warn!(parallel, descriptors, "fewer concurrent polls than configured: too few file descriptors");
    }
    let config = Config { parallel, ..config };
    let limiter = HostLimiter::new(config.host_interval);
    let client = config.client(limiter)?;
    let metrics = Metrics::new(&runtime.registry)?;
    // At most `parallel` polls are in flight, so a send never waits.
    let (jobs, to_fetch) = mpsc::channel(config.parallel);
    let (fetched, results) = mpsc::channel(config.parallel);
    let limiter = client.limiter().clone();
    let reachable = Reachable { online: readiness.add("poller-network"), gate: Gate::default() };
    let network = tokio::runtime::Handle::current();
    // The first of the two loops that ends stops the other.
    let shutdown = runtime.shutdown.child_token();
    let runtime = stream::Runtime { shutdown: shutdown.clone(), ..runtime };
    let pages = pages::run(config.clone(), runtime.clone(), metrics.clone(), &client, reachable.gate.clone());
    let limits = config.document_limits();
    let poll_loop = PollLoop::new(config, runtime, metrics, limiter, reachable, network, (jobs, results));
    let fetchers = tokio::spawn(fetch(client.clone(), limits, to_fetch, fetched));
    let polls = async {
        let ended = chassis::thread::run(STAGE, move || poll_loop.run()).await;
        shutdown.cancel();
        fetchers.abort();
        Ok(ended??)
    };
    let pages = async {
        let ended = pages.await;
        shutdown.cancel();
        ended
    };
    let (polls, pages) = tokio::join!(polls, pages);
    polls.and(pages)
}

/// Runs each job in a task of its own. Dropping the future cancels them all.
async fn fetch(client: Client, limits: Limits, mut jobs: mpsc::Receiver<Job>, results: mpsc::Sender<PollResult>) {
    let mut tasks = JoinSet::new();
    while let Some(job) = jobs.recv().await {
        let (client, results) = (client.clone(), results.clone());
        tasks.spawn(async move {
            let (number, feed_id, url) = (job.number, job.feed_id.clone(), job.url.clone());
            // Without a result after a panic the feed would never be due again.
            let result = match tokio::spawn(async move { poll::poll(&client, job, limits).await }).await {
                Ok(result) => result,
                Err(_) => PollResult {
                    number,
                    feed_id,
                    url,
                    at: stream::faults::now(),
                    duration_ms: 0,
                    bytes: 0,
                    response: Err(FetchError::Fault("the poll panicked".to_owned())),
                },
            };
            // The receiver is gone only at shutdown.
            let _ = results.send(result).await;
        });
        while tasks.try_join_next().is_some() {}
    }
}
