//! Rate limit per host: one request at a time, a minimum interval between two, and no request to a host that answered a
//! feed of its own with 429 or 503 until its Retry-After has passed. Platforms that carry the feeds of many publishers have
//! rates of their own. Every request goes through one [`HostLimiter`]: feeds, robots.txt and each hop of a redirect.

mod hosts;
mod platforms;

pub use hosts::{Admission, HostTable};

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// The rate-limit key of a URL: its host in lower case without `www.` and without a trailing dot. It is the key of
/// `proto::partition::of_host` too, so all feeds of a host belong to one replica and one limiter.
#[must_use]
pub fn host_of(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default().to_ascii_lowercase();
    host.strip_prefix("www.").unwrap_or(&host).trim_end_matches('.').to_owned()
}

/// The site of a URL: the registrable domain of its host, or the host itself where it has none, as an IP address.
#[must_use]
pub fn site_of(url: &url::Url) -> String {
    // Of an address the list knows nothing: its last number would count as a domain. `www.` may be part of a domain: `www.ck`.
    let host = match url.host() {
        Some(url::Host::Domain(host)) => host.trim_end_matches('.').to_ascii_lowercase(),
        _ => return host_of(url),
    };
    psl::domain_str(&host).map_or_else(|| host_of(url), str::to_owned)
}

/// The name under which the requests to a host are counted: that of its platform, or its own.
#[must_use]
pub fn group_of(host: &str) -> &str {
    platforms::platform_of(host).map_or(host, |(name, _)| name)
}

/// How many requests a host, or the platform of that name, may have in flight.
#[must_use]
pub fn parallel(host: &str) -> usize {
    platforms::platform_of(host).map_or(1, |(_, rate)| rate.parallel)
}

/// Limits the requests to each host. Clones share one state.
#[derive(Clone)]
pub struct HostLimiter(Arc<Shared>);

struct Shared {
    hosts: Mutex<HostTable>,
    /// Notified when a request ends.
    released: Notify,
}

/// The host is blocked for this long: it answered 429 or 503, or did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the host gets no request for another {} s: by its Retry-After, or because it did not answer", .0.as_secs())]
pub struct HostBlockedError(pub Duration);

impl HostLimiter {
    /// A limiter that keeps `min_interval` between the end of one request to a host and the start of the next.
    #[must_use]
    pub fn new(min_interval: Duration) -> Self {
        HostLimiter(Arc::new(Shared { hosts: Mutex::new(HostTable::new(min_interval)), released: Notify::new() }))
    }

    fn hosts(&self) -> MutexGuard<'_, HostTable> {
        self.0.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a request to `host` is allowed. The permit is held for the duration of the request.
    ///
    /// # Errors
    /// [`HostBlockedError`] at once, without waiting, while the host is blocked.
    pub async fn acquire(&self, host: &str) -> Result<Permit, HostBlockedError> {
        self.acquire_as(host, HostTable::try_acquire, false).await
    }

    /// As [`HostLimiter::acquire`], for a page: feeds wait for the minimum interval after its start, but not for its end.
    ///
    /// # Errors
    /// As [`HostLimiter::acquire`].
    pub async fn acquire_page(&self, host: &str) -> Result<Permit, HostBlockedError> {
        self.acquire_as(host, HostTable::try_acquire_page, true).await
    }

    async fn acquire_as(
        &self,
        host: &str,
        try_acquire: fn(&mut HostTable, &str, std::time::Instant) -> Admission,
        is_page: bool,
    ) -> Result<Permit, HostBlockedError> {
        loop {
            let released = self.0.released.notified();
            tokio::pin!(released);
            released.as_mut().enable();
            let admission = try_acquire(&mut self.hosts(), host, Instant::now().into_std());
            match admission {
                Admission::Granted => {
                    let (limiter, host) = (self.clone(), host.to_owned());
                    return Ok(Permit { limiter, host, delay: Duration::ZERO, is_page });
                }
                Admission::Wait(delay) => tokio::time::sleep(delay).await,
                Admission::Busy => released.await,
                Admission::Blocked(rest) => return Err(HostBlockedError(rest)),
            }
        }
    }

    /// Blocks requests to `host` for `wait` from now, at most a day, and to a platform for an hour.
    pub fn block(&self, host: &str, wait: Duration) {
        self.hosts().block(host, Instant::now().into_std(), wait);
    }

    /// A request to `host` got no answer: the host gets none for `first`, for twice as long each further time, up to an hour.
    pub fn unanswered(&self, host: &str, first: Duration) {
        self.hosts().unanswered(host, first, Instant::now().into_std());
    }

    /// `host` has answered.
    pub fn answered(&self, host: &str) {
        self.hosts().answered(host);
    }

    /// Ends the block of `host`, if there is one. The minimum interval stays.
    pub fn unblock(&self, host: &str) {
        self.hosts().unblock(host);
    }

    /// How long until a request to `host` is allowed; zero if it is allowed now. A request in flight is not counted.
    #[must_use]
    pub fn delay(&self, host: &str) -> Duration {
        self.hosts().delay(host, Instant::now().into_std())
    }

    /// Number of hosts whose state is kept.
    #[must_use]
    pub fn tracked_hosts(&self) -> usize {
        self.hosts().len()
    }
}

/// Permission for one request to a host. The minimum interval starts when it is dropped; that of a page, when it is granted.
pub struct Permit {
    limiter: HostLimiter,
    host: String,
    delay: Duration,
    is_page: bool,
}

impl Permit {
    /// The next request waits for `delay` at least.
    #[must_use]
    pub fn with_delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.is_page {
            return;
        }
        self.limiter.hosts().release(&self.host, self.delay, Instant::now().into_std());
        self.limiter.0.released.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_to_a_host_are_sequential_with_the_minimum_interval() {
        let limiter = HostLimiter::new(Duration::from_secs(1));
        let start = Instant::now();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let limiter = limiter.clone();
                tokio::spawn(async move {
                    let permit = limiter.acquire("e.org").await.unwrap();
                    let started = start.elapsed();
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    drop(permit);
                    started
                })
            })
            .collect();
        let mut started = Vec::new();
        for task in tasks {
            started.push(task.await.unwrap().as_millis());
        }
        started.sort_unstable();
        for (at, expected) in started.iter().zip([0, 1_500, 3_000, 4_500]) {
            assert!(at.abs_diff(expected) <= 5, "{started:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_lasts_delays_a_feed_by_the_interval_only() {
        let limiter = HostLimiter::new(Duration::from_secs(1));
        let start = Instant::now();
        let _page = limiter.acquire_page("e.org").await.unwrap();
        let feed = limiter.acquire("e.org").await.unwrap();
        assert_eq!(start.elapsed().as_millis().div_ceil(10), 100);
        drop(feed);
        let _other_page = limiter.acquire_page("e.org").await.unwrap();
        assert!(start.elapsed() >= Duration::from_secs(2), "a page keeps the interval after a feed");
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_are_limited_independently() {
        let limiter = HostLimiter::new(Duration::from_secs(60));
        let _busy = limiter.acquire("a.org").await.unwrap();
        let start = Instant::now();
        let _other = limiter.acquire("b.org").await.unwrap();
        assert!(start.elapsed() < Duration::from_millis(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_blocked_host_is_refused_until_the_time_has_passed() {
        let limiter = HostLimiter::new(Duration::from_secs(1));
        limiter.block("e.org", Duration::from_secs(120));
        assert_eq!(limiter.acquire("e.org").await.err(), Some(HostBlockedError(Duration::from_secs(120))));
        tokio::time::advance(Duration::from_secs(121)).await;
        assert!(limiter.acquire("e.org").await.is_ok());
    }

    #[test]
    fn the_site_is_the_registrable_domain() {
        let site = |url: &str| site_of(&url.parse().unwrap());
        assert_eq!(site("https://feeds.bbc.co.uk/news"), "bbc.co.uk");
        assert_eq!((site("http://127.0.0.1:80/"), site("http://localhost/")), ("127.0.0.1".into(), "localhost".into()));
    }

    #[test]
    fn the_host_key_ignores_case_www_port_and_trailing_dot() {
        let host = |url: &str| host_of(&url.parse().unwrap());
        assert_eq!(host("https://WWW.Example.org:8443/a"), "example.org");
        assert_eq!(host("http://example.org./"), "example.org");
    }
}
