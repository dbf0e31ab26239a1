//! `bench parse|normalise|enrich|languages|full-text|pipeline|latency|restore|start|state|poll|feeds|partitions|gateway`: speed, compared with other programs in the same run, and sizes.
#![expect(clippy::print_stdout, reason = "the result goes to standard output")]

use bench::{
    enrich, full_text, gateway, languages, latency, normalise, parse, partitions, pipeline, poll, restore, start, state,
};
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use test_support::corpora;

// That of the services.
#[global_allocator]
static ALLOCATOR: chassis::Allocator = chassis::Allocator;

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
    /// Articles a second from feed text on one core, whole and by step, compared with Python
    Normalise {
        /// Folder of captured feeds [default: corpora of NEWSWIRE_CORPORA or ../shared]
        data: Option<PathBuf>,
    },
    /// Articles and tokens a second, compared with spaCy; cost by length of the article
    Enrich {
        /// File or folder in the format of `eval countries` [default: countries of NEWSWIRE_CORPORA or ../shared]
        data: Option<PathBuf>,
    },
    /// Tokens a second of enrichment by language, compared with English, and the memory of the models
    Languages {
        /// Folder with a folder for each language [default: ner-multilingual of NEWSWIRE_CORPORA or ../shared]
        data: Option<PathBuf>,
    },
    /// Rows a second and bytes a row of a table that is read from its changelog on Kafka
    Restore {
        /// Rows to write first
        #[arg(default_value_t = 1_000_000)]
        rows: usize,
    },
    /// Articles a second from raw item to enriched article on Kafka, stage by stage, compared with copies and with Python
    Pipeline(pipeline::Args),
    /// Share of articles with 150 words or more, with the feeds' text and with their pages
    FullText {
        /// Folder with captured feeds and pages [default: corpora of NEWSWIRE_CORPORA or ../shared]
        data: Option<PathBuf>,
    },
    /// Time from the publication on a feed's server to the enriched record, at 20 articles a second
    Latency {
        /// Articles
        #[arg(default_value_t = 1_200)]
        articles: usize,
    },
    /// Time until gazetteer and model are ready
    Start,
    /// Bytes of the poller's state of a feed, and the time to decode it for a poll that answers 304
    State {
        /// Folder of captured feeds [default: corpora of NEWSWIRE_CORPORA or ../shared]
        data: Option<PathBuf>,
        /// Number of feeds that are made from them
        #[arg(long, default_value_t = 100_000)]
        feeds: usize,
    },
    /// Polls a second of one process, compared with the HTTP client in a bare loop and with Python
    Poll(poll::Args),
    /// Many feeds on many hosts: polls a second, lateness, memory
    Feeds(poll::scale::Args),
    /// How evenly feeds fall on partitions, which are those of their hosts
    Partitions(partitions::Args),
    /// Delay from the topic to many clients of the stream, and the time of lists over a full window
    Gateway(gateway::Args),
    /// Serves articles; `gateway` runs it
    #[command(hide = true)]
    GatewayOnce(gateway::Place),
    /// Serves feeds; `poll` and `feeds` run it
    #[command(hide = true)]
    PollServer { processor: usize },
    /// One measurement; `poll` runs it
    #[command(hide = true)]
    PollOnce(poll::Place),
    /// Polls the feeds of a log; `feeds` runs it
    #[command(hide = true)]
    FeedsOnce(poll::Folder),
    /// Runs one stage; `pipeline` runs it
    #[command(hide = true)]
    StageOnce(pipeline::stage::Place),
    /// Restores a table, and scales up; `restore` runs it
    #[command(hide = true)]
    RestoreOnce(restore::Place),
    /// Loads a part once; `start` runs it
    #[command(hide = true)]
    StartOnce { part: start::Part },
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let value = match args.what {
        What::Parse { data } => parse::run(&data.unwrap_or_else(|| corpora::folder().join("corpora")), args.json)?,
        What::Normalise { data } => {
            normalise::run(&data.unwrap_or_else(|| corpora::folder().join("corpora")), args.json)?
        }
        What::Languages { data } => {
            languages::run(&data.unwrap_or_else(|| corpora::folder().join("ner-multilingual")), args.json)?
        }
        What::Enrich { data } => enrich::run(&data.unwrap_or_else(|| corpora::folder().join("countries")), args.json)?,
        What::Restore { rows } => restore::run(rows, args.json)?,
        What::Pipeline(what) => pipeline::run(&what, args.json)?,
        What::FullText { data } => {
            full_text::run(&data.unwrap_or_else(|| corpora::folder().join("corpora")), args.json)?
        }
        What::Latency { articles } => latency::run(articles, args.json)?,
        What::Start => start::run(args.json)?,
        What::State { data, feeds } => {
            state::run(&data.unwrap_or_else(|| corpora::folder().join("corpora")), feeds, args.json)?
        }
        What::Poll(what) => poll::run(&what, args.json)?,
        What::Feeds(what) => poll::scale::run(&what, args.json)?,
        What::Partitions(what) => {
            let lists = what.lists.clone().unwrap_or_else(|| corpora::folder().join("corpora/sources"));
            partitions::run(&lists, &what, args.json)?
        }
        What::Gateway(what) => gateway::run(&what, args.json)?,
        What::GatewayOnce(place) => return gateway::serve(&place),
        What::PollServer { processor } => return poll::server::serve(processor),
        // These print JSON in any case.
        What::PollOnce(place) => return once(&poll::once(&place)?),
        What::FeedsOnce(place) => return once(&poll::scale::once(&place)?),
        What::StageOnce(place) => return once(&pipeline::stage::once(&place)?),
        What::RestoreOnce(place) => return once(&restore::once(&place)?),
        What::StartOnce { part } => return once(&start::once(part)?),
    };
    if args.json {
        println!("{value}");
    }
    Ok(())
}

fn once(result: &impl serde::Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(result)?);
    Ok(())
}
