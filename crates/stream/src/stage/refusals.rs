//! Detects a stage that refuses what it should not: a bad release, as opposed to a bad feed.

use crate::Record;
use proto::wire;
use std::collections::{HashSet, VecDeque};

/// Records that are looked back on.
const WINDOW: usize = 500;

/// When a stage refuses too much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RefusalLimit {
    /// Share of the last records that may be refused, 0 to 1.
    pub share: f64,
    /// Feeds that the refused records are of, at least: fewer are the feeds' own fault.
    pub feeds: usize,
    /// Hosts of these feeds, at least.
    pub hosts: usize,
    /// Reasons that do not count: what a feed says is reason enough, and with a few hosts a publisher could stop the stage.
    pub ignored: &'static [&'static str],
}

impl Default for RefusalLimit {
    fn default() -> Self {
        RefusalLimit { share: 0.25, feeds: 20, hosts: 5, ignored: &[] }
    }
}

/// The feed and the host of a refused record. If the record does not tell, its key stands for both: only a producer of ours
/// or of the operator's writes such records, no feed does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Origin {
    feed: String,
    host: String,
}

impl Origin {
    /// The feed's id, or the record's key.
    pub(super) fn feed(&self) -> &str {
        &self.feed
    }

    pub(super) fn of(record: &Record) -> Self {
        let value = fields(record).unwrap_or_default();
        let text = |name: &str| value.get(name).and_then(|text| text.as_str()).filter(|text| !text.is_empty());
        let first = || value.get("feed_ids").and_then(|all| all.get(0)).and_then(|text| text.as_str());
        let key = || String::from_utf8_lossy(&record.key).into_owned();
        let address = ["feed_url", "url", "canonical_url"].into_iter().find_map(text);
        Origin {
            feed: text("feed_id").or_else(first).map_or_else(key, str::to_owned),
            host: address.and_then(host).map_or_else(key, str::to_owned),
        }
    }
}

/// The record's value as JSON, also where it is not the message that the stage expects.
fn fields(record: &Record) -> Option<serde_json::Value> {
    let value = record.value.as_deref()?;
    let content_type = record.header(wire::CONTENT_TYPE);
    match record.header("ce_type").and_then(|event_type| proto::topic::json(event_type, content_type, value)) {
        Some(Ok(json)) => Some(json),
        _ => serde_json::from_slice(value).ok(),
    }
}

/// The host of an address, without user and port.
fn host(address: &str) -> Option<&str> {
    let rest = address.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    Some(host.split(':').next().unwrap_or(host)).filter(|host| !host.is_empty())
}

/// The last records of a stage, and of what origin those are that it refused.
pub(super) struct Refusals {
    limit: RefusalLimit,
    last: VecDeque<Option<Origin>>,
}

impl Refusals {
    pub(super) fn new(limit: RefusalLimit) -> Self {
        Refusals { limit, last: VecDeque::new() }
    }

    /// Adds a record that was refused for `reason`.
    pub(super) fn refused(&mut self, reason: &str, origin: Origin) {
        if !self.limit.ignored.contains(&reason) {
            self.add(Some(origin));
        }
    }

    /// Adds a record: its origin if it was refused.
    pub(super) fn add(&mut self, refused: Option<Origin>) {
        if self.last.len() >= WINDOW {
            self.last.pop_front();
        }
        self.last.push_back(refused);
    }

    /// Why the stage must stop, if it must.
    #[expect(clippy::cast_precision_loss, reason = "at most 500")]
    pub(super) fn fault(&self) -> Option<String> {
        let refused: Vec<&Origin> = self.last.iter().flatten().collect();
        if refused.len() < self.limit.feeds || refused.len() as f64 <= self.limit.share * self.last.len() as f64 {
            return None;
        }
        let feeds: HashSet<&str> = refused.iter().map(|origin| origin.feed.as_str()).collect();
        let hosts: HashSet<&str> = refused.iter().map(|origin| origin.host.as_str()).collect();
        let is_over = feeds.len() >= self.limit.feeds && hosts.len() >= self.limit.hosts;
        is_over.then(|| {
            let (refused, all) = (refused.len(), self.last.len());
            format!("{refused} of the last {all} records refused, of {} feeds on {} hosts", feeds.len(), hosts.len())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(feed: usize, host: usize) -> Option<Origin> {
        Some(Origin { feed: feed.to_string(), host: host.to_string() })
    }

    fn fault(ok: usize, refused: impl Iterator<Item = Option<Origin>>) -> bool {
        let mut refusals = Refusals::new(RefusalLimit::default());
        (0..ok).for_each(|_| refusals.add(None));
        refused.for_each(|one| refusals.add(one));
        refusals.fault().is_some()
    }

    #[test]
    fn many_feeds_on_many_hosts_are_a_bad_release() {
        assert!(fault(0, (0..20).map(|n| origin(n, n % 5))));
        assert!(fault(59, (0..20).map(|n| origin(n, n % 5))));
    }

    #[test]
    fn one_feed_one_host_or_a_small_share_is_not() {
        assert!(!fault(0, (0..400).map(|_| origin(1, 1))), "one feed");
        assert!(!fault(0, (0..400).map(|n| origin(n, n % 4))), "four hosts");
        assert!(!fault(0, (0..19).map(|n| origin(n, n))), "nineteen feeds");
        assert!(!fault(60, (0..20).map(|n| origin(n, n))), "a quarter");
        // What is long ago does not count.
        let old = (0..20).map(|n| origin(n, n)).chain((0..WINDOW).map(|_| None));
        assert!(!fault(0, old));
    }

    #[test]
    fn the_origin_is_read_from_whatever_the_record_says() {
        let record = |value: &[u8]| Record {
            topic: String::new(),
            partition: 0,
            offset: 0,
            timestamp_ms: 0,
            key: b"k".to_vec(),
            value: Some(value.to_vec()),
            headers: Vec::new(),
        };
        let of = |value: &[u8]| Origin::of(&record(value));
        let raw = of(br#"{"feed_id":"f","feed_url":"https://u:p@a.example:8080/feed?x","revision":"not a number"}"#);
        assert_eq!((raw.feed.as_str(), raw.host.as_str()), ("f", "a.example"));
        let article = of(br#"{"feed_ids":["f","g"],"url":"https://b.example"}"#);
        assert_eq!((article.feed.as_str(), article.host.as_str()), ("f", "b.example"));
        let unknown = of(b"\xff");
        assert_eq!((unknown.feed.as_str(), unknown.host.as_str()), ("k", "k"));
    }
}
