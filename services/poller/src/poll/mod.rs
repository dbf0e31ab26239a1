//! One poll of one feed: the request, the parsed response, and the feed state that follows from it.

mod apply;
mod arrivals;
mod moves;
mod state;

pub use apply::{PollUpdate, apply};
pub(crate) use arrivals::delays_s;
pub use state::forget_entries;

use crate::{
    credentials::{Credential, Mask},
    document::{self, Document, DocumentError},
    fetch::{Client, FetchError, Response, Validators},
    identity::{Fingerprint, fingerprints},
    parse,
};
use jiff::Timestamp;
use proto::id;
use std::{sync::Arc, time::Instant};
use url::Url;

/// A poll to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Number of this poll, unique within a process. A result whose number is no longer awaited is dropped.
    pub number: u64,
    /// The feed's id.
    pub feed_id: String,
    /// The feed's own host, as by `rate_limit::host_of`.
    pub host: String,
    /// The URL to request: the feed's own, or the one it has moved to.
    pub url: Url,
    /// The feed's credential, or why it cannot be used.
    pub credential: Result<Option<Arc<Credential>>, String>,
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
        /// Hash of the bytes; empty where they end early, so that the next poll parses them again.
        hash: String,
    },
    /// Not a feed.
    Unreadable(DocumentError),
}

/// Requests a feed and parses its body. Errors are part of the result.
pub async fn poll(client: &Client, job: Job, limits: document::Limits) -> PollResult {
    let started = Instant::now();
    let fetched = fetch(client, &job).await;
    read(client, job, fetched, limits, started).await
}

/// Requests a feed, with its credential.
pub(crate) async fn fetch(client: &Client, job: &Job) -> Result<Response, FetchError> {
    let credential = job.credential.clone().map_err(FetchError::Credentials)?;
    client.with_credential(credential).get_for(&job.host, &job.url, &job.validators).await
}

/// Parses what was fetched for a feed since `started`.
pub(crate) async fn read(
    client: &Client,
    job: Job,
    fetched: Result<Response, FetchError>,
    limits: document::Limits,
    started: Instant,
) -> PollResult {
    let mut bytes = 0;
    let mask = job.credential.ok().flatten().map(|credential| Arc::new(credential.mask()));
    let response = match fetched {
        Err(error) => Err(error),
        Ok(mut response) => {
            bytes = response.body.len();
            let body = std::mem::take(&mut response.body);
            if let Some(mask) = &mask {
                response.mask(mask);
            }
            let body = if (200..300).contains(&response.status) {
                let _processor = client.capacity().processor(bytes).await;
                parse_body(body, &response, job.body_hash, limits, mask).await
            } else {
                Body::None
            };
            cut(response, body)
        }
    };
    PollResult {
        number: job.number,
        feed_id: job.feed_id,
        url: job.url,
        at: stream::faults::now(),
        duration_ms: i32::try_from(started.elapsed().as_millis()).unwrap_or(i32::MAX),
        bytes,
        response,
    }
}

/// What a response and its body are worth where one of them ends early. Without a whole entry the poll has failed.
fn cut(mut response: Response, body: Body) -> Result<(Response, Body), FetchError> {
    if let Body::Document { document, .. } = &body
        && document.is_cut
    {
        response.truncated.get_or_insert_with(|| "the document is not closed".to_owned());
    }
    let is_empty = match &body {
        Body::Document { document, .. } => document.entries.is_empty(),
        Body::Unreadable(_) => true,
        Body::None | Body::Unchanged => false,
    };
    match &response.truncated {
        Some(reason) if is_empty => Err(FetchError::Network(format!("the body ended early: {reason}"))),
        _ => Ok((response, body)),
    }
}

/// Hashes and parses on a blocking thread: a large document takes up to a second.
async fn parse_body(
    body: Vec<u8>,
    response: &Response,
    stored_hash: String,
    limits: document::Limits,
    mask: Option<Arc<Mask>>,
) -> Body {
    let is_whole = response.truncated.is_none();
    let url = response.final_url.to_string();
    let header = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let content_type = header(&response.content_type);
    let content_location = header(&response.content_location);
    let content_language = header(&response.content_language);
    let parsed = tokio::task::spawn_blocking(move || {
        let hash = if is_whole { id::digest(&[&body]) } else { String::new() };
        if is_whole && hash == stored_hash {
            return Ok(Body::Unchanged);
        }
        let context = document::Context {
            url: &url,
            content_type: content_type.as_deref(),
            content_location: content_location.as_deref(),
            content_language: content_language.as_deref(),
            limits,
        };
        let parsed = match (parse::read(&body, &context), mask) {
            (Ok(mut document), Some(mask)) => {
                mask.document(&mut document);
                Ok(document)
            }
            (Err(error), Some(mask)) => Err(mask.document_error(error)),
            (parsed, None) => parsed,
        };
        parsed.map(|document| {
            let hash = if document.is_cut { String::new() } else { hash };
            Body::Document { fingerprints: fingerprints(&document), document: Box::new(document), hash }
        })
    })
    .await;
    match parsed {
        Ok(Ok(body)) => body,
        Ok(Err(error)) => Body::Unreadable(error),
        Err(_) => Body::Unreadable(DocumentError::NotAFeed("the parser panicked".to_owned())),
    }
}

#[cfg(test)]
mod tests;
