//! The definitions of feeds, as records of a topic.

use crate::{answer, progress::Progress};
use anyhow::bail;
use jiff::Timestamp;
use poller::credentials::Credentials;
use proto::{topic::Topic, v1::Feed};
use std::collections::BTreeMap;
use stream::{Log, LogConfig, Outgoing};

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
    sync_with(log, config, feeds, &Progress::default())
}

/// As [`sync`], with the progress of the writes.
pub(super) fn sync_with(
    log: &dyn Log,
    config: &LogConfig,
    feeds: Vec<Feed>,
    progress: &Progress,
) -> anyhow::Result<usize> {
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
    append(log, records, progress)
}

/// Writes records in batches, so that a list of any length fits into the limits of an append. Returns their number.
pub(super) fn append(log: &dyn Log, mut records: Vec<Outgoing>, progress: &Progress) -> anyhow::Result<usize> {
    let written = records.len();
    progress.expect(written);
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(500));
        let count = records.len();
        log.append(records)?;
        progress.add(count);
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
