//! `newswire topics`: compares and changes topics, lists them, prints the rights of each service, and rebuilds the article state.

mod acls;
mod list;
mod plan;

use crate::{
    answer::{self, Answer},
    output::OutputArgs,
    rebuild,
};
use std::sync::Arc;
use stream::{CancellationToken, Log, LogArgs, LogConfig, Metrics, TopicSpec};

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Show how the topics differ from what is declared: partitions, replicas, retention, compaction and the other
    /// settings. Exits with 2 if they do.
    Plan(Box<Flags>),
    /// Create the topics that are missing and settle the other differences. A change that would lose data is refused, and
    /// shown with the command that makes it all the same. Exits with 2 if a difference is left.
    Apply(Box<Flags>),
    /// Create the topics that are missing, change nothing else, and list them: for a job before the services start.
    Create(Box<Flags>),
    /// List the topics with their number of partitions and the sum of the partitions' end offsets, and the settings
    /// that may lose data.
    List(Box<Flags>),
    /// Print the rights that each service needs on Kafka, and no more, as commands of kafka-acls.sh. Needs no broker.
    Acls(Box<acls::Flags>),
    /// Rebuild lost article state from the published articles. Stop the normaliser first.
    RebuildState(Box<Rebuild>),
}

/// Flags of `plan`, `apply`, `create` and `list`.
#[derive(Debug, clap::Args)]
pub struct Flags {
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Flags of `rebuild-state`.
#[derive(Debug, clap::Args)]
pub struct Rebuild {
    /// Print how many states would be written, and write none.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One sentence for each wrong flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        Ok(match self {
            Args::Plan(flags) => plan::command(flags.log.check()?, flags.output, false),
            Args::Apply(flags) => plan::command(flags.log.check()?, flags.output, true),
            Args::Create(flags) => list(flags.log.check()?, flags.output, answer::ready),
            Args::List(flags) => list(flags.log.check()?, flags.output, answer::reach),
            Args::Acls(flags) => flags.check()?,
            Args::RebuildState(flags) => rebuild::command(flags.log.check()?, flags.dry_run, flags.output),
        })
    }
}

/// Lists the topics of the log that `open` opens.
fn list(config: LogConfig, output: OutputArgs, open: fn(&LogConfig) -> anyhow::Result<Arc<dyn Log>>) -> Answer {
    Box::new(move |out| {
        let log = open(&config)?;
        list::write(out, &*log, &config, &declared(&config, &log)?, output)
    })
}

/// The settings that are declared for the topics.
fn declared(config: &LogConfig, log: &Arc<dyn Log>) -> anyhow::Result<Vec<TopicSpec>> {
    let registry = prometheus::Registry::new();
    let runtime = config.runtime(log.clone(), Metrics::new(&registry)?, registry, CancellationToken::new());
    Ok(runtime.topics())
}
