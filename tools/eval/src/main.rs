//! `eval WHAT DATA.. [--json]`: measures against data that this project did not write.
#![expect(clippy::print_stdout, reason = "its answer goes there")]

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Parser;
use train_tagger::Plan;

#[derive(Parser)]
#[command(about = "Measures against data that this project did not write")]
struct Args {
    /// feeds, dates, countries, names, left-out, salience
    what: String,
    /// Folders or files.
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let first = args.data.first().context("no DATA")?;
    let value = match args.what.as_str() {
        "feeds" => eval::feeds::run(first, args.json)?,
        "dates" => eval::dates::run(first, args.json)?,
        "countries" => eval::countries::run(&args.data, args.json)?,
        "names" => eval::names::run(&args.data, args.json)?,
        "left-out" => eval::names::left_out::run(first, args.json, Plan::default())?,
        "salience" => eval::salience::run(first, args.json)?,
        what => bail!("nothing is called {what}: feeds, dates, countries, names, left-out, salience"),
    };
    if args.json {
        println!("{value}");
    }
    Ok(())
}
