//! Fetches one page, and reads what it says about itself.

use crate::{
    dates,
    fetch::{Client, FetchError, Held, Response, Validators, forbids, known},
    limits,
    rate_limit::host_of,
};
use jiff::SignedDuration;
use proto::{
    time,
    v1::{Fetch, PageMetadata},
    vocab::page_failure,
};
use std::time::{Duration, Instant};
use url::Url;

/// Time for a page, its redirects and the wait for the rate limit included.
const MAX_TIME: Duration = Duration::from_secs(60);

/// A page that was fetched.
#[derive(Debug)]
pub(super) struct Fetched {
    /// Its HTML without what is no content.
    pub(super) html: String,
    pub(super) metadata: PageMetadata,
    pub(super) fetch: Fetch,
    /// The time between two pages that the site asks for.
    pub(super) crawl_delay: Duration,
    /// The memory that it takes until it is committed.
    _memory: Held,
}

/// Why a page was not fetched.
#[derive(Debug, PartialEq)]
pub(super) struct Failed {
    /// One of [`page_failure`].
    pub(super) reason: &'static str,
    /// What happened, as a sentence.
    pub(super) detail: String,
    pub(super) retry: Retry,
}

/// Whether a failed page is tried again.
#[derive(Debug, PartialEq)]
pub(super) enum Retry {
    /// It is not.
    Never,
    /// It is, after the pause that the site asks for.
    Later(Option<SignedDuration>),
    /// It is, and the attempt does not count: it was not the site's failure.
    Uncounted(Option<SignedDuration>),
}

/// Fetches a page.
pub(super) async fn fetch(client: &Client, url: &Url) -> Result<Fetched, Failed> {
    let began = Instant::now();
    let response = match tokio::time::timeout(MAX_TIME, request(client, url)).await {
        Ok(response) => response?,
        Err(_) => return Err(Failed::later(page_failure::NETWORK, "timed out".to_owned(), None)),
    };
    read(client, response, began).await
}

async fn request(client: &Client, url: &Url) -> Result<Response, Failed> {
    let reserved = || Failed::never(page_failure::OPTED_OUT, "the site reserves text and data mining".to_owned());
    if client.is_reserved(url).await.map_err(failed)? {
        return Err(reserved());
    }
    let response = client.get_for(&host_of(url), url, &Validators::default()).await.map_err(failed)?;
    check_status(&response)?;
    if response.final_url.origin() != url.origin() && client.is_reserved(&response.final_url).await.map_err(failed)? {
        return Err(reserved());
    }
    if forbids(&response.opt_outs) {
        let detail = format!("the response declares {}", response.opt_outs.join(", "));
        return Err(Failed::never(page_failure::OPTED_OUT, detail));
    }
    Ok(response)
}

fn check_status(response: &Response) -> Result<(), Failed> {
    let detail = format!("HTTP status {}", response.status);
    match response.status {
        200..=299 => match &response.truncated {
            Some(reason) => Err(Failed::later(page_failure::NETWORK, format!("the body ended early: {reason}"), None)),
            None => Ok(()),
        },
        // A page may appear after its entry.
        404 | 408 | 425 | 429 | 500.. => {
            Err(Failed::later(page_failure::STATUS, detail, response.server_hints.retry_after))
        }
        _ => Err(Failed::never(page_failure::STATUS, detail)),
    }
}

/// Decodes, strips and reads a page on a blocking thread.
async fn read(client: &Client, mut response: Response, began: Instant) -> Result<Fetched, Failed> {
    let bytes = std::mem::take(&mut response.body);
    let length = bytes.len();
    let (url, content_type) = (response.final_url.clone(), response.content_type.clone());
    let _processor = client.capacity().processor(length).await;
    let parsed = tokio::task::spawn_blocking(move || {
        let html = page::decode(&bytes, Some(&content_type));
        (page::strip(&html), page::metadata(&html, &url))
    });
    let (html, metadata) =
        parsed.await.map_err(|_| Failed::never(page_failure::NOT_HTML, "the page cannot be processed".to_owned()))?;
    let metadata = to_wire(metadata, &response.opt_outs);
    if forbids(&metadata.opt_outs) {
        let detail = format!("the page declares {}", metadata.opt_outs.join(", "));
        return Err(Failed::never(page_failure::OPTED_OUT, detail));
    }
    let fetch = Fetch {
        fetched_at: Some(time::to_wire(stream::faults::now())),
        final_url: response.final_url.to_string(),
        http_status: i32::from(response.status),
        content_type: response.content_type,
        etag: response.etag,
        last_modified: response.last_modified,
        duration_ms: i32::try_from(began.elapsed().as_millis()).unwrap_or(i32::MAX),
        bytes: i32::try_from(length).unwrap_or(i32::MAX),
        content_language: response.content_language,
    };
    let crawl_delay = response.crawl_delay;
    Ok(Fetched { html, metadata, fetch, crawl_delay, _memory: response.memory })
}

/// A page's metadata within the limits, its dates parsed. A date that cannot be read is left out.
fn to_wire(of: page::Metadata, of_headers: &[String]) -> PageMetadata {
    let date = |text: &str| dates::parse(text);
    let (published, modified) = (date(&of.published_text), date(&of.modified_text));
    let mut opt_outs = of.opt_outs;
    opt_outs.extend(of_headers.iter().cloned());
    let mut metadata = PageMetadata {
        title: of.title,
        description: of.description,
        canonical_url: of.canonical_url,
        site_name: of.site_name,
        language: of.language,
        image: of.image,
        section: of.section,
        authors: of.authors,
        keywords: of.keywords,
        published_at: published.map(|date| time::to_wire(date.at)),
        published_at_precision: published.map_or("", |date| date.precision).to_owned(),
        published_text: of.published_text,
        modified_at: modified.map(|date| time::to_wire(date.at)),
        modified_text: of.modified_text,
        opt_outs: known(opt_outs),
        paywalled: of.paywalled,
    };
    limits::page(&mut metadata);
    metadata
}

impl Failed {
    pub(super) fn never(reason: &'static str, detail: String) -> Self {
        Failed { reason, detail, retry: Retry::Never }
    }

    fn later(reason: &'static str, detail: String, after: Option<SignedDuration>) -> Self {
        Failed { reason, detail, retry: Retry::Later(after) }
    }
}

fn failed(error: FetchError) -> Failed {
    let detail = error.to_string();
    match error {
        FetchError::Address(_) => Failed::never(page_failure::ADDRESS, detail),
        FetchError::Robots(_) => Failed::never(page_failure::ROBOTS, detail),
        FetchError::Redirect(_) => Failed::never(page_failure::REDIRECT, detail),
        FetchError::TooLarge(_) => Failed::never(page_failure::TOO_LARGE, detail),
        FetchError::NotHtml(_) => Failed::never(page_failure::NOT_HTML, detail),
        FetchError::Credentials(_) | FetchError::Fault(_) => Failed::never(page_failure::NETWORK, detail),
        FetchError::RobotsUnreachable(_) => Failed::later(page_failure::ROBOTS, detail, None),
        FetchError::Network(_) => Failed::later(page_failure::NETWORK, detail, None),
        FetchError::NoAnswer { is_offline: false, .. } => Failed::later(page_failure::NETWORK, detail, None),
        FetchError::Blocked(blocked) => {
            let retry = Retry::Uncounted(SignedDuration::try_from(blocked.0).ok());
            Failed { reason: page_failure::NETWORK, detail, retry }
        }
        FetchError::NoAnswer { .. } | FetchError::Local(_) | FetchError::Busy(_) => {
            Failed { reason: page_failure::NETWORK, detail, retry: Retry::Uncounted(None) }
        }
    }
}
