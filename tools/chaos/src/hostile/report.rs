//! What a run measured, and whether it is within the limits.

use super::{Scenario, control::Control};
use proto::v1::{Article, EnrichedArticle, RawItem};
use std::{
    collections::BTreeMap,
    fmt::Write,
    time::{Duration, Instant},
};
use stream::{Log, Record, Start};
use test_support::process;

/// Most memory of the process, in bytes.
const MAX_MEMORY: u64 = 1_000_000_000;
/// Limit for reading the topics in between.
const READS_WITHIN: Duration = Duration::from_secs(120);

/// The result of a run.
#[derive(Debug)]
pub struct Report {
    scenario: Scenario,
    /// Time from the publication of each control item to its arrival, by number.
    delays: BTreeMap<usize, Duration>,
    /// Copies of each control item and revision.
    copies: BTreeMap<(usize, i64), usize>,
    /// Control items that were published.
    published: usize,
    /// Largest resident memory of the process, in bytes (proc_pid_status(5), VmHWM).
    memory: u64,
    /// Longest time between two polls of the control feed.
    pub longest_gap: Duration,
    /// Hostile feeds, and how many of them were polled.
    pub hostile: usize,
    /// Hostile feeds that were polled.
    pub polled: usize,
    /// Records of the enriched topic, and their bytes.
    read: (usize, usize),
    /// How the process ended, if it did.
    pub ended: Option<String>,
    /// Delay of the control items' records by topic, from the publication to the writing.
    topics: BTreeMap<String, Vec<Duration>>,
    /// Records refused, by reason.
    refused: BTreeMap<String, usize>,
    /// How long the threads of the process ran, and waited for a processor.
    ran: Duration,
    waited: Duration,
    notes: Vec<String>,
}

impl Report {
    pub(super) fn new(scenario: &Scenario) -> Self {
        Report {
            scenario: scenario.clone(),
            delays: BTreeMap::new(),
            copies: BTreeMap::new(),
            published: 0,
            memory: 0,
            longest_gap: Duration::ZERO,
            hostile: 0,
            polled: 0,
            read: (0, 0),
            ended: None,
            topics: BTreeMap::new(),
            refused: BTreeMap::new(),
            ran: Duration::ZERO,
            waited: Duration::ZERO,
            notes: Vec::new(),
        }
    }

    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(super) fn observe_memory(&mut self, id: u32) {
        self.memory = self.memory.max(process::memory(&id.to_string(), "VmHWM").unwrap_or_default());
    }

    /// Takes a record of the enriched topic.
    pub(super) fn receive(&mut self, record: &Record, control: &Control) {
        self.read = (self.read.0 + 1, self.read.1 + record.size());
        // Most of what is hostile is long.
        if record.size() > 20_000 {
            return;
        }
        let Ok(article) = record.decode::<EnrichedArticle>() else { return };
        if let Some((number, age)) = control.age(&article.url) {
            self.delays.entry(number).or_insert(age);
            *self.copies.entry((number, i64::from(article.revision))).or_default() += 1;
        }
    }

    pub(super) fn has_all(&self, control: &Control) -> bool {
        self.delays.len() >= control.count()
    }

    /// True if nearly all hostile feeds were polled.
    pub(super) fn are_polled(&self) -> bool {
        self.polled * 10 >= self.hostile * 9
    }

    /// Takes how long the threads of the process ran and waited for a processor (proc(5), schedstat). Those of threads that
    /// have ended are not known.
    pub(super) fn observe_processors(&mut self, id: u32) {
        for task in std::fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let mut times =
                text.split_whitespace().map(|nanos| Duration::from_nanos(nanos.parse().unwrap_or_default()));
            self.ran += times.next().unwrap_or_default();
            self.waited += times.next().unwrap_or_default();
        }
    }

    pub(super) fn items(&mut self, control: &Control) {
        self.published = control.count();
    }

    /// Reads when the control items stood on the topics in between, and what was refused.
    pub(super) fn stages(&mut self, log: &dyn Log, prefix: &str, control: &Control) {
        let url = |record: &Record, topic: &str| match topic {
            "raw.v1" => record.decode::<RawItem>().ok().map(|item| item.url),
            "articles.v1" => record.decode::<Article>().ok().map(|article| article.url),
            _ => record.decode::<EnrichedArticle>().ok().map(|article| article.url),
        };
        for topic in ["raw.v1", "articles.v1", "enriched.v1"] {
            let delays = read(log, &format!("{prefix}{topic}"), |record| {
                let url = (record.size() < 20_000).then(|| url(record, topic))??;
                control.age_at(&url, record.timestamp_ms).map(|(_, age)| age)
            });
            self.topics.insert(topic.to_owned(), delays);
        }
        let reasons = read(log, &format!("{prefix}dead-letter.v1"), |record| {
            let stage = record.header("dl-stage").unwrap_or_default();
            Some(format!("{stage} {}", record.header("dl-reason").unwrap_or_default()))
        });
        for reason in reasons {
            *self.refused.entry(reason).or_default() += 1;
        }
    }

    /// What is not as it must be, a line each.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let mut all = Vec::new();
        if let Some(ended) = &self.ended {
            all.push(format!("the process ended: {ended}"));
        }
        let lost: Vec<usize> = (0..self.published).filter(|number| !self.delays.contains_key(number)).collect();
        if !lost.is_empty() || self.published == 0 {
            all.push(format!("{} of {} control items lost: {lost:?}", lost.len(), self.published));
        }
        let repeated: Vec<_> =
            self.copies.iter().filter(|((_, revision), count)| *revision != 1 || **count != 1).collect();
        if !repeated.is_empty() {
            all.push(format!("control items repeated or changed (item, revision, copies): {repeated:?}"));
        }
        let p99 = quantile(self.delays.values(), 99);
        if let Some(limit) = self.scenario.max_delay.filter(|limit| p99 > *limit) {
            all.push(format!("the control feed's delay is {p99:.1?} at the 99th percentile, the limit is {limit:?}"));
        }
        if self.memory > MAX_MEMORY {
            all.push(format!("{} MB of memory, the limit is {}", self.memory / 1_000_000, MAX_MEMORY / 1_000_000));
        }
        if !self.are_polled() {
            all.push(format!("only {} of {} hostile feeds were polled", self.polled, self.hostile));
        }
        all
    }

    /// The report for a person.
    #[must_use]
    pub fn text(&self) -> String {
        let Scenario { seed, duration, size, poll_interval, kinds, .. } = &self.scenario;
        let mut text = format!(
            "hostile feeds: {kinds:?}, seed {seed}, up to {size} bytes, {duration:?}, polled every {poll_interval:?}\n"
        );
        let at = |percent| quantile(self.delays.values(), percent);
        let _ = writeln!(
            text,
            "control feed: {} of {} items; delay p50 {:.2?}, p99 {:.2?}, longest {:.2?}; longest time between two polls {:.2?}",
            self.delays.len(),
            self.published,
            at(50),
            at(99),
            at(100),
            self.longest_gap
        );
        for (topic, delays) in &self.topics {
            let _ = writeln!(
                text,
                "written to {topic} after p50 {:.2?}, p99 {:.2?}, longest {:.2?}",
                quantile(delays, 50),
                quantile(delays, 99),
                quantile(delays, 100)
            );
        }
        let (records, bytes) = self.read;
        let _ = writeln!(
            text,
            "{} of {} hostile feeds polled; {records} enriched records of {} MB; refused {:?}; memory at most {} MB",
            self.polled,
            self.hostile,
            bytes / 1_000_000,
            self.refused,
            self.memory / 1_000_000
        );
        let _ = writeln!(
            text,
            "the process ran on processors for {:.0?} and waited for one for {:.0?}",
            self.ran, self.waited
        );
        self.notes.iter().for_each(|note| text.push_str(&format!("{note}\n")));
        text
    }
}

/// What `take` returns of the records of a topic.
fn read<T>(log: &dyn Log, topic: &str, mut take: impl FnMut(&Record) -> Option<T>) -> Vec<T> {
    let mut all = Vec::new();
    let Ok(mut tail) = log.tail(topic, Start::Beginning) else { return all };
    let until = Instant::now() + READS_WITHIN;
    while !tail.caught_up() && Instant::now() < until {
        let Ok(records) = tail.poll(500, Duration::from_millis(100)) else { break };
        all.extend(records.iter().filter_map(&mut take));
    }
    all
}

fn quantile<'a>(delays: impl IntoIterator<Item = &'a Duration>, percent: usize) -> Duration {
    let mut all: Vec<Duration> = delays.into_iter().copied().collect();
    all.sort_unstable();
    let at = (all.len() * percent).div_ceil(100).saturating_sub(1);
    all.get(at).copied().unwrap_or_default()
}
