//! `newswire topics`.

use crate::{
    answer::{self, Answer},
    rebuild,
};
use proto::topic::Topic;
use std::io::Write;
use stream::{LogArgs, LogConfig, LogError};

/// What is done with the topics.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Creates those that are missing, with the policies of the contract.
    Create(Box<Flags>),
    /// Prints each topic with its partitions and the sum of their ends.
    List(Box<Flags>),
    /// Writes what the article state has lost once more, from the articles published. Stop the normaliser first.
    RebuildState(Box<Rebuild>),
}

/// Which log.
#[derive(Debug, clap::Args)]
pub struct Flags {
    #[command(flatten)]
    log: LogArgs,
}

/// What is rebuilt.
#[derive(Debug, clap::Args)]
pub struct Rebuild {
    /// Says how many states would be written, and writes none.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    log: LogArgs,
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
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
    writeln!(out, "{:<28} {:>10} {:>12}", "topic", "partitions", "ends")?;
    for topic in Topic::ALL {
        let name = config.names.of(topic);
        match log.ends(&name) {
            Ok(ends) => writeln!(out, "{name:<28} {:>10} {:>12}", ends.len(), ends.values().sum::<i64>())?,
            Err(LogError::NoTopic(_)) => writeln!(out, "{name:<28} {:>10}", "missing")?,
            Err(fault) => return Err(fault.into()),
        }
    }
    Ok(())
}
