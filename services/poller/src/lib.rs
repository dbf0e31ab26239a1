#![doc = include_str!("../README.md")]

mod args;
pub mod dates;
pub mod definition;
pub mod diff;
pub mod document;
pub mod fetch;
pub mod identity;
mod metrics;
pub mod opml;
pub mod parse;
pub mod poll;
pub mod rate_limit;
mod run;
pub mod salvage;
pub mod schedule;

pub use args::{Args, Config};
pub use metrics::Metrics;
pub use run::run;

/// Why the poller ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No client for the network.
    #[error("the client for the network cannot be made: {0}")]
    Client(String),
    /// The registry has metrics of these names already.
    #[error(transparent)]
    Metrics(#[from] prometheus::Error),
    /// The thread that owns the session ended by itself.
    #[error(transparent)]
    Thread(#[from] chassis::thread::ThreadError),
    /// The log.
    #[error(transparent)]
    Log(#[from] stream::LogError),
}
