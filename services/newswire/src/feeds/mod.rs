//! `newswire feeds`: the list of feeds, kept as records of a topic.

mod check;
mod definitions;
mod list;
mod watch;

pub use definitions::{find, find_one, known, sync};
pub use watch::{FeedFile, apply, watch};

use crate::{
    answer::{self, Answer},
    output::{Out, OutputArgs},
    progress::Progress,
};
use anyhow::{Context, bail};
use definitions::sync_with;
use jiff::Timestamp;
use poller::{
    credentials::{CredentialArgs, Credentials, SecretArgs},
    opml::{self, InvalidFeedError, List, OpmlError},
};
use proto::{topic::Topic, v1::Feed};
use serde_json::json;
use std::path::{Path, PathBuf};
use stream::{LogArgs, LogConfig};

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
        #[command(flatten)]
        output: OutputArgs,
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
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Polls a feed once, as for the first time, and prints what the poll would do: status, validators, entries, warnings, the
    /// next poll; for an HTML page the feeds that it names. Needs no log and writes nothing.
    Check {
        /// URL of the feed or the page.
        url: String,
        /// Name of its credential in the file.
        #[arg(long, value_name = "NAME", default_value = "")]
        credentials_ref: String,
        #[command(flatten)]
        output: OutputArgs,
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
    /// Prints URL, state and title of each feed: whether it is paused or its text withheld.
    List {
        /// Prints an OPML file, which `import` reads.
        #[arg(long, conflicts_with = "json")]
        opml: bool,
        #[command(flatten)]
        secrets: SecretArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Polls a feed now, also one that is gone or failing. Its state stays.
    Poll {
        /// URL of the feed, with or without its secrets, or its id.
        feed: String,
        #[command(flatten)]
        secrets: SecretArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Polls a feed now and forgets its failures and the Retry-After of its host. Its state stays otherwise.
    ClearBackoff {
        /// URL of the feed, with or without its secrets, or its id.
        feed: String,
        #[command(flatten)]
        secrets: SecretArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
        #[command(flatten)]
        output: OutputArgs,
    },
    /// Removes a feed from the list. Its articles stay.
    Remove {
        /// URL of the feed, with or without its secrets, or its id.
        url: String,
        #[command(flatten)]
        secrets: SecretArgs,
        #[command(flatten)]
        log: Box<LogArgs>,
        #[command(flatten)]
        output: OutputArgs,
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
                output,
            } => {
                let output = *output;
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
                    let feed = poller::definition::complete(feed, Timestamp::now())?;
                    let (feed_id, url) = (feed.feed_id.clone(), feed.url.clone());
                    let is_written = sync(&*log, &config, vec![feed])? == 1;
                    let value = json!({ "feed_id": feed_id, "url": url, "written": is_written });
                    Ok(out.either(output, if is_written { "added" } else { "unchanged" }, &value)?)
                })
            }
            Args::Import { file, publish_text, credentials, log, output } => {
                let (file, publish_text, output) = (file.clone(), publish_text.clone(), *output);
                let (credentials, config) = chassis::config::both(credentials.check(), log.check())?;
                Box::new(move |out| import(out, &file, &publish_text, &credentials, &config, output))
            }
            Args::Check { url, credentials_ref, output, poller } => {
                check::answer(url.clone(), credentials_ref.clone(), output.json, poller.check()?)
            }
            Args::Export { file, secrets, log } => list::export(file.clone(), secrets.credentials(), log.check()?),
            Args::List { opml: true, secrets, log, .. } => list::export(None, secrets.credentials(), log.check()?),
            Args::List { secrets, log, output, .. } => list::list(secrets.credentials(), log.check()?, *output),
            Args::Poll { feed, secrets, log, output } => {
                request(feed, Request::Poll, secrets.credentials(), log.check()?, *output)
            }
            Args::ClearBackoff { feed, secrets, log, output } => {
                request(feed, Request::ClearBackoff, secrets.credentials(), log.check()?, *output)
            }
            Args::Remove { url, secrets, log, output } => {
                let (url, secrets, config, output) = (url.clone(), secrets.credentials(), log.check()?, *output);
                Box::new(move |out| remove(out, &url, &secrets, &config, output))
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

fn import(
    out: &mut Out,
    file: &Path,
    publish_text: &str,
    credentials: &Credentials,
    config: &LogConfig,
    output: OutputArgs,
) -> anyhow::Result<()> {
    let List { mut feeds, refused } = read(file, credentials)?;
    for feed in feeds.iter_mut().filter(|feed| feed.publish_text.is_empty()) {
        publish_text.clone_into(&mut feed.publish_text);
    }
    for refused in &refused {
        answer::report(&format!("{}: {refused}", file.display()));
    }
    let count = feeds.len() + refused.len();
    let log = answer::ready(config)?;
    let progress = Progress::new("feeds");
    let written = sync_with(&*log, config, feeds, &progress)?;
    drop(progress);
    let suffix = if refused.is_empty() { String::new() } else { format!(", {} refused", refused.len()) };
    let refused: Vec<_> =
        refused.iter().map(|feed| json!({ "feed": feed.title, "error": feed.error.to_string() })).collect();
    out.either(
        output,
        &format!("{count} feeds in the file, {written} of them new or changed{suffix}"),
        &json!({ "feeds": count, "written": written, "refused": refused }),
    )?;
    Ok(())
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

/// What an operator wants of a feed.
#[derive(Clone, Copy)]
enum Request {
    Poll,
    ClearBackoff,
}

/// A command that writes the feed's definition again, with the time of the request.
fn request(feed: &str, request: Request, secrets: Credentials, config: LogConfig, output: OutputArgs) -> Answer {
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
        let requested = match request {
            Request::Poll => {
                feed.poll_requested_at = at;
                "poll"
            }
            Request::ClearBackoff => {
                feed.backoff_cleared_at = at;
                "clear-backoff"
            }
        };
        let value = json!({ "feed_id": feed.feed_id, "requested": requested });
        log.append(vec![poller::definition::record(
            feed,
            log.partitions(&topic)?,
            &config.names,
            config.encoding,
            now,
        )?])?;
        Ok(out.either(output, "requested", &value)?)
    })
}

fn remove(
    out: &mut Out,
    url: &str,
    credentials: &Credentials,
    config: &LogConfig,
    output: OutputArgs,
) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let topic = config.names.of(Topic::Feeds);
    let known = known(&*log, &topic)?;
    let Some(feed) = find_one(&known, credentials, url)? else {
        bail!("{} is not on the list", credentials.parameters.masked(url))
    };
    log.append(vec![poller::definition::removal(feed, log.partitions(&topic)?, &config.names)?])?;
    Ok(out.either(output, "removed", &json!({ "feed_id": feed.feed_id, "removed": true }))?)
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
