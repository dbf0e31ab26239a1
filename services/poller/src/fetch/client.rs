use super::{
    address_filter::{self, Resolver},
    body::{self, Body, Overflow},
    error::{FetchError, with_causes},
    response::{Response, Validators, header_value, is_overloaded, text},
    robots::{self, Robots},
    robots_cache::RobotsCache,
};
use crate::rate_limit::{HostLimiter, host_of};
use jiff::Timestamp;
use reqwest::{StatusCode, header};
use std::{sync::Arc, time::Duration};
use url::Url;

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 5;
/// How long a robots.txt is cached (RFC 9309 section 2.4 allows 24 hours).
const ROBOTS_TTL: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a failure to read a robots.txt is cached.
const ROBOTS_ERROR_TTL: Duration = Duration::from_secs(10 * 60);
/// The product token of the User-Agent and of robots.txt groups.
const AGENT: &str = "newswire";
const ACCEPT: &str = "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, \
                      application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5";

/// Limits of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Bytes of a body, decompressed.
    pub bytes: usize,
    /// Time to connect, TLS included.
    pub connect: Duration,
    /// Time between two reads.
    pub read: Duration,
    /// Time for the whole request.
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

/// The HTTP client. Clones share connections, rate limits and the robots.txt cache.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    limiter: HostLimiter,
    robots: Arc<RobotsCache>,
    limits: Limits,
    allow_private: bool,
}

impl Client {
    /// A client whose User-Agent is `newswire/VERSION`, followed by ` (+contact)` unless `contact` is empty.
    ///
    /// # Errors
    /// [`FetchError::Network`] if TLS finds no root certificates, or `contact` is not a valid header value.
    pub fn new(limiter: HostLimiter, limits: Limits, allow_private: bool, contact: &str) -> Result<Self, FetchError> {
        // Another service of the process may have installed a provider: any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let version = env!("CARGO_PKG_VERSION");
        let agent =
            if contact.is_empty() { format!("{AGENT}/{version}") } else { format!("{AGENT}/{version} (+{contact})") };
        let http = reqwest::Client::builder()
            .user_agent(agent)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // A proxy would connect past the address filter.
            .no_proxy()
            .referer(false)
            .dns_resolver(Resolver { allow_private })
            .connect_timeout(limits.connect)
            .read_timeout(limits.read)
            .timeout(limits.total)
            .pool_max_idle_per_host(1)
            .pool_idle_timeout(Duration::from_secs(30))
            .build()
            .map_err(|error| FetchError::Network(with_causes(&error)))?;
        Ok(Client { http, limiter, robots: Arc::default(), limits, allow_private })
    }

    /// Fetches `url`, conditionally if there are validators, and follows up to five redirects.
    ///
    /// # Errors
    /// [`FetchError`] if there is no response. A response of status 4xx or 5xx is not an error.
    pub async fn get(&self, url: &Url, validators: &Validators) -> Result<Response, FetchError> {
        let mut at = url.clone();
        let mut permanent = true;
        for hop in 0..=MAX_REDIRECTS {
            address_filter::check_url(&at, self.allow_private)?;
            self.check_robots(&at).await?;
            match self.request(&at, validators, self.limits.bytes, Overflow::Reject).await? {
                Hop::Redirect { to, is_permanent } => {
                    permanent &= is_permanent;
                    at = to;
                }
                Hop::Final(mut response) => {
                    response.moved = (hop > 0 && permanent).then(|| response.final_url.clone());
                    return Ok(*response);
                }
            }
        }
        Err(FetchError::Redirect(format!("more than {MAX_REDIRECTS} redirects, the last to {at}")))
    }

    /// One request under the rate limit.
    async fn request(
        &self,
        url: &Url,
        validators: &Validators,
        limit: usize,
        overflow: Overflow,
    ) -> Result<Hop, FetchError> {
        let host = host_of(url);
        let _permit = self.limiter.acquire(&host).await?;
        let mut request = self.http.get(url.clone()).header(header::ACCEPT, ACCEPT);
        if let Some(etag) = header_value(&validators.etag) {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(time) = header_value(&validators.last_modified) {
            request = request.header(header::IF_MODIFIED_SINCE, time);
        }
        let http = request.send().await?;
        let status = http.status();
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return redirect(url, &http);
        }
        let mut response = Response::new(url, status, http.headers(), Timestamp::now());
        if is_overloaded(status)
            && let Some(wait) = response.server_hints.retry_after
        {
            self.limiter.block(&host, wait.unsigned_abs());
        }
        if status.is_success() {
            match body::read(http, limit, overflow).await? {
                Body::Whole(bytes) => response.body = bytes,
                Body::Truncated(bytes, reason) => {
                    response.body = bytes;
                    response.truncated = Some(reason);
                }
                Body::TooLarge => return Err(FetchError::TooLarge(limit)),
            }
        }
        Ok(Hop::Final(Box::new(response)))
    }

    /// Checks a URL against the robots.txt of its origin, which is fetched if it is not cached.
    async fn check_robots(&self, url: &Url) -> Result<(), FetchError> {
        let origin = url.origin().ascii_serialization();
        let robots = match self.robots.get(&origin) {
            Some(robots) => robots,
            None => {
                let (robots, ttl) = self.fetch_robots(url).await?;
                let robots = Arc::new(robots);
                self.robots.put(origin.clone(), Arc::clone(&robots), ttl);
                robots
            }
        };
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        if robots.allows(path) {
            Ok(())
        } else if *robots == Robots::disallow_all() {
            Err(FetchError::RobotsUnreachable(origin))
        } else {
            Err(FetchError::Robots(origin))
        }
    }

    /// The robots.txt of a URL's origin, and how long to cache it.
    async fn fetch_robots(&self, url: &Url) -> Result<(Robots, Duration), FetchError> {
        let mut at = url.join("/robots.txt").map_err(|error| FetchError::Redirect(error.to_string()))?;
        for _ in 0..=MAX_REDIRECTS {
            address_filter::check_url(&at, self.allow_private)?;
            match self.request(&at, &Validators::default(), robots::MAX_BYTES, Overflow::Cut).await {
                Ok(Hop::Redirect { to, .. }) => at = to,
                Ok(Hop::Final(response)) => {
                    return Ok(match response.status {
                        200..=299 => (Robots::parse(&response.body, AGENT), ROBOTS_TTL),
                        500..=599 => (Robots::disallow_all(), ROBOTS_ERROR_TTL),
                        429 => (Robots::default(), ROBOTS_ERROR_TTL),
                        _ => (Robots::default(), ROBOTS_TTL),
                    });
                }
                Err(FetchError::Redirect(_)) => return Ok((Robots::default(), ROBOTS_ERROR_TTL)),
                Err(other) => return Err(other),
            }
        }
        // RFC 9309 section 2.3.1.2: after five redirects a robots.txt counts as unavailable.
        Ok((Robots::default(), ROBOTS_TTL))
    }

    /// The rate limiter that all requests go through.
    #[must_use]
    pub fn limiter(&self) -> &HostLimiter {
        &self.limiter
    }
}

/// The result of one request.
enum Hop {
    Redirect { to: Url, is_permanent: bool },
    Final(Box<Response>),
}

fn redirect(from: &Url, response: &reqwest::Response) -> Result<Hop, FetchError> {
    let status = response.status();
    let location = text(response.headers(), header::LOCATION);
    if location.is_empty() {
        return Err(FetchError::Redirect(format!("{status} at {from} without Location")));
    }
    let to = from
        .join(&location)
        .map_err(|error| FetchError::Redirect(format!("{status} at {from} to {location:?}: {error}")))?;
    if to == *from {
        return Err(FetchError::Redirect(format!("{from} redirects to itself")));
    }
    let is_permanent = matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
    Ok(Hop::Redirect { to, is_permanent })
}
