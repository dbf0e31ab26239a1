//! What a run says of itself, and whether that is enough.

use super::{
    ledger::Account,
    plan::{Kind, Scenario},
};
use std::{collections::BTreeMap, time::Duration};

/// See the module.
#[derive(Debug)]
pub struct Report {
    /// What was asked for.
    pub scenario: Scenario,
    /// Items that stood in their feed within a second of when they were due.
    pub published: u64,
    /// Enriched records read.
    pub read: u64,
    /// Served, and never came out; or not in their last version.
    pub lost: Vec<String>,
    /// Came out, and were never served.
    pub invented: Vec<String>,
    /// Came out twice under the design's uniqueness key.
    pub twice: Vec<String>,
    /// Revisions out of order.
    pub disorder: Vec<String>,
    /// Halves of transactions.
    pub torn: Vec<String>,
    /// Faults that struck.
    pub faults: BTreeMap<Kind, usize>,
    /// Transactions aborted.
    pub aborted: usize,
    /// Members fenced.
    pub fenced: usize,
    /// Processes that ended, or went on, as none should.
    pub crashed: Vec<String>,
    /// Panics in the services' logs.
    pub panics: usize,
    /// From the last fault until everything was there.
    pub completed: Option<Duration>,
    /// From a `kill -9` to the next commit of the same replica.
    pub moving_again: Vec<Duration>,
    /// Processes without an account.
    pub silent: usize,
    /// An account for each stage.
    pub ledger: Vec<Account>,
    /// What else happened.
    pub notes: Vec<String>,
}

/// What a run must reach for its verdict to mean anything.
#[derive(Debug, Clone, Copy)]
pub struct Required {
    /// Each kind of fault at least so often.
    pub faults: usize,
    /// More than no abort and no fencing.
    pub aborts_and_fences: bool,
}

impl Report {
    /// Of a run that has not begun.
    #[must_use]
    pub fn new(scenario: &Scenario) -> Self {
        Report {
            scenario: scenario.clone(),
            published: 0,
            read: 0,
            lost: Vec::new(),
            invented: Vec::new(),
            twice: Vec::new(),
            disorder: Vec::new(),
            torn: Vec::new(),
            faults: BTreeMap::new(),
            aborted: 0,
            fenced: 0,
            crashed: Vec::new(),
            panics: 0,
            completed: None,
            moving_again: Vec::new(),
            silent: 0,
            ledger: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A fault struck.
    pub fn struck(&mut self, kind: Kind) {
        *self.faults.entry(kind).or_default() += 1;
    }

    /// Something worth a line.
    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// What contradicts the promise: nothing lost, nothing twice.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let mut all = Vec::new();
        let lists = [
            ("lost", &self.lost),
            ("invented", &self.invented),
            ("twice", &self.twice),
            ("out of order", &self.disorder),
            ("torn", &self.torn),
            ("crashed", &self.crashed),
        ];
        for (what, list) in lists {
            if !list.is_empty() {
                let some: Vec<&str> =
                    list.iter().step_by((list.len() / 6).max(1)).take(6).map(String::as_str).collect();
                all.push(format!("{what}: {}, for instance {some:?}", list.len()));
            }
        }
        for account in self.ledger.iter().filter(|account| !account.closes()) {
            all.push(format!("the ledger of {} does not close: {account:?}", account.stage));
        }
        if self.panics > 0 {
            all.push(format!("panics in the services' logs: {}", self.panics));
        }
        all
    }

    /// Whether the run shows what this broken version does wrong: that it was only late, say, is not it.
    #[must_use]
    pub fn shows_the_flaw_of(&self, sabotage: &str) -> bool {
        match sabotage {
            // Who takes over skips what was not written, or compares with what was never published.
            "offsets-outside" | "state-first" => !self.lost.is_empty(),
            _ => !self.twice.is_empty(),
        }
    }

    /// Why the run proves nothing, where it does not.
    #[must_use]
    pub fn vacuous(&self, required: Required) -> Vec<String> {
        let mut all = Vec::new();
        let planned = self.scenario.duration.as_secs_f64() * self.scenario.rate;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52 items")]
        let published = self.published as f64;
        if published < planned * 0.9 {
            all.push(format!("{published} items were published of {planned} planned"));
        }
        for kind in &self.scenario.kinds {
            let struck = self.faults.get(kind).copied().unwrap_or(0);
            if struck < required.faults {
                all.push(format!("{kind:?} struck {struck} times, not {}", required.faults));
            }
        }
        if required.aborts_and_fences && (self.aborted == 0 || self.fenced == 0) {
            all.push(format!("{} transactions aborted, {} members fenced", self.aborted, self.fenced));
        }
        if self.completed.is_none() {
            all.push(format!("not complete within {:?} of the last fault", self.scenario.complete_within));
        }
        if self.silent > 0 || self.ledger.is_empty() {
            all.push(format!("{} processes without an account", self.silent));
        }
        all
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut moving = self.moving_again.clone();
        moving.sort();
        let at = |share: usize| moving.get((moving.len() * share / 100).min(moving.len().saturating_sub(1))).copied();
        let faults: Vec<String> = self.faults.iter().map(|(kind, count)| format!("{kind:?} {count}")).collect();
        format!(
            "Apache Kafka {}, one broker, read committed by kcat\n\
             seed {} · {} s at {} articles/s · published in time {} · enriched records {}\n\
             lost {} · twice {} · invented {} · out of order {} · torn {}\n\
             faults: {}\n\
             transactions aborted {} · members fenced {} · complete after the last fault in {:?}\n\
             from a kill -9 to the next commit: p50 {:?}, p99 {:?} ({} kills)\n\
             ledger: {} accounts, {} closed\n{}",
            kafka_version(),
            self.scenario.seed,
            self.scenario.duration.as_secs(),
            self.scenario.rate,
            self.published,
            self.read,
            self.lost.len(),
            self.twice.len(),
            self.invented.len(),
            self.disorder.len(),
            self.torn.len(),
            faults.join(", "),
            self.aborted,
            self.fenced,
            self.completed,
            at(50),
            at(99),
            moving.len(),
            self.ledger.len(),
            self.ledger.iter().filter(|account| account.closes()).count(),
            self.notes.join("\n")
        )
    }
}

/// The version that `tools/kafka/start` runs.
fn kafka_version() -> &'static str {
    let pom = include_str!("../../kafka/pom.xml");
    let version = pom.split_once("<kafka.version>").and_then(|(_, rest)| rest.split('<').next());
    version.unwrap_or("of unknown version")
}
