//! `newswire articles`: withdraws articles from the stream, and restores them.
//!
//! The commands write items to `news.raw.v1`, on the partitions of the articles. Only the normaliser publishes the
//! result, so a command may run alongside the pipeline, or before it starts.

mod item;
mod known;

use crate::{
    answer::{self, Answer},
    feeds,
    output::{Align, OutputArgs, Table},
    progress::Progress,
};
use anyhow::{Context, bail};
use known::{Known, Selection, Target};
use poller::credentials::{Credentials, SecretArgs};
use proto::{partition, topic::Topic, v1::RawItem, wire};
use serde_json::json;
use std::{fmt, io::Write};
use stream::{Log, LogArgs, LogConfig, Outgoing};

/// Items of one append.
const ITEMS: usize = 50;

/// Subcommands of `newswire articles`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Withdraws articles: consumers remove them, and no feed brings them back until they are restored.
    Withdraw(Box<Flags>),
    /// Restores withdrawn articles, with the text that was last published.
    Restore(Box<Flags>),
}

/// What the operator asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Remove the article from the stream.
    Withdraw,
    /// Publish it again.
    Restore,
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Action::Withdraw => "withdraw",
            Action::Restore => "restore",
        })
    }
}

/// Flags of both subcommands.
#[derive(Debug, clap::Args)]
pub struct Flags {
    /// Article id or URL of an article.
    #[arg(value_name = "ID or URL", required_unless_present = "feed")]
    articles: Vec<String>,
    /// Every article that only this feed has shown; a feed id, or the URL of a feed with or without its secrets.
    #[arg(long, value_name = "ID or URL", conflicts_with = "articles")]
    feed: Option<String>,
    /// Prints what would be written, and writes nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    secrets: SecretArgs,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One message for each invalid flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        let (action, flags) = match self {
            Args::Withdraw(flags) => (Action::Withdraw, flags),
            Args::Restore(flags) => (Action::Restore, flags),
        };
        let mut errors = chassis::config::ConfigErrors::default();
        let (selection, config) = (errors.ok(selection(flags)), errors.ok(flags.log.check()));
        let (dry_run, secrets) = (flags.dry_run, flags.secrets.credentials());
        let (selection, config) = errors.finish(|| Some((selection?, config?)))?;
        let output = flags.output;
        Ok(Box::new(move |out| {
            let mut table = Table::new(COLUMNS);
            let done = run(&config, action, selection, &secrets, dry_run, &mut table);
            // Also if it failed: what was written is not taken back.
            if table.len() > 0 {
                table.write(out, output)?;
            }
            done?;
            if output.json { Ok(()) } else { Ok(writeln!(out, "{} articles", table.len())?) }
        }))
    }
}

fn selection(flags: &Flags) -> Result<Selection, Vec<String>> {
    if let Some(feed) = &flags.feed {
        let is_feed = id(feed).is_some() || poller::definition::parse_url(feed).is_ok();
        let error = || vec![format!("--feed {feed:?} is neither a feed id nor the URL of a feed")];
        return if is_feed { Ok(Selection::Feed(feed.trim().to_owned())) } else { Err(error()) };
    }
    let (mut targets, mut errors): (Vec<Target>, Vec<String>) = (Vec::new(), Vec::new());
    for given in &flags.articles {
        match Target::parse(given) {
            Some(target) if targets.iter().all(|one| one.id != target.id) => targets.push(target),
            Some(_) => {}
            None => errors.push(format!("{given:?} is neither an article id nor an http or https URL")),
        }
    }
    if errors.is_empty() { Ok(Selection::Articles(targets)) } else { Err(errors) }
}

/// The id that `text` is, in lower case.
fn id(text: &str) -> Option<String> {
    let is_id = text.len() == proto::id::DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| text.to_ascii_lowercase())
}

/// The id of the feed that is meant. One that is no longer on the list has the id of its URL, if it needed no credential.
fn feed_id(log: &dyn Log, config: &LogConfig, given: &str, secrets: &Credentials) -> anyhow::Result<String> {
    let known = feeds::known(log, &config.names.of(Topic::Feeds))?;
    if let Some(feed) = feeds::find_one(&known, secrets, given)? {
        return Ok(feed.feed_id.clone());
    }
    let of_url = || proto::id::feed_id(poller::definition::parse_url(given).ok()?.as_str()).into();
    let id: Option<String> = id(given).or_else(of_url);
    id.with_context(|| format!("{} is not on the list", secrets.parameters.masked(given)))
}

const COLUMNS: &[(&str, Align)] =
    &[("article", Align::Left), ("result", Align::Left), ("title", Align::Left), ("note", Align::Left)];

fn run(
    config: &LogConfig,
    action: Action,
    mut selection: Selection,
    secrets: &Credentials,
    dry_run: bool,
    table: &mut Table,
) -> anyhow::Result<()> {
    let log = if dry_run { answer::reach(config)? } else { answer::ready(config)? };
    if let Selection::Feed(feed) = &mut selection {
        *feed = feed_id(&*log, config, feed, secrets)?;
    }
    let found = known::read(&*log, config, &selection, action)?;
    if let Selection::Feed(feed) = &selection
        && found.is_empty()
    {
        bail!("no article to {action} was shown by feed {feed} alone");
    }
    let topic = config.names.of(Topic::Raw);
    let partitions = log.partitions(&topic)?;
    let now = jiff::Timestamp::now();
    let progress = Progress::new("articles");
    progress.expect(found.len());
    for chunk in found.chunks(ITEMS) {
        let records = items(config, partitions, action, chunk, now)?;
        let to: Vec<i32> = records.iter().map(|record| record.partition).collect();
        if !dry_run {
            log.append(records)?;
        }
        progress.add(chunk.len());
        for (known, partition) in chunk.iter().zip(to) {
            let done = if dry_run { "would be written to" } else { "written to" };
            let title = known.last.as_ref().map(|last| last.title.clone()).unwrap_or_default();
            let note = note(action, known);
            let value = json!({
                "article_id": known.id, "action": action.to_string(), "written": !dry_run, "topic": topic,
                "partition": partition, "title": title, "note": note,
            });
            let result = format!("{action} {done} {topic}[{partition}]");
            table.add([known.id.clone(), result, title, note.to_owned()], value);
        }
    }
    Ok(())
}

/// Withdraws the article of a URL as the command does, if the log has it. False if it does not.
///
/// # Errors
/// The log cannot be read or written, or `url` is none.
pub fn withdraw_published(log: &dyn Log, config: &LogConfig, url: &str) -> anyhow::Result<bool> {
    let target = Target::parse(url).with_context(|| format!("{url:?} is no URL of an article"))?;
    let mut found = known::read(log, config, &Selection::Articles(vec![target]), Action::Withdraw)?;
    // A withdrawal of what is not published would keep it from ever being published.
    found.retain(|known| known.last.is_some());
    let partitions = log.partitions(&config.names.of(Topic::Raw))?;
    log.append(items(config, partitions, Action::Withdraw, &found, jiff::Timestamp::now())?)?;
    Ok(!found.is_empty())
}

fn items(
    config: &LogConfig,
    partitions: i32,
    action: Action,
    found: &[Known],
    now: jiff::Timestamp,
) -> anyhow::Result<Vec<Outgoing>> {
    found.iter().map(|known| outgoing(config, partitions, &item::of(action, known, now), now)).collect()
}

/// What is unusual about the article.
fn note(action: Action, known: &Known) -> &'static str {
    match (action, known.is_withdrawn, known.is_on_log, known.last.is_some()) {
        (Action::Withdraw, true, ..) => "already withdrawn",
        (Action::Withdraw, _, false, _) => "not on the log; remembered, so that it is never published",
        (Action::Withdraw, _, true, false) => "its text is no longer on the log",
        (Action::Withdraw, ..) => "",
        (Action::Restore, false, ..) => "not withdrawn; ignored, unless a withdrawal still waits for the normaliser",
        (Action::Restore, true, _, true) => "with its last text",
        (Action::Restore, true, _, false) => "its text is not on the log; published when a feed shows it again",
    }
}

fn outgoing(config: &LogConfig, partitions: i32, item: &RawItem, now: jiff::Timestamp) -> anyhow::Result<Outgoing> {
    let id = item.article_id.as_str();
    let event = wire::Attributes {
        id: &format!("articles/{}/{id}/{now}", item.kind),
        event_type: <RawItem as wire::Message>::TYPE,
        source: "newswire/articles",
        time: now,
    };
    let encoding = Topic::Raw.encoding(config.encoding);
    Ok(Outgoing {
        topic: config.names.of(Topic::Raw),
        partition: partition::of(id.as_bytes(), partitions),
        key: id.as_bytes().to_vec(),
        value: Some(encoding.encode(item).with_context(|| id.to_owned())?),
        headers: wire::headers(encoding, &event, None),
    })
}
