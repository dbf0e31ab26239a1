//! `bench parse|enrich|start`: speed, compared with other programs in the same run.
#![expect(clippy::print_stdout, reason = "the result goes to standard output")]

use bench::{enrich, parse, start};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use test_support::corpora;

/// Measures speed, compared with other programs in the same run
#[derive(Parser)]
struct Args {
    #[command(subcommand)]
    what: What,
    /// Print one JSON object instead of a table
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum What {
    /// Feeds and megabytes a second, compared with feed-rs and feedparser
    Parse {
        /// Folder of feed documents [default: corpora of NEWSWIRE_CORPORA or ../shared]
        data: Option<PathBuf>,
    },
    /// Articles and tokens a second, compared with spaCy; cost by length of the article
    Enrich {
        /// File or folder in the format of `eval countries` [default: countries of NEWSWIRE_CORPORA or ../shared]
        data: Option<PathBuf>,
    },
    /// Time until gazetteer and model are ready
    Start,
    /// Loads a part once; `start` runs it
    #[command(hide = true)]
    StartOnce { part: start::Part },
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let value = match args.what {
        What::Parse { data } => parse::run(&data.unwrap_or_else(|| corpora::folder().join("corpora")), args.json)?,
        What::Enrich { data } => enrich::run(&data.unwrap_or_else(|| corpora::folder().join("countries")), args.json)?,
        What::Start => start::run(args.json)?,
        What::StartOnce { part } => {
            println!("{}", start::once(part)?);
            return Ok(());
        }
    };
    if args.json {
        println!("{value}");
    }
    Ok(())
}
