//! `newswire feeds`: the list of feeds, as records of its topic.

use crate::answer::{self, Answer, DEADLINE};
use anyhow::{Context, bail};
use jiff::Timestamp;
use proto::{topic::Topic, v1::Feed};
use std::{collections::BTreeMap, io::Write, path::PathBuf};
use stream::{From, Log, LogArgs, LogConfig, Outgoing};

/// What is done with the list.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Adds a feed, or changes what is said of one.
    Add {
        /// Its address, http or https.
        url: String,
        /// Its title; the feed's own by default.
        #[arg(long, default_value = "")]
        title: String,
        /// Who publishes it.
        #[arg(long, default_value = "")]
        publisher: String,
        /// Where who publishes it sits, ISO 3166-1 alpha-2.
        #[arg(long, default_value = "")]
        country: String,
        /// Labels that its articles carry.
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
        /// What of the first poll is taken: 48h, all, a number of entries, or a time.
        #[arg(long, default_value = "")]
        backfill: String,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
    /// Adds the feeds of an OPML file, and changes those that it describes otherwise. Removes none.
    Import {
        /// OPML 1.0 or 2.0.
        file: PathBuf,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
    /// Prints the list: address and title; with --opml as a file that `import` reads.
    List {
        /// As OPML.
        #[arg(long)]
        opml: bool,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
    /// Takes a feed off the list. Its articles stay.
    Remove {
        /// Its address.
        url: String,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        Ok(match self {
            Args::Add { url, title, publisher, country, tags, backfill, log } => {
                let feed = Feed {
                    url: url.clone(),
                    title: title.clone(),
                    publisher_name: publisher.clone(),
                    publisher_country: country.clone(),
                    tags: tags.clone(),
                    backfill: backfill.clone(),
                    ..Feed::default()
                };
                let feed = poller::feeds::complete(feed, Timestamp::now()).map_err(|problem| vec![problem.to_string()]);
                let mut problems = chassis::config::Problems::default();
                let (feed, config) = (problems.of(feed), problems.of(log.check()));
                let (feed, config) = problems.finish(|| Some((feed?, config?)))?;
                Box::new(move |out| {
                    let log = answer::ready(&config)?;
                    let written = sync(&*log, &config, vec![feed])?;
                    Ok(writeln!(out, "{}", if written == 1 { "added" } else { "there already, as it is" })?)
                })
            }
            Args::Import { file, log } => {
                let (file, config) = (file.clone(), log.check()?);
                Box::new(move |out| {
                    let feeds = read(&file)?;
                    let count = feeds.len();
                    let log = answer::ready(&config)?;
                    let written = sync(&*log, &config, feeds)?;
                    Ok(writeln!(out, "{count} feeds in the file, {written} of them new or changed")?)
                })
            }
            Args::List { opml, log } => {
                let (opml, config) = (*opml, log.check()?);
                Box::new(move |out| list(out, opml, &config))
            }
            Args::Remove { url, log } => {
                let (url, config) = (url.clone(), log.check()?);
                Box::new(move |out| remove(out, &url, &config))
            }
        })
    }
}

/// Reads an OPML file.
///
/// # Errors
/// Where it cannot be read, or is none.
pub fn read(file: &std::path::Path) -> anyhow::Result<Vec<Feed>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    poller::opml::read(&bytes).with_context(|| file.display().to_string())
}

/// Writes those of `feeds` that are new or said otherwise, and returns how many. Feeds that are on the topic and not
/// among `feeds` are left as they are: they may have been added by hand.
///
/// # Errors
/// Where the log cannot be reached.
pub fn sync(log: &dyn Log, config: &LogConfig, feeds: Vec<Feed>) -> anyhow::Result<usize> {
    let topic = config.names.of(Topic::Feeds);
    let known = known(log, &topic)?;
    let partitions = log.partitions(&topic)?;
    let now = Timestamp::now();
    let mut records: Vec<Outgoing> = Vec::new();
    for feed in feeds {
        let mut feed = poller::feeds::complete(feed, now)?;
        if let Some(before) = known.get(&feed.feed_id) {
            feed.added_at = before.added_at;
            if feed == *before {
                continue;
            }
        }
        records.push(poller::feeds::record(feed, partitions, &config.names, config.encoding, now)?);
    }
    let written = records.len();
    // In pieces, so that a list of any length fits: each feed is whole in its record.
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(500));
        log.append(records)?;
        records = rest;
    }
    Ok(written)
}

/// The feeds on the topic, by id. A record that cannot be read is the poller's to complain of.
fn known(log: &dyn Log, topic: &str) -> anyhow::Result<BTreeMap<String, Feed>> {
    let mut feeds = BTreeMap::new();
    stream::scan(log, topic, From::Beginning, DEADLINE, |record| {
        let Some(key) = record.key_text() else { return true };
        match record.decode::<Feed>() {
            Ok(feed) => drop(feeds.insert(key.to_owned(), feed)),
            Err(_) if record.value.is_none() => drop(feeds.remove(key)),
            Err(_) => {}
        }
        true
    })?;
    Ok(feeds)
}

fn list(out: &mut dyn Write, opml: bool, config: &LogConfig) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let mut feeds: Vec<Feed> = known(&*log, &config.names.of(Topic::Feeds))?.into_values().collect();
    feeds.sort_by(|one, other| one.url.cmp(&other.url));
    if opml {
        return Ok(write!(out, "{}", poller::opml::write("newswire", &feeds))?);
    }
    for feed in &feeds {
        writeln!(out, "{}\t{}{}", feed.url, feed.title, if feed.paused { "\tpaused" } else { "" })?;
    }
    Ok(())
}

fn remove(out: &mut dyn Write, url: &str, config: &LogConfig) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let topic = config.names.of(Topic::Feeds);
    let record = poller::feeds::removal(url, log.partitions(&topic)?, &config.names)?;
    let id = String::from_utf8_lossy(&record.key).into_owned();
    if !known(&*log, &topic)?.contains_key(&id) {
        bail!("{url} is not on the list");
    }
    log.append(vec![record])?;
    Ok(writeln!(out, "removed")?)
}
