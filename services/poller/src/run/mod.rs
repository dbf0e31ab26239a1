//! The loop. One thread owns the log's session: it knows which feeds are due, hands them to the network, and commits what
//! comes back. The network runs on tokio; the two meet in bounded channels.

mod commit;
mod definitions;
mod desk;
mod ledger;
mod records;
mod sparing;
mod watches;

use crate::{
    Config, Error, Metrics,
    document::Limits,
    fetch::{Client, FetchError},
    poll::{self, Job, PollResult},
    rate_limit::HostLimiter,
};
use tokio::{sync::mpsc, task::JoinSet};

const STAGE: &str = "poller";

/// Runs the poller until `runtime.stop`: it then starts no more polls, finishes the commit in hand, and leaves.
///
/// # Errors
/// Where the client cannot be made, or the log's fault says that the process must end.
pub async fn run(config: Config, runtime: stream::Runtime) -> Result<(), Error> {
    let limiter = HostLimiter::new(config.host_interval);
    let client = Client::new(limiter, config.limits.clone(), config.allow_private_networks, &config.contact)
        .map_err(|failed| Error::Client(failed.to_string()))?;
    let metrics = Metrics::new(&runtime.registry)?;
    // As many places as polls may be under way: neither side ever waits for the other.
    let (jobs, to_fetch) = mpsc::channel(config.parallel);
    let (fetched, results) = mpsc::channel(config.parallel);
    let desk = desk::Desk::new(config.clone(), runtime, metrics, client.limiter().clone(), jobs, results);
    let fetchers = tokio::spawn(fetch(client, config.document_limits(), to_fetch, fetched));
    let ended = chassis::thread::run("poller", move || desk.run()).await;
    fetchers.abort();
    Ok(ended??)
}

/// Polls what it is handed, each in a task of its own; dropped together with it.
async fn fetch(client: Client, limits: Limits, mut jobs: mpsc::Receiver<Job>, results: mpsc::Sender<PollResult>) {
    let mut tasks = JoinSet::new();
    while let Some(job) = jobs.recv().await {
        let (client, results) = (client.clone(), results.clone());
        tasks.spawn(async move {
            let (number, feed_id, url) = (job.number, job.feed_id.clone(), job.url.clone());
            // A panic would leave its feed waiting for ever.
            let polled = match tokio::spawn(async move { poll::poll(&client, job, limits).await }).await {
                Ok(polled) => polled,
                Err(_) => PollResult {
                    number,
                    feed_id,
                    url,
                    at: jiff::Timestamp::now(),
                    duration_ms: 0,
                    bytes: 0,
                    response: Err(FetchError::Network("the poll panicked".to_owned())),
                },
            };
            // Nobody listens any more only when the poller is leaving.
            let _ = results.send(polled).await;
        });
        while tasks.try_join_next().is_some() {}
    }
}
