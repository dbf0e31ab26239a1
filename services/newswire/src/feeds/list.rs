//! `newswire feeds list` and `export`.

use super::known;
use crate::{
    answer::{self, Answer},
    output::{Align, OutputArgs, Table},
};
use anyhow::Context;
use poller::{credentials::Credentials, opml};
use proto::{topic::Topic, v1::Feed, vocab::publish_text};
use std::{io::Write, path::PathBuf};
use stream::LogConfig;

const COLUMNS: &[(&str, Align)] = &[("url", Align::Left), ("state", Align::Left), ("title", Align::Left)];

/// A line for each feed; its definition as JSON.
pub(super) fn list(secrets: Credentials, config: LogConfig, output: OutputArgs) -> Answer {
    Box::new(move |out| {
        let mut table = Table::new(COLUMNS);
        for feed in feeds(&secrets, &config)? {
            let value = answer::message(&feed)?;
            table.add([feed.url.clone(), state(&feed), feed.title], value);
        }
        Ok(table.write(out, output)?)
    })
}

/// All feeds as OPML, in a file or on standard output.
pub(super) fn export(file: Option<PathBuf>, secrets: Credentials, config: LogConfig) -> Answer {
    Box::new(move |out| {
        let written = opml::write("newswire", &feeds(&secrets, &config)?);
        match file {
            None => Ok(out.write_all(written.as_bytes())?),
            Some(file) => std::fs::write(&file, written).with_context(|| file.display().to_string()),
        }
    })
}

/// The feeds in the order of their URLs, without secrets.
fn feeds(secrets: &Credentials, config: &LogConfig) -> anyhow::Result<Vec<Feed>> {
    let log = answer::reach(config)?;
    let known = known(&*log, &config.names.of(Topic::Feeds))?;
    let shown = known.into_values().map(|feed| secrets.hidden(&feed).map_or(feed, |(shown, _)| shown));
    let mut feeds: Vec<Feed> = shown.collect();
    feeds.sort_by(|one, other| one.url.cmp(&other.url));
    Ok(feeds)
}

/// Whether it is paused, and how much of its text is withheld.
fn state(feed: &Feed) -> String {
    let withheld = match feed.publish_text.as_str() {
        publish_text::SUMMARY => Some("summary only"),
        publish_text::NONE => Some("title only"),
        _ => None,
    };
    let parts: Vec<&str> = feed.paused.then_some("paused").into_iter().chain(withheld).collect();
    parts.join(", ")
}
