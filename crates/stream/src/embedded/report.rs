//! What `newswire log` reports.

use serde::{Deserialize, Serialize};
use std::{fmt, path::PathBuf};

/// What `check` found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Topics.
    pub topics: u64,
    /// Records that are whole.
    pub records: u64,
    /// Bytes of their keys, values and headers.
    pub bytes: u64,
    /// What is not whole; of much damage only the beginning.
    pub damage: Vec<Damage>,
}

/// What `repair`, `upgrade` and `backup` wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// The new file.
    pub to: PathBuf,
    /// The file as it was, if the new one has taken its place.
    pub kept: Option<PathBuf>,
    /// Records in the new file.
    pub records: u64,
    /// Records that could not be read.
    pub lost: Vec<Span>,
    /// What else differs from the old file.
    pub notes: Vec<String>,
}

/// A group that retention waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub group: String,
    /// The topic that it reads.
    pub topic: String,
    /// Records that it has not read.
    pub unread: i64,
    /// True if a member of it runs.
    pub is_running: bool,
}

/// Offsets of a partition, from the first to the last of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Topic.
    pub topic: String,
    /// Partition.
    pub partition: i32,
    /// First offset.
    pub first: i64,
    /// Last offset.
    pub last: i64,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { topic, partition, first, last } = self;
        if first == last {
            return write!(f, "topic {topic}, partition {partition}, offset {first}");
        }
        write!(f, "topic {topic}, partition {partition}, offsets {first} to {last}")
    }
}

/// Something that is not whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// The records that cannot be read, as far as that is known.
    pub records: Option<Span>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.records {
            Some(span) if !self.what.starts_with("topic ") => write!(f, "{span}: {}", self.what),
            _ => f.write_str(&self.what),
        }
    }
}
