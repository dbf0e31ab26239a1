//! Feed definitions as records of their topic.

use jiff::Timestamp;
use proto::{
    id, partition, time,
    topic::{Names, Topic},
    v1::Feed,
    wire::{self, Message},
};
use stream::Outgoing;
use url::Url;

/// Why a definition is none.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// Its URL cannot be polled.
    #[error("{url:?} is no http or https address: {why}")]
    Url {
        /// As given, but for its credentials.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Its id is not that of its URL.
    #[error("the feed id of {url} is {expected}, not {found:?}")]
    Id {
        /// The URL, but for its credentials.
        url: String,
        /// What the id must be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Its policy is none.
    #[error("backfill {0:?} is neither all, nor a number, nor a duration such as 48h, nor an RFC 3339 time")]
    Backfill(String),
    /// It cannot be written.
    #[error(transparent)]
    Encode(#[from] wire::EncodeError),
}

/// An address for people and logs to see: what may be a user and a password in it is `***`, whether it can be parsed or not.
#[must_use]
pub fn redact_credentials(url: &str) -> String {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(begin);
    let authority = rest.find(['/', '?', '#']).map_or(rest, |end| rest.split_at(end).0);
    // A password with a slash in it ends the authority too early: then all up to the last `@` may be one.
    let at = authority.rfind('@').or_else(|| rest.rfind('@').filter(|_| authority.contains(':')));
    match at.and_then(|at| rest.get(at..)) {
        Some(host) => format!("{scheme}***{host}"),
        None => url.to_owned(),
    }
}

/// A feed's address as the contract wants it: parsed and written again, without fragment, so that one feed has one id.
///
/// # Errors
/// Where it is no http or https address.
pub fn parse_url(url: &str) -> Result<Url, DefinitionError> {
    let problem = |why: &str| DefinitionError::Url { url: redact_credentials(url), why: why.to_owned() };
    let mut parsed = Url::parse(url.trim()).map_err(|error| problem(&error.to_string()))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(problem("another scheme"));
    }
    if parsed.host_str().is_none() {
        return Err(problem("no host"));
    }
    parsed.set_fragment(None);
    Ok(parsed)
}

/// A definition made whole: address in its one form, id from it, time of adding.
///
/// # Errors
/// Where the URL cannot be polled or the backfill policy is none.
pub fn complete(mut feed: Feed, now: Timestamp) -> Result<Feed, DefinitionError> {
    feed.url = parse_url(&feed.url)?.into();
    feed.feed_id = id::feed_id(&feed.url);
    if crate::diff::Backfill::parse(&feed.backfill, now).is_none() {
        return Err(DefinitionError::Backfill(feed.backfill));
    }
    feed.added_at.get_or_insert(time::to_wire(now));
    Ok(feed)
}

/// Checks a definition that was read from its topic.
///
/// # Errors
/// Where the URL cannot be polled, or the id is not its own.
pub fn validate(feed: &Feed) -> Result<Url, DefinitionError> {
    let url = parse_url(&feed.url)?;
    let expected = id::feed_id(&feed.url);
    if feed.feed_id != expected {
        return Err(DefinitionError::Id { url: redact_credentials(&feed.url), expected, found: feed.feed_id.clone() });
    }
    Ok(url)
}

/// Partition of a feed, by its host.
#[must_use]
pub fn partition_of(url: &Url, partitions: i32) -> i32 {
    partition::of_host(url.host_str().unwrap_or_default(), partitions)
}

/// The record that adds or changes a feed. The definition is completed first.
///
/// # Errors
/// See [`DefinitionError`].
pub fn record(
    feed: Feed,
    partitions: i32,
    names: &Names,
    encoding: wire::Encoding,
    now: Timestamp,
) -> Result<Outgoing, DefinitionError> {
    let feed = complete(feed, now)?;
    let event = wire::Attributes {
        id: &format!("{}/{now}", feed.feed_id),
        event_type: Feed::TYPE,
        source: "newswire/feeds",
        time: now,
    };
    Ok(Outgoing {
        topic: names.of(Topic::Feeds),
        partition: partition_of(&parse_url(&feed.url)?, partitions),
        value: Some(encoding.encode(&feed)?),
        headers: wire::headers(encoding, &event, None),
        key: feed.feed_id.into_bytes(),
    })
}

/// The record that removes a feed, by its URL.
///
/// # Errors
/// Where the URL is none.
pub fn tombstone(url: &str, partitions: i32, names: &Names) -> Result<Outgoing, DefinitionError> {
    let url = parse_url(url)?;
    let partition = partition_of(&url, partitions);
    Ok(Outgoing::tombstone(&names.of(Topic::Feeds), partition, &id::feed_id(url.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(url: &str) -> Feed {
        Feed { url: url.into(), ..Feed::default() }
    }

    #[test]
    fn one_address_written_twice_is_one_feed() {
        let now = Timestamp::UNIX_EPOCH;
        let record = |url| record(feed(url), 12, &Names::default(), wire::Encoding::Json, now).unwrap();
        assert_eq!(record("HTTPS://Example.org:443/feed#top"), record(" https://example.org/feed "));
    }

    #[test]
    fn what_cannot_be_polled_is_refused() {
        for url in ["", "example.org/feed", "ftp://example.org/feed", "mailto:a@example.org"] {
            assert!(complete(feed(url), Timestamp::UNIX_EPOCH).is_err(), "{url}");
        }
        let odd = Feed { backfill: "some".into(), ..feed("https://example.org/") };
        assert!(matches!(complete(odd, Timestamp::UNIX_EPOCH), Err(DefinitionError::Backfill(_))));
    }

    #[test]
    fn a_refusal_shows_no_credentials() {
        for url in [
            "ftp://user:secret@example.org/feed",
            "https://user:secret@",
            "https://user:secret@exa mple.org/feed",
            "https://user:sec/ret@example.org:x/feed",
            "user:secret@example.org/feed",
            "https:/user:secret@exa mple.org",
        ] {
            let refused = complete(feed(url), Timestamp::UNIX_EPOCH).unwrap_err().to_string();
            assert!(!refused.contains("ret") && !refused.contains("user") && refused.contains("***@"), "{refused}");
        }
        let other = Feed { feed_id: "x".into(), ..feed("https://user:secret@example.org/feed") };
        assert!(!validate(&other).unwrap_err().to_string().contains("secret"));
        assert_eq!(redact_credentials("https://example.org/@name/feed?a=b@c"), "https://example.org/@name/feed?a=b@c");
    }

    #[test]
    fn a_removal_meets_its_feed() {
        let added = record(
            feed("https://example.org/feed"),
            12,
            &Names::default(),
            wire::Encoding::Json,
            Timestamp::UNIX_EPOCH,
        );
        let (added, removed) = (added.unwrap(), tombstone("https://example.org/feed", 12, &Names::default()).unwrap());
        assert_eq!((added.key, added.partition), (removed.key, removed.partition));
    }
}
