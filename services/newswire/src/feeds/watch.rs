//! A list of feeds in a file that is read again when it changes.

use super::{definitions::append, known, read, sync};
use crate::progress::Progress;
use poller::credentials::Credentials;
use proto::{topic::Topic, v1::Feed};
use std::{
    collections::HashSet,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};
use stream::{CancellationToken, Log, LogConfig};

/// Time between two looks at the file. It may lie on a volume without notifications of changes.
const EVERY: Duration = Duration::from_secs(2);

/// Time after which a list that was not applied is tried again.
const AGAIN: Duration = Duration::from_secs(30);

metrics::metrics! {
    /// Metrics of a watched list.
    struct Metrics {
        /// Feeds of the list that cannot be polled.
        refused: IntGauge = "newswire_feed_list_refused",
        /// Changes of the list that could not be applied; the feeds stay as they are.
        errors: IntCounter = "newswire_feed_list_errors_total",
    }
}

/// A list of feeds, and what is done with it.
#[derive(Debug, Clone)]
pub struct FeedFile {
    /// The OPML file.
    pub path: PathBuf,
    /// Whether it is read again when it changes.
    pub is_watched: bool,
    /// Whether feeds that came from it are removed when it no longer lists them.
    pub removes: bool,
}

/// What was applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Feeds of the list.
    pub feeds: usize,
    /// Definitions that are new or changed.
    pub written: usize,
    /// Feeds that were removed.
    pub removed: usize,
    /// Feeds that cannot be polled.
    pub refused: usize,
}

impl FeedFile {
    /// The name under which its feeds are recorded: without the folder, which differs between machines.
    fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Adds and updates the feeds of the list, and removes those that it no longer has. An empty list removes none: it is more
    /// likely a mistake.
    ///
    /// # Errors
    /// The file cannot be read, is not OPML, or lists feeds of which none can be polled; the log fails.
    fn apply(&self, log: &dyn Log, config: &LogConfig, credentials: &Credentials) -> anyhow::Result<Applied> {
        let list = read(&self.path, credentials)?;
        for refused in &list.refused {
            let (file, title, error) = (self.path.display(), &refused.title, &refused.error);
            tracing::warn!(%file, title, %error, "feed skipped: it cannot be polled");
        }
        let name = if self.removes { self.name() } else { String::new() };
        let of_list = |feed: Feed| Feed { list: name.clone(), ..feed };
        let feeds: Vec<Feed> = list.feeds.into_iter().map(of_list).collect();
        let listed: HashSet<String> = feeds.iter().map(|feed| feed.feed_id.clone()).collect();
        let mut applied = Applied { feeds: feeds.len(), refused: list.refused.len(), ..Applied::default() };
        applied.written = sync(log, config, feeds)?;
        // A feed that is refused now stays: its entry may be a mistake of an editor.
        if self.removes && !listed.is_empty() && list.refused.is_empty() {
            let topic = config.names.of(Topic::Feeds);
            let partitions = log.partitions(&topic)?;
            let gone = known(log, &topic)?.into_values();
            let gone = gone.filter(|feed| feed.list == name && !listed.contains(&feed.feed_id));
            let records = gone.map(|feed| poller::definition::removal(&feed, partitions, &config.names));
            applied.removed = append(log, records.collect::<Result<_, _>>()?, &Progress::default())?;
        }
        Ok(applied)
    }

    /// What tells that the file has changed; `None` while it is absent.
    fn version(&self) -> Option<(SystemTime, u64)> {
        let metadata = std::fs::metadata(&self.path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    }
}

/// Applies the list now.
///
/// # Errors
/// One line: the file or the log, and why.
pub async fn apply(
    file: &FeedFile,
    log: Arc<dyn Log>,
    config: &LogConfig,
    credentials: &Credentials,
) -> Result<Applied, String> {
    let (file, config, credentials) = (file.clone(), config.clone(), credentials.clone());
    let applied = chassis::thread::run("feeds", move || file.apply(&*log, &config, &credentials)).await;
    let applied = applied.map_err(|error| error.to_string())?.map_err(|error| format!("feeds: {error:#}"))?;
    let Applied { feeds, written, removed, refused } = applied;
    tracing::info!(feeds, written, removed, refused, "feeds updated");
    Ok(applied)
}

/// Applies the list whenever its file has changed and not changed again within two seconds, until shutdown. A list that cannot
/// be read changes nothing.
///
/// # Errors
/// The metrics cannot be registered.
pub async fn watch(
    file: FeedFile,
    runtime: stream::Runtime,
    config: LogConfig,
    credentials: Credentials,
    shutdown: CancellationToken,
) -> Result<(), String> {
    let metrics = Metrics::new(&runtime.registry).map_err(|error| error.to_string())?;
    // That of the first look is applied again: it may have changed since the start.
    let (mut applied, mut before) = (None, None);
    while shutdown.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        let version = file.version();
        let is_stable = version == before;
        before = version;
        if !is_stable || version == applied || version.is_none() {
            continue;
        }
        applied = version;
        match apply(&file, runtime.log.clone(), &config, &credentials).await {
            Ok(counts) => metrics.refused.set(i64::try_from(counts.refused).unwrap_or(i64::MAX)),
            Err(error) => {
                metrics.errors.inc();
                tracing::error!(file = %file.path.display(), error, "the list of feeds is not applied; the feeds stay");
                // The log may answer again: the list is tried again, changed or not.
                applied = None;
                shutdown.run_until_cancelled(tokio::time::sleep(AGAIN)).await;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::{topic::Names, wire::Encoding};
    use stream::LogKind;

    /// A new embedded log in a folder.
    fn log() -> (tempfile::TempDir, Arc<dyn Log>, LogConfig) {
        let folder = tempfile::tempdir().unwrap();
        let config = LogConfig {
            kind: LogKind::Embedded(folder.path().join("log")),
            names: Names::default(),
            partitions: 2,
            retention: Vec::new(),
            encoding: Encoding::Json,
            replica: "0".to_owned(),
        };
        (folder, crate::answer::ready(&config).unwrap(), config)
    }

    fn opml(urls: &[&str]) -> String {
        let outline = |url: &&str| format!(r#"<outline text="{url}" xmlUrl="{url}"/>"#);
        format!("<opml>{}</opml>", urls.iter().map(outline).collect::<String>())
    }

    #[test]
    fn a_feed_that_the_list_drops_is_removed_by_choice_and_one_added_by_hand_stays() {
        let (folder, log, config) = log();
        let path = folder.path().join("feeds.opml");
        let credentials = Credentials::default();
        let by_hand = Feed { url: "https://hand.example/feed".into(), ..Feed::default() };
        sync(&*log, &config, vec![by_hand]).unwrap();
        for (removes, expected) in [(false, 3), (true, 2)] {
            let file = FeedFile { path: path.clone(), is_watched: true, removes };
            std::fs::write(&path, opml(&["https://a.example/feed", "https://b.example/feed"])).unwrap();
            file.apply(&*log, &config, &credentials).unwrap();
            std::fs::write(&path, opml(&["https://a.example/feed"])).unwrap();
            file.apply(&*log, &config, &credentials).unwrap();
            assert_eq!(known(&*log, &config.names.of(Topic::Feeds)).unwrap().len(), expected, "removes: {removes}");
        }
    }

    #[test]
    fn an_empty_list_and_one_with_a_mistake_remove_nothing() {
        let (folder, log, config) = log();
        let path = folder.path().join("feeds.opml");
        let file = FeedFile { path: path.clone(), is_watched: true, removes: true };
        let apply = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let applied = file.apply(&*log, &config, &Credentials::default());
            (applied.is_ok(), known(&*log, &config.names.of(Topic::Feeds)).unwrap().len())
        };
        assert_eq!(apply(&opml(&["https://a.example/feed", "https://b.example/feed"])), (true, 2));
        assert_eq!(apply("<opml/>"), (true, 2));
        assert_eq!(apply("<opml><outline"), (true, 2));
        assert_eq!(apply(&opml(&["https://a.example/feed", "b.example/feed"])), (true, 2));
        assert_eq!(apply("no OPML"), (false, 2));
    }
}
