//! `newswire positions`: where each stage is on its topic, and the command that accepts a position in place of one that was
//! lost.

use crate::{
    answer::{self, Answer},
    output::{Align, Out, OutputArgs, Table},
};
use clap::ValueEnum;
use proto::topic::Topic;
use serde_json::json;
use std::{collections::HashMap, io::Write};
use stream::{Log, LogArgs, LogConfig};

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// List the position of each stage on each partition that holds, or has held, records.
    List(Box<List>),
    /// Give a stage positions where it has none, or one that its topic does not have. The stage may run: it goes on within
    /// seconds.
    Accept(Box<Accept>),
}

/// Flags of `list`.
#[derive(Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Flags of `accept`.
#[derive(Debug, clap::Args)]
pub struct Accept {
    /// The stage.
    stage: Stage,
    /// Where it goes on. From the beginning it processes again what the topic holds; at the end it leaves out what it has
    /// not processed.
    #[arg(long, value_name = "PLACE")]
    to: Place,
    /// Only this partition. The default is every partition whose position was lost.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    partition: Option<i32>,
    /// Print what would be accepted, and accept nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// A stage that keeps positions.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Stage {
    /// Reads the list of feeds.
    Poller,
    /// Reads page requests.
    Pages,
    /// Reads raw items.
    Normaliser,
    /// Reads articles.
    Enricher,
}

/// Where a stage goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Place {
    /// At the oldest record.
    Beginning,
    /// After the newest record.
    End,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Stage::Poller => poller::STAGE,
            Stage::Pages => poller::pages::STAGE,
            Stage::Normaliser => normaliser::STAGE,
            Stage::Enricher => enricher::STAGE,
        }
    }

    fn source(self) -> Topic {
        match self {
            Stage::Poller => Topic::Feeds,
            Stage::Pages => Topic::PageRequests,
            Stage::Normaliser => Topic::Raw,
            Stage::Enricher => Topic::Articles,
        }
    }
}

/// A stage's position on one partition.
struct Position {
    partition: i32,
    start: i64,
    end: i64,
    committed: Option<i64>,
}

impl Position {
    /// What is wrong with it, if something is.
    fn fault(&self) -> Option<&'static str> {
        match self.committed {
            None if self.start == self.end => None,
            None => Some("gone"),
            Some(next) if next > self.end => Some("past the end"),
            Some(next) if next < self.start => Some("below the start"),
            Some(_) => None,
        }
    }
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One sentence for each wrong flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        match self {
            Args::List(flags) => {
                let (config, output) = (flags.log.check()?, flags.output);
                Ok(Box::new(move |out| list(out, &config, output)))
            }
            Args::Accept(flags) => {
                let (config, stage, to) = (flags.log.check()?, flags.stage, flags.to);
                let (partition, dry_run, output) = (flags.partition, flags.dry_run, flags.output);
                Ok(Box::new(move |out| {
                    let positions = Accepting { config: &config, stage, to, partition, dry_run };
                    positions.run(out, output)
                }))
            }
        }
    }
}

fn positions(log: &dyn Log, config: &LogConfig, stage: Stage) -> anyhow::Result<Vec<Position>> {
    let (group, topic) = (config.names.group(stage.name()), config.names.of(stage.source()));
    let (starts, ends, committed) = (log.starts(&topic)?, log.ends(&topic)?, log.committed(&group, &topic)?);
    let mut positions: Vec<Position> = ends
        .into_iter()
        .map(|(partition, end)| Position {
            partition,
            start: starts.get(&partition).copied().unwrap_or(0),
            end,
            committed: committed.get(&partition).copied(),
        })
        .collect();
    positions.sort_by_key(|position| position.partition);
    Ok(positions)
}

const COLUMNS: &[(&str, Align)] = &[
    ("stage", Align::Left),
    ("partition", Align::Right),
    ("start", Align::Right),
    ("position", Align::Right),
    ("end", Align::Right),
    ("fault", Align::Left),
];

fn list(out: &mut Out, config: &LogConfig, output: OutputArgs) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let mut table = Table::new(COLUMNS);
    for stage in Stage::value_variants() {
        for position in positions(&*log, config, *stage)? {
            let fault = position.fault();
            if position.end == 0 && fault.is_none() {
                continue;
            }
            let (name, Position { partition, start, end, committed }) = (stage.name(), position);
            let value = json!({
                "stage": name,
                "topic": config.names.of(stage.source()),
                "partition": partition,
                "start": start,
                "position": committed,
                "end": end,
                "fault": fault,
            });
            let next = committed.map_or_else(|| "none".to_owned(), |next| next.to_string());
            let (partition, start, end) = (partition.to_string(), start.to_string(), end.to_string());
            let cells = [name.to_owned(), partition, start, next, end, fault.unwrap_or_default().to_owned()];
            if fault.is_some() {
                table.add_fault(cells, value);
            } else {
                table.add(cells, value);
            }
        }
    }
    Ok(table.write(out, output)?)
}

/// What `accept` is to do.
struct Accepting<'a> {
    config: &'a LogConfig,
    stage: Stage,
    to: Place,
    partition: Option<i32>,
    dry_run: bool,
}

impl Accepting<'_> {
    /// Accepts the positions that are lost. As JSON: an object a line for each.
    fn run(&self, out: &mut Out, output: OutputArgs) -> anyhow::Result<()> {
        let Accepting { config, stage, to, partition, dry_run } = *self;
        let log = answer::reach(config)?;
        let (group, topic) = (config.names.group(stage.name()), config.names.of(stage.source()));
        let mut accepted = HashMap::new();
        for position in positions(&*log, config, stage)? {
            let is_asked_for = partition.is_none_or(|only| only == position.partition);
            let Some(fault) = position.fault().filter(|_| is_asked_for) else { continue };
            let next = if to == Place::Beginning { position.start } else { position.end };
            let partition = position.partition;
            accepted.insert(partition, next);
            let text = format!("{topic} partition {partition}: the position is {fault}; accepted {next}");
            let value = json!({
                "stage": stage.name(), "topic": topic, "partition": partition, "fault": fault, "accepted": next,
                "written": !dry_run,
            });
            out.either(output, &text, &value)?;
        }
        if !accepted.is_empty() && !dry_run {
            log.set_committed(&group, &topic, &accepted)?;
        }
        if output.json {
            return Ok(());
        }
        let name = stage.name();
        match accepted.len() {
            0 => writeln!(out, "every position of the {name} is valid; nothing to accept")?,
            _ if dry_run => writeln!(out, "nothing was written: --dry-run")?,
            count => writeln!(out, "{count} positions of the {name} written")?,
        }
        Ok(())
    }
}
