//! `newswire tail`: prints the records of a topic, one JSON object a line.

use crate::answer::{self, Answer};
use std::{io::Write, time::Duration};
use stream::{LogArgs, LogConfig, Start};

/// Which records are printed, and how.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The topic: `news.enriched.v1`, `enriched.v1` or `enriched`.
    topic: String,
    /// Where to start: `beginning`, `end`, a number of records before the end, or an RFC 3339 time.
    #[arg(long, default_value = "end", value_name = "WHERE")]
    from: String,
    /// Stop at the current end of the topic instead of waiting for more records.
    #[arg(long)]
    to_end: bool,
    /// Print only records with this key: an id, or the key's text.
    #[arg(long)]
    key: Option<String>,
    /// Print only the values.
    #[arg(long)]
    values: bool,
    #[command(flatten)]
    log: LogArgs,
}

impl Args {
    /// Checks the flags.
    ///
    /// # Errors
    /// One sentence for each wrong flag.
    pub fn check(&self) -> Result<Answer, Vec<String>> {
        let mut errors = chassis::config::ConfigErrors::default();
        let (from, config) = (errors.ok(begin(&self.from).map_err(|one| vec![one])), errors.ok(self.log.check()));
        let (from, config) = errors.finish(|| Some((from?, config?)))?;
        let topic = answer::topic_name(&config.names, &self.topic);
        let (to_end, values) = (self.to_end, self.values);
        let key = self.key.clone().map(|text| {
            let key = config.names.topic(&topic).and_then(|topic| topic.key(&text).ok());
            key.unwrap_or_else(|| text.into_bytes())
        });
        Ok(Box::new(move |out| {
            let names = config.names.clone();
            let print = |out: &mut dyn Write, record: &stream::Record| -> anyhow::Result<()> {
                if key.as_ref().is_some_and(|key| *key != record.key) {
                    return Ok(());
                }
                let mut shown = answer::record(&names, record);
                if values {
                    shown = shown["value"].take();
                }
                let mut line = serde_json::to_vec(&shown)?;
                line.push(b'\n');
                Ok(out.write_all(&line)?)
            };
            follow(out, &config, &topic, from, to_end, &print)
        }))
    }
}

fn follow(
    out: &mut dyn Write,
    config: &LogConfig,
    topic: &str,
    from: Start,
    to_end: bool,
    print: &dyn Fn(&mut dyn Write, &stream::Record) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let log = answer::reach(config)?;
    let mut tail = log.tail(topic, from)?;
    // A tail has caught up when it reaches the end as it was when the tail was opened.
    while !(to_end && tail.caught_up()) {
        for record in tail.poll(1_000, Duration::from_millis(200))? {
            print(out, &record)?;
        }
        out.flush()?;
    }
    Ok(())
}

/// The start that a value of `--from` names.
///
/// # Errors
/// A sentence that lists the allowed values.
pub fn begin(text: &str) -> Result<Start, String> {
    match text {
        "beginning" => return Ok(Start::Beginning),
        "end" => return Ok(Start::End),
        _ => {}
    }
    if let Ok(count) = text.parse::<i64>()
        && count >= 0
    {
        return Ok(Start::Last(count));
    }
    text.parse::<jiff::Timestamp>()
        .map(|at| Start::Time(at.as_millisecond()))
        .map_err(|_| format!("--from is beginning, end, a number of records or an RFC 3339 time, not {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_is_an_end_a_count_or_a_time() {
        assert_eq!(begin("beginning"), Ok(Start::Beginning));
        assert_eq!(begin("20"), Ok(Start::Last(20)));
        assert_eq!(begin("1970-01-01T00:00:01Z"), Ok(Start::Time(1_000)));
        assert!(begin("-3").is_err() && begin("yesterday").is_err());
    }
}
