//! Items and changes, served over time.

use super::plan::Scenario;
use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};
use test_support::publisher::{Item, Publisher, rss};

/// A feed shows this much of its past: longer than any fault lasts, so that nothing scrolls by unseen.
const WINDOW: usize = 300;

/// What was served of one item.
#[derive(Debug, Clone)]
pub struct Served {
    /// The titles that it has had, in order.
    pub titles: Vec<String>,
}

/// See the module.
pub struct Load {
    random: fastrand::Rng,
    rate: f64,
    duration: Duration,
    changed: f64,
    planned: u64,
    feeds: Vec<Feed>,
    all: BTreeMap<String, Served>,
    /// Items to be changed: when, feed, guid.
    changes: VecDeque<(Duration, usize, String)>,
    in_time: u64,
}

struct Feed {
    url: String,
    path: String,
    base: String,
    items: VecDeque<Item>,
    count: usize,
    dirty: bool,
}

impl Load {
    /// Nothing served yet.
    #[must_use]
    pub fn new(scenario: &Scenario, publisher: &Publisher) -> Self {
        let feeds = (0..scenario.feeds)
            .map(|at| {
                let (base, path) = (publisher.base(at), format!("/feed/{at}"));
                Feed { url: format!("{base}{path}"), path, base, items: VecDeque::new(), count: 0, dirty: true }
            })
            .collect();
        Load {
            random: fastrand::Rng::with_seed(scenario.seed ^ 0x6c6f_6164),
            rate: scenario.rate,
            duration: scenario.duration,
            changed: scenario.changed,
            planned: 0,
            feeds,
            all: BTreeMap::new(),
            changes: VecDeque::new(),
            in_time: 0,
        }
    }

    /// URLs of the feeds.
    #[must_use]
    pub fn feeds(&self) -> Vec<String> {
        self.feeds.iter().map(|feed| feed.url.clone()).collect()
    }

    /// Everything ever served, by link.
    #[must_use]
    pub fn all(&self) -> &BTreeMap<String, Served> {
        &self.all
    }

    /// Items that stood in their feed within a second of when they were due.
    #[must_use]
    pub fn in_time(&self) -> u64 {
        self.in_time
    }

    /// Publishes and changes until the run's time is over; then nothing is changed any more, but all of it still served.
    ///
    /// # Panics
    /// Never, but for a poisoned lock.
    #[must_use]
    pub fn feed(mut self, begun: Instant, publisher: Publisher) -> (Self, Publisher) {
        while begun.elapsed() < self.duration {
            self.advance(begun, &publisher);
            std::thread::sleep(Duration::from_millis(50));
        }
        (self, publisher)
    }

    /// Publishes and changes what is due.
    fn advance(&mut self, begun: Instant, publisher: &Publisher) {
        let now = begun.elapsed().min(self.duration);
        let before = self.planned;
        while (self.planned as f64) < now.as_secs_f64() * self.rate {
            self.planned += 1;
            self.publish(now);
        }
        while self.changes.front().is_some_and(|(due, _, _)| *due <= now) {
            if let Some((_, feed, guid)) = self.changes.pop_front() {
                self.change(feed, &guid);
            }
        }
        for feed in self.feeds.iter_mut().filter(|feed| feed.dirty) {
            feed.dirty = false;
            publisher.put(&feed.path, "application/rss+xml", rss("The oracle's paper", &feed.base, feed.items.iter()));
        }
        let late = begun.elapsed().as_secs_f64() - 1.0;
        self.in_time += (before..self.planned).filter(|number| *number as f64 / self.rate >= late).count() as u64;
    }

    fn publish(&mut self, now: Duration) {
        let at = self.random.usize(..self.feeds.len());
        let feed = &mut self.feeds[at];
        let number = feed.count;
        feed.count += 1;
        let item = Item {
            guid: format!("{at}-{number}"),
            link: format!("{}/article/{at}/{number}", feed.base),
            title: format!("Item {number} of feed {at}"),
            body: format!(
                "<p>The council of ward {at} met for the {number}th time and heard from residents of Lyon.</p>"
            ),
            published: jiff::Timestamp::now(),
        };
        self.all.insert(item.link.clone(), Served { titles: vec![item.title.clone()] });
        if self.random.f64() < self.changed {
            self.changes.push_back((now + Duration::from_secs(10), at, item.guid.clone()));
        }
        feed.items.push_front(item);
        feed.items.truncate(WINDOW);
        feed.dirty = true;
    }

    fn change(&mut self, at: usize, guid: &str) {
        let feed = &mut self.feeds[at];
        // One that has scrolled by is changed no more: nobody could see it.
        let Some(item) = feed.items.iter_mut().take(WINDOW / 2).find(|item| item.guid == guid) else { return };
        item.title.push_str(", corrected");
        if let Some(served) = self.all.get_mut(&item.link) {
            served.titles.push(item.title.clone());
        }
        feed.dirty = true;
    }
}
