//! The load: items that a publisher serves and changes over time.

use crate::scenario::Scenario;
use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};
use test_support::publisher::{Item, Publisher, rss};

/// Time between two updates of the served documents.
const TICK: Duration = Duration::from_millis(50);

/// Items in a feed: more than are published during any fault, so that a poller misses none.
const WINDOW: usize = 300;

/// The history of an item.
#[derive(Debug, Clone)]
pub struct Served {
    /// Its titles, in order.
    pub titles: Vec<String>,
}

/// The feeds and the history of everything they have served.
pub struct Load {
    random: fastrand::Rng,
    rate: f64,
    duration: Duration,
    changed: f64,
    planned: u64,
    feeds: Vec<Feed>,
    all: BTreeMap<String, Served>,
    /// Planned changes: time, feed, guid.
    changes: VecDeque<(Duration, usize, String)>,
    in_time: u64,
}

struct Feed {
    url: String,
    path: String,
    base: String,
    items: VecDeque<Item>,
    count: usize,
    /// Whether the served document lacks items or changes.
    stale: bool,
}

impl Load {
    /// Empty feeds.
    #[must_use]
    pub fn new(scenario: &Scenario, publisher: &Publisher) -> Self {
        let feeds = (0..scenario.feeds)
            .map(|at| {
                let (base, path) = (publisher.base(at), format!("/feed/{at}"));
                Feed { url: format!("{base}{path}"), path, base, items: VecDeque::new(), count: 0, stale: true }
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

    /// Everything that has been served, by link.
    #[must_use]
    pub fn all(&self) -> &BTreeMap<String, Served> {
        &self.all
    }

    /// Items that were served within a second of their due time.
    #[must_use]
    pub fn in_time(&self) -> u64 {
        self.in_time
    }

    /// Publishes and changes items until the scenario's duration is over. The publisher still serves them afterwards.
    #[must_use]
    pub fn run(mut self, started: Instant, publisher: Publisher) -> (Self, Publisher) {
        while started.elapsed() < self.duration {
            self.advance(started, &publisher);
            std::thread::sleep(TICK);
        }
        (self, publisher)
    }

    /// Publishes and changes what is due.
    fn advance(&mut self, started: Instant, publisher: &Publisher) {
        let now = started.elapsed().min(self.duration);
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
        for feed in self.feeds.iter_mut().filter(|feed| feed.stale) {
            feed.stale = false;
            publisher.put(&feed.path, "application/rss+xml", rss("Chaos", &feed.base, feed.items.iter()));
        }
        let late = started.elapsed().as_secs_f64() - 1.0;
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
        feed.stale = true;
    }

    fn change(&mut self, at: usize, guid: &str) {
        let feed = &mut self.feeds[at];
        // An item that is about to leave the feed is not changed: a poller could miss the change.
        let Some(item) = feed.items.iter_mut().take(WINDOW / 2).find(|item| item.guid == guid) else { return };
        item.title.push_str(", corrected");
        if let Some(served) = self.all.get_mut(&item.link) {
            served.titles.push(item.title.clone());
        }
        feed.stale = true;
    }
}
