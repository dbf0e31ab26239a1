use super::{capacity::Held, opt_outs};
use crate::{
    credentials::Mask,
    limits::{self, Excess, Limit},
    schedule::{self, ServerHints},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use std::time::Duration;
use url::Url;

/// Retry-After of a 429 or 503 that has none.
const DEFAULT_RETRY_AFTER: SignedDuration = SignedDuration::from_secs(60);

/// Validators of the stored copy (RFC 9110 section 8.8); empty if there is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Validators {
    /// Sent as If-None-Match.
    pub etag: String,
    /// Sent as If-Modified-Since.
    pub last_modified: String,
}

/// A response of any status. A header that is absent is an empty string.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The URL after redirects.
    pub final_url: Url,
    /// The new address if every redirect was permanent (301, 308).
    pub moved: Option<Url>,
    /// HTTP status.
    pub status: u16,
    /// Header Content-Type.
    pub content_type: String,
    /// Header Content-Location.
    pub content_location: String,
    /// Header Content-Language.
    pub content_language: String,
    /// Header ETag.
    pub etag: String,
    /// Header Last-Modified.
    pub last_modified: String,
    /// Retry-After and Cache-Control.
    pub server_hints: ServerHints,
    /// The decompressed body; empty unless the status is 2xx.
    pub body: Vec<u8>,
    /// Why the body is incomplete; `None` if it is complete.
    pub truncated: Option<String>,
    /// The memory that the body takes, with what is made of it.
    pub memory: Held,
    /// The time between two requests that the site's robots.txt asks for.
    pub crawl_delay: Duration,
    /// Opt-outs that the headers declare ([`opt_outs::of_headers`]).
    pub opt_outs: Vec<String>,
}

impl Response {
    /// Replaces secrets that the server repeats in its headers.
    pub(crate) fn mask(&mut self, mask: &Mask) {
        let Response {
            final_url,
            moved,
            status: _,
            content_type,
            content_location,
            content_language,
            etag,
            last_modified,
            server_hints: _,
            body: _,
            truncated,
            memory: _,
            crawl_delay: _,
            opt_outs: _,
        } = self;
        for text in [content_type, content_language, etag, last_modified].into_iter().chain(truncated) {
            *text = mask.text(text);
        }
        mask.apply_to_url(content_location);
        *final_url = mask.url(final_url);
        // What is masked in an address is not filled in again: the feed stays at its own.
        *moved = moved.take().filter(|moved| mask.url(moved) == *moved);
    }

    /// A response without body.
    pub(super) fn new(url: &Url, status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Self {
        let text = |name: HeaderName| bounded(headers, name, &limits::HEADER);
        let asked = || {
            // A date is compared with the server's own clock: this machine's may be wrong.
            let date = schedule::http_date(&text(header::DATE));
            schedule::retry_after(&text(header::RETRY_AFTER), date.unwrap_or(now))
        };
        let asked = if headers.contains_key(header::RETRY_AFTER) && !status.is_success() { asked() } else { None };
        let retry_after = asked.or(is_overloaded(status).then_some(DEFAULT_RETRY_AFTER));
        let age = text(header::AGE);
        Response {
            content_type: text(header::CONTENT_TYPE),
            content_location: bounded(headers, header::CONTENT_LOCATION, &limits::CONTENT_LOCATION),
            content_language: text(header::CONTENT_LANGUAGE),
            etag: bounded(headers, header::ETAG, &limits::VALIDATOR),
            last_modified: bounded(headers, header::LAST_MODIFIED, &limits::VALIDATOR),
            server_hints: ServerHints {
                retry_after,
                max_age: schedule::max_age(&text(header::CACHE_CONTROL), Some(&age)),
            },
            opt_outs: opt_outs::of_headers(headers),
            ..Response::bare(url, status.as_u16())
        }
    }

    /// A response without headers and body.
    #[must_use]
    pub fn bare(url: &Url, status: u16) -> Self {
        Response {
            final_url: url.clone(),
            moved: None,
            status,
            content_type: String::new(),
            content_location: String::new(),
            content_language: String::new(),
            etag: String::new(),
            last_modified: String::new(),
            server_hints: ServerHints::default(),
            body: Vec::new(),
            truncated: None,
            memory: Held::default(),
            crawl_delay: Duration::ZERO,
            opt_outs: Vec::new(),
        }
    }
}

/// True for the statuses whose Retry-After holds for the whole host.
pub(super) fn is_overloaded(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

/// As [`text`], within a limit.
pub(super) fn bounded(headers: &HeaderMap, name: HeaderName, limit: &Limit) -> String {
    let is_long = headers.get(&name).is_some_and(|value| value.len() > limit.bytes);
    let mut value = if is_long && limit.excess != Excess::Cut { String::new() } else { text(headers, name) };
    limit.apply(&mut value);
    value
}

/// A header as text. Bytes beyond ASCII are read as ISO 8859-1, as before RFC 9110.
pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).map_or_else(String::new, |value| value.as_bytes().iter().map(|byte| char::from(*byte)).collect())
}

/// The inverse of [`text`]; `None` if the text is empty or not a valid header value.
pub(super) fn header_value(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.filter(|bytes| !bytes.is_empty()).and_then(|bytes| HeaderValue::from_bytes(&bytes).ok())
}
