//! One poll of one feed: what is asked, what came, and what it leads to.

mod apply;
mod quiet;

pub use apply::{Applied, apply};

use crate::{
    feed::{self, Document, Unreadable},
    fetch::{Client, FetchError, Fetched, Known},
    parse,
};
use jiff::Timestamp;
use proto::id;
use std::time::Instant;
use url::Url;

/// What is to be polled.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Number of this poll, never used twice in a process: a result whose number nobody waits for is late, and dropped.
    pub number: u64,
    /// The feed.
    pub feed_id: String,
    /// Where it is asked for: its URL, or where that has moved.
    pub url: Url,
    /// Validators of the copy that is known.
    pub known: Known,
    /// Hash of the bytes that are known.
    pub body_hash: String,
}

/// What came of a poll.
#[derive(Debug, Clone, PartialEq)]
pub struct Polled {
    /// As in the job.
    pub number: u64,
    /// As in the job.
    pub feed_id: String,
    /// Where it was asked for.
    pub url: Url,
    /// When it ended.
    pub at: Timestamp,
    /// Milliseconds that it took, waiting for the host's turn included.
    pub duration_ms: i32,
    /// Bytes of the body, decompressed.
    pub bytes: usize,
    /// The answer; its body is gone, having been read.
    pub answer: Result<(Fetched, Body), FetchError>,
}

/// What a body turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// None: another status than 2xx.
    None,
    /// The same bytes as before.
    Same,
    /// A feed.
    Document {
        /// What it says.
        document: Box<Document>,
        /// Hash of its bytes; empty where they were truncated, so that they are read again.
        hash: String,
    },
    /// No feed.
    Unreadable(Unreadable),
}

/// Polls.
pub async fn poll(client: &Client, job: Job, limits: feed::Limits) -> Polled {
    let started = Instant::now();
    let answer = client.get(&job.url, &job.known).await;
    let mut bytes = 0;
    let answer = match answer {
        Err(failed) => Err(failed),
        Ok(mut fetched) => {
            bytes = fetched.body.len();
            let body = std::mem::take(&mut fetched.body);
            let body = if (200..300).contains(&fetched.status) {
                read(body, &fetched, &job.body_hash, limits).await
            } else {
                Body::None
            };
            Ok((fetched, body))
        }
    };
    Polled {
        number: job.number,
        feed_id: job.feed_id,
        url: job.url,
        at: Timestamp::now(),
        duration_ms: crate::fetch::millis_since(started),
        bytes,
        answer,
    }
}

/// Parsing takes up to a second of a processor: not on a thread that others' sockets wait for.
async fn read(body: Vec<u8>, fetched: &Fetched, known_hash: &str, limits: feed::Limits) -> Body {
    let hash = id::digest(&[&body]);
    if fetched.truncated.is_none() && hash == known_hash {
        return Body::Same;
    }
    let hash = if fetched.truncated.is_none() { hash } else { String::new() };
    let url = fetched.final_url.to_string();
    let header = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let (kind, location) = (header(&fetched.content_type), header(&fetched.content_location));
    let language = header(&fetched.content_language);
    let parsed = tokio::task::spawn_blocking(move || {
        let context = feed::Context {
            url: &url,
            content_type: kind.as_deref(),
            content_location: location.as_deref(),
            content_language: language.as_deref(),
            now: Timestamp::now(),
            limits,
        };
        parse::read(&body, &context)
    })
    .await;
    match parsed {
        Ok(Ok(document)) => Body::Document { document: Box::new(document), hash },
        Ok(Err(unreadable)) => Body::Unreadable(unreadable),
        Err(_) => Body::Unreadable(Unreadable::NotAFeed("the reader panicked on it".to_owned())),
    }
}

#[cfg(test)]
mod tests;
