//! `bench start`: how long the gazetteer and the model take to be ready, each in processes of its own.
//!
//! A process reads one of them once and prints its clock and processor time; the first thing that a service does. With
//! nothing read it says what a process costs by itself.

use std::process::Command;
use std::time::Instant;

use anyhow::Context as _;
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};

/// Processes of each kind.
const PROCESSES: usize = 15;
/// What is read, by the name that a process is given.
const PARTS: [&str; 4] = ["nothing", "gazetteer", "model", "both"];

/// Prints a table, or with `json` nothing, and returns `{PART: {"clock_ms": [best, median], "processor_ms": [..]}}`.
///
/// # Errors
/// This program cannot be started again.
#[expect(clippy::print_stdout, reason = "the table is the answer to the command")]
pub fn run(json: bool) -> anyhow::Result<Value> {
    let mut times = vec![(Vec::new(), Vec::new()); PARTS.len()];
    for _ in 0..PROCESSES {
        // In turns, so that what else the machine does hits all alike.
        for (part, (clock, processor)) in PARTS.iter().zip(&mut times) {
            let output = Command::new(std::env::current_exe()?).args(["start-once", part]).output()?;
            anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let answer: Value = serde_json::from_slice(&output.stdout)?;
            clock.push(answer["clock_ms"].as_f64().context("no time")?);
            processor.push(answer["processor_ms"].as_f64().context("no time")?);
        }
    }
    let mut answer = serde_json::Map::new();
    for (part, (clock, processor)) in PARTS.iter().zip(&mut times) {
        let (clock, processor) = (best_and_median(clock), best_and_median(processor));
        if !json {
            let ([a, b], [c, d]) = (clock, processor);
            println!("{part:<10} by the clock {a:6.1} ms, median {b:6.1}; of the processor {c:6.1} ms, median {d:6.1}");
        }
        answer.insert((*part).to_owned(), json!({ "clock_ms": clock, "processor_ms": processor }));
    }
    if !json {
        println!("{PROCESSES} processes each, best and median");
    }
    Ok(answer.into())
}

/// One process of `run`: reads a part, and returns its times in milliseconds.
///
/// # Errors
/// Shipped data that do not fit.
pub fn once(part: &str) -> anyhow::Result<Value> {
    let (began, before) = (Instant::now(), processor_ms()?);
    if matches!(part, "gazetteer" | "both") {
        std::hint::black_box(enricher::gazetteer::Gazetteer::shipped()?);
    }
    if matches!(part, "model" | "both") {
        std::hint::black_box(tagger::Tagger::shipped()?);
    }
    let clock_ms = began.elapsed().as_secs_f64() * 1e3;
    Ok(json!({ "clock_ms": clock_ms, "processor_ms": processor_ms()? - before }))
}

/// Processor time of this process so far, its own and the system's for it.
#[expect(clippy::cast_precision_loss, reason = "microseconds of a short process")]
fn processor_ms() -> anyhow::Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let ms = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 * 1e3 + time.tv_usec() as f64 / 1e3;
    Ok(ms(usage.user_time()) + ms(usage.system_time()))
}

fn best_and_median(times: &mut [f64]) -> [f64; 2] {
    times.sort_by(f64::total_cmp);
    [times.first(), times.get(times.len() / 2)].map(|time| time.copied().unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_tells_what_it_took() {
        let once = once("gazetteer").unwrap();
        assert!(once["clock_ms"].as_f64().unwrap() > 0.0 && once["processor_ms"].as_f64().unwrap() > 0.0);
        assert_eq!(best_and_median(&mut [3.0, 1.0, 2.0]), [1.0, 2.0]);
    }
}
