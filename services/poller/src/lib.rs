#![doc = include_str!("../README.md")]

mod args;
pub mod dates;
pub mod diff;
pub mod feed;
pub mod feeds;
pub mod fetch;
pub mod identity;
mod metrics;
pub mod opml;
pub mod parse;
pub mod poll;
mod run;
pub mod salvage;
pub mod schedule;
pub mod spacing;

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
