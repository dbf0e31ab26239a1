use super::{
    body::{self, Body},
    guard::{self, Refused, Resolver},
    robots::{self, Robots},
    sites::Sites,
};
use crate::{
    schedule,
    spacing::{Closed, Gate, host_of},
};
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    Response, StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};
use url::Url;

/// Hops of a redirect that are followed.
const MAX_HOPS: usize = 5;
/// How long a robots.txt is believed (RFC 9309 section 2.4: at most 24 hours), and how long a server error on it.
const ROBOTS_KEPT: Duration = Duration::from_secs(12 * 60 * 60);
const ROBOTS_ERROR_KEPT: Duration = Duration::from_secs(10 * 60);
/// What a server gets that says 429 or 503 without saying for how long.
const UNSAID_RETRY: SignedDuration = SignedDuration::from_secs(60);
/// The product token that robots.txt names us by.
const AGENT: &str = "newswire";
const ACCEPT: &str = "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, \
                      application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";

/// How much the client takes, and for how long.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Bytes of a body, decompressed.
    pub bytes: usize,
    /// Until a connection stands, TLS included.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub read: Duration,
    /// For one request altogether.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 10 << 20,
            connect: Duration::from_secs(10),
            read: Duration::from_secs(20),
            total: Duration::from_secs(60),
        }
    }
}

/// Validators of the copy that we have (RFC 9110 section 8.8); empty where there is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// Sent as If-None-Match.
    pub etag: String,
    /// Sent as If-Modified-Since.
    pub last_modified: String,
}

/// An answer, of whatever status.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetched {
    /// After redirects.
    pub final_url: Url,
    /// Where the address has moved for good (301, 308); `None` where some hop was temporary.
    pub moved: Option<Url>,
    /// HTTP status.
    pub status: u16,
    /// The header, as it came; empty where there is none. Likewise the next four.
    pub content_type: String,
    /// See above.
    pub content_location: String,
    /// See above.
    pub content_language: String,
    /// See above.
    pub etag: String,
    /// See above.
    pub last_modified: String,
    /// What the headers ask for.
    pub asked: schedule::Asked,
    /// Decompressed; empty unless the status is 2xx.
    pub body: Vec<u8>,
    /// Why the body ends before its end, where it does.
    pub truncated: Option<String>,
}

/// Why no answer came.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FetchError {
    /// The guard forbids the address.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The site's robots.txt forbids it.
    #[error("robots.txt of {0} forbids it")]
    Robots(String),
    /// The site's robots.txt answers with a server error, which forbids everything for now (RFC 9309 section 2.3.1.4).
    #[error("robots.txt of {0} cannot be read: the server has an error")]
    RobotsUnreadable(String),
    /// The host asked to be left alone.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// Redirects in a circle, too many, or to nowhere.
    #[error("{0}")]
    Redirect(String),
    /// The body is over the limit.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// Name, connection, TLS, time, or a broken answer.
    #[error("{0}")]
    Network(String),
}

/// See the module. Cloned freely.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    gate: Gate,
    sites: Arc<Sites>,
    limits: Limits,
    allow_private: bool,
}

impl Client {
    /// A client that names itself `newswire/VERSION (+contact)`.
    ///
    /// # Errors
    /// Where TLS has no certificates to trust, or the contact cannot stand in a header.
    pub fn new(gate: Gate, limits: Limits, allow_private: bool, contact: &str) -> Result<Self, FetchError> {
        // Another room of the process may have installed one already: any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let version = env!("CARGO_PKG_VERSION");
        let agent =
            if contact.is_empty() { format!("{AGENT}/{version}") } else { format!("{AGENT}/{version} (+{contact})") };
        let http = reqwest::Client::builder()
            .user_agent(agent)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .dns_resolver(Resolver { allow_private })
            .connect_timeout(limits.connect)
            .read_timeout(limits.read)
            .timeout(limits.total)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| FetchError::Network(sentence(&error)))?;
        Ok(Client { http, gate, sites: Arc::default(), limits, allow_private })
    }

    /// Fetches a feed, conditionally where validators are known. Redirects are followed by hand, with guard, robots.txt
    /// and spacing at every hop.
    ///
    /// # Errors
    /// Where no answer came; a status of 4xx or 5xx is an answer.
    pub async fn get(&self, url: &Url, known: &Known) -> Result<Fetched, FetchError> {
        let mut at = url.clone();
        let mut permanent = true;
        for hop in 0..=MAX_HOPS {
            guard::check(&at, self.allow_private)?;
            self.obey(&at).await?;
            match self.hop(&at, known, self.limits.bytes, false).await? {
                Hop::Redirect { to, for_good } => {
                    permanent &= for_good;
                    at = to;
                }
                Hop::Answer(mut fetched) => {
                    fetched.moved = (hop > 0 && permanent).then(|| fetched.final_url.clone());
                    return Ok(*fetched);
                }
            }
        }
        Err(FetchError::Redirect(format!("more than {MAX_HOPS} redirects, the last to {at}")))
    }

    /// One request in the gate.
    async fn hop(&self, url: &Url, known: &Known, limit: usize, cut: bool) -> Result<Hop, FetchError> {
        let host = host_of(url);
        let _pass = self.gate.enter(&host).await?;
        let mut request = self.http.get(url.clone()).header(header::ACCEPT, ACCEPT);
        if let Some(etag) = header_value(&known.etag) {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(time) = header_value(&known.last_modified) {
            request = request.header(header::IF_MODIFIED_SINCE, time);
        }
        let response = request.send().await.map_err(failed)?;
        let status = response.status();
        if is_redirect(status) {
            return redirect(url, &response);
        }
        let text = |name: HeaderName| text(response.headers(), name);
        let now = Timestamp::now();
        let busy = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        let retry_after = schedule::retry_after(&text(header::RETRY_AFTER), now).or(busy.then_some(UNSAID_RETRY));
        if let Some(wait) = retry_after.filter(|_| busy) {
            self.gate.close(&host, wait.unsigned_abs());
        }
        let age = text(header::AGE);
        let mut fetched = Fetched {
            final_url: url.clone(),
            moved: None,
            status: status.as_u16(),
            content_type: text(header::CONTENT_TYPE),
            content_location: text(header::CONTENT_LOCATION),
            content_language: text(header::CONTENT_LANGUAGE),
            etag: text(header::ETAG),
            last_modified: text(header::LAST_MODIFIED),
            asked: schedule::Asked {
                retry_after: retry_after.filter(|_| !status.is_success()),
                max_age: schedule::max_age(&text(header::CACHE_CONTROL), Some(&age)),
            },
            body: Vec::new(),
            truncated: None,
        };
        if status.is_success() {
            match body::read(response, limit, cut).await.map_err(failed)? {
                Body::Whole(bytes) => fetched.body = bytes,
                Body::Truncated(bytes, why) => {
                    fetched.body = bytes;
                    fetched.truncated = Some(why);
                }
                Body::TooLarge => return Err(FetchError::TooLarge(limit)),
            }
        }
        Ok(Hop::Answer(Box::new(fetched)))
    }

    /// Asks the site's robots.txt, which is fetched once in a while.
    async fn obey(&self, url: &Url) -> Result<(), FetchError> {
        let origin = url.origin().ascii_serialization();
        let robots = match self.sites.get(&origin) {
            Some(robots) => robots,
            None => {
                let (robots, keep) = self.robots(url).await?;
                let robots = Arc::new(robots);
                self.sites.put(origin.clone(), Arc::clone(&robots), keep);
                robots
            }
        };
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        if robots.allows(path) {
            Ok(())
        } else if *robots == Robots::nothing() {
            Err(FetchError::RobotsUnreadable(origin))
        } else {
            Err(FetchError::Robots(origin))
        }
    }

    async fn robots(&self, url: &Url) -> Result<(Robots, Duration), FetchError> {
        let mut at = url.join("/robots.txt").map_err(|error| FetchError::Redirect(error.to_string()))?;
        for _ in 0..=MAX_HOPS {
            guard::check(&at, self.allow_private)?;
            match self.hop(&at, &Known::default(), robots::MAX_BYTES, true).await {
                Ok(Hop::Redirect { to, .. }) => at = to,
                Ok(Hop::Answer(fetched)) => {
                    return Ok(match fetched.status {
                        200..=299 => (Robots::read(&fetched.body, AGENT), ROBOTS_KEPT),
                        500..=599 => (Robots::nothing(), ROBOTS_ERROR_KEPT),
                        429 => (Robots::default(), ROBOTS_ERROR_KEPT),
                        _ => (Robots::default(), ROBOTS_KEPT),
                    });
                }
                Err(FetchError::Redirect(_)) => return Ok((Robots::default(), ROBOTS_ERROR_KEPT)),
                Err(other) => return Err(other),
            }
        }
        // RFC 9309 section 2.3.1.2: after five redirects it counts as not there.
        Ok((Robots::default(), ROBOTS_KEPT))
    }

    /// The gate that all requests go through.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }
}

enum Hop {
    Redirect { to: Url, for_good: bool },
    Answer(Box<Fetched>),
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

fn redirect(from: &Url, response: &Response) -> Result<Hop, FetchError> {
    let location = text(response.headers(), header::LOCATION);
    if location.is_empty() {
        return Err(FetchError::Redirect(format!("{} at {from} without Location", response.status())));
    }
    let to = from
        .join(&location)
        .map_err(|error| FetchError::Redirect(format!("{} at {from} to {location:?}: {error}", response.status())))?;
    if to == *from {
        return Err(FetchError::Redirect(format!("{from} redirects to itself")));
    }
    let for_good = matches!(response.status(), StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
    Ok(Hop::Redirect { to, for_good })
}

/// A header as text: what is not ASCII is read as Latin-1, as it was before RFC 9110.
fn text(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).map_or_else(String::new, |value| value.as_bytes().iter().map(|byte| char::from(*byte)).collect())
}

/// The way back: the bytes as they came. `None` where there are none, or they cannot stand in a header.
fn header_value(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.filter(|bytes| !bytes.is_empty()).and_then(|bytes| HeaderValue::from_bytes(&bytes).ok())
}

/// The guard's refusal comes out of the depth of a connection error.
fn failed(error: reqwest::Error) -> FetchError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return FetchError::Refused(refused.clone());
        }
        cause = error.source();
    }
    FetchError::Network(sentence(&error))
}

/// An error with its causes, in one line.
pub(super) fn sentence(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() { "timed out".to_owned() } else { error.to_string() };
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

/// Milliseconds since `start`, as the contract counts them.
pub(crate) fn millis_since(start: Instant) -> i32 {
    i32::try_from(start.elapsed().as_millis()).unwrap_or(i32::MAX)
}
