//! The news pipeline's part of this crate: flags, topic names and what a service runs on. No other module of the crate
//! knows the pipeline's topics.

mod args;
mod config;
mod runtime;

pub use args::LogArgs;
pub use config::{LogConfig, LogKind};
pub use runtime::Runtime;
