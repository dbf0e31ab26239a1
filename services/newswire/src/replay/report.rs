//! What a replay counts, and says of it.

use super::{Plan, known::Skip};
use std::{collections::BTreeMap, io::Write};

/// Every article that was read was enriched again or passed over for a reason.
#[derive(Debug, Default)]
pub struct Report {
    /// Records written, or in a dry run those that would be; over all attempts of this process.
    pub enriched: u64,
    /// Those among them that say something else than the one before.
    pub differing: u64,
    /// Articles that were passed over, by reason; in the last attempt.
    pub skipped: BTreeMap<Skip, u64>,
    /// The versions that enriched.
    pub versions: String,
}

impl Report {
    /// Counts one that was passed over.
    pub fn skip(&mut self, why: Skip) {
        *self.skipped.entry(why).or_default() += 1;
    }

    /// The end's report.
    pub fn write(&self, out: &mut dyn Write, plan: &Plan) -> std::io::Result<()> {
        let would = if plan.dry_run { " would be" } else { "" };
        let Report { enriched, differing, skipped, versions } = self;
        let other: u64 = skipped.values().sum();
        writeln!(
            out,
            "{} articles read, {enriched}{would} enriched again to {} by {versions}, {differing} of them with another result",
            enriched + other,
            plan.to
        )?;
        for (why, count) in skipped {
            let (reason, meaning) = why.said();
            writeln!(out, "  {count} skipped: {reason} ({meaning})")?;
        }
        if *enriched == 0 {
            writeln!(out, "nothing to do")?;
        }
        Ok(())
    }
}
