//! The entries of the feed. An entry's number is the time of its publication in intervals since 1970, so that a restart changes
//! nothing.

use jiff::{SignedDuration, Timestamp};
use std::{fmt::Write, ops::RangeInclusive};

/// Entries that are listed beyond those that may still arrive in time.
const MARGIN: i64 = 5;
/// Most entries of the feed. A limit of more intervals than this lists the newest.
const MOST: i64 = 1_000;

/// The entries of the feed.
#[derive(Debug, Clone)]
pub(super) struct Entries {
    /// Base of their URLs: `http://127.0.0.1:8095`.
    pub(super) base: String,
    every_s: i64,
    listed: i64,
    /// The newest entry at the start.
    first: i64,
}

impl Entries {
    /// Entries at an interval, from the newest at `start` on; all that may still arrive within `limit` are listed.
    pub(super) fn new(base: &str, every: SignedDuration, limit: SignedDuration, start: Timestamp) -> Self {
        let every_s = every.as_secs().max(1);
        let listed = (limit.as_secs() / every_s + MARGIN).clamp(1, MOST);
        let first = start.as_second().div_euclid(every_s);
        Entries { base: base.trim_end_matches('/').to_owned(), every_s, listed, first }
    }

    /// The number of the newest entry.
    pub(super) fn number_at(&self, now: Timestamp) -> i64 {
        now.as_second().div_euclid(self.every_s)
    }

    /// When an entry is published.
    pub(super) fn published_at(&self, number: i64) -> Timestamp {
        Timestamp::from_second(number.saturating_mul(self.every_s)).unwrap_or(Timestamp::MAX)
    }

    /// The numbers of the entries in the feed.
    pub(super) fn listed(&self, now: Timestamp) -> RangeInclusive<i64> {
        let newest = self.number_at(now).max(self.first);
        (newest - self.listed + 1).max(self.first)..=newest
    }

    /// The number of the entry with this URL.
    pub(super) fn number_of(&self, url: &str) -> Option<i64> {
        url.strip_prefix(&self.base)?.strip_prefix("/entry/")?.parse().ok()
    }

    /// The feed, in Atom.
    pub(super) fn document(&self, numbers: RangeInclusive<i64>) -> String {
        let (base, newest) = (&self.base, self.published_at(*numbers.end()));
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n\
             <title>newswire canary</title><id>{base}/</id><updated>{newest}</updated><link href=\"{base}/\"/>\n"
        );
        for number in numbers.rev() {
            let published = self.published_at(number);
            let _ = writeln!(
                text,
                "<entry><title>Test article of {published}</title><id>{base}/entry/{number}</id>\
                 <link href=\"{base}/entry/{number}\"/><published>{published}</published><updated>{published}</updated>\
                 <content type=\"text\">This article was published at {published} to test whether articles pass through \
                 the pipeline, and how long it takes them.</content></entry>"
            );
        }
        text.push_str("</feed>\n");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Entries {
        let (every, limit) = (SignedDuration::from_secs(60), SignedDuration::from_mins(15));
        Entries::new("http://127.0.0.1:8095/", every, limit, "2026-11-30T11:00:00Z".parse().unwrap())
    }

    #[test]
    fn the_feed_lists_what_may_still_arrive() {
        let (entries, now) = (entries(), "2026-11-30T12:00:30Z".parse().unwrap());
        let numbers = entries.listed(now);
        assert_eq!(numbers.clone().count(), 20);
        let read = feed_rs::parser::parse(entries.document(numbers.clone()).as_bytes()).unwrap();
        let urls: Vec<i64> =
            read.entries.iter().map(|entry| entries.number_of(&entry.links[0].href).unwrap()).collect();
        assert_eq!(urls, numbers.rev().collect::<Vec<_>>());
        let published = read.entries[0].published.unwrap().timestamp();
        assert_eq!(published, "2026-11-30T12:00:00Z".parse::<Timestamp>().unwrap().as_second());
    }

    #[test]
    fn the_feed_begins_with_one_entry() {
        assert_eq!(entries().listed("2026-11-30T11:00:59Z".parse().unwrap()).count(), 1);
        assert_eq!(entries().listed("2026-11-30T11:02:00Z".parse().unwrap()).count(), 3);
        // A clock that was set back.
        assert_eq!(entries().listed("2026-11-30T10:00:00Z".parse().unwrap()).count(), 1);
    }

    #[test]
    fn a_url_of_another_feed_is_no_entry() {
        let entries = entries();
        assert_eq!(entries.number_of("http://127.0.0.1:8095/entry/7"), Some(7));
        for url in ["http://127.0.0.1:8096/entry/7", "http://127.0.0.1:8095/entry/x", "http://127.0.0.1:8095/7", ""] {
            assert_eq!(entries.number_of(url), None, "{url}");
        }
    }
}
