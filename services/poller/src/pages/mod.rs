//! Pages of articles: the second stage of the poller. It reads page requests, fetches the pages under the poller's own rules, and
//! writes each as a raw item of kind PAGE, together with the entry that asked for it.
//!
//! Requests that wait are rows of a table, so that a slow page holds up no offset. A page is fetched only where this replica
//! owns the same partition of feeds: one process paces each host.

mod backoff;
mod fetch;
mod gate;
mod page_loop;
mod queue;
mod record;

pub use gate::Gate;

use crate::{Config, Error, Metrics, fetch::Client};
use page_loop::PageLoop;
use proto::topic::Topic;
use stream::{Runtime, StageTopics};

/// Name of the stage, of its consumer group and of its label in metrics.
pub const STAGE: &str = "pages";

/// The stage's topics.
pub const TOPICS: StageTopics =
    StageTopics { name: STAGE, source: Topic::PageRequests, tables: &[Topic::PageState], outputs: &[Topic::Raw] };

/// Fetches pages until `runtime.shutdown` is cancelled.
///
/// # Errors
/// If a log error requires the process to end, or the thread panicked.
pub async fn run(config: Config, runtime: Runtime, metrics: Metrics, client: &Client, gate: Gate) -> Result<(), Error> {
    let network = tokio::runtime::Handle::current();
    let pages = PageLoop::new(config, runtime, metrics, client.for_pages(), gate, network);
    chassis::thread::run(STAGE, move || pages.run()).await??;
    Ok(())
}
