#![doc = include_str!("../README.md")]

pub mod boilerplate;
pub mod date;
pub mod html;
pub mod language;
mod metrics;
mod normalise;
pub mod publisher;
pub mod revision;
pub mod signature;
pub mod size;
pub mod title;

pub use metrics::Metrics;
pub use normalise::{DOUBLE_ESCAPED, HTML_TOO_DEEP, Normalised, Published, normalise};

use proto::{
    partition,
    topic::Topic,
    v1::{ArticleState, RawItem},
};
use stream::{Input, Outcome, ProcessContext, ProcessError, Record, Runtime, Table};

/// Name of the stage, of its group and of its metrics' label.
pub const STAGE: &str = "normaliser";

const STATE: Table<ArticleState> = Table::new(Topic::ArticleState.suffix());

/// The normaliser's flags.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "normaliser")]
#[command(next_help_heading = "Normaliser")]
pub struct Args {
    /// Most raw items in one transaction.
    #[arg(long, env = "NEWSWIRE_NORMALISER_BATCH", value_name = "N", default_value_t = 500)]
    pub normaliser_batch: usize,
}

/// The flags, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Most raw items in one transaction.
    pub batch: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { batch: 500 }
    }
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Config, Vec<String>> {
        if (1..=10_000).contains(&self.normaliser_batch) {
            Ok(Config { batch: self.normaliser_batch })
        } else {
            Err(vec![format!("--normaliser-batch is 1 to 10000, not {}", self.normaliser_batch)])
        }
    }
}

/// Why the normaliser ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] stream::LogError),
    /// The thread of the stage gave no result.
    #[error(transparent)]
    Thread(#[from] chassis::thread::ThreadError),
    /// Its metrics could not be registered.
    #[error("metrics: {0}")]
    Metrics(#[from] prometheus::Error),
}

/// Normalises raw items until `runtime.shutdown` is cancelled. Articles, signatures and state of a batch are one transaction.
///
/// # Errors
/// [`Error`]; the process is to end.
pub async fn run(config: Config, runtime: Runtime) -> Result<(), Error> {
    let metrics = Metrics::new(&runtime.registry)?;
    chassis::thread::run(STAGE, move || {
        let outputs = [Topic::Articles, Topic::Signatures];
        let mut spec = runtime.stage(STAGE, Topic::Raw, &[Topic::ArticleState], &outputs);
        spec.max_batch = config.batch;
        let [articles, signatures] = outputs.map(|topic| runtime.names.of(topic));
        let partitions = runtime.partitions;
        stream::run(&*runtime.log, &spec, &runtime.shutdown, &runtime.metrics, |input, context| {
            check_partition(&input.record, partitions)?;
            step(input, context, &articles, &signatures, &metrics)
        })
    })
    .await??;
    Ok(())
}

/// Refuses a raw item on another partition than its key's, as a foreign producer with another partitioner writes it. Another
/// normaliser may own the article's state, and both would publish it as NEW.
fn check_partition(record: &Record, partitions: i32) -> Result<(), ProcessError> {
    let expected = partition::of(&record.key, partitions);
    if record.partition == expected {
        return Ok(());
    }
    let key = String::from_utf8_lossy(&record.key);
    Err(ProcessError::poison("wrong-partition", format!("key {key:?} belongs on partition {expected} of {partitions}")))
}

/// Processes one raw item.
fn step(
    input: &Input<RawItem>,
    context: &mut ProcessContext<'_>,
    articles: &str,
    signatures: &str,
    metrics: &Metrics,
) -> Result<Outcome, ProcessError> {
    let raw = &input.message;
    let id = raw.article_id.as_str();
    // State is kept in the record's partition: under another key the article may be another normaliser's.
    if !id.is_empty() && input.record.key != id.as_bytes() {
        let detail = format!("the key is {:?}, the article id {id:?}", String::from_utf8_lossy(&input.record.key));
        return Err(ProcessError::poison("key-mismatch", detail));
    }
    let state = context.get(&STATE, id)?;
    match normalise(raw, state.as_ref(), context.now)? {
        Normalised::Duplicate(state) => {
            if let Some(state) = state {
                context.put(&STATE, id, &*state)?;
            }
            Ok(Outcome::Duplicate)
        }
        Normalised::Article(published) => {
            context.put(&STATE, id, &published.state)?;
            context.emit(articles, id, &published.article)?;
            if let Some(signature) = &published.signature {
                context.emit(signatures, id, signature)?;
            }
            metrics.boilerplate_lines.inc_by(u64::try_from(published.boilerplate_lines).unwrap_or(0));
            metrics.titles_stripped.inc_by(u64::from(published.site_removed));
            metrics.articles.with_label_values(&[&published.article.change]).inc();
            for warning in &published.warnings {
                metrics.warnings.with_label_values(&[warning]).inc();
            }
            Ok(Outcome::Out)
        }
    }
}
