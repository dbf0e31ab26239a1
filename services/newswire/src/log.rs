//! `newswire log`: checks, repairs, backs up and converts the file of the embedded log, and releases groups that are gone.

use crate::answer::Answer;
use anyhow::bail;
use std::{
    io::Write,
    path::{Path, PathBuf},
};
use stream::{
    LogArgs, LogKind,
    embedded::maintenance::{self, Copied},
};

/// Subcommands of `newswire log`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Verifies every record and table, also while newswire runs. Changes nothing. Fails if something is damaged.
    Check(Box<Flags>),
    /// Writes a new file with everything that is whole in a damaged one, and lists what is lost. Keeps the damaged file. Stop
    /// newswire first.
    Repair(Box<Flags>),
    /// Writes a consistent copy of the log to a new file, also while newswire runs.
    Backup(Box<Backup>),
    /// Converts the file of an earlier version, and keeps it. Stop newswire first.
    Upgrade(Box<Flags>),
    /// Lists the groups for which retention keeps records until they are read.
    Groups(Box<Flags>),
    /// Lets retention delete what a group that is gone has not read.
    Release(Box<Release>),
}

/// Flags of most subcommands.
#[derive(Debug, clap::Args)]
pub struct Flags {
    #[command(flatten)]
    log: LogArgs,
}

/// Flags of `backup`.
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// The new file. It must not exist.
    file: PathBuf,
    #[command(flatten)]
    log: LogArgs,
}

/// Flags of `release`.
#[derive(Debug, clap::Args)]
pub struct Release {
    /// The group, as `newswire log groups` lists it.
    group: String,
    #[command(flatten)]
    log: LogArgs,
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One sentence for each wrong flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        Ok(match self {
            Args::Check(flags) => on(&flags.log, |out, folder| check(out, folder))?,
            Args::Repair(flags) => on(&flags.log, |out, folder| {
                let Some(copied) = maintenance::repair(folder)? else {
                    return Ok(writeln!(out, "nothing is damaged")?);
                };
                report(out, &copied)
            })?,
            Args::Backup(flags) => {
                let to = flags.file.clone();
                on(&flags.log, move |out, folder| report(out, &maintenance::backup(folder, &to)?))?
            }
            Args::Upgrade(flags) => on(&flags.log, |out, folder| {
                let Some(copied) = maintenance::upgrade(folder)? else {
                    return Ok(writeln!(out, "nothing to convert")?);
                };
                report(out, &copied)
            })?,
            Args::Groups(flags) => on(&flags.log, |out, folder| groups(out, folder))?,
            Args::Release(flags) => {
                let group = flags.group.clone();
                on(&flags.log, move |out, folder| {
                    maintenance::release(folder, &group)?;
                    Ok(writeln!(out, "{group} released: retention no longer waits for it, unless it joins again")?)
                })?
            }
        })
    }
}

/// A command on the data folder of the embedded log.
fn on(
    log: &LogArgs,
    run: impl FnOnce(&mut dyn Write, &Path) -> anyhow::Result<()> + 'static,
) -> Result<Answer, Vec<String>> {
    match log.check()?.kind {
        LogKind::Embedded(folder) => Ok(Box::new(move |out| run(out, &folder))),
        LogKind::Kafka(_) => Err(vec!["newswire log is about the embedded log: --kafka does not apply".to_owned()]),
    }
}

fn check(out: &mut dyn Write, folder: &Path) -> anyhow::Result<()> {
    let report = maintenance::check(folder)?;
    for damage in &report.damage {
        writeln!(out, "{damage}")?;
    }
    let (topics, records, bytes) = (report.topics, report.records, report.bytes);
    writeln!(out, "{topics} topics, {records} whole records of {bytes} bytes")?;
    match report.damage.len() {
        0 => Ok(writeln!(out, "nothing is damaged")?),
        count => bail!("{count} damaged: `newswire log repair` keeps what is whole"),
    }
}

fn report(out: &mut dyn Write, copied: &Copied) -> anyhow::Result<()> {
    for lost in &copied.lost {
        writeln!(out, "lost: {lost}")?;
    }
    for note in &copied.notes {
        writeln!(out, "{note}")?;
    }
    let lost: i64 = copied.lost.iter().map(|span| span.last - span.first + 1).sum();
    let (records, to) = (copied.records, copied.to.display());
    writeln!(out, "{records} records written to {to}, {lost} lost")?;
    if let Some(kept) = &copied.kept {
        writeln!(out, "the file as it was: {}", kept.display())?;
    }
    Ok(())
}

fn groups(out: &mut dyn Write, folder: &Path) -> anyhow::Result<()> {
    let groups = maintenance::groups(folder)?;
    writeln!(out, "{:<28} {:<28} {:>10} state", "group", "topic", "unread")?;
    for group in groups {
        let state = if group.is_running { "running" } else { "not running" };
        writeln!(out, "{:<28} {:<28} {:>10} {state}", group.group, group.topic, group.unread)?;
    }
    Ok(())
}
