//! `eval WHAT DATA.. [--json]`: measures newswire against data that this project did not write.
#![expect(clippy::print_stdout, reason = "the result goes to standard output")]

use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, ValueEnum};
use train_tagger::Plan;

/// Measures newswire against data that this project did not write.
#[derive(Parser)]
struct Args {
    /// What to measure.
    what: Measure,
    /// Folders or files of data.
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Print one JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

/// A measure.
#[derive(Clone, Copy, ValueEnum)]
enum Measure {
    /// Parsing of feeds, by the expectations of test suites.
    Feeds,
    /// Parsing of dates, by the expectations of test suites.
    Dates,
    /// Countries of articles, by F1.
    Countries,
    /// Which places the names in annotated text mean, by GeoNames id and distance.
    Places,
    /// Names in annotated text, by F1, with the shipped model.
    Names,
    /// Names in each training corpus, with a model trained without it.
    LeftOut,
    /// Main content and metadata of web pages, by F1, and their speed.
    Pages,
    /// Salience of entities, by rank correlation.
    Salience,
    /// Polls spent and delay of entries, simulated.
    Schedule,
    /// The language of short texts, compared with whatlang and whichlang.
    Language,
    /// Canonical URLs and registrable domains, by the expectations of test suites.
    Url,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let first = args.data.first().context("no DATA")?;
    let value = match args.what {
        Measure::Feeds => eval::feeds::run(first, args.json)?,
        Measure::Dates => eval::dates::run(first, args.json)?,
        Measure::Countries => eval::countries::run(&args.data, args.json)?,
        Measure::Places => eval::places::run(&args.data, args.json)?,
        Measure::Names => eval::names::run(&args.data, args.json)?,
        Measure::LeftOut => eval::names::left_out::run(first, args.json, Plan::default())?,
        Measure::Pages => eval::pages::run(first, args.json)?,
        Measure::Salience => eval::salience::run(first, args.json)?,
        Measure::Schedule => eval::schedule::run(first, args.json)?,
        Measure::Language => eval::language::run(&args.data, args.json)?,
        Measure::Url => eval::url::run(first, args.json)?,
    };
    if args.json {
        println!("{value}");
    }
    Ok(())
}
