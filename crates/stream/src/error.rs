//! Errors. Each variant stands for what its caller does next.

/// An error of a log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The transaction was aborted: nothing of it is visible, and the member is back at its committed positions. Retry.
    #[error("the transaction was aborted: {0}")]
    Aborted(String),
    /// Another member with the same ids has taken over. End the process: rejoining would fence the other.
    #[error("fenced by another member with the same ids: {0}")]
    Fenced(String),
    /// The client is unusable, or the outcome of a commit is unknown. Discard the member and rejoin: the log shows what was
    /// committed.
    #[error("the member is lost and must rejoin: {0}")]
    Lost(String),
    /// The log cannot be reached. Retry after a pause.
    #[error("the log cannot be reached: {0}")]
    Unavailable(String),
    /// The cluster does not grant a right. Retry after a pause, as an operator may grant it.
    #[error("the log denies access: {0} (`newswire topics acls` prints the rights of each service)")]
    Denied(String),
    /// A transaction without offsets, which would fence no one. A bug in the caller.
    #[error("a transaction must commit at least one offset, or a zombie would not be fenced")]
    NoOffsets,
    /// A record is over the limit. Nothing was written; a member must be rewound.
    #[error("a record of {bytes} bytes for {topic}, key {key:?}, is over {}", limit_text(*limit))]
    TooLarge {
        /// Topic of the record.
        topic: String,
        /// Key of the record.
        key: String,
        /// Bytes of key, value and headers.
        bytes: usize,
        /// The limit in bytes; 0 if only the broker knows it.
        limit: usize,
    },
    /// The log has no such topic.
    #[error("no topic {0}")]
    NoTopic(String),
    /// Stored data cannot be read. An operator has to act.
    #[error("the log's storage cannot be read: {0}")]
    Corrupt(String),
    /// A newer version of newswire wrote a record or a row, which this one would misread. Stop before writing anything.
    #[error("{0}")]
    Newer(String),
    /// The configuration is invalid.
    #[error("configuration: {0}")]
    Config(String),
}

fn limit_text(limit: usize) -> String {
    if limit == 0 { "the limit of the broker".to_owned() } else { format!("the limit of {limit} bytes") }
}

/// Why a stage does not process a record.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The record can never be processed. It goes to the dead letters, and the stage continues.
    #[error("{reason}: {detail}")]
    Poison {
        /// A name to count it under: `undecodable`, `no-title`.
        reason: &'static str,
        /// One sentence for the operator.
        detail: String,
    },
    /// Something else fails temporarily: the batch is retried after a pause, and never goes to the dead letters.
    #[error("temporary: {0}")]
    Transient(String),
    /// The processor must not go on: it leaves its group, and its process waits to be replaced.
    #[error("stopped: {0}")]
    Halt(String),
    /// The log failed.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl ProcessError {
    /// A record that can never be processed, with a countable reason and a sentence.
    pub fn poison(reason: &'static str, detail: impl ToString) -> Self {
        ProcessError::Poison { reason, detail: detail.to_string() }
    }
}
