//! The load: stories that publishers serve and change over time.

mod story;

pub use story::{Course, Shares, Story};

use crate::scenario::Scenario;
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender},
    },
    time::{Duration, Instant},
};
use test_support::publisher::{Item, Publisher, rss};

/// Time between two updates of the served documents.
const TICK: Duration = Duration::from_millis(50);

/// Items in a feed: more than are published during any fault, so that a poller misses none.
const WINDOW: usize = 300;

/// Time between two events of a story.
const STEP: Duration = Duration::from_secs(10);

/// What an operator has done to the story with this link.
#[derive(Debug)]
pub enum Operated {
    /// Withdrawn it.
    Withdrawn(String),
    /// Restored it.
    Restored(String),
}

/// The load's end of the channels to the operator.
pub struct Operations {
    /// Links of stories that are to be withdrawn.
    pub requests: Sender<String>,
    /// What the operator has done.
    pub done: Receiver<Operated>,
}

/// An event of a story after it was first served.
#[derive(Debug, Clone, Copy)]
enum Step {
    /// The publisher shows it for the first time.
    Show,
    /// Its title changes.
    Change,
    /// Its link and guid change.
    Correct,
    /// Another publisher shows it.
    Copy,
    /// The operator is asked to withdraw it.
    Withdraw,
}

/// The feeds and the history of everything they have served.
pub struct Load {
    random: fastrand::Rng,
    rate: f64,
    duration: Duration,
    shares: Shares,
    planned: u64,
    feeds: Vec<Feed>,
    /// By the first link.
    all: BTreeMap<String, Story>,
    /// First links by later ones.
    corrected: HashMap<String, String>,
    /// By time and order: the feed, and the number of the story in it.
    steps: BTreeMap<(Duration, u64), (usize, usize, Step)>,
    operations: Operations,
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

impl Feed {
    fn link(&self, at: usize, number: usize) -> String {
        format!("{}/article/{at}/{number}", self.base)
    }

    fn show(&mut self, item: Item) {
        self.items.push_front(item);
        self.items.truncate(WINDOW);
        self.stale = true;
    }
}

impl Load {
    /// Empty feeds.
    #[must_use]
    pub fn new(scenario: &Scenario, publisher: &Publisher, operations: Operations) -> Self {
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
            shares: scenario.shares,
            planned: 0,
            feeds,
            all: BTreeMap::new(),
            corrected: HashMap::new(),
            steps: BTreeMap::new(),
            operations,
            in_time: 0,
        }
    }

    /// URLs of the feeds.
    #[must_use]
    pub fn feeds(&self) -> Vec<String> {
        self.feeds.iter().map(|feed| feed.url.clone()).collect()
    }

    /// Every story that has been served, by its first link.
    #[must_use]
    pub fn all(&self) -> &BTreeMap<String, Story> {
        &self.all
    }

    /// The story with this link.
    #[must_use]
    pub fn story(&self, link: &str) -> Option<&Story> {
        self.all.get(self.corrected.get(link).map_or(link, String::as_str))
    }

    /// Items that were served within a second of their due time.
    #[must_use]
    pub fn in_time(&self) -> u64 {
        self.in_time
    }

    /// Publishes and changes stories until the scenario's duration is over, and shows what the operator has withdrawn or
    /// restored until `stop` is set. The publisher still serves them afterwards.
    #[must_use]
    pub fn run(mut self, started: Instant, publisher: Publisher, stop: &AtomicBool) -> (Self, Publisher) {
        loop {
            // Read before: what the operator has done by then is still shown.
            let is_last = stop.load(Ordering::SeqCst);
            self.advance(started, &publisher);
            if is_last {
                return (self, publisher);
            }
            std::thread::sleep(TICK);
        }
    }

    /// Publishes and changes what is due.
    fn advance(&mut self, started: Instant, publisher: &Publisher) {
        let now = started.elapsed().min(self.duration);
        let before = self.planned;
        while (self.planned as f64) < now.as_secs_f64() * self.rate {
            self.planned += 1;
            self.publish(now);
        }
        while let Some(step) = self.steps.first_entry().filter(|step| step.key().0 <= now) {
            let (at, number, step) = step.remove();
            self.step(at, number, step);
        }
        while let Ok(operated) = self.operations.done.try_recv() {
            self.operated(&operated);
        }
        for feed in self.feeds.iter_mut().filter(|feed| feed.stale) {
            feed.stale = false;
            publisher.put(&feed.path, "application/rss+xml", rss("Chaos", &feed.base, feed.items.iter()));
        }
        let late = started.elapsed().as_secs_f64() - 1.0;
        self.in_time += (before..self.planned).filter(|number| *number as f64 / self.rate >= late).count() as u64;
    }

    /// Serves a new story, and plans its later events.
    fn publish(&mut self, now: Duration) {
        let at = self.random.usize(..self.feeds.len());
        let course = self.shares.draw(&mut self.random);
        let feed = &mut self.feeds[at];
        let number = feed.count;
        feed.count += 1;
        let link = feed.link(at, number);
        self.all.insert(link.clone(), Story::new(course, link));
        let steps: &[Step] = match course {
            Course::Unchanged => &[Step::Show],
            Course::Changed => &[Step::Show, Step::Change],
            Course::Corrected => &[Step::Show, Step::Correct],
            Course::CopiedFirst => &[Step::Copy, Step::Show],
            Course::CopiedLater => &[Step::Show, Step::Copy],
            Course::CopiedAfterChange => &[Step::Show, Step::Change, Step::Copy],
            Course::Withdrawn => &[Step::Show, Step::Withdraw],
        };
        let mut due = now;
        for (order, step) in steps.iter().enumerate() {
            if order == 0 {
                self.step(at, number, *step);
            } else {
                self.steps.insert((due, self.planned), (at, number, *step));
            }
            due += STEP;
        }
    }

    fn step(&mut self, at: usize, number: usize, step: Step) {
        let link = self.feeds[at].link(at, number);
        match step {
            Step::Show => {
                let item = Item {
                    guid: format!("{at}-{number}"),
                    link: link.clone(),
                    title: format!("Item {number} of feed {at}"),
                    // More than 20 words, so that a correction is recognised.
                    body: format!(
                        "<p>The council of ward {at} met for the {number}th time and heard from residents of Lyon, who \
                         asked for a new bridge over the river before the winter.</p>"
                    ),
                    published: jiff::Timestamp::now(),
                };
                self.served(at, &link, |story| story.titles.push(item.title.clone()));
                self.feeds[at].show(item);
            }
            Step::Change => self.change(at, &link, ", changed", |story, title| story.titles.push(title)),
            Step::Correct => {
                let Some(item) = self.item(at, &link) else { return };
                item.guid.push_str("-corrected");
                item.link.push_str("/corrected");
                let corrected = item.link.clone();
                self.corrected.insert(corrected.clone(), link.clone());
                self.served(at, &link, |story| story.links.push(corrected));
                self.feeds[at].stale = true;
            }
            Step::Copy => {
                // The next feed is on another host.
                let other = (at + 1) % self.feeds.len();
                let item = Item {
                    guid: format!("copy-{at}-{number}"),
                    link: link.clone(),
                    title: format!("Copy of item {number} of feed {at}"),
                    body: format!("<p>Ward {at} wants a bridge, say people in Marseille ({number}).</p>"),
                    published: jiff::Timestamp::now(),
                };
                self.served(other, &link, |story| story.copy = Some(item.title.clone()));
                self.feeds[other].show(item);
            }
            // The operator has ended only if the run has, too.
            Step::Withdraw => drop(self.operations.requests.send(link)),
        }
    }

    /// Shows a story again: changed while it is withdrawn, and changed again when it has been restored.
    fn operated(&mut self, operated: &Operated) {
        let (Operated::Withdrawn(link) | Operated::Restored(link)) = operated;
        // The feed's number is part of the link.
        let Some(at) = link.rsplit('/').nth(1).and_then(|text| text.parse().ok()) else { return };
        match operated {
            Operated::Withdrawn(_) => self.change(at, link, ", shown again", |story, title| {
                story.shown_withdrawn = Some(title);
            }),
            Operated::Restored(_) => self.change(at, link, ", restored", |story, title| {
                story.titles.push(title);
                story.is_changed_since_restored = true;
            }),
        }
    }

    /// The item with this link. An item that is about to leave the feed is not changed: a poller could miss the change.
    fn item(&mut self, at: usize, link: &str) -> Option<&mut Item> {
        self.feeds.get_mut(at)?.items.iter_mut().take(WINDOW / 2).find(|item| item.link == link)
    }

    fn change(&mut self, at: usize, link: &str, what: &str, note: impl FnOnce(&mut Story, String)) {
        let Some(item) = self.item(at, link) else { return };
        item.title.push_str(what);
        let title = item.title.clone();
        self.served(at, link, |story| note(story, title));
        self.feeds[at].stale = true;
    }

    /// Notes that a feed shows a story.
    fn served(&mut self, at: usize, link: &str, note: impl FnOnce(&mut Story)) {
        let url = self.feeds[at].url.clone();
        if let Some(story) = self.all.get_mut(link) {
            story.feeds.insert(url);
            story.served_at.get_or_insert_with(Instant::now);
            note(story);
        }
    }
}
