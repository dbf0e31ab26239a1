//! The lock that lets one process at a time replay dead letters.

use crate::exclusive::ExclusiveMember;
use anyhow::{Context, bail};
use proto::topic::Topic;
use std::{
    collections::HashMap,
    fs::{File, TryLockError},
};
use stream::{Log, LogConfig, LogKind, MemberSpec, Outgoing};

/// Name of the consumer group on Kafka, and part of the transactional id.
pub const STAGE: &str = "dead-letter-replay";
/// File in the data folder of an embedded log that the replaying process locks.
const LOCK: &str = "dead-letter-replay.lock";

/// The right to replay, which one process has at a time. Two processes could otherwise replay the same dead letter, and an
/// article would be enriched twice.
pub(super) enum ReplayLock {
    /// On Kafka, a later process fences the earlier one.
    Member(Box<ExclusiveMember>),
    /// On the embedded log all commands run on one machine: a file lock, which ends with its process.
    File(#[expect(dead_code, reason = "held, not read")] File),
}

impl ReplayLock {
    pub(super) fn acquire(log: &dyn Log, config: &LogConfig) -> anyhow::Result<Self> {
        let folder = match &config.kind {
            LogKind::Embedded(folder) => folder,
            LogKind::Kafka(_) => {
                let spec = MemberSpec {
                    stage: STAGE.to_owned(),
                    group: config.names.group(STAGE),
                    replica: "single".to_owned(),
                    source: config.names.of(Topic::DeadLetter),
                    tables: Vec::new(),
                    recovery: stream::Recovery::default(),
                };
                return Ok(ReplayLock::Member(Box::new(ExclusiveMember::join(log, config, &spec, "another replay")?)));
            }
        };
        let file = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(ReplayLock::File(file)),
            Err(TryLockError::WouldBlock) => bail!("another replay is running; wait until it has ended"),
            Err(TryLockError::Error(error)) => Err(error).context(LOCK),
        }
    }

    pub(super) fn write(&mut self, log: &dyn Log, record: Outgoing) -> anyhow::Result<()> {
        match self {
            ReplayLock::Member(member) => {
                member.keep_alive()?;
                member.write(&[record], &HashMap::new())
            }
            ReplayLock::File(_) => Ok(log.append(vec![record])?),
        }
    }
}
