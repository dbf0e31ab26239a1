//! `newswire feeds`: the list of feeds, kept as records of a topic.

mod check;
mod watch;

pub use watch::{FeedFile, apply, watch};

use crate::answer::{self, Answer};
use anyhow::{Context, bail};
use chassis::terminal::line;
use jiff::Timestamp;
use poller::{
    credentials::{CredentialArgs, Credentials, SecretArgs},
    opml::{self, InvalidFeedError, List, OpmlError},
};
use proto::{topic::Topic, v1::Feed, vocab::publish_text};
use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
};
use stream::{Log, LogArgs, LogConfig, Outgoing};

/// Subcommands of `newswire feeds`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Adds a feed, or updates its definition.
    Add {
        /// URL of the feed, http or https.
        url: String,
        /// Title; by default that of the feed itself.
        #[arg(long, default_value = "")]
        title: String,
        /// Name of the publisher.
        #[arg(long, default_value = "")]
        publisher: String,
        /// Country of the publisher, ISO 3166-1 alpha-2.
        #[arg(long, default_value = "")]
        country: String,
        /// Home page of the publisher. The feed counts as the publisher's own for articles of its registrable domain; needed
        /// if the feed is on another domain than the articles.
        #[arg(long, value_name = "URL", value_parser = site_url)]
        site_url: Option<String>,
        /// Label that its articles carry; may be repeated.
        #[arg(long = "tag", value_name = "TAG")]
        tags: Vec<String>,
        /// How much of its text is published: full, summary or none (title only).
        #[arg(long, value_name = "full|summary|none", value_parser = publish_text, default_value = "")]
        publish_text: String,
        /// Which entries of the first poll are published: 48h, all, a number of entries, or a time.
        #[arg(long, default_value = "")]
        backfill: String,
        /// Whether the pages of its entries are fetched: auto (if the feed's text is short), always or never. The default is
        /// that of the normaliser.
        #[arg(long, value_name = "WHEN", default_value = "", hide_default_value = true, value_parser = ["", "auto", "always", "never"])]
        full_text: String,
        /// Name of its credential in the file. A URL with user, password or token gets one automatically.
        #[arg(long, value_name = "NAME", default_value = "")]
        credentials_ref: String,
        #[command(flatten)]
        credentials: CredentialArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
    /// Adds or updates the feeds of an OPML file, and removes none. Feeds that cannot be polled are reported and skipped; the
    /// command fails if none can be polled.
    Import {
        /// File in OPML 1.0 or 2.0.
        file: PathBuf,
        /// How much of the text of feeds without an attribute `publishText` is published: full, summary or none (title only).
        #[arg(long, value_name = "full|summary|none", value_parser = publish_text, default_value = "")]
        publish_text: String,
        #[command(flatten)]
        credentials: CredentialArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
    /// Polls a feed once, as for the first time, and prints what the poll would do: status, validators, entries, warnings, the
    /// next poll; for an HTML page the feeds that it names. Needs no log and writes nothing.
    Check {
        /// URL of the feed or the page.
        url: String,
        /// Name of its credential in the file.
        #[arg(long, value_name = "NAME", default_value = "")]
        credentials_ref: String,
        /// Prints one JSON object.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        poller: Box<poller::Args>,
    },
    /// Writes all feeds as an OPML file, which `import` reads. Secrets are not in it.
    Export {
        /// The file; standard output if it is absent.
        file: Option<PathBuf>,
        #[command(flatten)]
        secrets: SecretArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
    /// Prints URL and title of each feed, and whether it is paused or its text withheld.
    List {
        /// Prints an OPML file, which `import` reads.
        #[arg(long)]
        opml: bool,
        #[command(flatten)]
        secrets: SecretArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
    /// Polls a feed now, also one that is gone or failing. Its state stays.
    Poll {
        /// URL of the feed, with or without its secrets, or its id.
        feed: String,
        #[command(flatten)]
        secrets: SecretArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
    /// Polls a feed now and forgets its failures and the Retry-After of its host. Its state stays otherwise.
    ClearBackoff {
        /// URL of the feed, with or without its secrets, or its id.
        feed: String,
        #[command(flatten)]
        secrets: SecretArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
    /// Removes a feed from the list. Its articles stay.
    Remove {
        /// URL of the feed, with or without its secrets, or its id.
        url: String,
        #[command(flatten)]
        secrets: SecretArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
    },
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One message for each invalid flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        Ok(match self {
            Args::Add {
                url,
                title,
                publisher,
                country,
                site_url,
                tags,
                publish_text,
                backfill,
                full_text,
                credentials_ref,
                credentials,
                log,
            } => {
                let feed = Feed {
                    url: url.clone(),
                    title: title.clone(),
                    publisher_name: publisher.clone(),
                    publisher_country: country.clone(),
                    site_url: site_url.clone().unwrap_or_default(),
                    tags: tags.clone(),
                    publish_text: publish_text.clone(),
                    backfill: backfill.clone(),
                    full_text: full_text.clone(),
                    credentials_ref: credentials_ref.clone(),
                    ..Feed::default()
                };
                let (credentials, config) = chassis::config::both(credentials.check(), log.check())?;
                let feed = credentials.take(feed, Timestamp::now()).map_err(|error| vec![error.to_string()])?;
                Box::new(move |out| {
                    let log = answer::ready(&config)?;
                    let written = sync(&*log, &config, vec![feed])?;
                    Ok(writeln!(out, "{}", if written == 1 { "added" } else { "unchanged" })?)
                })
            }
            Args::Import { file, publish_text, credentials, log } => {
                let (file, publish_text) = (file.clone(), publish_text.clone());
                let (credentials, config) = chassis::config::both(credentials.check(), log.check())?;
                Box::new(move |out| {
                    let List { mut feeds, refused } = read(&file, &credentials)?;
                    for feed in feeds.iter_mut().filter(|feed| feed.publish_text.is_empty()) {
                        feed.publish_text.clone_from(&publish_text);
                    }
                    for refused in &refused {
                        answer::report(&format!("{}: {refused}", file.display()));
                    }
                    let count = feeds.len() + refused.len();
                    let log = answer::ready(&config)?;
                    let written = sync(&*log, &config, feeds)?;
                    let refused =
                        if refused.is_empty() { String::new() } else { format!(", {} refused", refused.len()) };
                    Ok(writeln!(out, "{count} feeds in the file, {written} of them new or changed{refused}")?)
                })
            }
            Args::Check { url, credentials_ref, json, poller } => {
                check::answer(url.clone(), credentials_ref.clone(), *json, poller.check()?)
            }
            Args::Export { file, secrets, log } => {
                let (file, secrets, config) = (file.clone(), secrets.credentials(), log.check()?);
                Box::new(move |out| match file {
                    None => list(out, true, &secrets, &config),
                    Some(file) => {
                        let mut written = Vec::new();
                        list(&mut written, true, &secrets, &config)?;
                        std::fs::write(&file, written).with_context(|| file.display().to_string())?;
                        Ok(())
                    }
                })
            }
            Args::List { opml, secrets, log } => {
                let (opml, secrets, config) = (*opml, secrets.credentials(), log.check()?);
                Box::new(move |out| list(out, opml, &secrets, &config))
            }
            Args::Poll { feed, secrets, log } => request(feed, Request::Poll, secrets.credentials(), log.check()?),
            Args::ClearBackoff { feed, secrets, log } => {
                request(feed, Request::ClearBackoff, secrets.credentials(), log.check()?)
            }
            Args::Remove { url, secrets, log } => {
                let (url, secrets, config) = (url.clone(), secrets.credentials(), log.check()?);
                Box::new(move |out| remove(out, &url, &secrets, &config))
            }
        })
    }
}

/// An absolute http or https URL.
fn site_url(text: &str) -> Result<String, String> {
    poller::definition::parse_url(text).map(String::from).map_err(|error| error.to_string())
}

/// A value of `Feed.publish_text`, in any case.
fn publish_text(text: &str) -> Result<String, String> {
    let upper = text.to_ascii_uppercase();
    let is_known = upper.is_empty() || proto::vocab::publish_text::ALL.contains(&upper.as_str());
    if is_known { Ok(upper) } else { Err("neither full, summary nor none".to_owned()) }
}

/// Reads an OPML file: the feeds that can be polled, and those that cannot. Secrets in URLs are written to the file of
/// `credentials`; without one such a feed is refused.
///
/// # Errors
/// The file cannot be read, is not OPML, or lists feeds of which none can be polled.
pub fn read(file: &Path, credentials: &Credentials) -> anyhow::Result<List> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    let parsed = opml::read_all(&bytes, &credentials.parameters)
        .map(|list| without_secrets(list, credentials))
        .and_then(|list| match list {
            List { feeds, refused } if feeds.is_empty() && !refused.is_empty() => Err(OpmlError::Feeds(refused)),
            list => Ok(list),
        });
    parsed.with_context(|| file.display().to_string())
}

fn without_secrets(list: List, credentials: &Credentials) -> List {
    let List { feeds, mut refused } = list;
    let mut kept: Vec<Feed> = Vec::new();
    for feed in feeds {
        let title = credentials.parameters.masked(if feed.title.is_empty() { &feed.url } else { &feed.title });
        match credentials.take(feed, Timestamp::UNIX_EPOCH) {
            // The caller sets `added_at`.
            Ok(feed) => kept.push(Feed { added_at: None, ..feed }),
            Err(error) => refused.push(InvalidFeedError { title, error: error.into() }),
        }
    }
    List { feeds: kept, refused }
}

/// The feeds that an operator means: by id, or by URL with or without its secrets.
pub fn find<'a>(known: &'a BTreeMap<String, Feed>, credentials: &Credentials, given: &str) -> Vec<&'a Feed> {
    let bare = |url: &str| poller::definition::parse_url(url).ok().map(|url| credentials.parameters.split(&url).0);
    let url = bare(given);
    let is_meant = |feed: &&Feed| feed.feed_id == given.to_ascii_lowercase() || url.is_some() && bare(&feed.url) == url;
    known.values().filter(is_meant).collect()
}

/// As [`find`], of exactly one feed; `None` if none is meant.
///
/// # Errors
/// Several are meant; the text has their ids.
pub fn find_one<'a>(
    known: &'a BTreeMap<String, Feed>,
    credentials: &Credentials,
    given: &str,
) -> anyhow::Result<Option<&'a Feed>> {
    match find(known, credentials, given)[..] {
        [] => Ok(None),
        [feed] => Ok(Some(feed)),
        ref several => {
            let shown = credentials.parameters.masked(given);
            let ids: Vec<String> =
                several.iter().map(|feed| format!("{} ({})", feed.feed_id, feed.credentials_ref)).collect();
            bail!("{shown} is on the list with several credentials; give an id: {}", ids.join(", "))
        }
    }
}

/// Writes those of `feeds` that are new or changed and returns their number. Other feeds on the topic stay unchanged: they
/// may have been added by hand.
///
/// # Errors
/// The log cannot be reached.
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
            feed.poll_requested_at = before.poll_requested_at;
            feed.backoff_cleared_at = before.backoff_cleared_at;
            if feed.list.is_empty() {
                feed.list.clone_from(&before.list);
            }
            if feed == *before {
                continue;
            }
        }
        records.push(poller::definition::record(feed, partitions, &config.names, config.encoding, now)?);
    }
    append(log, records)
}

/// Writes records in batches, so that a list of any length fits into the limits of an append. Returns their number.
fn append(log: &dyn Log, mut records: Vec<Outgoing>) -> anyhow::Result<usize> {
    let written = records.len();
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(500));
        log.append(records)?;
        records = rest;
    }
    Ok(written)
}

/// The feeds on the topic, by id. A record that cannot be decoded is skipped here; the poller reports it.
pub fn known(log: &dyn Log, topic: &str) -> anyhow::Result<BTreeMap<String, Feed>> {
    let mut feeds = BTreeMap::new();
    answer::each(log, topic, |record| {
        let Some(key) = record.key_text() else { return };
        match record.decode::<Feed>() {
            Ok(feed) => drop(feeds.insert(key.to_owned(), feed)),
            Err(_) if record.value.is_none() => drop(feeds.remove(key)),
            Err(_) => {}
        }
    })?;
    Ok(feeds)
}

fn list(out: &mut dyn Write, opml: bool, credentials: &Credentials, config: &LogConfig) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let known = known(&*log, &config.names.of(Topic::Feeds))?;
    let mut feeds: Vec<Feed> =
        known.into_values().map(|feed| credentials.hidden(&feed).map_or(feed, |(shown, _)| shown)).collect();
    feeds.sort_by(|one, other| one.url.cmp(&other.url));
    if opml {
        return Ok(write!(out, "{}", opml::write("newswire", &feeds))?);
    }
    for feed in &feeds {
        let paused = if feed.paused { "\tpaused" } else { "" };
        let withheld = match feed.publish_text.as_str() {
            publish_text::SUMMARY => "\tsummary only",
            publish_text::NONE => "\ttitle only",
            _ => "",
        };
        writeln!(out, "{}\t{}{paused}{withheld}", line(&feed.url), line(&feed.title))?;
    }
    Ok(())
}

/// What an operator wants of a feed.
#[derive(Clone, Copy)]
enum Request {
    Poll,
    ClearBackoff,
}

/// A command that writes the feed's definition again, with the time of the request.
fn request(feed: &str, request: Request, secrets: Credentials, config: LogConfig) -> Answer {
    let given = feed.trim().to_owned();
    Box::new(move |out| {
        let log = answer::reach(&config)?;
        let topic = config.names.of(Topic::Feeds);
        let known = known(&*log, &topic)?;
        let Some(mut feed) = find_one(&known, &secrets, &given)?.cloned() else {
            bail!("{} is not on the list", secrets.parameters.masked(&given))
        };
        if feed.paused {
            bail!("{} is paused", feed.feed_id);
        }
        let now = Timestamp::now();
        let at = Some(proto::time::to_wire(now));
        match request {
            Request::Poll => feed.poll_requested_at = at,
            Request::ClearBackoff => feed.backoff_cleared_at = at,
        }
        log.append(vec![poller::definition::record(
            feed,
            log.partitions(&topic)?,
            &config.names,
            config.encoding,
            now,
        )?])?;
        Ok(writeln!(out, "requested")?)
    })
}

fn remove(out: &mut dyn Write, url: &str, credentials: &Credentials, config: &LogConfig) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let topic = config.names.of(Topic::Feeds);
    let known = known(&*log, &topic)?;
    let Some(feed) = find_one(&known, credentials, url)? else {
        bail!("{} is not on the list", credentials.parameters.masked(url))
    };
    log.append(vec![poller::definition::removal(feed, log.partitions(&topic)?, &config.names)?])?;
    Ok(writeln!(out, "removed")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> anyhow::Result<List> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("feeds.opml");
        std::fs::write(&file, text).unwrap();
        read(&file, &Credentials::default())
    }

    #[test]
    fn a_feed_that_cannot_be_polled_does_not_block_the_rest_of_the_list() {
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
    fn a_list_of_which_nothing_can_be_polled_is_an_error_and_an_empty_list_is_not() {
        let bad = read_text(r#"<opml><outline text="Bad" xmlUrl="feed.xml"/></opml>"#).unwrap_err();
        assert!(format!("{bad:#}").contains(r#"the feed "Bad": "feed.xml" is not an http or https URL"#), "{bad:#}");
        let secret = r#"<opml><outline text="Bad" xmlUrl="ftp://me:secret@one.example/"/></opml>"#;
        let refused = format!("{:#}", read_text(secret).unwrap_err());
        assert!(refused.contains("ftp://***@one.example/") && !refused.contains("secret"), "{refused}");
        assert!(format!("{:#}", read_text("<html/>").unwrap_err()).contains("not OPML"));
        assert!(read_text("<opml/>").unwrap().feeds.is_empty());
    }
}
