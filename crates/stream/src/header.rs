//! Headers that a dead letter, or a replay of it, carries in addition to those of the refused record.

/// Prefix of all of them.
pub const PREFIX: &str = "dl-";
/// Topic that the record was read from.
pub const TOPIC: &str = "dl-topic";
/// Partition that the record was read from.
pub const PARTITION: &str = "dl-partition";
/// Offset of the record.
pub const OFFSET: &str = "dl-offset";
/// The stage that refused the record.
pub const STAGE: &str = "dl-stage";
/// Why, as a countable name.
pub const REASON: &str = "dl-reason";
/// Why, as a sentence.
pub const DETAIL: &str = "dl-detail";
/// How many times the record was tried, from 1.
pub const ATTEMPT: &str = "dl-attempt";
/// Bytes of the original value, if it was truncated to fit.
pub const CUT: &str = "dl-cut";
/// When the record was refused, RFC 3339.
pub const TIME: &str = "dl-time";
/// Number of the dead letter that the record is a replay of, `PARTITION/OFFSET`.
pub const REPLAY_OF: &str = "dl-replay-of";
