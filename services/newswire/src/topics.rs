//! `newswire topics`: creates and lists topics, and rebuilds the article state.

use crate::{
    answer::{self, Answer},
    rebuild,
};
use proto::topic::Topic;
use std::io::Write;
use stream::{CancellationToken, LogArgs, LogConfig, LogError, Metrics};

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Create the topics that are missing.
    Create(Box<Flags>),
    /// List the topics with their number of partitions and the sum of the partitions' end offsets, and the settings
    /// that may lose data.
    List(Box<Flags>),
    /// Rebuild lost article state from the published articles. Stop the normaliser first.
    RebuildState(Box<Rebuild>),
}

/// Flags of `create` and `list`.
#[derive(Debug, clap::Args)]
pub struct Flags {
    #[command(flatten)]
    log: LogArgs,
}

/// Flags of `rebuild-state`.
#[derive(Debug, clap::Args)]
pub struct Rebuild {
    /// Print how many states would be written, and write none.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    log: LogArgs,
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One sentence for each wrong flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        let (config, create) = match self {
            Args::RebuildState(flags) => return Ok(rebuild::command(flags.log.check()?, flags.dry_run)),
            Args::Create(flags) => (flags.log.check()?, true),
            Args::List(flags) => (flags.log.check()?, false),
        };
        Ok(Box::new(move |out| show(out, &config, create)))
    }
}

fn show(out: &mut dyn Write, config: &LogConfig, create: bool) -> anyhow::Result<()> {
    let log = if create { answer::ready(config)? } else { answer::reach(config)? };
    let registry = prometheus::Registry::new();
    let runtime = config.runtime(log.clone(), Metrics::new(&registry)?, registry, CancellationToken::new());
    writeln!(out, "{:<28} {:>10} {:>12}", "topic", "partitions", "ends")?;
    for topic in Topic::created() {
        let name = config.names.of(topic);
        match log.ends(&name) {
            Ok(ends) => writeln!(out, "{name:<28} {:>10} {:>12}", ends.len(), ends.values().sum::<i64>())?,
            Err(LogError::NoTopic(_)) => writeln!(out, "{name:<28} {:>10}", "missing")?,
            Err(error) => return Err(error.into()),
        }
    }
    for problem in log.topic_problems(&runtime.topics())? {
        let severity = if problem.loses_data { "loses data" } else { "warning" };
        writeln!(out, "{severity}: {}: {}", problem.topic, problem.detail)?;
        if let Some(repair) = problem.repair {
            writeln!(out, "  {repair}")?;
        }
    }
    Ok(())
}
