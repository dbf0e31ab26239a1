//! A cache of robots.txt by origin, bounded in number and time.

use super::robots::Robots;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Origins in the cache, and bytes of their rules.
const MAX_ORIGINS: usize = 65_536;
const MAX_BYTES: usize = 32 << 20;
/// Bytes of an entry besides its rules.
const ENTRY: usize = 256;

/// [`Robots`] by origin, each with the time at which it expires.
#[derive(Default)]
pub(super) struct RobotsCache(Mutex<Origins>);

#[derive(Default)]
struct Origins {
    by_name: HashMap<String, (Arc<Robots>, Instant)>,
    /// In the order in which they expire.
    by_expiry: BTreeSet<(Instant, String)>,
    bytes: usize,
}

impl Origins {
    fn remove(&mut self, origin: &str) {
        if let Some((robots, expires)) = self.by_name.remove(origin) {
            self.by_expiry.remove(&(expires, origin.to_owned()));
            self.bytes -= robots.bytes() + ENTRY;
        }
    }
}

impl RobotsCache {
    pub(super) fn get(&self, origin: &str) -> Option<Arc<Robots>> {
        let origins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = origins.by_name.get(origin).filter(|(_, expires)| *expires > Instant::now());
        found.map(|(robots, _)| Arc::clone(robots))
    }

    /// Caches a robots.txt for `ttl`. A full cache drops those that expire first.
    pub(super) fn put(&self, origin: String, robots: Arc<Robots>, ttl: Duration) {
        let mut origins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        origins.remove(&origin);
        let bytes = robots.bytes() + ENTRY;
        while origins.by_name.len() >= MAX_ORIGINS || (origins.bytes + bytes > MAX_BYTES && origins.bytes > 0) {
            let Some((_, first)) = origins.by_expiry.first().cloned() else { break };
            origins.remove(&first);
        }
        let expires = Instant::now() + ttl;
        origins.bytes += bytes;
        origins.by_expiry.insert((expires, origin.clone()));
        origins.by_name.insert(origin, (robots, expires));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_drops_what_expires_first() {
        let cache = RobotsCache::default();
        let rules = format!("User-agent: *\nDisallow: /{}\n", "a".repeat(1_900));
        let large = Arc::new(Robots::parse(rules.repeat(5_000).as_bytes(), "newswire"));
        let most = MAX_BYTES / (large.bytes() + ENTRY);
        for at in 0..=most {
            cache.put(format!("https://{at}.example"), Arc::clone(&large), Duration::from_secs(60 + at as u64));
        }
        assert!(most > 2 && cache.get("https://0.example").is_none());
        assert!(cache.get("https://1.example").is_some() && cache.get(&format!("https://{most}.example")).is_some());
        cache.put("https://1.example".to_owned(), Arc::default(), Duration::ZERO);
        assert!(cache.get("https://1.example").is_none());
    }
}
