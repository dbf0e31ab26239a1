//! The counts of a replay.

use super::{Plan, index::Skip};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write};

/// Every article that was read was either enriched again or skipped for a reason.
#[derive(Debug, Default)]
pub struct Report {
    /// Records written, or those that a dry run would write; over all attempts of this process.
    pub enriched: u64,
    /// Those of them with another result than the record before.
    pub differing: u64,
    /// Articles skipped in the last attempt, by reason.
    pub skipped: BTreeMap<Skip, u64>,
    /// Versions of enricher, gazetteer and model.
    pub versions: String,
}

impl Report {
    /// Counts a skipped article.
    pub fn skip(&mut self, reason: Skip) {
        *self.skipped.entry(reason).or_default() += 1;
    }

    /// The report for people.
    pub fn text(&self, plan: &Plan) -> String {
        let would = if plan.dry_run { " would be" } else { "" };
        let Report { enriched, differing, skipped, versions } = self;
        let (read, to) = (self.read(), &plan.to);
        let mut text = format!(
            "{read} articles read, {enriched}{would} enriched again to {to} by {versions}, {differing} of them with another \
             result\n",
        );
        for (reason, count) in skipped {
            let (reason, meaning) = reason.describe();
            // A string takes every write.
            let _ = writeln!(text, "  {count} skipped: {reason} ({meaning})");
        }
        if *enriched == 0 {
            text.push_str("nothing to do\n");
        }
        text
    }

    /// The report as one JSON object.
    pub fn json(&self, plan: &Plan) -> Value {
        let skipped: BTreeMap<&str, u64> =
            self.skipped.iter().map(|(reason, count)| (reason.describe().0, *count)).collect();
        json!({
            "read": self.read(), "enriched": self.enriched, "differing": self.differing, "written": !plan.dry_run,
            "topic": plan.to, "versions": self.versions, "skipped": skipped,
        })
    }

    fn read(&self) -> u64 {
        self.enriched + self.skipped.values().sum::<u64>()
    }
}
