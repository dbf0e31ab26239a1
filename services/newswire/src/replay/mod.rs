//! `newswire replay`: enriches articles again, with this enricher and the given model.
//!
//! The records on the target topic show what was done, not a position: a replay that was interrupted and is started again
//! skips what it has done. It writes with a group and a transactional id of its own, so that a later replay fences an
//! earlier one.

mod attempt;
mod index;
mod report;

use crate::{
    answer::{self, Answer},
    output::OutputArgs,
    tail,
};
use enricher::Recogniser;
use proto::topic::Topic;
use report::Report;
use std::{io::Write, time::Duration};
use stream::{Log, LogArgs, LogConfig, LogError, Start};

/// Name of the consumer group, and part of the transactional id.
pub const STAGE: &str = "replay";
/// Attempts without progress, where the membership was lost or the log was unavailable.
const ATTEMPTS: u32 = 5;
/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Flags of `newswire replay`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Topic to read: `articles`, or its full name.
    #[arg(long, default_value = "articles")]
    topic: String,
    /// Start: `beginning`, or the RFC 3339 time from which records were written.
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Topic to write to, created if it is missing. By default that of the enricher.
    #[arg(long, value_name = "TOPIC")]
    to: Option<String>,
    /// Most records written a second, 1 to 100000.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// Reports how many articles would be enriched, with another result, or skipped; writes nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    model: enricher::ModelArgs,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// The flags, checked.
#[derive(Debug, Clone)]
struct Plan {
    log: LogConfig,
    from: Start,
    to: String,
    rate: u32,
    dry_run: bool,
    finder: Recogniser,
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One message for each invalid flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        let (plan, output) = (self.plan()?, self.output);
        Ok(Box::new(move |out| {
            let report = run(&plan)?;
            if output.json { Ok(out.json(&report.json(&plan))?) } else { Ok(write!(out, "{}", report.text(&plan))?) }
        }))
    }

    fn plan(&self) -> Result<Plan, Vec<String>> {
        let mut errors = chassis::config::ConfigErrors::default();
        let from = match tail::begin(&self.from) {
            Ok(from @ (Start::Beginning | Start::Time(_))) => Some(from),
            _ => {
                errors.push(format!("--from must be beginning or an RFC 3339 time, not {:?}", self.from));
                None
            }
        };
        let (log, finder) = (errors.ok(self.log.check()), errors.ok(self.model.check()));
        if let Some(log) = &log
            && answer::topic_name(&log.names, &self.topic) != log.names.of(Topic::Articles)
        {
            errors.push(format!("--topic must be articles, not {:?}", self.topic));
        }
        let to = log.as_ref().map(|log| match &self.to {
            Some(to) => answer::topic_name(&log.names, to),
            None => log.names.of(Topic::Enriched),
        });
        if let (Some(log), Some(to)) = (&log, &to)
            && log.names.topic(to).is_some_and(|topic| topic != Topic::Enriched)
        {
            errors.push(format!("--to must be a topic for enriched articles, not {to}"));
        }
        errors.finish(|| {
            Some(Plan { log: log?, from: from?, to: to?, rate: self.rate, dry_run: self.dry_run, finder: finder? })
        })
    }
}

fn run(plan: &Plan) -> anyhow::Result<Report> {
    let open = || if plan.dry_run { answer::reach(&plan.log) } else { answer::ready(&plan.log) };
    let mut first = Some(open()?);
    retry(plan, |attempt| {
        // The process that had the embedded log open may have ended; this process then opens it.
        let log = first.take().map_or_else(open, Ok)?;
        attempt(&*log)
    })
}

/// Runs attempts, each on the log that `with_log` opens, until one reaches the end.
fn retry(
    plan: &Plan,
    mut with_log: impl FnMut(&mut dyn FnMut(&dyn Log) -> anyhow::Result<()>) -> anyhow::Result<()>,
) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let mut failures = 0;
    loop {
        let before = report.enriched;
        let Err(error) = with_log(&mut |log| attempt::run(log, plan, &mut report)) else {
            return Ok(report);
        };
        let retriable = matches!(error.downcast_ref(), Some(LogError::Lost(_) | LogError::Unavailable(_)));
        failures = if report.enriched > before { 1 } else { failures + 1 };
        if !retriable || failures >= ATTEMPTS {
            return Err(error);
        }
        tracing::warn!(%error, failures, "replay interrupted; retrying");
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests;
