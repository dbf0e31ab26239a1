//! What can go wrong with a log. The variant is the policy: what a stage does about it.

/// A fault of the log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The transaction was aborted: nothing of it is visible, and the positions are rewound. Try again.
    #[error("the transaction was aborted, nothing of it is visible: {0}")]
    Aborted(String),
    /// Another member with the same ids has taken over. End the process: to join again would fence the other.
    #[error("fenced: another member with the same ids has taken over: {0}")]
    Fenced(String),
    /// The client is unusable, or the outcome of a commit is unknown. Discard the member and join anew: what was
    /// committed is found again in the log.
    #[error("this member is lost and must join anew: {0}")]
    Lost(String),
    /// The log cannot be reached just now. Try again after a pause.
    #[error("the log cannot be reached: {0}")]
    Unavailable(String),
    /// A transaction without offsets would fence nobody. A mistake of the caller.
    #[error("a transaction must commit at least one offset, or a zombie would not be fenced")]
    NoOffsets,
    /// A record is over the limit. Nothing was written.
    #[error("a record of {bytes} bytes for {topic}, key {key:?}, is over the limit of {limit} bytes")]
    TooLarge {
        /// Topic that it was meant for.
        topic: String,
        /// Its key.
        key: String,
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A topic that the log does not have.
    #[error("no topic {0}")]
    NoTopic(String),
    /// What is stored cannot be read. A human must look.
    #[error("the log's storage cannot be read: {0}")]
    Corrupt(String),
    /// The configuration is not accepted.
    #[error("configuration: {0}")]
    Config(String),
}

/// Why a stage refuses a record. The variant is the policy.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// The record can never be processed: it goes to the dead letters under this name, and the stage goes on.
    #[error("{reason}: {detail}")]
    Poison {
        /// Short and countable: `undecodable`, `no-title`.
        reason: &'static str,
        /// A sentence for a human.
        detail: String,
    },
    /// Something else is in trouble: the batch is tried again after a pause. Never goes to the dead letters.
    #[error("for now: {0}")]
    Transient(String),
    /// The log is in trouble.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl ProcessError {
    /// A record that can never be processed.
    pub fn poison(reason: &'static str, detail: impl ToString) -> Self {
        ProcessError::Poison { reason, detail: detail.to_string() }
    }
}
