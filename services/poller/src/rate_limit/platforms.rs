//! Hosts that carry the feeds of many publishers. One request a second would leave thousands of their feeds waiting, and
//! one a second to each of a platform's subdomains would be thousands a second to its servers.

use std::time::Duration;

/// How fast a platform may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Time between two requests. With one at a time it begins at the end of the first.
    pub interval: Duration,
    /// Requests at a time.
    pub parallel: usize,
}

/// A platform by its domain.
struct Platform {
    domain: &'static str,
    /// True if its publishers have subdomains, which then share one rate.
    has_subdomains: bool,
    millis: u64,
    parallel: usize,
}

/// None of them documents a limit for feeds. The rates are below those at which operators of feed readers report an answer of
/// 429, and Reddit's is the one that it states for clients without a key (10 a minute).
const PLATFORMS: [Platform; 12] = [
    Platform { domain: "blogspot.com", has_subdomains: true, millis: 100, parallel: 4 },
    Platform { domain: "feedburner.com", has_subdomains: true, millis: 100, parallel: 4 },
    Platform { domain: "feedproxy.google.com", has_subdomains: false, millis: 100, parallel: 4 },
    Platform { domain: "news.google.com", has_subdomains: false, millis: 500, parallel: 1 },
    Platform { domain: "medium.com", has_subdomains: true, millis: 500, parallel: 2 },
    Platform { domain: "reddit.com", has_subdomains: true, millis: 6_000, parallel: 1 },
    Platform { domain: "substack.com", has_subdomains: true, millis: 500, parallel: 2 },
    Platform { domain: "tumblr.com", has_subdomains: true, millis: 200, parallel: 2 },
    Platform { domain: "wordpress.com", has_subdomains: true, millis: 100, parallel: 4 },
    Platform { domain: "youtube.com", has_subdomains: false, millis: 100, parallel: 4 },
    Platform { domain: "github.com", has_subdomains: false, millis: 500, parallel: 2 },
    Platform { domain: "mastodon.social", has_subdomains: false, millis: 200, parallel: 2 },
];

/// The name under which the requests to `host` are counted, and the platform's rate; `None` for a host of its own.
pub(super) fn platform_of(host: &str) -> Option<(&'static str, Rate)> {
    let is_of = |platform: &&Platform| {
        let sub = host.strip_suffix(platform.domain);
        sub.is_some_and(|sub| sub.is_empty() || (platform.has_subdomains && sub.ends_with('.')))
    };
    let Platform { domain, millis, parallel, .. } = PLATFORMS.iter().find(is_of)?;
    Some((domain, Rate { interval: Duration::from_millis(*millis), parallel: *parallel }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subdomains_of_a_platform_share_its_rate() {
        let name = |host| platform_of(host).map(|(name, _)| name);
        assert_eq!(name("someone.substack.com"), Some("substack.com"));
        assert_eq!(name("feeds.feedburner.com"), Some("feedburner.com"));
        assert_eq!((name("youtube.com"), name("tv.youtube.com")), (Some("youtube.com"), None));
        assert_eq!((name("notsubstack.com"), name("substack.com.example"), name("example.org")), (None, None, None));
    }
}
