//! A cache of robots.txt by origin, bounded in number and time.

use super::robots::Robots;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Origins in the cache.
const MAX_ORIGINS: usize = 4_096;

/// [`Robots`] by origin, each with the time at which it expires.
#[derive(Default)]
pub(super) struct RobotsCache(Mutex<HashMap<String, (Arc<Robots>, Instant)>>);

impl RobotsCache {
    pub(super) fn get(&self, origin: &str) -> Option<Arc<Robots>> {
        let origins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        origins.get(origin).filter(|(_, expires)| *expires > Instant::now()).map(|(robots, _)| Arc::clone(robots))
    }

    /// Caches a robots.txt for `ttl`. A full cache drops what has expired, else the entry that expires first.
    pub(super) fn put(&self, origin: String, robots: Arc<Robots>, ttl: Duration) {
        let mut origins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if origins.len() >= MAX_ORIGINS {
            origins.retain(|_, (_, expires)| *expires > now);
        }
        if origins.len() >= MAX_ORIGINS {
            let first = origins.iter().min_by_key(|(_, (_, expires))| *expires).map(|(origin, _)| origin.clone());
            first.and_then(|origin| origins.remove(&origin));
        }
        origins.insert(origin, (robots, now + ttl));
    }
}
