//! Feed definitions: validation, and the records of their topic.

use crate::{credentials::SecretParameters, limits};
use jiff::Timestamp;
use proto::{
    id, partition, time,
    topic::{Names, Topic},
    v1::Feed,
    vocab::{full_text, publish_text},
    wire::{self, Message},
};
use std::borrow::Cow;
use stream::Outgoing;
use url::Url;

/// Why a feed definition is invalid.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The URL is not an absolute http or https URL.
    #[error("{url:?} is not an http or https URL: {reason}")]
    Url {
        /// The URL as given, secrets masked.
        url: String,
        /// The reason.
        reason: String,
    },
    /// The id does not belong to the URL.
    #[error("the feed id of {url} is {expected}, not {found:?}")]
    Id {
        /// The URL, secrets masked.
        url: String,
        /// The id of this URL.
        expected: String,
        /// The id of the definition.
        found: String,
    },
    /// The URL is longer than its limit.
    #[error("the URL has {bytes} bytes, the limit is {limit}", limit = limits::DEFINITION_URL.bytes)]
    TooLong {
        /// Bytes of the URL.
        bytes: usize,
    },
    /// The URL holds user, password or another secret, which must not stand in the log.
    #[error("{url} holds credentials: {reason}")]
    Credentials {
        /// The URL, secrets masked.
        url: String,
        /// Why they cannot be kept elsewhere, and the way out.
        reason: String,
    },
    /// The backfill policy is invalid.
    #[error("backfill {0:?} is not all, a number, a duration such as 48h, or an RFC 3339 time")]
    Backfill(String),
    /// The policy for pages is unknown.
    #[error("full text {0:?} is not auto, always or never")]
    FullText(String),
    /// What may be published is not known.
    #[error("publish_text {0:?} is not FULL, SUMMARY or NONE")]
    PublishText(String),
    /// The definition cannot be encoded.
    #[error(transparent)]
    Encode(#[from] wire::EncodeError),
}

/// As [`parse_url_with`], with the usual names of secret parameters.
///
/// # Errors
/// As [`parse_url_with`].
pub fn parse_url(url: &str) -> Result<Url, DefinitionError> {
    parse(url, || SecretParameters::default().masked(url))
}

/// A feed's URL in the form that its id is made from: parsed, serialised, without fragment. The scheme `feed` means http.
/// `secrets` are masked in errors.
///
/// # Errors
/// [`DefinitionError::Url`] if it is not an absolute http or https URL, [`DefinitionError::TooLong`].
pub fn parse_url_with(url: &str, secrets: &SecretParameters) -> Result<Url, DefinitionError> {
    parse(url, || secrets.masked(url))
}

fn parse(url: &str, masked: impl Fn() -> String) -> Result<Url, DefinitionError> {
    let invalid = |reason: &str| DefinitionError::Url { url: masked(), reason: reason.to_owned() };
    let mut parsed = Url::parse(&without_feed_scheme(url.trim())).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(invalid("another scheme"));
    }
    match parsed.host_str() {
        None => return Err(invalid("no host")),
        // `http://https://example.org/`: a host named `https` with an empty port.
        Some(host) if is_http(host) && parsed.path().starts_with("//") => return Err(invalid("two schemes")),
        Some(_) => {}
    }
    parsed.set_fragment(None);
    let bytes = parsed.as_str().len();
    if bytes > limits::DEFINITION_URL.bytes { Err(DefinitionError::TooLong { bytes }) } else { Ok(parsed) }
}

/// An address whose scheme is `feed`, as http: `feed://example.org/`, `feed:https://example.org/` or `feed://https://example.org/`.
pub(crate) fn without_feed_scheme(url: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = url.split_once(':') else { return Cow::Borrowed(url) };
    if !scheme.eq_ignore_ascii_case("feed") {
        return Cow::Borrowed(url);
    }
    let bare = rest.trim_start_matches('/');
    let is_whole = bare.split_once(':').is_some_and(|(scheme, _)| is_http(scheme));
    match rest.starts_with("//") && !is_whole {
        true => Cow::Owned(format!("http:{rest}")),
        false => Cow::Borrowed(bare),
    }
}

fn is_http(scheme: &str) -> bool {
    ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

/// Completes a definition: normalises the URL, derives the id, and sets `added_at` to `now` if it is missing.
///
/// # Errors
/// [`DefinitionError`] if the URL or the backfill policy is invalid.
pub fn complete(mut feed: Feed, now: Timestamp) -> Result<Feed, DefinitionError> {
    feed.url = parse_url(&feed.url)?.into();
    limits::definition(&mut feed);
    feed.feed_id = id::feed_id_with(&feed.url, &feed.credentials_ref);
    if crate::diff::Backfill::parse(&feed.backfill, now).is_none() {
        return Err(DefinitionError::Backfill(feed.backfill));
    }
    feed.full_text = feed.full_text.trim().to_ascii_uppercase();
    if !matches!(feed.full_text.as_str(), "" | full_text::AUTO | full_text::ALWAYS | full_text::NEVER) {
        return Err(DefinitionError::FullText(feed.full_text));
    }
    feed.publish_text.make_ascii_uppercase();
    check_publish_text(&feed)?;
    feed.added_at.get_or_insert(time::to_wire(now));
    Ok(feed)
}

/// What may be published is stated in a known word or not at all: under an unknown one nothing may be published.
fn check_publish_text(feed: &Feed) -> Result<(), DefinitionError> {
    let stated = feed.publish_text.as_str();
    let is_known = stated.is_empty() || publish_text::ALL.contains(&stated);
    if is_known { Ok(()) } else { Err(DefinitionError::PublishText(feed.publish_text.clone())) }
}

/// Validates a definition that was read from its topic, and returns its URL. `secrets` are masked in errors.
///
/// # Errors
/// [`DefinitionError`] if the URL is invalid, the id does not belong to it, or `publish_text` is not known.
pub fn validate(feed: &Feed, secrets: &SecretParameters) -> Result<Url, DefinitionError> {
    let url = parse_url_with(&feed.url, secrets)?;
    let expected = id::feed_id_with(&feed.url, &feed.credentials_ref);
    if feed.feed_id != expected {
        return Err(DefinitionError::Id { url: secrets.masked(&feed.url), expected, found: feed.feed_id.clone() });
    }
    check_publish_text(feed)?;
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
    let url = parse_url(&feed.url)?;
    if !url.username().is_empty() || url.password().is_some() {
        let reason = "they belong in --credentials-file".to_owned();
        return Err(DefinitionError::Credentials { url: SecretParameters::default().masked(&feed.url), reason });
    }
    let event = wire::Attributes {
        id: &format!("{}/{now}", feed.feed_id),
        event_type: Feed::TYPE,
        source: "newswire/feeds",
        time: now,
    };
    Ok(Outgoing {
        topic: names.of(Topic::Feeds),
        partition: partition_of(&url, partitions),
        value: Some(encoding.encode(&feed)?),
        headers: wire::headers(encoding, &event, None),
        key: feed.feed_id.into_bytes(),
    })
}

/// The tombstone that removes the feed of a URL that needs no credential.
///
/// # Errors
/// [`DefinitionError::Url`] if the URL is invalid.
pub fn tombstone(url: &str, partitions: i32, names: &Names) -> Result<Outgoing, DefinitionError> {
    let url = parse_url(url)?.to_string();
    removal(&Feed { feed_id: id::feed_id(&url), url, ..Feed::default() }, partitions, names)
}

/// The tombstone that removes a feed.
///
/// # Errors
/// [`DefinitionError::Url`] if its URL is invalid.
pub fn removal(feed: &Feed, partitions: i32, names: &Names) -> Result<Outgoing, DefinitionError> {
    let partition = partition_of(&parse_url(&feed.url)?, partitions);
    Ok(Outgoing::tombstone(&names.of(Topic::Feeds), partition, feed.feed_id.clone()))
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
        for whole in
            ["feed:https://example.org/feed", "feed://https://example.org/feed", "feed:///HTTPS://example.org/feed"]
        {
            assert_eq!(record(whole), record("https://example.org/feed"), "{whole}");
        }
        assert_eq!(record("FEED://example.org/feed"), record("http://example.org/feed"));
        assert_eq!(record("https://Bücher.example/feed"), record("https://xn--bcher-kva.example/feed"));
    }

    #[test]
    fn an_invalid_url_or_backfill_policy_is_rejected() {
        for url in
            ["", "example.org/feed", "ftp://example.org/feed", "mailto:a@example.org", "http://https://example.org/"]
        {
            assert!(complete(feed(url), Timestamp::UNIX_EPOCH).is_err(), "{url}");
        }
        let odd = Feed { backfill: "some".into(), ..feed("https://example.org/") };
        assert!(matches!(complete(odd, Timestamp::UNIX_EPOCH), Err(DefinitionError::Backfill(_))));
    }

    #[test]
    fn what_may_be_published_is_one_of_three_words_in_any_case() {
        let stated = |text: &str| Feed { publish_text: text.into(), ..feed("https://example.org/") };
        let complete = |text: &str| complete(stated(text), Timestamp::UNIX_EPOCH).map(|feed| feed.publish_text);
        assert_eq!(complete("summary").unwrap(), publish_text::SUMMARY);
        assert_eq!(complete("").unwrap(), "");
        assert!(matches!(complete("headline"), Err(DefinitionError::PublishText(_))));
        let mut odd = stated("headline");
        odd.feed_id = id::feed_id(&odd.url);
        assert!(matches!(validate(&odd, &SecretParameters::default()), Err(DefinitionError::PublishText(_))));
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
        let declared = SecretParameters::with(["code", "/private/"]);
        assert!(!validate(&other, &declared).unwrap_err().to_string().contains("secret"));
        for url in [
            "ftp://example.org/?code=secret",
            "example.org/private/secret/?token=secret",
            "https://exa mple/private/secret",
        ] {
            let error = parse_url_with(url, &declared).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
        let unmasked = "https://example.org/@name/feed?a=b@c";
        assert_eq!(declared.masked(unmasked), unmasked);
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
