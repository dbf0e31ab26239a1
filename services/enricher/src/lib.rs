#![doc = include_str!("../README.md")]

mod args;
pub mod budget;
pub mod countries;
pub mod document;
mod enrich;
pub mod entities;
mod fold;
pub mod gazetteer;
mod knowledge;
pub mod size;

pub use args::{Args, Config, DEFAULT_BATCH, ModelArgs};
pub use enrich::{Enriched, VERSION, enrich, enrich_within};
pub use knowledge::{Knowledge, KnowledgeError};
pub use tagger::Recogniser;

use proto::{topic::Topic, v1::Article};
use std::sync::Arc;
use stream::{Access, Input, Outcome, ProcessError, Runtime, StageTopics};

/// Name of the stage, of its group and of its metrics' label.
pub const STAGE: &str = "enricher";

/// Reason of the dead letter of an article on which an ONNX model failed.
pub const REFUSED_MODEL: &str = "model-failed";

/// Why the enricher stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The log failed.
    #[error(transparent)]
    Log(#[from] stream::LogError),
    /// The thread of the stage panicked.
    #[error(transparent)]
    Thread(#[from] chassis::thread::ThreadError),
    /// The shipped data does not fit this program.
    #[error(transparent)]
    KnowledgeError(#[from] KnowledgeError),
}

const STAGES: [StageTopics; 1] =
    [StageTopics { name: STAGE, source: Topic::Articles, tables: &[], outputs: &[Topic::Enriched] }];

/// All that the enricher does on the log.
pub const ACCESS: Access = Access { service: "enricher", stages: &STAGES, reads: &[], appends: &[], watches: &[] };

/// Enriches articles until `runtime.shutdown` is cancelled.
///
/// # Errors
/// [`Error`] if the stage stops for another reason; the process should then exit.
pub async fn run(config: Config, runtime: Runtime) -> Result<(), Error> {
    let knowledge = Arc::new(Knowledge::with(config.recogniser)?);
    tracing::info!(gazetteer = knowledge.gazetteer_version(), model = knowledge.model_version(), "enricher ready");
    chassis::thread::run(STAGE, move || stage(config.batch, &runtime, &knowledge)).await??;
    Ok(())
}

/// The stage's loop.
fn stage(batch: usize, runtime: &Runtime, knowledge: &Knowledge) -> Result<(), stream::LogError> {
    let [StageTopics { name, source, tables, outputs }] = STAGES;
    let mut spec = runtime.stage(name, source, tables, outputs);
    spec.max_batch = batch;
    // Starting over would publish a month of articles again.
    spec.member.recovery.waits = true;
    let enriched = runtime.names.of(Topic::Enriched);
    stream::run(
        runtime.log.as_ref(),
        &spec,
        &runtime.shutdown,
        &runtime.metrics,
        |input: &Input<'_, Article>, context| {
            let record = enrich(&input.message, knowledge, context.now)
                .map_err(|error| ProcessError::poison(REFUSED_MODEL, error.to_string()))?;
            context.emit(&enriched, &record.article_id, &record)?;
            Ok(Outcome::Out)
        },
    )
}
