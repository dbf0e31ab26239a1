//! `newswire dead-letter`: what a stage refused, and its way back in.
//!
//! A replay writes the record again where it was read, byte for byte, with `dl-attempt` among its headers, so that
//! another refusal counts one more. A letter is replayed once: the normaliser would admit a second replay by its state,
//! but the enricher keeps none and would publish the revision twice. What is refused again is a letter of its own.

mod lock;
mod origins;

use crate::answer::{self, Answer, DEADLINE};
use anyhow::{Context, bail};
use lock::ReplayLock;
use origins::{Origins, REPLAY_OF};
use proto::topic::Topic;
use serde_json::json;
use std::{io::Write, ops::ControlFlow};
use stream::{DeadLetter, Log, LogArgs, LogConfig, Outgoing, Record, Start, dead_letter_header as header};

/// What is done with them.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Prints one line for each: its number, stage, reason, attempt, origin, key and detail.
    List(Box<List>),
    /// Prints one whole, as JSON.
    Show(Box<Show>),
    /// Hands them to the stage that refused them, once more.
    Replay(Box<Replay>),
}

/// Which of them.
#[derive(Debug, clap::Args)]
pub struct List {
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    log: LogArgs,
}

/// Which one.
#[derive(Debug, clap::Args)]
pub struct Show {
    /// PARTITION/OFFSET, as `list` prints it.
    letter: String,
    #[command(flatten)]
    log: LogArgs,
}

/// Which of them.
#[derive(Debug, clap::Args)]
pub struct Replay {
    /// PARTITION/OFFSET, as `list` prints it. One that was replayed before is left alone.
    letters: Vec<String>,
    /// All that the filters leave and that were not replayed before.
    #[arg(long, conflicts_with = "letters")]
    all: bool,
    #[command(flatten)]
    filter: Filter,
    /// Says what would be replayed, and replays nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Debug, Clone, clap::Args)]
struct Filter {
    /// Only those of this stage.
    #[arg(long)]
    stage: Option<String>,
    /// Only those with this reason.
    #[arg(long)]
    reason: Option<String>,
}

impl Filter {
    fn takes(&self, letter: &DeadLetter) -> bool {
        self.stage.as_ref().is_none_or(|stage| *stage == letter.stage)
            && self.reason.as_ref().is_none_or(|reason| *reason == letter.reason)
    }
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        Ok(match self {
            Args::List(list_of) => {
                let List { filter, log } = &**list_of;
                let (config, filter) = (log.check()?, filter.clone());
                Box::new(move |out| list(out, &config, &filter))
            }
            Args::Show(one) => {
                let Show { letter, log } = &**one;
                let mut errors = chassis::config::ConfigErrors::default();
                let (config, at) = (errors.ok(log.check()), errors.ok(place(letter).map_err(|one| vec![one])));
                let (config, at) = errors.finish(|| Some((config?, at?)))?;
                Box::new(move |out| show(out, &config, at))
            }
            Args::Replay(these) => {
                let Replay { letters, all, filter, dry_run, log } = &**these;
                let mut errors = chassis::config::ConfigErrors::default();
                let config = errors.ok(log.check());
                let wanted: Vec<(i32, i64)> =
                    letters.iter().filter_map(|one| errors.ok(place(one).map_err(|one| vec![one]))).collect();
                if letters.is_empty() && !all {
                    errors.push("replay takes PARTITION/OFFSET or --all");
                }
                let config = errors.finish(|| config)?;
                let (wanted, filter, dry_run) = ((!all).then_some(wanted), filter.clone(), *dry_run);
                Box::new(move |out| replay(out, &config, wanted.as_deref(), &filter, dry_run))
            }
        })
    }
}

fn place(text: &str) -> Result<(i32, i64), String> {
    let parsed =
        text.split_once('/').and_then(|(partition, offset)| Some((partition.parse().ok()?, offset.parse().ok()?)));
    parsed.ok_or_else(|| format!("a dead letter is named PARTITION/OFFSET, such as 3/41, not {text:?}"))
}

/// Every dead letter with the record that it is.
fn letters(log: &dyn Log, config: &LogConfig) -> anyhow::Result<Vec<(Record, DeadLetter)>> {
    let mut found = Vec::new();
    stream::scan(log, &config.names.of(Topic::DeadLetter), Start::Beginning, DEADLINE, |record| {
        if let Some(letter) = DeadLetter::from_record(&record) {
            found.push((record, letter));
        }
        ControlFlow::Continue(())
    })?;
    found.sort_by_key(|(record, letter)| (letter.time, record.partition, record.offset));
    Ok(found)
}

fn number(record: &Record) -> String {
    format!("{}/{}", record.partition, record.offset)
}

fn list(out: &mut dyn Write, config: &LogConfig, filter: &Filter) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let mut letters = letters(&*log, config)?;
    letters.retain(|(_, letter)| filter.takes(letter));
    let origins = Origins::read(&*log, config, &letters)?;
    for (record, letter) in &letters {
        let number = number(record);
        let times = origins.replayed(&number).map(|times| format!("\treplayed {times}x")).unwrap_or_default();
        let DeadLetter { stage, reason, detail, attempt, time, record: origin } = letter;
        let key = String::from_utf8_lossy(&origin.key);
        writeln!(
            out,
            "{number}\t{time:.0}\t{stage}\t{reason}\tattempt {attempt}\t{}[{}]@{}\t{key}\t{}{times}",
            origin.topic,
            origin.partition,
            origin.offset,
            detail.replace(['\n', '\t'], " ")
        )?;
    }
    Ok(())
}

fn show(out: &mut dyn Write, config: &LogConfig, at: (i32, i64)) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let letters = letters(&*log, config)?;
    let found = letters.iter().find(|(record, _)| (record.partition, record.offset) == at);
    let (record, letter) = found.with_context(|| format!("there is no dead letter {}/{}", at.0, at.1))?;
    let shown = json!({
        "letter": number(record),
        "stage": letter.stage,
        "reason": letter.reason,
        "detail": letter.detail,
        "attempt": letter.attempt,
        "time": letter.time.to_string(),
        "record": answer::record(&config.names, &letter.record),
    });
    serde_json::to_writer_pretty(&mut *out, &shown)?;
    Ok(writeln!(out)?)
}

fn replay(
    out: &mut dyn Write,
    config: &LogConfig,
    wanted: Option<&[(i32, i64)]>,
    filter: &Filter,
    dry_run: bool,
) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    // Before anything is read: what another replay has written is then found, and it writes no more.
    let mut sole = if dry_run { None } else { Some(ReplayLock::take(&*log, config)?) };
    let mut letters = letters(&*log, config)?;
    if let Some(wanted) = wanted {
        for at in wanted {
            if !letters.iter().any(|(record, _)| (record.partition, record.offset) == *at) {
                bail!("there is no dead letter {}/{}", at.0, at.1);
            }
        }
        letters.retain(|(record, _)| wanted.contains(&(record.partition, record.offset)));
    }
    letters.retain(|(_, letter)| filter.takes(letter));
    let origins = Origins::read(&*log, config, &letters)?;
    let mut count = 0;
    for (record, letter) in &letters {
        let number = number(record);
        let origin = &letter.record;
        if let Some(objection) = origins.objection(record, letter) {
            // With --all it goes without saying.
            if wanted.is_some() {
                writeln!(out, "{number}\t{objection}")?;
            }
            continue;
        }
        count += 1;
        if let Some(sole) = &mut sole {
            sole.write(&*log, again(&number, letter)).with_context(|| number.clone())?;
        }
        let said = if dry_run { "would be replayed to" } else { "replayed to" };
        writeln!(out, "{number}\t{said} {}[{}], attempt {}", origin.topic, origin.partition, letter.attempt + 1)?;
    }
    Ok(writeln!(out, "{count} dead letters")?)
}

/// The record as it was read, with what the stage must know of its past.
fn again(number: &str, letter: &DeadLetter) -> Outgoing {
    let origin = &letter.record;
    let mut headers = origin.headers.clone();
    headers.push((header::ATTEMPT.to_owned(), letter.attempt.to_string().into_bytes()));
    headers.push((REPLAY_OF.to_owned(), number.as_bytes().to_vec()));
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
    fn a_letter_has_a_number() {
        assert_eq!(place("3/41"), Ok((3, 41)));
        assert!(place("3").is_err() && place("a/b").is_err());
    }

    /// What a stage refuses again says that it was the second time, and is as it was otherwise.
    #[test]
    fn a_replayed_record_is_the_original_that_knows_its_attempt() {
        let record = Record {
            topic: "news.raw.v1".into(),
            partition: 2,
            offset: 9,
            timestamp_ms: 0,
            key: b"k".to_vec(),
            value: Some(b"\xff".to_vec()),
            headers: vec![("content-type".into(), b"application/json".to_vec())],
        };
        let letter = DeadLetter::new("normaliser", "undecodable", "", record.clone(), jiff::Timestamp::UNIX_EPOCH);
        let out = again("0/7", &letter);
        assert_eq!((out.partition, &out.key, &out.value), (2, &record.key, &record.value));
        let read = Record { headers: out.headers, ..record.clone() };
        let second = DeadLetter::new("normaliser", "undecodable", "", read, jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(second.attempt, 2);
        let stored = second.to_outgoing("news.dead-letter.v1", 0);
        let back = DeadLetter::from_record(&Record { headers: stored.headers, ..record.clone() });
        assert_eq!(back.map(|letter| letter.record.headers), Some(record.headers));
    }
}
