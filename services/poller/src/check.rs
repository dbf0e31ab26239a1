//! What one poll of a feed would do, without a log.

use crate::{
    Config, Error,
    definition::{self, DefinitionError},
    diff::Part,
    discover::{self, FoundFeed},
    fetch::{Client, FetchError, Response, Validators},
    poll::{self, Body, Job, PollResult, PollUpdate},
    rate_limit::{HostLimiter, host_of},
};
use jiff::Timestamp;
use proto::v1::Feed;
use std::time::Instant;
use url::Url;

/// Bytes of a page that are searched for feeds.
const MAX_PAGE_BYTES: usize = 2 << 20;

/// What a server answers to a request with the validators of its last answer (RFC 9110 section 13.1).
#[derive(Debug, Clone, PartialEq)]
pub enum Revalidation {
    /// The last answer had none, or was no whole document: every poll gets all of it.
    NoValidators,
    /// 304, as it should.
    NotModified,
    /// The same bytes again: the server ignores its validators.
    Ignored,
    /// Other bytes. The feed changed in between, or each answer differs.
    Changed,
    /// Another status.
    Status(u16),
    /// No answer.
    Failed(FetchError),
}

/// The first poll of a feed, as it would be.
#[derive(Debug)]
pub struct Checked {
    /// The feed's URL, secrets masked.
    pub url: Url,
    /// The response, and what its body was parsed to.
    pub result: PollResult,
    /// What the poll would write.
    pub update: PollUpdate,
    /// The answer to a second request, which the next poll would send.
    pub revalidation: Revalidation,
    /// Feeds that the page names, where the body is no feed.
    pub feeds: Vec<FoundFeed>,
}

/// Why a feed cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The URL cannot be that of a feed.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// The client cannot be built.
    #[error(transparent)]
    Client(#[from] Error),
}

/// Polls the feed at `given` once, as for the first time, asks again with the validators of the answer, and writes nothing.
/// Secrets of the URL are used, and masked in what is returned; `credentials_ref` names a credential of the file otherwise.
///
/// # Errors
/// The URL is not one of http or https, or the HTTP client cannot be built. A poll that fails is no error.
pub async fn check(given: &str, credentials_ref: &str, config: &Config) -> Result<Checked, CheckError> {
    let url = definition::parse_url_with(given, &config.credentials.parameters)?;
    let feed = Feed { url: url.into(), credentials_ref: credentials_ref.to_owned(), ..Feed::default() };
    let (feed, inline) = match config.credentials.hidden(&feed) {
        Some((hidden, inline)) => (hidden, Some(inline)),
        None => (feed, None),
    };
    let feed = definition::complete(feed, Timestamp::now())?;
    let url = definition::parse_url_with(&feed.url, &config.credentials.parameters)?;
    let job = Job {
        number: 1,
        feed_id: feed.feed_id.clone(),
        host: host_of(&url),
        url: url.clone(),
        credential: match inline {
            Some(inline) => Ok(Some(inline)),
            None => config.credentials.of(&feed),
        },
        validators: Validators::default(),
        body_hash: String::new(),
    };
    let mask = job.credential.as_ref().ok().and_then(|credential| credential.as_ref()).map(|one| one.mask());
    let client = config.client(HostLimiter::new(config.host_interval))?;
    let started = Instant::now();
    let fetched = poll::fetch(&client, &job).await;
    let page = fetched.as_ref().map(|response| response.body.get(..MAX_PAGE_BYTES).unwrap_or(&response.body).to_vec());
    let page = page.unwrap_or_default();
    let revalidation = match &fetched {
        Ok(response) => revalidate(&client, &job, response).await,
        Err(_) => Revalidation::NoValidators,
    };
    let result = poll::read(&client, job, fetched, config.document_limits(), started).await;
    let mut feeds = match &result.response {
        Ok((response, Body::Unreadable(_))) => {
            discover::feeds(&page, Some(response.content_type.as_str()), &response.final_url)
        }
        _ => Vec::new(),
    };
    if let Some(mask) = mask {
        feeds.iter_mut().for_each(|feed| (feed.url, feed.title) = (mask.url(&feed.url), mask.text(&feed.title)));
    }
    let update = poll::apply(&feed, None, || Some(Vec::new()), &result, Part::WHOLE, config.poll_interval);
    Ok(Checked { url, result, update, revalidation, feeds })
}

/// Requests the feed again with the validators of `first`.
async fn revalidate(client: &Client, job: &Job, first: &Response) -> Revalidation {
    let validators = Validators { etag: first.etag.clone(), last_modified: first.last_modified.clone() };
    let is_whole = (200..300).contains(&first.status) && first.truncated.is_none();
    if !is_whole || validators == Validators::default() {
        return Revalidation::NoValidators;
    }
    match poll::fetch(client, &Job { validators, ..job.clone() }).await {
        Ok(again) if again.status == 304 => Revalidation::NotModified,
        Ok(again) if (200..300).contains(&again.status) && again.body == first.body => Revalidation::Ignored,
        Ok(again) if (200..300).contains(&again.status) => Revalidation::Changed,
        Ok(again) => Revalidation::Status(again.status),
        Err(error) => Revalidation::Failed(error),
    }
}
