//! The news pipeline's part of this crate: flags, topic names and what a service runs on. No other module of the crate
//! knows the pipeline's topics.

mod access;
mod args;
mod config;
mod kafka_args;
mod runtime;

pub use access::{Access, StageTopics};
pub use args::LogArgs;
pub use config::{LogConfig, LogKind};
pub use runtime::Runtime;
