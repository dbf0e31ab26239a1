//! `newswire feeds`: the list of feeds, as records of its topic.

use crate::answer::{self, Answer, DEADLINE};
use anyhow::{Context, bail};
use jiff::Timestamp;
use poller::opml::{self, List, OpmlError};
use proto::{topic::Topic, v1::Feed};
use std::{
    collections::BTreeMap,
    io::Write,
    ops::ControlFlow,
    path::{Path, PathBuf},
};
use stream::{Log, LogArgs, LogConfig, Outgoing, Start};

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
    /// Adds the feeds of an OPML file, and changes those that it describes otherwise. Removes none. Feeds that cannot be
    /// polled are named and passed over; where that is all of them, it fails.
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
                let feed =
                    poller::definition::complete(feed, Timestamp::now()).map_err(|error| vec![error.to_string()]);
                let mut errors = chassis::config::ConfigErrors::default();
                let (feed, config) = (errors.ok(feed), errors.ok(log.check()));
                let (feed, config) = errors.finish(|| Some((feed?, config?)))?;
                Box::new(move |out| {
                    let log = answer::ready(&config)?;
                    let written = sync(&*log, &config, vec![feed])?;
                    Ok(writeln!(out, "{}", if written == 1 { "added" } else { "there already, as it is" })?)
                })
            }
            Args::Import { file, log } => {
                let (file, config) = (file.clone(), log.check()?);
                Box::new(move |out| {
                    let List { feeds, refused } = read(&file)?;
                    for refused in &refused {
                        drop(writeln!(std::io::stderr().lock(), "newswire: {}: {refused}", file.display()));
                    }
                    let count = feeds.len() + refused.len();
                    let log = answer::ready(&config)?;
                    let written = sync(&*log, &config, feeds)?;
                    let refused =
                        if refused.is_empty() { String::new() } else { format!(", {} refused", refused.len()) };
                    Ok(writeln!(out, "{count} feeds in the file, {written} of them new or changed{refused}")?)
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

/// Reads an OPML file: the feeds that can be polled, and those that cannot.
///
/// # Errors
/// Where it cannot be read, is none, or has feeds none of which can be polled.
pub fn read(file: &Path) -> anyhow::Result<List> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let taken = opml::read_all(&bytes).and_then(|list| match list {
        List { feeds, refused } if feeds.is_empty() && !refused.is_empty() => Err(OpmlError::Feeds(refused)),
        list => Ok(list),
    });
    taken.with_context(|| file.display().to_string())
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
        let mut feed = poller::definition::complete(feed, now)?;
        if let Some(before) = known.get(&feed.feed_id) {
            feed.added_at = before.added_at;
            if feed == *before {
                continue;
            }
        }
        records.push(poller::definition::record(feed, partitions, &config.names, config.encoding, now)?);
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
    stream::scan(log, topic, Start::Beginning, DEADLINE, |record| {
        let Some(key) = record.key_text() else { return ControlFlow::Continue(()) };
        match record.decode::<Feed>() {
            Ok(feed) => drop(feeds.insert(key.to_owned(), feed)),
            Err(_) if record.value.is_none() => drop(feeds.remove(key)),
            Err(_) => {}
        }
        ControlFlow::Continue(())
    })?;
    Ok(feeds)
}

fn list(out: &mut dyn Write, opml: bool, config: &LogConfig) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let mut feeds: Vec<Feed> = known(&*log, &config.names.of(Topic::Feeds))?.into_values().collect();
    feeds.sort_by(|one, other| one.url.cmp(&other.url));
    if opml {
        return Ok(write!(out, "{}", opml::write("newswire", &feeds))?);
    }
    for feed in &feeds {
        writeln!(out, "{}\t{}{}", feed.url, feed.title, if feed.paused { "\tpaused" } else { "" })?;
    }
    Ok(())
}

fn remove(out: &mut dyn Write, url: &str, config: &LogConfig) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let topic = config.names.of(Topic::Feeds);
    let record = poller::definition::tombstone(url, log.partitions(&topic)?, &config.names)?;
    let id = String::from_utf8_lossy(&record.key).into_owned();
    if !known(&*log, &topic)?.contains_key(&id) {
        bail!("{} is not on the list", poller::definition::redact_credentials(url));
    }
    log.append(vec![record])?;
    Ok(writeln!(out, "removed")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> anyhow::Result<List> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("feeds.opml");
        std::fs::write(&file, text).unwrap();
        read(&file)
    }

    #[test]
    fn one_bad_feed_keeps_no_other_from_coming() {
        let list = read_text(
            r#"<opml><outline text="One" xmlUrl="https://one.example/"/><outline text="Bad" xmlUrl="feed.xml"/>
            <outline text="Two" xmlUrl="https://two.example/"/></opml>"#,
        );
        let List { feeds, refused } = list.unwrap();
        let urls: Vec<&str> = feeds.iter().map(|feed| feed.url.as_str()).collect();
        assert_eq!(urls, ["https://one.example/", "https://two.example/"]);
        assert_eq!(refused.iter().map(|refused| refused.title.as_str()).collect::<Vec<_>>(), ["Bad"]);
    }

    #[test]
    fn a_file_of_nothing_to_poll_is_an_error_and_an_empty_list_is_none() {
        let bad = read_text(r#"<opml><outline text="Bad" xmlUrl="feed.xml"/></opml>"#).unwrap_err();
        assert!(format!("{bad:#}").contains(r#"the feed "Bad": "feed.xml" is not an http or https URL"#), "{bad:#}");
        let secret = r#"<opml><outline text="Bad" xmlUrl="ftp://me:secret@one.example/"/></opml>"#;
        let refused = format!("{:#}", read_text(secret).unwrap_err());
        assert!(refused.contains("ftp://***@one.example/") && !refused.contains("secret"), "{refused}");
        assert!(format!("{:#}", read_text("<html/>").unwrap_err()).contains("no OPML"));
        assert!(read_text("<opml/>").unwrap().feeds.is_empty());
    }
}
