//! Feed definitions: validation, and the records of their topic.

use jiff::Timestamp;
use proto::{
    id, partition, time,
    topic::{Names, Topic},
    v1::Feed,
    wire::{self, Message},
};
use stream::Outgoing;
use url::Url;

/// Why a feed definition is invalid.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The URL is not an absolute http or https URL.
    #[error("{url:?} is not an http or https URL: {reason}")]
    Url {
        /// The URL as given, credentials redacted.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The id does not belong to the URL.
    #[error("the feed id of {url} is {expected}, not {found:?}")]
    Id {
        /// The URL, credentials redacted.
        url: String,
        /// The id of this URL.
        expected: String,
        /// The id of the definition.
        found: String,
    },
    /// The backfill policy is invalid.
    #[error("backfill {0:?} is not all, a number, a duration such as 48h, or an RFC 3339 time")]
    Backfill(String),
    /// The definition cannot be encoded.
    #[error(transparent)]
    Encode(#[from] wire::EncodeError),
}

/// A URL for logs and messages: anything that may be user and password is `***`, even if the URL is invalid.
#[must_use]
pub fn redact_credentials(url: &str) -> String {
    let begin = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(begin);
    let authority = rest.find(['/', '?', '#']).map_or(rest, |end| rest.split_at(end).0);
    // A slash in a password ends the authority too early. Then everything up to the last `@` may be credentials.
    let at = authority.rfind('@').or_else(|| rest.rfind('@').filter(|_| authority.contains(':')));
    match at.and_then(|at| rest.get(at..)) {
        Some(host) => format!("{scheme}***{host}"),
        None => url.to_owned(),
    }
}

/// A feed's URL in the form that its id is made from: parsed, serialised, without fragment.
///
/// # Errors
/// [`DefinitionError::Url`] if it is not an absolute http or https URL.
pub fn parse_url(url: &str) -> Result<Url, DefinitionError> {
    let invalid = |reason: &str| DefinitionError::Url { url: redact_credentials(url), reason: reason.to_owned() };
    let mut parsed = Url::parse(url.trim()).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(invalid("another scheme"));
    }
    if parsed.host_str().is_none() {
        return Err(invalid("no host"));
    }
    parsed.set_fragment(None);
    Ok(parsed)
}

/// Completes a definition: normalises the URL, derives the id, and sets `added_at` to `now` if it is missing.
///
/// # Errors
/// [`DefinitionError`] if the URL or the backfill policy is invalid.
pub fn complete(mut feed: Feed, now: Timestamp) -> Result<Feed, DefinitionError> {
    feed.url = parse_url(&feed.url)?.into();
    feed.feed_id = id::feed_id(&feed.url);
    if crate::diff::Backfill::parse(&feed.backfill, now).is_none() {
        return Err(DefinitionError::Backfill(feed.backfill));
    }
    feed.added_at.get_or_insert(time::to_wire(now));
    Ok(feed)
}

/// Validates a definition that was read from its topic, and returns its URL.
///
/// # Errors
/// [`DefinitionError`] if the URL is invalid or the id does not belong to it.
pub fn validate(feed: &Feed) -> Result<Url, DefinitionError> {
    let url = parse_url(&feed.url)?;
    let expected = id::feed_id(&feed.url);
    if feed.feed_id != expected {
        return Err(DefinitionError::Id { url: redact_credentials(&feed.url), expected, found: feed.feed_id.clone() });
    }
    Ok(url)
}

/// The partition of a feed: that of its host.
#[must_use]
pub fn partition_of(url: &Url, partitions: i32) -> i32 {
    partition::of_host(url.host_str().unwrap_or_default(), partitions)
}

/// The record that adds or changes a feed. The definition is completed as by [`complete`].
///
/// # Errors
/// [`DefinitionError`] if the definition is invalid or cannot be encoded.
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

/// The tombstone that removes the feed of a URL.
///
/// # Errors
/// [`DefinitionError::Url`] if the URL is invalid.
pub fn tombstone(url: &str, partitions: i32, names: &Names) -> Result<Outgoing, DefinitionError> {
    let url = parse_url(url)?;
    let partition = partition_of(&url, partitions);
    Ok(Outgoing::tombstone(&names.of(Topic::Feeds), partition, id::feed_id(url.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(url: &str) -> Feed {
        Feed { url: url.into(), ..Feed::default() }
    }

    #[test]
    fn equivalent_urls_are_one_feed() {
        let now = Timestamp::UNIX_EPOCH;
        let record = |url| record(feed(url), 12, &Names::default(), wire::Encoding::Json, now).unwrap();
        assert_eq!(record("HTTPS://Example.org:443/feed#top"), record(" https://example.org/feed "));
    }

    #[test]
    fn an_invalid_url_or_backfill_policy_is_rejected() {
        for url in ["", "example.org/feed", "ftp://example.org/feed", "mailto:a@example.org"] {
            assert!(complete(feed(url), Timestamp::UNIX_EPOCH).is_err(), "{url}");
        }
        let odd = Feed { backfill: "some".into(), ..feed("https://example.org/") };
        assert!(matches!(complete(odd, Timestamp::UNIX_EPOCH), Err(DefinitionError::Backfill(_))));
    }

    #[test]
    fn an_error_shows_no_credentials() {
        for url in [
            "ftp://user:secret@example.org/feed",
            "https://user:secret@",
            "https://user:secret@exa mple.org/feed",
            "https://user:sec/ret@example.org:x/feed",
            "user:secret@example.org/feed",
            "https:/user:secret@exa mple.org",
        ] {
            let error = complete(feed(url), Timestamp::UNIX_EPOCH).unwrap_err().to_string();
            assert!(!error.contains("ret") && !error.contains("user") && error.contains("***@"), "{error}");
        }
        let other = Feed { feed_id: "x".into(), ..feed("https://user:secret@example.org/feed") };
        assert!(!validate(&other).unwrap_err().to_string().contains("secret"));
        assert_eq!(redact_credentials("https://example.org/@name/feed?a=b@c"), "https://example.org/@name/feed?a=b@c");
    }

    #[test]
    fn a_tombstone_has_the_key_and_partition_of_its_feed() {
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
