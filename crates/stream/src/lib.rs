#![doc = include_str!("../README.md")]

mod admin;
mod backoff;
mod dead_letter;
mod driver;
pub mod embedded;
mod error;
pub mod faults;
pub mod header;
pub mod kafka;
mod log;
mod metrics;
mod pipeline;
mod record;
mod rows;
mod scan;
mod session;
mod stage;
mod table;
mod tail;

pub use admin::{Admin, TopicChange, TopicDifference, TopicProblem, TopicSpec};
pub use dead_letter::DeadLetter;
pub use driver::{Processor, drive};
pub use error::{LogError, ProcessError};
pub use log::{Batch, Clock, CommitTimes, Event, Findings, Log, MAX_POLL_BYTES, Member, MemberSpec, OnDisk, Recovery};
pub use metrics::{Metrics, StageMetrics};
pub use pipeline::{Access, LogArgs, LogConfig, LogKind, Runtime, StageTopics};
pub use record::{Headers, MAX_RECORD_BYTES, Outgoing, Record};
pub use rows::Rows;
pub use scan::{scan, until};
pub use session::{Session, Tables, Transaction};
pub use stage::{Input, Outcome, ProcessContext, RefusalLimit, StageSpec, run};
pub use table::{ContentType, Row, Table, TableSpec};
pub use tail::{Start, Tail};

/// Asks a stage to shut down: it finishes or aborts its batch and leaves its group.
pub use tokio_util::sync::CancellationToken;
