#![doc = include_str!("../README.md")]

pub mod boilerplate;
mod config;
pub mod date;
pub mod html;
pub mod language;
mod metrics;
mod normalise;
pub mod pages;
pub mod publisher;
pub mod revision;
pub mod signature;
pub mod size;
pub mod title;
pub mod trace;
pub mod withdrawal;
pub mod withheld;

pub use config::{Args, Config};
pub use metrics::Metrics;
pub use normalise::{Normalised, Published, Requested, normalise};
pub use pages::FullText;

use proto::{
    partition,
    topic::Topic,
    v1::{ArticleState, PageRequest, RawItem, Withdrawal},
    vocab::{body_source, kind},
};
use revision::Delivery;
use stream::{
    Access, Input, Outcome, ProcessContext, ProcessError, Record, Runtime, StageTopics, Table,
    faults::{Sabotage, sabotaged},
    header,
};
use url::Url;
use withdrawal::Effect;

/// Name of the stage, of its consumer group and of its label in metrics.
pub const STAGE: &str = "normaliser";

const STAGES: [StageTopics; 1] = [StageTopics {
    name: STAGE,
    source: Topic::Raw,
    tables: &[Topic::ArticleState, Topic::Withdrawals],
    outputs: &OUTPUTS,
}];
const OUTPUTS: [Topic; 3] = [Topic::Articles, Topic::Signatures, Topic::PageRequests];

/// All that the normaliser does on the log.
pub const ACCESS: Access = Access { service: "normaliser", stages: &STAGES, reads: &[], appends: &[], watches: &[] };

const STATE: Table<ArticleState> = Table::new(Topic::ArticleState.suffix());
const WITHDRAWALS: Table<Withdrawal> = Table::new(Topic::Withdrawals.suffix());

/// Why the normaliser ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] stream::LogError),
    /// The thread of the stage panicked or could not be started.
    #[error(transparent)]
    Thread(#[from] chassis::thread::ThreadError),
    /// The metrics could not be registered.
    #[error("metrics: {0}")]
    Metrics(#[from] ::metrics::Error),
}

/// Normalises raw items until shutdown is requested. Articles, signatures, withdrawals and the state of the articles are
/// written in one transaction a batch.
///
/// # Errors
/// The first [`Error`]; the service has then ended.
pub async fn run(config: Config, runtime: Runtime) -> Result<(), Error> {
    let metrics = Metrics::new(&runtime.registry)?;
    chassis::thread::run(STAGE, move || {
        let [StageTopics { name, source, tables, outputs }] = STAGES;
        let mut spec = runtime.stage(name, source, tables, outputs);
        spec.max_batch = config.batch;
        spec.refusal_limit.ignored = &[normalise::NO_TEXT];
        let [articles, signatures, requests] = OUTPUTS.map(|topic| runtime.names.of(topic));
        let topics = Outputs { articles, signatures, requests };
        let partitions = runtime.partitions;
        stream::run(&*runtime.log, &spec, &runtime.shutdown, &runtime.metrics, |input, context| {
            check_partition(input.record, partitions)?;
            step(input, context, config.full_text, &topics, &metrics)
        })
    })
    .await??;
    Ok(())
}

/// Refuses a record that is not on its key's partition: its producer uses another partitioner. Another normaliser may
/// own the state of the article, and both would publish it as NEW.
fn check_partition(record: &Record, partitions: i32) -> Result<(), ProcessError> {
    let expected = partition::of(&record.key, partitions);
    if record.partition == expected {
        return Ok(());
    }
    let key = String::from_utf8_lossy(&record.key);
    Err(ProcessError::poison("wrong-partition", format!("key {key:?} belongs on partition {expected} of {partitions}")))
}

/// Names of the topics that the stage writes to.
struct Outputs {
    articles: String,
    signatures: String,
    requests: String,
}

/// Processes one raw item.
fn step(
    input: &Input<'_, RawItem>,
    context: &mut ProcessContext<'_>,
    full_text: FullText,
    topics: &Outputs,
    metrics: &Metrics,
) -> Result<Outcome, ProcessError> {
    let raw = &input.message;
    let id = raw.article_id.as_str();
    // State follows the record's partition. With another key, the article may belong to another normaliser.
    if !id.is_empty() && input.record.key != id.as_bytes() {
        let detail = format!("the key is {:?}, the article id {id:?}", String::from_utf8_lossy(&input.record.key));
        return Err(ProcessError::poison("key-mismatch", detail));
    }
    let key = Topic::ArticleState.key(id).map_err(|error| ProcessError::poison("no-article-id", error))?;
    let state = context.get(&STATE, &key)?;
    let is_withdrawn = context.get(&WITHDRAWALS, &key)?.is_some() && !sabotaged(Sabotage::ShowWithdrawn);
    match withdrawal::decide(raw, state.as_ref(), is_withdrawn, context.now)? {
        Effect::None => {}
        Effect::Duplicate => return Ok(Outcome::Duplicate),
        Effect::Dropped(state) => {
            if let Some(state) = state {
                context.put(&STATE, &key, &*state)?;
            }
            return Ok(Outcome::Dropped(withdrawal::DROPPED));
        }
        Effect::Withdrawn(withdrawn) => {
            context.put(&WITHDRAWALS, &key, &withdrawn.row)?;
            context.put(&STATE, &key, &withdrawn.state)?;
            context.emit(&topics.articles, id, &withdrawn.article)?;
            metrics.articles.with_label_values(&[&withdrawn.article.change]).inc();
            return Ok(Outcome::Out);
        }
        Effect::Restored(published) => {
            context.delete(&WITHDRAWALS, &key)?;
            return publish(&published, &key, context, topics, metrics);
        }
        Effect::RestoredWithoutText(state) => {
            context.delete(&WITHDRAWALS, &key)?;
            context.put(&STATE, &key, &*state)?;
            return Ok(Outcome::Dropped(withdrawal::WITHOUT_TEXT));
        }
    }
    let replayed = input.record.header(header::REPLAY_OF).is_some();
    let normalised = normalise(raw, state.as_ref(), Delivery { now: context.now, replayed, full_text })?;
    if raw.kind == kind::PAGE {
        metrics.pages.with_label_values(&[page_outcome(&normalised)]).inc();
    }
    match normalised {
        Normalised::Dropped(reason) => Ok(Outcome::Dropped(reason)),
        Normalised::Duplicate(state) => {
            if let Some(state) = state {
                context.put(&STATE, &key, &*state)?;
            }
            Ok(Outcome::Duplicate)
        }
        Normalised::Requested(requested) => {
            context.put(&STATE, &key, &requested.state)?;
            request(&requested.request, context, topics, metrics)?;
            Ok(Outcome::Out)
        }
        Normalised::Article(published) => publish(&published, &key, context, topics, metrics),
    }
}

/// What became of a page, for its counter.
fn page_outcome(normalised: &Normalised) -> &'static str {
    match normalised {
        Normalised::Article(published) if published.article.body_source == body_source::PAGE => "published",
        Normalised::Article(_) => "feed-text",
        Normalised::Duplicate(_) | Normalised::Requested(_) => "unchanged",
        Normalised::Dropped(reason) => reason,
    }
}

/// Writes a request on the partition of the page's host: its poller paces the host.
fn request(
    request: &PageRequest,
    context: &mut ProcessContext<'_>,
    topics: &Outputs,
    metrics: &Metrics,
) -> Result<(), ProcessError> {
    let host = Url::parse(&request.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    metrics.page_requests.with_label_values(&[&request.reason]).inc();
    context.emit_by(&topics.requests, &request.article_id, request, |partitions| partition::of_host(&host, partitions))
}

/// Writes an article with its state, its signature and the request for its page.
fn publish(
    published: &Published,
    key: &[u8],
    context: &mut ProcessContext<'_>,
    topics: &Outputs,
    metrics: &Metrics,
) -> Result<Outcome, ProcessError> {
    let id = published.article.article_id.as_str();
    context.put(&STATE, key, &published.state)?;
    context.emit(&topics.articles, id, &published.article)?;
    if let Some(signature) = &published.signature {
        context.emit(&topics.signatures, id, signature)?;
    }
    if let Some(page) = &published.request {
        request(page, context, topics, metrics)?;
    }
    count(metrics, published);
    Ok(Outcome::Out)
}

fn count(metrics: &Metrics, published: &Published) {
    metrics.boilerplate_lines.inc_by(u64::try_from(published.boilerplate_lines).unwrap_or(0));
    metrics.titles_stripped.inc_by(u64::from(published.site_removed));
    metrics.articles.with_label_values(&[&published.article.change]).inc();
    for warning in &published.warnings {
        metrics.warnings.with_label_values(&[warning.as_str()]).inc();
    }
}
