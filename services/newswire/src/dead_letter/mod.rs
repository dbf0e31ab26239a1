//! `newswire dead-letter`: lists, shows and replays the records that a stage refused.
//!
//! A replay writes the record again where it was read, byte for byte, with `dl-attempt` among its headers, so that another
//! refusal counts one attempt more. A dead letter is replayed once: the normaliser would recognise a second replay by its
//! state, but the enricher keeps none and would publish the revision twice. A record that is refused again is a new dead
//! letter.

mod lock;
mod number;
mod origins;

use crate::{
    answer::{self, Answer, DEADLINE},
    output::{Align, Out, OutputArgs, Table},
    progress::Progress,
};
use anyhow::{Context, bail};
use lock::ReplayLock;
pub use lock::STAGE;
use number::Number;
use origins::Origins;
use proto::topic::Topic;
use serde_json::json;
use std::{
    io::{self, Write},
    ops::ControlFlow,
};
use stream::{DeadLetter, Log, LogArgs, LogConfig, Outgoing, Record, Start, header};

/// Subcommands of `newswire dead-letter`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Lists the dead letters: number, time, stage, reason, attempt, replays, origin, key and detail.
    List(Box<List>),
    /// Prints a dead letter with its record, as JSON.
    Show(Box<Show>),
    /// Writes records again to the topics where their stages refused them.
    Replay(Box<Replay>),
}

/// Flags of `list`.
#[derive(Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Flags of `show`.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// Number of the dead letter, as `list` prints it.
    #[arg(value_name = "PARTITION/OFFSET")]
    number: Number,
    #[command(flatten)]
    log: LogArgs,
}

/// Flags of `replay`.
#[derive(Debug, clap::Args)]
pub struct Replay {
    /// Number of a dead letter, as `list` prints it. Those that were replayed before are skipped.
    #[arg(value_name = "PARTITION/OFFSET", required_unless_present = "all")]
    numbers: Vec<Number>,
    /// Replays all dead letters that match the filters and were not replayed before.
    #[arg(long, conflicts_with = "numbers")]
    all: bool,
    #[command(flatten)]
    filter: Filter,
    /// Prints what would be replayed, and replays nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Clone, clap::Args)]
struct Filter {
    /// Only dead letters of this stage.
    #[arg(long, value_parser = [poller::STAGE, poller::pages::STAGE, normaliser::STAGE, enricher::STAGE])]
    stage: Option<String>,
    /// Only dead letters with this reason.
    #[arg(long)]
    reason: Option<String>,
}

impl Filter {
    fn matches(&self, dead_letter: &DeadLetter) -> bool {
        self.stage.as_ref().is_none_or(|stage| *stage == dead_letter.stage)
            && self.reason.as_ref().is_none_or(|reason| *reason == dead_letter.reason)
    }
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One message for each invalid flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        Ok(match self {
            Args::List(args) => {
                let (config, filter, output) = (args.log.check()?, args.filter.clone(), args.output);
                Box::new(move |out| list(out, &config, &filter, output))
            }
            Args::Show(args) => {
                let (config, number) = (args.log.check()?, args.number);
                Box::new(move |out| show(out, &config, number))
            }
            Args::Replay(args) => {
                let config = args.log.check()?;
                let numbers = (!args.all).then(|| args.numbers.clone());
                let (filter, dry_run, output) = (args.filter.clone(), args.dry_run, args.output);
                Box::new(move |out| {
                    let mut report = Report { dry_run, table: Table::new(REPLAYS), count: 0 };
                    let replayed = replay(&config, numbers.as_deref(), &filter, dry_run, &mut report);
                    // Also if it failed: what was replayed is not replayed again.
                    report.write(out, output)?;
                    replayed
                })
            }
        })
    }
}

/// Every dead letter with its record, oldest first.
fn dead_letters(log: &dyn Log, config: &LogConfig) -> anyhow::Result<Vec<(Record, DeadLetter)>> {
    let mut found = Vec::new();
    stream::scan(log, &config.names.of(Topic::DeadLetter), Start::Beginning, DEADLINE, |record| {
        if let Some(dead_letter) = DeadLetter::from_record(&record) {
            found.push((record, dead_letter));
        }
        ControlFlow::Continue(())
    })?;
    found.sort_by_key(|(record, dead_letter)| (dead_letter.time, record.partition, record.offset));
    Ok(found)
}

const COLUMNS: &[(&str, Align)] = &[
    ("number", Align::Left),
    ("time", Align::Left),
    ("stage", Align::Left),
    ("reason", Align::Left),
    ("attempt", Align::Right),
    ("replays", Align::Right),
    ("origin", Align::Left),
    ("key", Align::Left),
    ("detail", Align::Left),
];

fn list(out: &mut Out, config: &LogConfig, filter: &Filter, output: OutputArgs) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let mut dead_letters = dead_letters(&*log, config)?;
    dead_letters.retain(|(_, dead_letter)| filter.matches(dead_letter));
    let origins = Origins::read(&*log, config, &dead_letters)?;
    let mut table = Table::new(COLUMNS);
    for (record, dead_letter) in dead_letters {
        let number = Number::of(&record);
        let replays = origins.replays(number).unwrap_or(0);
        let DeadLetter { stage, reason, detail, attempt, time, record: origin } = dead_letter;
        let key = String::from_utf8_lossy(&origin.key).into_owned();
        let (time, at) = (format!("{time:.0}"), format!("{}[{}]@{}", origin.topic, origin.partition, origin.offset));
        let value = json!({
            "dead_letter": number.to_string(), "time": time, "stage": stage, "reason": reason, "detail": detail,
            "attempt": attempt, "replays": replays, "topic": origin.topic, "partition": origin.partition,
            "offset": origin.offset, "key": key,
        });
        let (number, attempt, replays) = (number.to_string(), attempt.to_string(), replays.to_string());
        table.add([number, time, stage, reason, attempt, replays, at, key, detail], value);
    }
    Ok(table.write(out, output)?)
}

fn show(out: &mut Out, config: &LogConfig, number: Number) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let dead_letters = dead_letters(&*log, config)?;
    let found = dead_letters.iter().find(|(record, _)| Number::of(record) == number);
    let (_, dead_letter) = found.with_context(|| format!("there is no dead letter {number}"))?;
    let shown = json!({
        "dead_letter": number.to_string(),
        "stage": dead_letter.stage,
        "reason": dead_letter.reason,
        "detail": dead_letter.detail,
        "attempt": dead_letter.attempt,
        "time": dead_letter.time.to_string(),
        "record": answer::record(&config.names, &dead_letter.record),
    });
    serde_json::to_writer_pretty(&mut *out, &shown)?;
    Ok(writeln!(out)?)
}

const REPLAYS: &[(&str, Align)] = &[("number", Align::Left), ("result", Align::Left)];

/// What became of each dead letter.
struct Report {
    dry_run: bool,
    table: Table,
    count: usize,
}

impl Report {
    fn replayed(&mut self, number: Number, dead_letter: &DeadLetter) {
        let (topic, partition) = (&dead_letter.record.topic, dead_letter.record.partition);
        let attempt = dead_letter.attempt + 1;
        let done = if self.dry_run { "would be replayed to" } else { "replayed to" };
        let text = format!("{done} {topic}[{partition}], attempt {attempt}");
        let value = json!({
            "dead_letter": number.to_string(), "replayed": !self.dry_run, "topic": topic, "partition": partition,
            "attempt": attempt,
        });
        self.table.add([number.to_string(), text], value);
        self.count += 1;
    }

    fn skipped(&mut self, number: Number, reason: &str) {
        let value = json!({ "dead_letter": number.to_string(), "replayed": false, "reason": reason });
        self.table.add([number.to_string(), reason.to_owned()], value);
    }

    fn write(&self, out: &mut Out, output: OutputArgs) -> io::Result<()> {
        if self.table.len() > 0 {
            self.table.write(out, output)?;
        }
        if output.json { Ok(()) } else { writeln!(out, "{} dead letters", self.count) }
    }
}

/// Replays the dead letters with these numbers, or all if there are none.
fn replay(
    config: &LogConfig,
    numbers: Option<&[Number]>,
    filter: &Filter,
    dry_run: bool,
    report: &mut Report,
) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    // Acquired before anything is read: what an earlier replay has written is then visible, and it writes no more.
    let mut lock = if dry_run { None } else { Some(ReplayLock::acquire(&*log, config)?) };
    let mut dead_letters = dead_letters(&*log, config)?;
    if let Some(numbers) = numbers {
        for number in numbers {
            if !dead_letters.iter().any(|(record, _)| Number::of(record) == *number) {
                bail!("there is no dead letter {number}");
            }
        }
        dead_letters.retain(|(record, _)| numbers.contains(&Number::of(record)));
    }
    dead_letters.retain(|(_, dead_letter)| filter.matches(dead_letter));
    let origins = Origins::read(&*log, config, &dead_letters)?;
    let progress = Progress::new("dead letters");
    progress.expect(dead_letters.len());
    for (record, dead_letter) in &dead_letters {
        let number = Number::of(record);
        progress.add(1);
        if let Some(reason) = origins.rejection(record, dead_letter) {
            // Only dead letters that were asked for by number need an explanation.
            if numbers.is_some() {
                report.skipped(number, reason);
            }
            continue;
        }
        if let Some(lock) = &mut lock {
            lock.write(&*log, replayed(number, dead_letter)).with_context(|| number.to_string())?;
        }
        report.replayed(number, dead_letter);
    }
    Ok(())
}

/// The original record, with headers for its attempt and for the number of its dead letter.
fn replayed(number: Number, dead_letter: &DeadLetter) -> Outgoing {
    let origin = &dead_letter.record;
    let mut headers = origin.headers.clone();
    headers.push((header::ATTEMPT.to_owned(), dead_letter.attempt.to_string().into_bytes()));
    headers.push((header::REPLAY_OF.to_owned(), number.to_string().into_bytes()));
    Outgoing {
        topic: origin.topic.clone(),
        partition: origin.partition,
        key: origin.key.clone(),
        value: origin.value.clone(),
        headers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replayed_record_is_the_original_and_counts_its_attempts() {
        let record = Record {
            topic: "news.raw.v1".into(),
            partition: 2,
            offset: 9,
            timestamp_ms: 0,
            key: b"k".to_vec(),
            value: Some(b"\xff".to_vec()),
            headers: vec![("content-type".into(), b"application/json".to_vec())],
        };
        let first = DeadLetter::new("normaliser", "undecodable", "", record.clone(), jiff::Timestamp::UNIX_EPOCH);
        let out = replayed("0/7".parse().unwrap(), &first);
        assert_eq!((out.partition, &out.key, &out.value), (2, &record.key, &record.value));
        let read = Record { headers: out.headers, ..record.clone() };
        let second = DeadLetter::new("normaliser", "undecodable", "", read, jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(second.attempt, 2);
        let stored = second.to_outgoing("news.dead-letter.v1", 0);
        let back = DeadLetter::from_record(&Record { headers: stored.headers, ..record.clone() });
        assert_eq!(back.map(|dead_letter| dead_letter.record.headers), Some(record.headers));
    }
}
