#![doc = include_str!("../README.md")]

mod args;
mod check;
pub mod credentials;
mod data_urls;
pub mod dates;
pub mod definition;
pub mod diff;
pub mod discover;
pub mod document;
pub mod fetch;
pub mod identity;
pub mod limits;
mod metrics;
pub mod opml;
mod outgoing;
pub mod pages;
pub mod parse;
pub mod poll;
pub mod rate_limit;
mod run;
pub mod salvage;
pub mod schedule;

pub use args::{Args, Config};
pub use check::{CheckError, Checked, Revalidation, check};
pub use metrics::Metrics;
pub use run::{STAGE, run};

/// All that the poller does on the log. It asks for the positions of the stages behind, to keep their pace.
pub const ACCESS: stream::Access = stream::Access {
    service: "poller",
    stages: &[run::TOPICS, pages::TOPICS],
    reads: &[],
    appends: &[],
    watches: &run::WATCHED,
};

/// Why the poller failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The HTTP client could not be built; the text says why.
    #[error("cannot build the HTTP client: {0}")]
    Client(String),
    /// The registry already has metrics of these names.
    #[error(transparent)]
    Metrics(#[from] ::metrics::Error),
    /// The poll loop's thread panicked or could not be started.
    #[error(transparent)]
    Thread(#[from] chassis::thread::ThreadError),
    /// The log failed.
    #[error(transparent)]
    Log(#[from] stream::LogError),
}
