#![doc = include_str!("../README.md")]

pub mod countries;
pub mod document;
mod enrich;
pub mod entities;
pub mod gazetteer;
mod knowledge;
pub mod tagger;
pub mod tokens;

pub use enrich::{VERSION, WARNING_CUT, WARNING_LANGUAGE, WARNING_NAMES_ONLY, enrich};
pub use knowledge::{Knowledge, Unready};

use proto::{topic::Topic, v1::Article};
use std::sync::Arc;
use stream::{Input, Outcome, Runtime};

/// Name of the stage, of its group and of its metrics' label.
pub const STAGE: &str = "enricher";

/// The enricher's flags.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "enricher")]
#[command(next_help_heading = "Enricher")]
pub struct Args {
    /// Most articles in one transaction.
    #[arg(long, env = "NEWSWIRE_ENRICHER_BATCH", value_name = "N", default_value_t = 200)]
    pub enricher_batch: usize,
}

/// The flags, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Most articles in one transaction.
    pub batch: usize,
}

impl Default for Config {
    fn default() -> Self {
        Config { batch: 200 }
    }
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Config, Vec<String>> {
        if (1..=10_000).contains(&self.enricher_batch) {
            Ok(Config { batch: self.enricher_batch })
        } else {
            Err(vec![format!("--enricher-batch is 1 to 10000, not {}", self.enricher_batch)])
        }
    }
}

/// Why the enricher ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] stream::Fault),
    /// The thread of the stage gave no result.
    #[error(transparent)]
    Thread(#[from] chassis::thread::Died),
    /// The shipped data do not fit this program.
    #[error(transparent)]
    Unready(#[from] Unready),
}

/// Enriches articles until `runtime.stop`.
///
/// # Errors
/// [`Error`]; the process is to end.
pub async fn run(config: Config, runtime: Runtime) -> Result<(), Error> {
    let knowledge = Arc::new(Knowledge::shipped()?);
    tracing::info!(gazetteer = knowledge.gazetteer_version(), model = tagger::Tagger::version(), "enricher ready");
    chassis::thread::run(STAGE, move || stage(&config, &runtime, &knowledge)).await??;
    Ok(())
}

/// The stage's loop.
fn stage(config: &Config, runtime: &Runtime, knowledge: &Knowledge) -> Result<(), stream::Fault> {
    let mut spec = runtime.stage(STAGE, Topic::Articles, &[]);
    spec.max_batch = config.batch;
    let enriched = runtime.names.of(Topic::Enriched);
    let topics = [enriched.clone()];
    stream::run(
        runtime.log.as_ref(),
        &spec,
        &topics,
        &runtime.stop,
        &runtime.metrics,
        |input: &Input<Article>, effects| {
            let record = enrich(&input.message, knowledge, effects.now);
            effects.emit(&enriched, &record.article_id, &record)?;
            Ok(Outcome::Out)
        },
    )
}
