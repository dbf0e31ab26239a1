#![doc = include_str!("../README.md")]

mod config;
mod dead_letter;
pub mod embedded;
mod error;
pub mod faults;
pub mod kafka;
mod log;
mod metrics;
mod record;
mod runtime;
mod session;
mod stage;

pub use config::{LogArgs, LogConfig, LogKind};
pub use dead_letter::{DeadLetter, header as dead_letter_header};
pub use error::{LogError, ProcessError};
pub use log::{Assigned, Batch, Log, Member, MemberSpec, Row, Rows, Start, Tail, TopicSpec, Turn, scan, until};
pub use metrics::Metrics;
pub use record::{Headers, MAX_RECORD_BYTES, Outgoing, Record};
pub use runtime::Runtime;
pub use session::{Partitions, Session, Transaction};
pub use stage::{Input, Outcome, ProcessContext, StageSpec, rejoining, run};

/// Asks a stage to stop: it finishes or aborts its batch and leaves.
pub use tokio_util::sync::CancellationToken;
