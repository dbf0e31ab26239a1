//! One poll of one feed: the request, the parsed response, and the feed state that follows from it.

mod apply;
mod state_change;

pub use apply::{PollUpdate, apply};

use crate::{
    document::{self, Document, DocumentError},
    fetch::{Client, FetchError, Response, Validators},
    identity::{Fingerprint, fingerprints},
    parse,
};
use jiff::Timestamp;
use proto::id;
use std::time::Instant;
use url::Url;

/// A poll to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Number of this poll, unique within a process. A result whose number is no longer awaited is dropped.
    pub number: u64,
    /// The feed's id.
    pub feed_id: String,
    /// The URL to request: the feed's own, or the one it has moved to.
    pub url: Url,
    /// Validators of the stored copy.
    pub validators: Validators,
    /// Hash of the stored copy's bytes; empty where there is none.
    pub body_hash: String,
}

/// The result of a [`Job`].
#[derive(Debug, Clone, PartialEq)]
pub struct PollResult {
    /// Number of the job.
    pub number: u64,
    /// The feed's id.
    pub feed_id: String,
    /// The URL that was requested.
    pub url: Url,
    /// When the poll ended.
    pub at: Timestamp,
    /// Duration in milliseconds, the wait for the rate limit included.
    pub duration_ms: i32,
    /// Bytes of the decompressed body.
    pub bytes: usize,
    /// The response, whose own `body` is empty, and what its body was parsed to.
    pub response: Result<(Response, Body), FetchError>,
}

/// A parsed body.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// There is none: the status is not 2xx.
    None,
    /// The same bytes as those of the stored copy.
    Unchanged,
    /// A feed.
    Document {
        /// The parsed document.
        document: Box<Document>,
        /// Fingerprints of its entries.
        fingerprints: Vec<Fingerprint>,
        /// Hash of the bytes; empty where they were truncated, so that the next poll parses them again.
        hash: String,
    },
    /// Not a feed.
    Unreadable(DocumentError),
}

/// Requests a feed and parses its body. Errors are part of the result.
pub async fn poll(client: &Client, job: Job, limits: document::Limits) -> PollResult {
    let started = Instant::now();
    let mut bytes = 0;
    let response = match client.get(&job.url, &job.validators).await {
        Err(error) => Err(error),
        Ok(mut response) => {
            bytes = response.body.len();
            let body = std::mem::take(&mut response.body);
            let body = if (200..300).contains(&response.status) {
                parse_body(body, &response, &job.body_hash, limits).await
            } else {
                Body::None
            };
            Ok((response, body))
        }
    };
    PollResult {
        number: job.number,
        feed_id: job.feed_id,
        url: job.url,
        at: Timestamp::now(),
        duration_ms: i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX),
        bytes,
        response,
    }
}

/// Parses on a blocking thread: a large document takes up to a second.
async fn parse_body(body: Vec<u8>, response: &Response, stored_hash: &str, limits: document::Limits) -> Body {
    let hash = id::digest(&[&body]);
    if response.truncated.is_none() && hash == stored_hash {
        return Body::Unchanged;
    }
    let hash = if response.truncated.is_none() { hash } else { String::new() };
    let url = response.final_url.to_string();
    let header = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let content_type = header(&response.content_type);
    let content_location = header(&response.content_location);
    let content_language = header(&response.content_language);
    let parsed = tokio::task::spawn_blocking(move || {
        let context = document::Context {
            url: &url,
            content_type: content_type.as_deref(),
            content_location: content_location.as_deref(),
            content_language: content_language.as_deref(),
            limits,
        };
        parse::read(&body, &context).map(|document| (fingerprints(&document), document))
    })
    .await;
    match parsed {
        Ok(Ok((fingerprints, document))) => Body::Document { document: Box::new(document), fingerprints, hash },
        Ok(Err(error)) => Body::Unreadable(error),
        Err(_) => Body::Unreadable(DocumentError::NotAFeed("the parser panicked".to_owned())),
    }
}

#[cfg(test)]
mod tests;
