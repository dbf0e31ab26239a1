//! `newswire replay`: articles enriched once more, with this enricher and the model that it is given.
//!
//! What was done is known by the records in the topic that is written to, not by a position: a replay that was
//! interrupted and is started again passes over what it has done, and so does one that has nothing to do. It writes
//! under a group and a transactional id of its own, which the latest replay has; an earlier one is fenced.

mod known;
mod report;
mod work;

use crate::{
    answer::{self, Answer},
    tail,
};
use enricher::Recogniser;
use proto::topic::Topic;
use std::{io::Write, time::Duration};
use stream::{Log, LogArgs, LogConfig, LogError, Start};

/// Name of the command's group, and part of its transactional id.
const STAGE: &str = "replay";
/// Times that a replay begins again, without progress, where its member was lost or the log could not be reached.
const ATTEMPTS: u32 = 5;
/// Pause before it does.
const PAUSE: Duration = Duration::from_millis(500);

/// What is enriched again.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The topic that is read: `articles`, in full or in short.
    #[arg(long, default_value = "articles")]
    topic: String,
    /// Where to begin: `beginning`, or an RFC 3339 time, which is that of writing.
    #[arg(long, value_name = "TIME")]
    from: String,
    /// The topic that is written to; made where it is missing. By default that of the enricher.
    #[arg(long, value_name = "TOPIC")]
    to: Option<String>,
    /// Most records written a second.
    #[arg(long, value_name = "N", default_value_t = 200)]
    rate: u32,
    /// Says what would be enriched, passed over, and with how many another result; writes nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    model: enricher::ModelArgs,
    #[command(flatten)]
    log: LogArgs,
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
    /// A sentence for each thing that is wrong.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        let plan = self.plan()?;
        Ok(Box::new(move |out| run(out, &plan)))
    }

    fn plan(&self) -> Result<Plan, Vec<String>> {
        let mut errors = chassis::config::ConfigErrors::default();
        let from = match tail::begin(&self.from) {
            Ok(from @ (Start::Beginning | Start::Time(_))) => Some(from),
            _ => {
                errors.push(format!("--from is beginning or an RFC 3339 time, not {:?}", self.from));
                None
            }
        };
        if !(1..=100_000).contains(&self.rate) {
            errors.push(format!("--rate is 1 to 100000 records a second, not {}", self.rate));
        }
        let (log, finder) = (errors.ok(self.log.check()), errors.ok(self.model.check()));
        if let Some(log) = &log
            && answer::topic_name(&log.names, &self.topic) != log.names.of(Topic::Articles)
        {
            errors.push(format!("--topic is articles, not {:?}", self.topic));
        }
        let to = log.as_ref().map(|log| match &self.to {
            Some(to) => answer::topic_name(&log.names, to),
            None => log.names.of(Topic::Enriched),
        });
        if let (Some(log), Some(to)) = (&log, &to)
            && log.names.topic(to).is_some_and(|topic| topic != Topic::Enriched)
        {
            errors.push(format!("--to is a topic for enriched articles, not {to}"));
        }
        errors.finish(|| {
            Some(Plan { log: log?, from: from?, to: to?, rate: self.rate, dry_run: self.dry_run, finder: finder? })
        })
    }
}

fn run(out: &mut dyn Write, plan: &Plan) -> anyhow::Result<()> {
    let open = || if plan.dry_run { answer::reach(&plan.log) } else { answer::ready(&plan.log) };
    let mut first = Some(open()?);
    again(out, plan, |attempt| {
        // Whoever held an embedded log may have gone, and this process is then the one to hold it.
        let log = first.take().map_or_else(open, Ok)?;
        attempt(&*log)
    })
}

/// Attempts, on the log that `with` gives each of them, until one has come to the end.
fn again(
    out: &mut dyn Write,
    plan: &Plan,
    mut with: impl FnMut(&mut dyn FnMut(&dyn Log) -> anyhow::Result<()>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut report = report::Report::default();
    let mut failures = 0;
    loop {
        let before = report.enriched;
        let Err(error) = with(&mut |log| work::attempt(log, plan, &mut report, out)) else {
            return Ok(report.write(out, plan)?);
        };
        let passes = matches!(error.downcast_ref(), Some(LogError::Lost(_) | LogError::Unavailable(_)));
        failures = if report.enriched > before { 1 } else { failures + 1 };
        if !passes || failures >= ATTEMPTS {
            return Err(error);
        }
        tracing::warn!(%error, failures, "the replay begins again; what is done is not done twice");
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests;
