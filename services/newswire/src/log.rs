//! `newswire log`: checks, repairs, backs up and converts the file of the embedded log, and releases groups that are gone.

use crate::{
    answer::Answer,
    output::{Align, Out, OutputArgs, Table},
    progress::Progress,
};
use anyhow::bail;
use serde_json::json;
use std::{
    io::Write,
    path::{Path, PathBuf},
};
use stream::{
    LogArgs, LogError, LogKind,
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
    #[command(flatten)]
    output: OutputArgs,
}

/// Flags of `backup`.
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// The new file. It must not exist.
    file: PathBuf,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Flags of `release`.
#[derive(Debug, clap::Args)]
pub struct Release {
    /// The group, as `newswire log groups` lists it.
    group: String,
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
            Args::Check(flags) => {
                let output = flags.output;
                on(&flags.log, move |out, folder| check(out, folder, output))?
            }
            Args::Repair(flags) => copying(flags, "nothing is damaged", maintenance::repair)?,
            Args::Backup(flags) => {
                let (to, output) = (flags.file.clone(), flags.output);
                on(&flags.log, move |out, folder| {
                    let progress = Progress::uncounted("copying the log");
                    let copied = maintenance::backup(folder, &to)?;
                    drop(progress);
                    report(out, &copied, output)
                })?
            }
            Args::Upgrade(flags) => copying(flags, "nothing to convert", maintenance::upgrade)?,
            Args::Groups(flags) => {
                let output = flags.output;
                on(&flags.log, move |out, folder| groups(out, folder, output))?
            }
            Args::Release(flags) => {
                let (group, output) = (flags.group.clone(), flags.output);
                on(&flags.log, move |out, folder| {
                    maintenance::release(folder, &group)?;
                    let text = format!("{group} released: retention no longer waits for it, unless it joins again");
                    Ok(out.either(output, &text, &json!({ "group": group, "released": true }))?)
                })?
            }
        })
    }
}

/// A command that writes a new file. If none is needed, it prints `nothing`.
fn copying(
    flags: &Flags,
    nothing: &'static str,
    copy: fn(&Path) -> Result<Option<Copied>, LogError>,
) -> Result<Answer, Vec<String>> {
    let output = flags.output;
    on(&flags.log, move |out, folder| {
        let progress = Progress::uncounted("writing a new file");
        let copied = copy(folder)?;
        drop(progress);
        match copied {
            Some(copied) => report(out, &copied, output),
            None => Ok(out.either(output, nothing, &json!({ "records": null }))?),
        }
    })
}

/// A command on the data folder of the embedded log.
fn on(log: &LogArgs, run: impl FnOnce(&mut Out, &Path) -> anyhow::Result<()> + 'static) -> Result<Answer, Vec<String>> {
    match log.check()?.kind {
        LogKind::Embedded(folder) => Ok(Box::new(move |out| run(out, &folder))),
        LogKind::Kafka(_) => Err(vec!["newswire log is about the embedded log: --kafka does not apply".to_owned()]),
    }
}

fn check(out: &mut Out, folder: &Path, output: OutputArgs) -> anyhow::Result<()> {
    let progress = Progress::uncounted("reading every record");
    let report = maintenance::check(folder)?;
    drop(progress);
    let (topics, records, bytes) = (report.topics, report.records, report.bytes);
    let damage: Vec<String> = report.damage.iter().map(ToString::to_string).collect();
    if output.json {
        out.json(&json!({ "topics": topics, "records": records, "bytes": bytes, "damage": damage }))?;
    } else {
        damage.iter().try_for_each(|damage| writeln!(out, "{damage}"))?;
        writeln!(out, "{topics} topics, {records} whole records of {bytes} bytes")?;
    }
    match damage.len() {
        0 if output.json => Ok(()),
        0 => Ok(writeln!(out, "nothing is damaged")?),
        count => bail!("{count} damaged: `newswire log repair` keeps what is whole"),
    }
}

fn report(out: &mut Out, copied: &Copied, output: OutputArgs) -> anyhow::Result<()> {
    let count: i64 = copied.lost.iter().map(|span| span.last - span.first + 1).sum();
    let lost: Vec<String> = copied.lost.iter().map(ToString::to_string).collect();
    let (records, to) = (copied.records, copied.to.display().to_string());
    let kept = copied.kept.as_ref().map(|kept| kept.display().to_string());
    if output.json {
        let notes: Vec<String> = copied.notes.iter().map(ToString::to_string).collect();
        let value = json!({
            "records": records, "to": to, "lost_records": count, "lost": lost, "notes": notes, "kept": kept,
        });
        return Ok(out.json(&value)?);
    }
    lost.iter().try_for_each(|lost| writeln!(out, "lost: {lost}"))?;
    copied.notes.iter().try_for_each(|note| writeln!(out, "{note}"))?;
    writeln!(out, "{records} records written to {to}, {count} lost")?;
    if let Some(kept) = kept {
        writeln!(out, "the file as it was: {kept}")?;
    }
    Ok(())
}

const GROUPS: &[(&str, Align)] =
    &[("group", Align::Left), ("topic", Align::Left), ("unread", Align::Right), ("state", Align::Left)];

fn groups(out: &mut Out, folder: &Path, output: OutputArgs) -> anyhow::Result<()> {
    let mut table = Table::new(GROUPS);
    for group in maintenance::groups(folder)? {
        let (unread, state) = (group.unread, if group.is_running { "running" } else { "not running" });
        let value = json!({
            "group": group.group, "topic": group.topic, "unread": unread, "is_running": group.is_running,
        });
        table.add([group.group, group.topic, unread.to_string(), state.to_owned()], value);
    }
    Ok(table.write(out, output)?)
}
