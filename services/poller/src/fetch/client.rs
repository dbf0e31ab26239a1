use super::{
    address_filter::{self, Private},
    body::{self, Body},
    capacity::{self, Capacity, Growing},
    cookies::Cookies,
    decode,
    error::FetchError,
    expect::Expect,
    http::{HttpClients, Settings},
    limits::Limits,
    response::{Response, Validators, header_value, is_overloaded, text},
    robots::{self, Obey, Robots},
    robots_cache::RobotsCache,
};
use crate::{
    credentials::Credential,
    limits,
    rate_limit::{HostLimiter, group_of, host_of},
};
use reqwest::{
    StatusCode,
    header::{self, HeaderMap, HeaderValue},
};
use std::{sync::Arc, time::Duration};
use url::Url;

/// Redirects that are followed.
pub(super) const MAX_REDIRECTS: usize = 5;
/// How long a robots.txt is cached (RFC 9309 section 2.4 allows 24 hours).
pub(super) const ROBOTS_TTL: Duration = Duration::from_secs(12 * 60 * 60);
/// How long a failure to read a robots.txt is cached.
pub(super) const ROBOTS_ERROR_TTL: Duration = Duration::from_secs(10 * 60);
/// The product token of the User-Agent and of robots.txt groups.
const AGENT: &str = "newswire";

/// The HTTP client. Clones share connections, rate limits and the robots.txt cache.
#[derive(Clone)]
pub struct Client {
    http: Arc<HttpClients>,
    limiter: HostLimiter,
    pub(super) robots: Arc<RobotsCache>,
    capacity: Capacity,
    limits: Limits,
    pub(super) private: Private,
    /// Which groups of a robots.txt apply.
    obey: Obey,
    /// What requests to its origin carry: that of one feed.
    credential: Option<Arc<Credential>>,
    /// What a final response is to be.
    expect: Expect,
}

impl Client {
    /// A client whose User-Agent is `newswire/VERSION`, followed by ` (+contact)` unless `contact` is empty.
    ///
    /// # Errors
    /// [`FetchError::Network`] if TLS finds no root certificates, or `contact` is not a valid header value.
    pub fn new(
        limiter: HostLimiter,
        limits: Limits,
        private: impl Into<Private>,
        contact: &str,
    ) -> Result<Self, FetchError> {
        Self::through(None, limiter, limits, private, contact)
    }

    /// As [`Client::new`], through a proxy: an http URL.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn through(
        proxy: Option<Url>,
        limiter: HostLimiter,
        limits: Limits,
        private: impl Into<Private>,
        contact: &str,
    ) -> Result<Self, FetchError> {
        // Another service of the process may have installed a provider: any will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let version = env!("CARGO_PKG_VERSION");
        let agent =
            if contact.is_empty() { format!("{AGENT}/{version}") } else { format!("{AGENT}/{version} (+{contact})") };
        let private = private.into();
        let settings = Settings { agent, limits: limits.clone(), private: private.clone(), proxy };
        let http = Arc::new(HttpClients::new(settings)?);
        Ok(Client {
            http,
            limiter,
            robots: Arc::default(),
            capacity: Capacity::default(),
            limits,
            private,
            obey: Obey::Named,
            credential: None,
            expect: Expect::Feed,
        })
    }

    /// A client that obeys these groups of a robots.txt. By default [`Obey::Named`], for feeds that an operator listed.
    #[must_use]
    pub fn obeying(&self, obey: Obey) -> Self {
        Client { obey, ..self.clone() }
    }

    /// A client for pages: it accepts HTML only, obeys all groups of a robots.txt, carries no credential, and its requests leave
    /// the host free for feeds while they last ([`HostLimiter::acquire_page`]).
    #[must_use]
    pub fn for_pages(&self) -> Self {
        let limits = Limits { bytes: self.limits.bytes.min(limits::MAX_PAGE_BYTES), ..self.limits.clone() };
        Client { obey: Obey::All, credential: None, expect: Expect::Page, limits, ..self.clone() }
    }

    /// A client that sends `credential` with requests that it [is for](Credential::is_for), and with no other. URLs that it is
    /// given have `***` in place of parameters. Responses are to be masked; errors are.
    #[must_use]
    pub fn with_credential(&self, credential: Option<Arc<Credential>>) -> Self {
        Client { credential, ..self.clone() }
    }

    /// The credential, if it is for `url`.
    fn credential_for(&self, url: &Url) -> Option<&Credential> {
        self.credential.as_deref().filter(|credential| credential.is_for(url))
    }

    /// The target of a redirect, as a URL that a request is made of: with `***` in place of parameters.
    ///
    /// # Errors
    /// It would carry a secret to another origin.
    fn hide_target(&self, to: Url) -> Result<Url, FetchError> {
        let Some(credential) = &self.credential else { return Ok(to) };
        let hidden = credential.hollow(&to);
        if credential.mask().url(&hidden) != to && self.credential_for(&to).is_none() {
            let to = to.origin().ascii_serialization();
            return Err(FetchError::Redirect(format!("the redirect to {to} would carry the feed's credentials")));
        }
        Ok(hidden)
    }

    /// As [`Client::get_for`], where `url` is the feed's own.
    ///
    /// # Errors
    /// As [`Client::get_for`].
    pub async fn get(&self, url: &Url, validators: &Validators) -> Result<Response, FetchError> {
        self.get_for(&host_of(url), url, validators).await
    }

    /// Fetches `url` for a feed of `host`, conditionally if there are validators, and follows up to five redirects. The
    /// URL may be another host's, where the feed has moved. Only an answer of `host` itself blocks a host: any publisher
    /// can redirect to a URL of another that answers 429. Answers for robots.txt do not block it, and a 503 of one name
    /// of a platform does not block the platform.
    ///
    /// # Errors
    /// [`FetchError`] if there is no response. A response of status 4xx or 5xx is not an error.
    pub async fn get_for(&self, host: &str, url: &Url, validators: &Validators) -> Result<Response, FetchError> {
        let mask = self.credential.as_ref().map(|credential| credential.mask());
        self.follow(host, url, validators).await.map_err(|error| match (error, mask) {
            // The text quotes an address, which may repeat a secret.
            (FetchError::Redirect(text), Some(mask)) => FetchError::Redirect(mask.text(&text)),
            (error, _) => error,
        })
    }

    async fn follow(&self, host: &str, url: &Url, validators: &Validators) -> Result<Response, FetchError> {
        let mut at = url.clone();
        let mut permanent = true;
        let mut cookies = Cookies::default();
        for hop in 0..=MAX_REDIRECTS {
            let step = self.step(host, &at, validators, &mut cookies).await;
            match step.map_err(|error| self.of_target(error, url, &at))? {
                (Hop::Redirect { to, is_permanent }, _) => {
                    permanent &= is_permanent;
                    at = to;
                }
                (Hop::Final(mut response), delay) => {
                    response.moved = (hop > 0 && permanent).then(|| response.final_url.clone());
                    response.crawl_delay = delay;
                    return Ok(*response);
                }
            }
        }
        Err(FetchError::Redirect(format!("more than {MAX_REDIRECTS} redirects, the last to {at}")))
    }

    /// One request of [`Client::follow`], and the time between two requests that the site's robots.txt asks for.
    async fn step(
        &self,
        host: &str,
        at: &Url,
        validators: &Validators,
        cookies: &mut Cookies,
    ) -> Result<(Hop, Duration), FetchError> {
        address_filter::check_url(at, &self.private)?;
        let delay = self.check_robots(host, at).await?.unwrap_or_default();
        let expected = (self.limits.bytes, self.expect);
        Ok((self.request((host, delay), at, validators, cookies, expected).await?, delay))
    }

    /// The failure of a request to `at`, to which a request to `from` led. The host of `from` has answered, and does not pause; nor
    /// does that of `at`: a publisher could pause any host.
    fn of_target(&self, error: FetchError, from: &Url, at: &Url) -> FetchError {
        match error {
            FetchError::NoAnswer { reason, .. } if self.expect == Expect::Feed && host_of(at) != host_of(from) => {
                FetchError::Network(reason)
            }
            other => other,
        }
    }

    /// The failure of a request after its connection was made. A host that does not send its robots.txt may send a feed
    /// that an operator listed.
    fn of_connected(&self, error: FetchError, expect: Expect) -> FetchError {
        let is_optional = expect == Expect::Text && self.obey == Obey::Named;
        match error {
            FetchError::NoAnswer { reason, is_offline: false } if is_optional => FetchError::Network(reason),
            other => other,
        }
    }

    /// One request under the rate limit, for a feed of `feed_host`. The next one to its host waits for `delay` at least.
    pub(super) async fn request(
        &self,
        (feed_host, delay): (&str, Duration),
        url: &Url,
        validators: &Validators,
        cookies: &mut Cookies,
        (limit, expect): (usize, Expect),
    ) -> Result<Hop, FetchError> {
        let (host, overflow) = (host_of(url), expect.overflow());
        let permit = match self.expect {
            Expect::Page => self.limiter.acquire_page(&host).await?,
            Expect::Feed | Expect::Text => self.limiter.acquire(&host).await?,
        };
        let _permit = permit.with_delay(delay);
        let mut request = match self.credential_for(url) {
            Some(credential) => {
                let filled = credential.fill(url).map_err(FetchError::Credentials)?;
                authorised(self.http.of(credential.certificate.as_deref())?.get(filled), credential)
            }
            None => self.http.of(None)?.get(url.clone()),
        };
        request = request.header(header::ACCEPT, expect.accept()).header(header::ACCEPT_ENCODING, decode::ACCEPTED);
        if let Some(cookie) = cookies.header(url) {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(etag) = header_value(&validators.etag) {
            request = request.header(header::IF_NONE_MATCH, etag);
        }
        if let Some(time) = header_value(&validators.last_modified) {
            request = request.header(header::IF_MODIFIED_SINCE, time);
        }
        let http = request.send().await.map_err(|error| match error.is_connect() {
            true => FetchError::from(error),
            false => self.of_connected(error.into(), expect),
        })?;
        self.limiter.answered(&host);
        let status = http.status();
        let has_new_cookie = cookies.store(url, http.headers());
        if matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
            return redirect(url, &http, has_new_cookie, |to| self.hide_target(to));
        }
        let mut response = Response::new(url, status, http.headers(), stream::faults::now());
        // Of a platform, 503 is the answer of one name. A site may refuse its robots.txt and offer its feeds.
        let is_of_group = status == StatusCode::TOO_MANY_REQUESTS || group_of(&host) == host;
        if is_overloaded(status)
            && is_of_group
            && expect != Expect::Text
            && host == feed_host
            && let Some(wait) = response.server_hints.retry_after
        {
            self.limiter.block(&host, wait.unsigned_abs());
        }
        if status.is_success() {
            if !expect.takes(&response.content_type) {
                return Err(FetchError::NotHtml(response.content_type));
            }
            let coding = text(http.headers(), header::CONTENT_ENCODING);
            let mut growing = Growing::default();
            let read = body::read(http, limit, overflow, &self.capacity, &mut growing).await;
            let read = read.map_err(|error| self.of_connected(error, expect))?;
            let decoded = self.decode(read, &coding, limit, overflow, &mut growing).await?;
            response.memory = growing.held();
            match decoded {
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

    /// Decodes a body. Where that makes it larger, it waits for the memory before it is.
    async fn decode(
        &self,
        read: Body,
        coding: &str,
        limit: usize,
        overflow: body::Overflow,
        growing: &mut Growing,
    ) -> Result<Body, FetchError> {
        let (Body::Whole(bytes) | Body::Truncated(bytes, _)) = &read else { return Ok(read) };
        if !decode::may_grow(bytes, coding) {
            return Ok(read);
        }
        let mut step = if overflow == body::Overflow::Cut { limit } else { capacity::step(bytes.len(), limit) };
        loop {
            self.capacity.grow(growing, step, limit).await?;
            let _processor = self.capacity.processor(step).await;
            let (again, coding) = (read.clone(), coding.to_owned());
            let decoded = tokio::task::spawn_blocking(move || decode::decode(again, &coding, step, overflow)).await;
            match decoded.map_err(|_| FetchError::Network("the body could not be decoded".to_owned()))? {
                Body::TooLarge if step < limit => step = capacity::step(step, limit),
                decoded => return Ok(decoded),
            }
        }
    }

    /// The memory and the processors that documents share.
    #[must_use]
    pub fn capacity(&self) -> &Capacity {
        &self.capacity
    }

    /// Checks a URL against the robots.txt of its origin, which is fetched if it is not cached. Returns the time between two
    /// requests that it asks for.
    async fn check_robots(&self, feed_host: &str, url: &Url) -> Result<Option<Duration>, FetchError> {
        let origin = url.origin().ascii_serialization();
        let robots = match self.robots.get(&origin) {
            Some(robots) => robots,
            None => {
                let (robots, ttl) = self.fetch_robots(feed_host, url).await?;
                let robots = Arc::new(robots);
                self.robots.put(origin.clone(), Arc::clone(&robots), ttl);
                robots
            }
        };
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        if robots.allows(path, self.obey) {
            Ok(robots.crawl_delay(self.obey))
        } else if *robots == Robots::disallow_all() {
            Err(FetchError::RobotsUnreachable(origin))
        } else {
            Err(FetchError::Robots(origin))
        }
    }

    /// True if everything is allowed where a robots.txt could not be read for this reason. A feed that an operator
    /// listed is not lost for it, unless its host does not answer at all. After a redirect it has answered.
    fn allows_all(&self, error: &FetchError, is_redirected: bool) -> bool {
        let is_listed = self.obey == Obey::Named;
        match error {
            FetchError::Redirect(_) => true,
            FetchError::Network(_) => is_listed,
            FetchError::Address(_) | FetchError::NoAnswer { .. } | FetchError::Blocked(_) => is_listed && is_redirected,
            _ => false,
        }
    }

    /// The robots.txt of a URL's origin, and how long to cache it.
    async fn fetch_robots(&self, feed_host: &str, url: &Url) -> Result<(Robots, Duration), FetchError> {
        let mut at = url.join("/robots.txt").map_err(|error| FetchError::Redirect(error.to_string()))?;
        let mut cookies = Cookies::default();
        for hop in 0..=MAX_REDIRECTS {
            let (validators, expected) = (Validators::default(), (robots::MAX_BYTES, Expect::Text));
            let got = match address_filter::check_url(&at, &self.private) {
                Ok(()) => self.request((feed_host, Duration::ZERO), &at, &validators, &mut cookies, expected).await,
                Err(error) => Err(error.into()),
            };
            match got {
                Ok(Hop::Redirect { to, .. }) => at = to,
                Ok(Hop::Final(response)) => {
                    return Ok(match response.status {
                        200..=299 => (Robots::parse(&response.body, AGENT), ROBOTS_TTL),
                        500..=599 => (Robots::disallow_all(), ROBOTS_ERROR_TTL),
                        429 => (Robots::default(), ROBOTS_ERROR_TTL),
                        _ => (Robots::default(), ROBOTS_TTL),
                    });
                }
                Err(error) if self.allows_all(&error, hop > 0) => return Ok((Robots::default(), ROBOTS_ERROR_TTL)),
                Err(error) => return Err(self.of_target(error, url, &at)),
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

/// Adds what a credential sends in headers. They are marked as sensitive, so that no debug output shows them.
fn authorised(mut request: reqwest::RequestBuilder, credential: &Credential) -> reqwest::RequestBuilder {
    if let Some((user, password)) = credential.basic() {
        request = request.basic_auth(user, Some(password));
    }
    if let Some(token) = &credential.bearer {
        request = request.bearer_auth(token);
    }
    for (name, value) in &credential.headers {
        if let Ok(mut value) = header::HeaderValue::from_str(value) {
            value.set_sensitive(true);
            request = request.header(name, value);
        }
    }
    request
}

/// The result of one request.
pub(super) enum Hop {
    Redirect { to: Url, is_permanent: bool },
    Final(Box<Response>),
}

/// The header Location. Servers write paths and hosts in UTF-8; other bytes are ISO 8859-1.
fn location(headers: &HeaderMap) -> String {
    let bytes = headers.get(header::LOCATION).map_or(&[][..], HeaderValue::as_bytes);
    std::str::from_utf8(bytes).map_or_else(|_| text(headers, header::LOCATION), str::to_owned)
}

fn redirect(
    from: &Url,
    response: &reqwest::Response,
    has_new_cookie: bool,
    hide: impl FnOnce(Url) -> Result<Url, FetchError>,
) -> Result<Hop, FetchError> {
    let status = response.status();
    let location = location(response.headers());
    if location.len() > limits::LOCATION.bytes {
        let (bytes, limit) = (location.len(), limits::LOCATION.bytes);
        return Err(FetchError::Redirect(format!(
            "{status} at {from} to an address of {bytes} bytes, the limit is {limit}"
        )));
    }
    if location.is_empty() {
        return Err(FetchError::Redirect(format!("{status} at {from} without Location")));
    }
    let to = from
        .join(&location)
        .map_err(|error| FetchError::Redirect(format!("{status} at {from} to an invalid address: {error}")))?;
    let to = hide(to)?;
    if to == *from && !has_new_cookie {
        return Err(FetchError::Redirect(format!("{from} redirects to itself")));
    }
    let is_permanent = matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
    Ok(Hop::Redirect { to, is_permanent })
}
