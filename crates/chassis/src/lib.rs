#![doc = include_str!("../README.md")]

/// The allocator of every process. The system's keeps most of what large documents took for a moment: of 1,030 MB after four
/// minutes of hostile feeds, 660 MB were free (docs/benchmarks/chaos.md).
pub use tikv_jemallocator::Jemalloc as Allocator;

pub mod admin;
pub mod config;
pub mod health;
pub mod http;
mod observed;
pub mod process;
pub mod redact;
pub mod shutdown;
pub mod telemetry;
pub mod terminal;
pub mod thread;
