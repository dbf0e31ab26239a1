//! The control feed: a new item each second.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};
use test_support::publisher::{Item, rss};

/// Items in the document.
const SHOWN: usize = 100;
/// Time between two items.
const EVERY: Duration = Duration::from_secs(1);

/// The feed, and when it was requested.
#[derive(Default)]
pub(super) struct Control {
    course: OnceLock<Course>,
    requests: Mutex<Vec<Instant>>,
}

struct Course {
    base: String,
    started: Instant,
    published: jiff::Timestamp,
    duration: Duration,
}

impl Control {
    /// Begins to publish, for `duration`.
    pub(super) fn start(&self, base: &str, duration: Duration) {
        self.course.get_or_init(|| Course {
            base: base.to_owned(),
            started: Instant::now(),
            published: jiff::Timestamp::now(),
            duration,
        });
    }

    /// Number of items so far.
    pub(super) fn count(&self) -> usize {
        self.course.get().map_or(0, |course| {
            let elapsed = course.started.elapsed().min(course.duration);
            usize::try_from(elapsed.as_millis() / EVERY.as_millis()).unwrap_or_default()
        })
    }

    /// True once all items are published.
    pub(super) fn is_over(&self) -> bool {
        self.course.get().is_some_and(|course| course.started.elapsed() > course.duration)
    }

    /// The document at this moment.
    pub(super) fn document(&self) -> Vec<u8> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        let Some(course) = self.course.get() else { return rss("Control", "http://control.example", []).into() };
        let count = self.count();
        let items: Vec<Item> = (count.saturating_sub(SHOWN)..count).rev().map(|number| item(course, number)).collect();
        rss("Control", &course.base, &items).into()
    }

    /// The number of the item with this link, and how long ago it was published.
    pub(super) fn age(&self, link: &str) -> Option<(usize, Duration)> {
        let number = self.number(link)?;
        let published = EVERY * u32::try_from(number + 1).ok()?;
        Some((number, self.course.get()?.started.elapsed().saturating_sub(published)))
    }

    /// As [`Control::age`], at a time in milliseconds since 1970.
    pub(super) fn age_at(&self, link: &str, millis: i64) -> Option<(usize, Duration)> {
        let number = self.number(link)?;
        let published = self.course.get()?.published.as_millisecond() + 1_000 * i64::try_from(number + 1).ok()?;
        Some((number, Duration::from_millis(u64::try_from(millis - published).unwrap_or_default())))
    }

    fn number(&self, link: &str) -> Option<usize> {
        let rest = link.strip_prefix(&self.course.get()?.base)?;
        rest.strip_prefix("/item/")?.parse().ok()
    }

    /// Longest time between two requests, and from the start to the first.
    pub(super) fn longest_gap(&self) -> Duration {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(course) = self.course.get() else { return Duration::ZERO };
        let during: Vec<Instant> = requests.iter().copied().filter(|at| *at > course.started).collect();
        let from = std::iter::once(course.started).chain(during.iter().copied());
        from.zip(&during).map(|(one, next)| next.duration_since(one)).max().unwrap_or(course.duration)
    }
}

fn item(course: &Course, number: usize) -> Item {
    let seconds = i64::try_from(number + 1).unwrap_or_default();
    Item {
        guid: format!("control-{number}"),
        link: format!("{}/item/{number}", course.base),
        title: format!("Harbour report number {number}"),
        body: format!("<p>The tide was high, and {number} ships came in from Norway, the harbour master said.</p>"),
        published: course.published + jiff::SignedDuration::from_secs(seconds),
    }
}
