//! Who may replay: one at a time.

use crate::exclusive::ExclusiveMember;
use anyhow::{Context, bail};
use proto::topic::Topic;
use std::{
    collections::HashMap,
    fs::{File, TryLockError},
};
use stream::{Log, LogConfig, LogKind, MemberSpec, Outgoing};

/// Name of the replay's group on Kafka, and part of its transactional id.
const STAGE: &str = "dead-letter-replay";
/// File in the data folder of an embedded log that the one who replays holds locked.
const LOCK: &str = "dead-letter-replay.lock";

/// The right to replay, which one process has at a time: two that replayed one letter at once would each find that
/// nobody had, and an article would be enriched twice.
pub(super) enum ReplayLock {
    /// On Kafka whoever comes later fences who was there.
    Member(Box<ExclusiveMember>),
    /// On the embedded log all commands are on one machine: a lock beside the file, gone with its process.
    Lock(#[expect(dead_code, reason = "held, not read")] File),
}

impl ReplayLock {
    pub(super) fn take(log: &dyn Log, config: &LogConfig) -> anyhow::Result<Self> {
        let folder = match &config.kind {
            LogKind::Embedded(folder) => folder,
            LogKind::Kafka(_) => {
                let spec = MemberSpec {
                    stage: STAGE.to_owned(),
                    group: config.names.group(STAGE),
                    replica: "sole".to_owned(),
                    source: config.names.of(Topic::DeadLetter),
                    tables: Vec::new(),
                };
                return Ok(ReplayLock::Member(Box::new(ExclusiveMember::take(log, config, &spec, "another replay")?)));
            }
        };
        let file = File::options().create(true).truncate(false).write(true).open(folder.join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(ReplayLock::Lock(file)),
            Err(TryLockError::WouldBlock) => bail!("another replay is at work: wait until it has ended"),
            Err(TryLockError::Error(error)) => Err(error).context(LOCK),
        }
    }

    pub(super) fn write(&mut self, log: &dyn Log, record: Outgoing) -> anyhow::Result<()> {
        match self {
            ReplayLock::Member(alone) => {
                alone.keep()?;
                alone.write(&[record], &HashMap::new())
            }
            ReplayLock::Lock(_) => Ok(log.append(vec![record])?),
        }
    }
}
