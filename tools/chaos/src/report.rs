//! The result of a run, and whether the run is meaningful.

use crate::{
    counters::StageCounters,
    fault::FaultKind,
    scenario::{Sabotage, Scenario},
};
use std::{collections::BTreeMap, time::Duration};

/// The result of a run.
#[derive(Debug)]
pub struct Report {
    /// What the run did.
    pub scenario: Scenario,
    /// Items that the publisher served within a second of their due time.
    pub published: u64,
    /// Stories served.
    pub served: u64,
    /// Stories that were read within [`Scenario::complete_within`] of being served, not counting outages.
    pub in_time: u64,
    /// How long two of three brokers were down, each time.
    pub outages: Vec<Duration>,
    /// Enriched records read.
    pub read: u64,
    /// Items that were served but are missing from the output, or are there only in an earlier version.
    pub lost: Vec<String>,
    /// Records that no served item explains.
    pub invented: Vec<String>,
    /// Records whose unique key occurs twice.
    pub repeated: Vec<String>,
    /// Revisions out of order.
    pub disorder: Vec<String>,
    /// Transactions of which only a part is visible.
    pub torn: Vec<String>,
    /// Stories that are two articles.
    pub split: Vec<String>,
    /// Stories whose publisher's own text a copy has replaced.
    pub replaced: Vec<String>,
    /// Feeds that have shown a story and are not in the state of its article.
    pub unnamed: Vec<String>,
    /// Stories that were published although they were withdrawn.
    pub shown: Vec<String>,
    /// Stories served with each course.
    pub courses: BTreeMap<&'static str, usize>,
    /// Faults injected.
    pub faults: BTreeMap<FaultKind, usize>,
    /// Transactions aborted.
    pub aborted: usize,
    /// Members fenced.
    pub fenced: usize,
    /// Processes that ended, or kept running, against the rules.
    pub crashed: Vec<String>,
    /// Panics in the services' logs.
    pub panics: usize,
    /// Time from the last fault to the complete output; `None` if the output did not become complete.
    pub completed: Option<Duration>,
    /// For each `kill -9`, the time to the next commit of the same replica.
    pub recoveries: Vec<Duration>,
    /// Number of processes without counters.
    pub without_counters: usize,
    /// Counters of each stage.
    pub counters: Vec<StageCounters>,
    /// Other events.
    pub notes: Vec<String>,
}

/// What a run must reach to be meaningful.
#[derive(Debug, Clone, Copy)]
pub struct Required {
    /// Number of faults of each kind.
    pub faults: usize,
    /// Whether at least one transaction must be aborted and one member fenced.
    pub aborts_and_fences: bool,
    /// Whether nine tenths of the stories must have been read in time.
    pub in_time: bool,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        Report {
            scenario: scenario.clone(),
            published: 0,
            served: 0,
            in_time: 0,
            outages: Vec::new(),
            read: 0,
            lost: Vec::new(),
            invented: Vec::new(),
            repeated: Vec::new(),
            disorder: Vec::new(),
            torn: Vec::new(),
            split: Vec::new(),
            replaced: Vec::new(),
            unnamed: Vec::new(),
            shown: Vec::new(),
            courses: BTreeMap::new(),
            faults: BTreeMap::new(),
            aborted: 0,
            fenced: 0,
            crashed: Vec::new(),
            panics: 0,
            completed: None,
            recoveries: Vec::new(),
            without_counters: 0,
            counters: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Counts a fault that has been injected.
    pub fn count(&mut self, kind: FaultKind) {
        *self.faults.entry(kind).or_default() += 1;
    }

    /// Adds a line for an event.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// What contradicts the guarantee that nothing is lost and nothing repeated, one line each.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let mut all = Vec::new();
        let lists = [
            ("lost", &self.lost),
            ("invented", &self.invented),
            ("repeated", &self.repeated),
            ("out of order", &self.disorder),
            ("torn", &self.torn),
            ("two articles of one story", &self.split),
            ("text replaced by a copy", &self.replaced),
            ("feeds missing", &self.unnamed),
            ("published although withdrawn", &self.shown),
            ("crashed", &self.crashed),
        ];
        for (what, list) in lists {
            if !list.is_empty() {
                let some: Vec<&str> =
                    list.iter().step_by((list.len() / 6).max(1)).take(6).map(String::as_str).collect();
                all.push(format!("{what}: {}, for example {some:?}", list.len()));
            }
        }
        for counters in self.counters.iter().filter(|counters| !counters.balance()) {
            all.push(format!("the counters of {} do not balance: {counters:?}", counters.stage));
        }
        if self.panics > 0 {
            all.push(format!("panics in the services' logs: {}", self.panics));
        }
        all
    }

    /// Whether the run found the consequence of this sabotage. Other violations, such as late output, do not count.
    #[must_use]
    pub fn finds(&self, sabotage: Sabotage) -> bool {
        match sabotage {
            // The successor skips records that were not written, or compares with an article that was not published.
            Sabotage::OffsetsOutside | Sabotage::StateFirst => !self.lost.is_empty(),
            // An article without its state is published again under a revision that no earlier one has reached.
            Sabotage::RestoreToStable => !self.repeated.is_empty() || !self.disorder.is_empty(),
            Sabotage::NoFence | Sabotage::ReadUncommitted => !self.repeated.is_empty(),
            Sabotage::SplitCorrected => !self.split.is_empty(),
            Sabotage::AnySource => !self.replaced.is_empty(),
            Sabotage::ForgetFeeds => !self.unnamed.is_empty(),
            Sabotage::ShowWithdrawn => !self.shown.is_empty(),
        }
    }

    /// Reasons for which the run proves nothing, one line each.
    #[must_use]
    pub fn vacuous(&self, required: Required) -> Vec<String> {
        let mut all = Vec::new();
        let planned = self.scenario.duration.as_secs_f64() * self.scenario.rate;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 items")]
        let published = self.published as f64;
        if published < planned * 0.9 {
            all.push(format!("{published} of {planned} planned items published"));
        }
        for kind in &self.scenario.kinds {
            let injected = self.faults.get(kind).copied().unwrap_or(0);
            if injected < required.faults {
                all.push(format!("{injected} of {} required faults of kind {kind}", required.faults));
            }
        }
        if required.in_time && self.in_time * 10 < self.served * 9 {
            let (in_time, limit) = (self.in_time, self.scenario.complete_within);
            all.push(format!("{in_time} of {} stories were enriched within {limit:?}", self.served));
        }
        for (course, _) in self.courses.iter().filter(|(_, count)| **count == 0) {
            all.push(format!("no story was {course}"));
        }
        if required.aborts_and_fences && (self.aborted == 0 || self.fenced == 0) {
            all.push(format!("{} transactions aborted, {} members fenced", self.aborted, self.fenced));
        }
        if self.completed.is_none() {
            all.push(format!("output not complete within {:?} of the last fault", self.scenario.complete_within));
        }
        if self.without_counters > 0 || self.counters.is_empty() {
            all.push(format!("{} processes without counters", self.without_counters));
        }
        all
    }

    /// The report as text, several lines.
    #[must_use]
    pub fn text(&self) -> String {
        let mut recoveries = self.recoveries.clone();
        recoveries.sort();
        let percentile = |share: usize| {
            recoveries.get((recoveries.len() * share / 100).min(recoveries.len().saturating_sub(1))).copied()
        };
        let faults: Vec<String> = self.faults.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        let courses: Vec<String> = self.courses.iter().map(|(course, count)| format!("{course} {count}")).collect();
        format!(
            "Apache Kafka {}, brokers: {}, read committed by kcat\n\
             seed {} · {} s at {} articles/s · published in time {} · enriched records {}\n\
             stories {}, enriched within {:?} apart from outages {} · outages (two brokers down) {}, {:.0?} in all\n\
             of them {}\n\
             lost {} · repeated {} · invented {} · out of order {} · torn {}\n\
             two articles of one story {} · text replaced by a copy {} · feeds missing {} · published although withdrawn {}\n\
             faults: {}\n\
             transactions aborted {} · members fenced {} · complete after the last fault in {:?}\n\
             from kill -9 to the next commit: p50 {:?}, p99 {:?} ({} kills)\n\
             counters of {} of {} stages balance\n{}",
            kafka_version(),
            self.scenario.brokers,
            self.scenario.seed,
            self.scenario.duration.as_secs(),
            self.scenario.rate,
            self.published,
            self.read,
            self.served,
            self.scenario.complete_within,
            self.in_time,
            self.outages.len(),
            self.outages.iter().sum::<Duration>(),
            courses.join(", "),
            self.lost.len(),
            self.repeated.len(),
            self.invented.len(),
            self.disorder.len(),
            self.torn.len(),
            self.split.len(),
            self.replaced.len(),
            self.unnamed.len(),
            self.shown.len(),
            faults.join(", "),
            self.aborted,
            self.fenced,
            self.completed,
            percentile(50),
            percentile(99),
            recoveries.len(),
            self.counters.iter().filter(|counters| counters.balance()).count(),
            self.counters.len(),
            self.notes.join("\n")
        )
    }
}

/// The version that `tools/kafka/start` runs.
fn kafka_version() -> &'static str {
    let pom = include_str!("../../kafka/pom.xml");
    let version = pom.split_once("<kafka.version>").and_then(|(_, rest)| rest.split('<').next());
    version.unwrap_or("unknown")
}
