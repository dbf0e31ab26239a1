//! What is known of sites' robots.txt, for a bounded number of them and a bounded time.

use super::robots::Robots;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Sites that are remembered.
const MOST: usize = 4_096;

/// A cache of [`Robots`] by origin.
#[derive(Default)]
pub(super) struct Sites(Mutex<HashMap<String, (Arc<Robots>, Instant)>>);

impl Sites {
    pub(super) fn get(&self, origin: &str) -> Option<Arc<Robots>> {
        let sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sites.get(origin).filter(|(_, until)| *until > Instant::now()).map(|(robots, _)| Arc::clone(robots))
    }

    pub(super) fn put(&self, origin: String, robots: Arc<Robots>, keep: Duration) {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if sites.len() >= MOST {
            sites.retain(|_, (_, until)| *until > now);
        }
        if sites.len() >= MOST {
            let oldest = sites.iter().min_by_key(|(_, (_, until))| *until).map(|(origin, _)| origin.clone());
            oldest.and_then(|origin| sites.remove(&origin));
        }
        sites.insert(origin, (robots, now + keep));
    }
}
