//! Where a member starts: the group's committed position, compared with what the partition holds.

use super::{
    client::{KafkaConfig, MAX_REPORTS, QuietContext, REPORT_WAIT, check_described, watermarks},
    errors::{Right, denied, log_error, log_error_of},
    transaction::{Offsets, Writer},
};
use crate::{LogError, MemberSpec};
use rdkafka::{
    Offset, TopicPartitionList,
    config::FromClientConfigAndContext,
    consumer::{BaseConsumer, Consumer, ConsumerContext},
    error::RDKafkaErrorCode,
};
use std::{collections::HashMap, time::Duration};

/// Longest wait for one partition's watermarks: a partition without a leader must not delay the others.
const MARKS_TIMEOUT: Duration = Duration::from_millis(500);
/// Times that the first positions are tried: replicas that start together fence each other.
const FIRST_ATTEMPTS: u32 = 5;

/// What a position means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The member continues here.
    At(i64),
    /// The records from `from` to `start` were removed before the member had read them. It continues at `start`.
    Gap { from: i64, start: i64 },
    /// The position is past the end.
    Beyond { committed: i64, end: i64 },
    /// The group has no position, and the partition holds records.
    Missing { start: i64 },
    /// The partition does not answer.
    Unknown(String),
}

/// Compares a position with the partition's first offset and its end.
pub(super) fn judge(committed: Option<i64>, (start, end): (i64, i64)) -> Verdict {
    match committed {
        // There is nothing that could be missed or repeated.
        None if start == end => Verdict::At(start),
        None => Verdict::Missing { start },
        Some(from) if from < start => Verdict::Gap { from, start },
        Some(committed) if committed > end => Verdict::Beyond { committed, end },
        Some(committed) => Verdict::At(committed),
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Verdict::At(offset) => write!(f, "the position is {offset}"),
            Verdict::Gap { from, start } => {
                write!(f, "the position {from} is below the partition's start {start}")
            }
            Verdict::Beyond { committed, end } => {
                write!(f, "the position {committed} is past the partition's end {end}")
            }
            Verdict::Missing { start } => write!(f, "the group's position is gone; the partition starts at {start}"),
            Verdict::Unknown(reason) => write!(f, "the partition does not answer: {reason}"),
        }
    }
}

/// What asking for positions needs.
fn rights<'a>(group: &'a str, topic: &'a str) -> [Right<'a>; 2] {
    [Right::Group("Describe", group), Right::Topic("Describe", topic)]
}

/// The group's committed positions of partitions. Waits for transactions that are open on them.
fn settled<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    group: &str,
    partitions: TopicPartitionList,
    timeout: Duration,
) -> Result<TopicPartitionList, LogError> {
    // Under isolation.level=read_committed librdkafka sets require_stable, which waits for a pending transaction.
    consumer.committed_offsets(partitions, timeout).map_err(|error| match error.rdkafka_error_code() {
        Some(RDKafkaErrorCode::OperationTimedOut) => LogError::Unavailable(format!(
            "the group's positions do not settle within {timeout:?}: no coordinator, or a transaction that stays open on them"
        )),
        _ => log_error_of(&error, &[Right::Group("Describe", group)]),
    })
}

/// Asks for the committed positions of partitions, and judges each. Waits for transactions that are open on the positions.
pub(super) fn ask<C: ConsumerContext>(
    consumer: &BaseConsumer<C>,
    group: &str,
    partitions: TopicPartitionList,
    timeout: Duration,
) -> Result<HashMap<i32, Verdict>, LogError> {
    let committed = settled(consumer, group, partitions, timeout)?;
    let mut verdicts = HashMap::new();
    for element in committed.elements() {
        element.error().map_err(|error| log_error_of(&error, &rights(group, element.topic())))?;
        let position = match element.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        };
        let verdict = match watermarks(consumer, element.topic(), element.partition(), MARKS_TIMEOUT) {
            Ok(marks) => judge(position, marks),
            Err(error) => Verdict::Unknown(error.to_string()),
        };
        verdicts.insert(element.partition(), verdict);
    }
    Ok(verdicts)
}

/// The positions of a group, without being one of its members.
pub(super) struct GroupPositions<'c> {
    config: &'c KafkaConfig,
    reader: BaseConsumer<QuietContext>,
    group: String,
    topic: String,
}

impl<'c> GroupPositions<'c> {
    pub(super) fn open(config: &'c KafkaConfig, group: &str, topic: &str) -> Result<Self, LogError> {
        let mut client = config.reader("read_committed");
        client.set("group.id", group);
        let reader = BaseConsumer::from_config_and_context(&client, QuietContext::default())
            .map_err(|error| log_error(&error))?;
        Ok(GroupPositions { config, reader, group: group.to_owned(), topic: topic.to_owned() })
    }

    fn partitions(&self, topic: &str) -> Result<Vec<i32>, LogError> {
        let timeout = self.config.call_timeout();
        let metadata = self.reader.fetch_metadata(Some(topic), timeout).map_err(|error| log_error(&error))?;
        check_described(&metadata, topic)?;
        let found = metadata.topics().iter().find(|one| one.name() == topic && one.error().is_none());
        let numbers = found.map(|one| one.partitions().iter().map(rdkafka::metadata::MetadataPartition::id).collect());
        numbers.filter(|all: &Vec<i32>| !all.is_empty()).ok_or_else(|| LogError::NoTopic(topic.to_owned()))
    }

    /// The committed position of each partition that has one.
    pub(super) fn committed(&self) -> Result<HashMap<i32, i64>, LogError> {
        let mut partitions = TopicPartitionList::new();
        for partition in self.partitions(&self.topic)? {
            partitions.add_partition(&self.topic, partition);
        }
        let committed = settled(&self.reader, &self.group, partitions, self.config.call_timeout())
            .map_err(|error| self.denied().unwrap_or(error))?;
        let mut offsets = HashMap::new();
        for element in committed.elements() {
            element.error().map_err(|error| log_error_of(&error, &rights(&self.group, element.topic())))?;
            if let Offset::Offset(offset) = element.offset() {
                offsets.insert(element.partition(), offset);
            }
        }
        Ok(offsets)
    }

    /// What the client has reported of rights that are missing: without Describe on the group it finds no coordinator, and a call
    /// only times out.
    fn denied(&self) -> Option<LogError> {
        let reports = (0..MAX_REPORTS).filter_map(|_| self.reader.poll(REPORT_WAIT)?.err());
        reports.filter_map(|error| denied(&error, &rights(&self.group, &self.topic))).next().map(LogError::Denied)
    }

    /// First offset of each partition of a topic.
    pub(super) fn starts(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        let timeout = self.config.call_timeout();
        let start = |partition| Ok((partition, watermarks(&self.reader, topic, partition, timeout)?.0));
        self.partitions(topic)?.into_iter().map(start).collect()
    }

    fn was_written(&self, topic: &str) -> Result<bool, LogError> {
        let timeout = self.config.call_timeout();
        for partition in self.partitions(topic)? {
            // A read-committed client does not see the first records of a transaction, so the start counts, too.
            if watermarks(&self.reader, topic, partition, timeout)? != (0, 0) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The writer whose transactional id orders all who set the group's positions from outside.
    fn writer(&self) -> Result<Writer, LogError> {
        Writer::new(self.config, &format!("{}.positions", self.group))
    }

    /// Commits positions. A broker takes them from outside a group in a transaction, also while the group has members.
    fn commit(&self, writer: &mut Writer, offsets: &HashMap<i32, i64>) -> Result<(), LogError> {
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for (partition, next) in offsets {
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(*next))
                .map_err(|error| log_error(&error))?;
        }
        let group = self.reader.group_metadata();
        let group = group.ok_or_else(|| LogError::Unavailable(format!("no metadata of group {}", self.group)))?;
        let (name, topic) = (self.group.clone(), self.topic.clone());
        writer.transact(&[], Some(Offsets { name, topic, next: list, group }))
    }

    /// As [`crate::Admin::set_committed`].
    pub(super) fn set(&self, offsets: &HashMap<i32, i64>) -> Result<(), LogError> {
        if offsets.is_empty() {
            return Ok(());
        }
        self.commit(&mut self.writer()?, offsets)
    }
}

/// Commits the first positions of a group that starts for the first time: it has none, and its outputs were never written.
/// From then on a position that is missing was lost.
///
/// Between the check and the commit no other replica can commit: it would fence this writer first.
pub(super) fn begin_group(config: &KafkaConfig, spec: &MemberSpec) -> Result<(), LogError> {
    let positions = GroupPositions::open(config, &spec.group, &spec.source)?;
    let is_first = || -> Result<bool, LogError> {
        if !positions.committed()?.is_empty() {
            return Ok(false);
        }
        for output in &spec.recovery.outputs {
            if positions.was_written(output)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    let mut last = LogError::Unavailable(format!("the first positions of {} cannot be committed", spec.group));
    for _ in 0..FIRST_ATTEMPTS {
        if !is_first()? {
            return Ok(());
        }
        let mut writer = positions.writer()?;
        if !is_first()? {
            return Ok(());
        }
        match positions.commit(&mut writer, &positions.starts(&spec.source)?) {
            Ok(()) => {
                tracing::info!(stage = spec.stage, group = spec.group, "first start of the group");
                return Ok(());
            }
            Err(error @ LogError::Denied(_)) => return Err(error),
            // Another replica starts at the same time.
            Err(error) => last = LogError::Unavailable(error.to_string()),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_judged_by_start_and_end() {
        assert_eq!(judge(Some(5), (0, 9)), Verdict::At(5));
        assert_eq!(judge(Some(0), (0, 0)), Verdict::At(0));
        assert_eq!(judge(Some(9), (9, 9)), Verdict::At(9));
        assert_eq!(judge(Some(4), (5, 9)), Verdict::Gap { from: 4, start: 5 });
        assert_eq!(judge(Some(10), (5, 9)), Verdict::Beyond { committed: 10, end: 9 });
        assert_eq!(judge(None, (5, 9)), Verdict::Missing { start: 5 });
        assert_eq!(judge(None, (9, 9)), Verdict::At(9), "nothing to miss or to repeat");
    }
}
