use crate::schedule::{self, ServerHints};
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
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
}

impl Response {
    /// A response without body.
    pub(super) fn new(url: &Url, status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Self {
        let text = |name: HeaderName| text(headers, name);
        let retry_after = schedule::retry_after(&text(header::RETRY_AFTER), now)
            .or(is_overloaded(status).then_some(DEFAULT_RETRY_AFTER))
            .filter(|_| !status.is_success());
        let age = text(header::AGE);
        Response {
            final_url: url.clone(),
            moved: None,
            status: status.as_u16(),
            content_type: text(header::CONTENT_TYPE),
            content_location: text(header::CONTENT_LOCATION),
            content_language: text(header::CONTENT_LANGUAGE),
            etag: text(header::ETAG),
            last_modified: text(header::LAST_MODIFIED),
            server_hints: ServerHints {
                retry_after,
                max_age: schedule::max_age(&text(header::CACHE_CONTROL), Some(&age)),
            },
            body: Vec::new(),
            truncated: None,
        }
    }
}

/// True for the statuses whose Retry-After holds for the whole host.
pub(super) fn is_overloaded(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
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
