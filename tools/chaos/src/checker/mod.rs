//! Checks of the topics' contents: exactly the stories that were served, each one article, in its last version and once;
//! revisions in order, no transaction visible in part, state that agrees with the outputs. kcat reads committed records,
//! during the run and at its end.

mod records;
mod topics;

use crate::{
    load::{Load, Story},
    operator::Operator,
    report::Report,
};
use proto::{v1::ArticleState, vocab::change};
use records::{states, urls, version};
use serde_json::Value;
use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};
use test_support::kcat::{Follower, Record, read_all, read_uncommitted};

/// Follows the enriched topic, and checks all topics at the end.
pub struct Checker {
    kafka: String,
    prefix: String,
    enriched: Follower,
    /// By link: what was published, in the order of the partition.
    published: HashMap<String, Vec<Published>>,
    /// By article id: the last revision.
    revisions: HashMap<String, i64>,
    /// By article id and revision: the highest enrichment; -1 before the first.
    enrichments: HashMap<(String, i64), i64>,
    /// Unique keys read so far.
    unique: HashSet<String>,
    repeated: Vec<String>,
    disorder: Vec<String>,
    /// Records of withdrawn stories that are no WITHDRAWN, or a WITHDRAWN with text.
    shown: Vec<String>,
    /// By partition: the next offset.
    offsets: HashMap<i32, i64>,
    /// By partition and offset: article id and revision when it was first read.
    read: HashMap<(i32, i64), (String, i64)>,
}

/// An enriched record.
#[derive(Debug)]
struct Published {
    id: String,
    title: String,
    is_withdrawn: bool,
    read_at: Instant,
}

impl Checker {
    /// Starts to read the enriched topic.
    #[must_use]
    pub fn follow(kafka: &str, prefix: &str) -> Self {
        Checker {
            kafka: kafka.to_owned(),
            prefix: prefix.to_owned(),
            enriched: Follower::start(kafka, &format!("{prefix}enriched.v1")),
            published: HashMap::new(),
            revisions: HashMap::new(),
            enrichments: HashMap::new(),
            unique: HashSet::new(),
            repeated: Vec::new(),
            disorder: Vec::new(),
            shown: Vec::new(),
            offsets: HashMap::new(),
            read: HashMap::new(),
        }
    }

    /// Reads the records that have arrived since the last call. `is_restored` says whether the operator has started to
    /// restore the story with this link.
    pub fn poll(&mut self, is_restored: impl Fn(&str) -> bool) {
        for record in self.enriched.take() {
            self.add(&record, &is_restored);
        }
    }

    /// Whether an article with this link has been read.
    #[must_use]
    pub fn is_published(&self, link: &str) -> bool {
        self.published.contains_key(link)
    }

    fn add(&mut self, record: &Record, is_restored: impl Fn(&str) -> bool) {
        // kcat may read records again after the broker was down; the offset identifies a record.
        let next = self.offsets.entry(record.partition).or_insert(0);
        if record.offset < *next {
            return;
        }
        *next = record.offset + 1;
        let enriched = record.json();
        self.read.insert((record.partition, record.offset), version(&enriched));
        self.add_enriched(&enriched, is_restored);
    }

    fn add_enriched(&mut self, record: &Value, is_restored: impl Fn(&str) -> bool) {
        let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
        let (id, url) = (text("article_id"), text("url"));
        let revision = record["revision"].as_i64().unwrap_or(0);
        let unique = format!(
            "{id}/{revision}/{}/{}/{}",
            text("enricher_version"),
            text("gazetteer_version"),
            text("model_version")
        );
        if !self.unique.insert(unique.clone()) {
            self.repeated.push(format!("{unique} ({url})"));
        }
        let enrichment = record["enrichment"].as_i64().unwrap_or(0);
        let last = self.revisions.entry(id.clone()).or_insert(0);
        let highest = self.enrichments.entry((id.clone(), revision)).or_insert(-1);
        let before = std::mem::replace(highest, enrichment.max(*highest));
        // A replay enriches a revision again, under a higher enrichment number; it adds no revision.
        if text("change") == change::REENRICHED {
            if before < 0 || enrichment <= before {
                self.disorder.push(format!("{url}: enrichment {enrichment} of revision {revision} after {before}"));
            }
            return;
        }
        if revision != *last + 1 {
            self.disorder.push(format!("{url}: revision {revision} after {last}"));
        }
        *last = revision.max(*last);
        let is_withdrawn = text("change") == change::WITHDRAWN;
        let published = self.published.entry(url.clone()).or_default();
        if is_withdrawn && ["title", "summary", "body", "body_html"].iter().any(|field| !text(field).is_empty()) {
            self.shown.push(format!("{url}: withdrawn, with text"));
        }
        if !is_withdrawn && published.last().is_some_and(|last| last.is_withdrawn) && !is_restored(&url) {
            self.shown.push(format!("{url}: {:?} after it was withdrawn", text("title")));
        }
        published.push(Published { id, title: text("title"), is_withdrawn, read_at: Instant::now() });
    }

    /// Everything that was published of a story.
    fn of<'a>(&'a self, story: &'a Story) -> impl Iterator<Item = &'a Published> {
        story.links.iter().filter_map(|link| self.published.get(link)).flatten()
    }

    /// How many stories were read within `limit` of being served, not counting the time in `outages`.
    #[must_use]
    pub fn count_in_time(&self, load: &Load, limit: Duration, outages: &[(Instant, Instant)]) -> u64 {
        let is_in_time = |story: &&Story| {
            let (Some(served), Some(read)) = (story.served_at, self.of(story).map(|one| one.read_at).min()) else {
                return false;
            };
            let down: Duration =
                outages.iter().map(|(from, to)| (*to).min(read).saturating_duration_since((*from).max(served))).sum();
            read.saturating_duration_since(served) <= limit + down
        };
        load.all().values().filter(is_in_time).count() as u64
    }

    /// What a story lacks on the enriched topic; `None` if its last record is the one that it must be.
    fn lack(&self, link: &str, story: &Story, operator: &Operator) -> Option<String> {
        let Some(last) = self.of(story).last() else { return Some("it is missing".to_owned()) };
        let is_restored = operator.has_restored(link);
        match (operator.has_withdrawn(link) && !is_restored, last.is_withdrawn) {
            (true, true) => None,
            (true, false) => Some("its withdrawal".to_owned()),
            (false, true) => Some("its text: it is withdrawn".to_owned()),
            (false, false) if story.may_end_as(&last.title, is_restored) => None,
            (false, false) => Some(format!("its change to {:?}", story.titles.last())),
        }
    }

    /// Whether every story that was served has been read, in its last version.
    #[must_use]
    pub fn is_complete(&self, load: &Load, operator: &Operator) -> bool {
        load.all().iter().all(|(link, story)| self.lack(link, story, operator).is_none())
    }

    /// Whether everything was processed that reaches no enriched record: the articles' states name every feed that has shown
    /// a copy, and what was shown while withdrawn has been polled.
    #[must_use]
    pub fn has_every_copy(&self, load: &Load) -> bool {
        self.missing_feeds(load, &states(&self.kafka, &self.prefix)).is_empty() && self.has_polled_withdrawn(load)
    }

    fn has_polled_withdrawn(&self, load: &Load) -> bool {
        let shown = load.all().values().filter_map(|story| story.shown_withdrawn_last());
        let mut shown: HashSet<&str> = shown.collect();
        if !shown.is_empty() {
            for raw in records::values(&read_all(&self.kafka, &format!("{}raw.v1", self.prefix))) {
                shown.remove(raw["title"].as_str().unwrap_or_default());
            }
        }
        shown.is_empty()
    }

    fn missing_feeds(&self, load: &Load, states: &HashMap<String, ArticleState>) -> Vec<String> {
        let mut missing = Vec::new();
        for (link, story) in load.all().iter().filter(|(_, story)| story.copy.is_some()) {
            let known = self.of(story).last().and_then(|published| states.get(&published.id));
            for feed in &story.feeds {
                if !known.is_some_and(|state| state.feed_ids.contains(&proto::id::feed_id(feed))) {
                    missing.push(format!("{link}: {feed}"));
                }
            }
        }
        missing
    }

    /// Checks all topics and adds the violations to the report.
    pub fn check(&self, load: &Load, operator: &Operator, report: &mut Report) {
        let lacking: Vec<(&String, &Story, String)> = load
            .all()
            .iter()
            .filter_map(|(link, story)| Some((link, story, self.lack(link, story, operator)?)))
            .collect();
        // The last topic that has a missing item shows which stage lost it.
        let (mut raw, mut articles, mut invisible) = (HashSet::new(), HashSet::new(), HashSet::new());
        if !lacking.is_empty() {
            raw = urls(&read_all(&self.kafka, &format!("{}raw.v1", self.prefix)));
            articles = urls(&read_all(&self.kafka, &format!("{}articles.v1", self.prefix)));
            invisible = urls(&read_uncommitted(&self.kafka, &format!("{}enriched.v1", self.prefix)));
        }
        for (link, story, lack) in lacking {
            let reached = match (raw.contains(link), articles.contains(link)) {
                _ if self.of(story).next().is_some() => &lack,
                _ if invisible.contains(link) => "enriched, but not visible to a read-committed client",
                (false, false) => "never polled",
                (_, true) => "normalised, not enriched",
                (true, false) => "polled, not normalised",
            };
            report.lost.push(format!("{link}: {reached}"));
        }
        report.invented.extend(self.published.keys().filter(|link| load.story(link).is_none()).cloned());
        report.repeated.extend(self.repeated.iter().cloned());
        report.disorder.extend(self.disorder.iter().cloned());
        report.shown.extend(self.shown.iter().cloned());
        report.read = u64::try_from(self.unique.len()).unwrap_or(u64::MAX);
        for (link, story) in load.all() {
            self.check_identity(link, story, report);
        }
        self.check_topics(load, report);
    }

    /// Checks that a story is one article, and that no copy replaces its publisher's own text.
    fn check_identity(&self, link: &str, story: &Story, report: &mut Report) {
        let ids: HashSet<&str> = self.of(story).map(|published| published.id.as_str()).collect();
        if ids.len() > 1 {
            report.split.push(format!("{link}: articles {ids:?}"));
        }
        let own = self.of(story).position(|published| story.is_own(&published.title));
        let copy = self.of(story).skip(own.unwrap_or(usize::MAX)).find(|one| story.copy.as_ref() == Some(&one.title));
        if let Some(copy) = copy {
            report.replaced.push(format!("{link}: by {:?}", copy.title));
        }
    }
}

#[cfg(test)]
mod tests;
