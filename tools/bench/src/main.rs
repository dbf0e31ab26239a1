//! `bench WHAT [DATA] [--json]`: speed, beside others, as ratios within one run.
#![expect(clippy::print_stdout, reason = "its answer goes there")]

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Parser;
use test_support::corpora;

#[derive(Parser)]
#[command(about = "Speed, beside others, as ratios within one run")]
struct Args {
    /// parse, enrich, start
    what: String,
    /// A folder; where it is not named, the corpora beside the project.
    data: Option<PathBuf>,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let value = match args.what.as_str() {
        "parse" => {
            let data = args.data.unwrap_or_else(|| corpora::folder().join("corpora"));
            bench::parse::run(&data, args.json)?
        }
        "enrich" => {
            let data = args.data.unwrap_or_else(|| corpora::folder().join("countries"));
            bench::enrich::run(&data, args.json)?
        }
        "start" => bench::start::run(args.json)?,
        // A process of `start`.
        "start-once" => {
            let part = args.data.context("no part")?;
            println!("{}", bench::start::once(&part.to_string_lossy())?);
            return Ok(());
        }
        what => bail!("nothing is called {what}: parse, enrich, start"),
    };
    if args.json {
        println!("{value}");
    }
    Ok(())
}
