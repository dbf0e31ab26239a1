//! The counts of a replay.

use super::{Plan, index::Skip};
use std::{collections::BTreeMap, io::Write};

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

    /// Writes the report.
    pub fn write(&self, out: &mut dyn Write, plan: &Plan) -> std::io::Result<()> {
        let would = if plan.dry_run { " would be" } else { "" };
        let Report { enriched, differing, skipped, versions } = self;
        let skipped_count: u64 = skipped.values().sum();
        writeln!(
            out,
            "{} articles read, {enriched}{would} enriched again to {} by {versions}, {differing} of them with another result",
            enriched + skipped_count,
            plan.to
        )?;
        for (reason, count) in skipped {
            let (reason, meaning) = reason.describe();
            writeln!(out, "  {count} skipped: {reason} ({meaning})")?;
        }
        if *enriched == 0 {
            writeln!(out, "nothing to do")?;
        }
        Ok(())
    }
}
