//! `bench start`: time until the gazetteer and the model are ready, as at the start of a service.
//!
//! Each measurement is a process of its own, which loads a part once. A process that loads nothing is the baseline.

use std::time::Instant;

use crate::broker::{in_process, processor_seconds};
use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::{Value, json};

/// Number of processes for each part.
const PROCESSES: usize = 15;
/// What a process loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// Nothing.
    Nothing,
    /// The gazetteer.
    Gazetteer,
    /// The model that finds names.
    Model,
    /// The gazetteer and the model.
    Both,
}

impl Part {
    fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// Prints a table unless `json` is set, and returns `{PART: {"clock_ms": [best, median], "processor_ms": [..]}}`.
///
/// # Errors
/// A process cannot be started, or fails.
#[expect(clippy::print_stdout, reason = "the table goes to standard output")]
pub fn run(json: bool) -> anyhow::Result<Value> {
    let mut times = vec![(Vec::new(), Vec::new()); Part::value_variants().len()];
    for _ in 0..PROCESSES {
        // In turns, so that other load on the machine affects all parts equally.
        for (part, (clock, processor)) in Part::value_variants().iter().zip(&mut times) {
            let answer: Value = in_process(&["start-once", &part.name()])?;
            clock.push(answer["clock_ms"].as_f64().context("the process printed no time")?);
            processor.push(answer["processor_ms"].as_f64().context("the process printed no time")?);
        }
    }
    let mut answer = serde_json::Map::new();
    for (part, (clock, processor)) in Part::value_variants().iter().zip(&mut times) {
        let (clock, processor) = (best_and_median(clock), best_and_median(processor));
        if !json {
            let ([a, b], [c, d]) = (clock, processor);
            println!(
                "{:<10} wall time {a:6.1} ms, median {b:6.1}; processor time {c:6.1} ms, median {d:6.1}",
                part.name()
            );
        }
        answer.insert(part.name(), json!({ "clock_ms": clock, "processor_ms": processor }));
    }
    if !json {
        println!("{PROCESSES} processes each, best and median");
    }
    Ok(answer.into())
}

/// Loads a part, and returns the times in milliseconds: `{"clock_ms", "processor_ms"}`.
///
/// # Errors
/// The shipped data cannot be loaded.
pub fn once(part: Part) -> anyhow::Result<Value> {
    let (started, before) = (Instant::now(), processor_seconds()?);
    if matches!(part, Part::Gazetteer | Part::Both) {
        std::hint::black_box(enricher::gazetteer::Gazetteer::shipped()?);
    }
    if matches!(part, Part::Model | Part::Both) {
        std::hint::black_box(tagger::Tagger::shipped()?);
    }
    let clock_ms = started.elapsed().as_secs_f64() * 1e3;
    Ok(json!({ "clock_ms": clock_ms, "processor_ms": (processor_seconds()? - before) * 1e3 }))
}

fn best_and_median(times: &mut [f64]) -> [f64; 2] {
    times.sort_by(f64::total_cmp);
    [times.first(), times.get(times.len() / 2)].map(|time| time.copied().unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loading_a_part_takes_time() {
        let once = once(Part::Gazetteer).unwrap();
        assert!(once["clock_ms"].as_f64().unwrap() > 0.0 && once["processor_ms"].as_f64().unwrap() > 0.0);
        assert_eq!(best_and_median(&mut [3.0, 1.0, 2.0]), [1.0, 2.0]);
    }
}
