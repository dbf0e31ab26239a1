//! A member of a group: one consumer and one transactional producer on one thread.
//!
//! A transaction is opened and ended within one call of `commit`, never across a poll; a rebalance is served inside a
//! poll. So at a revocation no transaction is open, and unassigning at once is safe.

mod recovery;

use super::{
    client::{KafkaConfig, QuietContext, guard, record},
    doubts::Doubts,
    errors::{Right, log_error, log_error_of},
    fencing::{self, Fencings},
    group::{Group, Rebalanced},
    places::Places,
    positions,
    restore::{Restored, Restorer},
    transaction::{Offsets, Writer},
};
use crate::{
    Batch, Event, Findings, LogError, MAX_POLL_BYTES, Member, MemberSpec, Record, Rows,
    faults::{Sabotage, sabotaged},
};
use rdkafka::{
    Offset, TopicPartitionList,
    config::{FromClientConfig, FromClientConfigAndContext},
    consumer::{BaseConsumer, CommitMode, Consumer, ConsumerGroupMetadata},
    error::{KafkaError, RDKafkaErrorCode},
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

/// Longest wait for the positions of partitions in doubt.
const ASK_TIMEOUT: Duration = Duration::from_secs(2);

/// A [`Member`] on Kafka.
pub(super) struct KafkaMember {
    consumer: BaseConsumer<Group>,
    /// Only in a sabotaged build: a consumer that never joined, whose group metadata fences no one.
    outsider: Option<BaseConsumer>,
    writer: Writer,
    config: KafkaConfig,
    spec: MemberSpec,
    /// Changelogs of the tables.
    changelogs: Vec<String>,
    /// For each partition that was ever owned, up to where the rows of each table have their changelog.
    noted: HashMap<i32, Vec<i64>>,
    places: Places,
    doubts: Doubts,
    /// Changes of the assignment that no poll has returned yet.
    events: VecDeque<Event>,
    findings: Findings,
    /// As the client last reported it.
    is_disconnected: bool,
    /// Stalled partitions that were logged.
    stalled: HashSet<i32>,
    fencings: Arc<Fencings>,
    /// Asks about the group.
    reader: BaseConsumer<QuietContext>,
    /// Name of the replica in its group, and transactional id.
    id: String,
    /// The id that the broker gave the member.
    member_id: Option<String>,
    session_timeout: Duration,
    timeout: Duration,
    /// After which an end that stands still behind newer records counts as stalled.
    stall_patience: Duration,
}

impl KafkaMember {
    pub(super) fn join(config: &KafkaConfig, spec: &MemberSpec, fencings: &Arc<Fencings>) -> Result<Self, LogError> {
        let changelogs: Vec<String> = spec.tables.iter().map(|table| table.topic.clone()).collect();
        let id = format!("{}.{}", spec.group, spec.replica);
        let reader = BaseConsumer::from_config_and_context(&config.reader("read_committed"), QuietContext::default())
            .map_err(|error| log_error(&error))?;
        fencings.may_rejoin(&id, || fencing::member_id(&reader, &spec.group, &id))?;
        // Fence first: from here on a predecessor with the same id cannot commit.
        let unfenced = sabotaged(Sabotage::NoFence);
        let writer = if unfenced {
            Writer::new(config, &format!("{id}.{}", std::process::id()))?
        } else {
            Writer::new(config, &id)?
        }
        .of_member(&changelogs);
        positions::begin_group(config, spec)?;
        let incarnation = format!("newswire/{}/{}", spec.replica, fencing::incarnation());
        let mut client = config.member(&spec.group, &id, &incarnation);
        if sabotaged(Sabotage::ReadUncommitted) {
            client.set("isolation.level", "read_uncommitted");
        }
        let places = Places::new(config.position_interval);
        let context = Group::new(&spec.group, config.transaction_timeout * 2);
        let consumer = BaseConsumer::from_config_and_context(&client, context).map_err(|error| log_error(&error))?;
        consumer.subscribe(&[&spec.source]).map_err(|error| log_error(&error))?;
        let outsider = if unfenced {
            let mut client = config.reader("read_committed");
            client.set("group.id", &spec.group);
            Some(BaseConsumer::from_config(&client).map_err(|error| log_error(&error))?)
        } else {
            None
        };
        Ok(KafkaMember {
            consumer,
            outsider,
            writer,
            config: config.clone(),
            spec: spec.clone(),
            noted: HashMap::new(),
            changelogs,
            places,
            doubts: Doubts::new(config.position_patience, spec.recovery.waits),
            events: VecDeque::new(),
            findings: Findings::default(),
            is_disconnected: false,
            stalled: HashSet::new(),
            fencings: Arc::clone(fencings),
            reader,
            id,
            member_id: None,
            session_timeout: config.session_timeout,
            timeout: config.call_timeout(),
            stall_patience: config.transaction_timeout * 2,
        })
    }

    /// The error of a consumer that has failed for good. A process with this replica's name takes the transactional id first, so
    /// the id shows whether there is one.
    fn displaced(&self, reason: String) -> LogError {
        let offsets = self.list(&HashMap::from([(0, 0)]));
        let (Some(group), Ok(offsets)) = (self.consumer.group_metadata(), offsets) else {
            return LogError::Lost(reason);
        };
        match self.writer.holds_its_id(self.offsets(offsets, group)) {
            Err(LogError::Fenced(reason)) => self.fenced(&reason),
            _ => LogError::Lost(reason),
        }
    }

    /// What it means that a broker has fenced this member.
    fn fenced(&self, reason: &str) -> LogError {
        let ask = || fencing::member_id(&self.reader, &self.spec.group, &self.id);
        self.fencings.judge(&self.id, self.member_id.as_deref(), self.session_timeout, reason, ask)
    }

    /// The next change of the assignment.
    fn rebalanced(&mut self) -> Result<Option<Event>, LogError> {
        loop {
            // Not in the condition: the guard would live as long as the body.
            let next = guard(&self.consumer.context().rebalanced).pop_front();
            let Some(event) = next else { return Ok(self.events.pop_front()) };
            match event {
                Rebalanced::Failed(LogError::Fenced(reason)) => return Err(self.fenced(&reason)),
                Rebalanced::Failed(error) => return Err(LogError::Lost(error.to_string())),
                Rebalanced::Revoked(numbers) => {
                    numbers.iter().for_each(|number| self.doubts.remove(*number));
                    self.release(numbers);
                }
                Rebalanced::Assigned(verdicts) => {
                    let mut owned = Vec::new();
                    for (partition, verdict) in verdicts {
                        self.take(partition, &verdict, &mut owned);
                    }
                    self.member_id = fencing::member_id(&self.reader, &self.spec.group, &self.id);
                    self.fencings.joined(&self.id, self.member_id.as_deref());
                    if !owned.is_empty() {
                        self.events.push_back(Event::Assigned(owned));
                    }
                }
            }
        }
    }

    /// Partitions are no longer worked on.
    fn release(&mut self, mut numbers: Vec<i32>) {
        numbers.retain(|number| self.places.remove(*number));
        if !numbers.is_empty() {
            self.events.push_back(Event::Revoked(numbers));
        }
    }

    /// Commits positions past control records, once a day: retention must not overtake them.
    fn commit_ends(&mut self) -> Result<(), LogError> {
        let due = self.places.due();
        if due.is_empty() {
            return Ok(());
        }
        let (Some(group), offsets) = (self.consumer.group_metadata(), self.list(&due)?) else { return Ok(()) };
        match self.writer.transact(&[], Some(self.offsets(offsets, group))) {
            Ok(()) => {
                self.places.commit(&due);
                Ok(())
            }
            Err(LogError::Aborted(reason)) => {
                tracing::debug!(reason, "positions at the ends not committed");
                Ok(())
            }
            Err(LogError::Fenced(reason)) => Err(self.fenced(&reason)),
            Err(error) => Err(error),
        }
    }

    /// The rows have what was committed: as an owner, no one else has written to these partitions.
    fn note_changelogs(&mut self) {
        for (number, topic) in self.changelogs.iter().enumerate() {
            for (partition, next) in self.writer.take_ends(topic) {
                if let Some(noted) = self.noted.get_mut(&partition).and_then(|tables| tables.get_mut(number)) {
                    *noted = next.max(*noted);
                }
            }
        }
    }

    fn offsets(&self, next: TopicPartitionList, group: ConsumerGroupMetadata) -> Offsets {
        Offsets { name: self.spec.group.clone(), topic: self.spec.source.clone(), next, group }
    }

    fn list(&self, offsets: &HashMap<i32, i64>) -> Result<TopicPartitionList, LogError> {
        let mut list = TopicPartitionList::with_capacity(offsets.len());
        for (partition, next) in offsets {
            list.add_partition_offset(&self.spec.source, *partition, Offset::Offset(*next))
                .map_err(|error| log_error(&error))?;
        }
        Ok(list)
    }

    fn seek(&self, target: TopicPartitionList) -> Result<(), LogError> {
        let lost = |error: &KafkaError| LogError::Lost(format!("cannot rewind: {error}"));
        let done = self.consumer.seek_partitions(target, self.timeout).map_err(|error| lost(&error))?;
        done.elements().iter().try_for_each(|element| element.error().map_err(|error| lost(&error)))
    }

    /// What reading needs.
    fn rights(&self) -> [Right<'_>; 2] {
        [Right::Topic("Read", &self.spec.source), Right::Group("Read", &self.spec.group)]
    }

    /// Takes the client's last report; true if there was one.
    fn take_report(&mut self) -> bool {
        let Some(report) = guard(&self.consumer.context().report).take() else { return false };
        self.places.report(&report);
        self.is_disconnected = report.is_disconnected;
        true
    }
}

impl Member for KafkaMember {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Event, LogError> {
        self.ask_again()?;
        self.commit_ends()?;
        if let Some(event) = self.rebalanced()? {
            return Ok(event);
        }
        let deadline = Instant::now() + wait;
        let mut batch: Vec<Record> = Vec::new();
        let mut bytes = 0;
        while batch.len() < max && bytes < MAX_POLL_BYTES {
            // Wait for the first record only: a batch is what is available.
            let patience =
                if batch.is_empty() { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
            let polled = self.consumer.poll(patience).map(|result| result.map(|message| record(&message)));
            // A rebalance ran inside that poll: the records read before it belong to an assignment that has ended.
            if let Some(event) = self.rebalanced()? {
                return Ok(event);
            }
            let was_reported = self.take_report();
            match polled {
                Some(Ok(record)) => {
                    if self.places.owns(record.partition) {
                        self.places.deliver(record.partition, record.offset + 1);
                        bytes += record.size();
                        batch.push(record);
                    }
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {}
                Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset))) => {
                    // The client does not fetch this partition again. The next assignment compares all positions.
                    return Err(LogError::Lost("a partition does not have the next offset".to_owned()));
                }
                Some(Err(error)) => match log_error_of(&error, &self.rights()) {
                    LogError::Lost(reason) => return Err(self.displaced(reason)),
                    LogError::Fenced(reason) => return Err(self.fenced(&reason)),
                    // The client reports it once, and then waits.
                    denied @ LogError::Denied(_) => return Err(denied),
                    // The client reconnects automatically; a commit fails if it cannot.
                    other => tracing::debug!(error = %other, "while polling"),
                },
                None => {
                    if !was_reported {
                        self.places.found_nothing();
                    }
                    if !batch.is_empty() || Instant::now() >= deadline {
                        break;
                    }
                }
            }
        }
        Ok(if batch.is_empty() { Event::Idle } else { Event::Records(batch) })
    }

    fn restore(&mut self, partitions: &[i32]) -> Result<HashMap<i32, Vec<Rows>>, LogError> {
        self.resume(partitions, HashMap::new())
    }

    // The committed offsets were stable when the partitions were assigned, so the changelogs are read after that.
    fn resume(
        &mut self,
        partitions: &[i32],
        mut kept: HashMap<i32, Vec<Rows>>,
    ) -> Result<HashMap<i32, Vec<Rows>>, LogError> {
        let mut all: HashMap<i32, Vec<Rows>> = partitions.iter().map(|partition| (*partition, Vec::new())).collect();
        if self.changelogs.is_empty() {
            return Ok(all);
        }
        // Not kept: a client that is not polled collects its reports without a limit.
        let restorer = Restorer::new(&self.config)?;
        let mut noted: HashMap<i32, Vec<i64>> = HashMap::new();
        // From the last table to the first, so that each is taken off the end of what was kept.
        for (number, topic) in self.changelogs.iter().enumerate().rev() {
            let known = |(partition, tables): (&i32, &mut Vec<Rows>)| {
                let next = *self.noted.get(partition)?.get(number)?;
                Some((*partition, Restored { rows: tables.pop()?, next }))
            };
            let known = kept.iter_mut().filter_map(known).collect();
            // The client has accepted the assignment: this member must not continue without its state.
            let restored = restorer.table(topic, partitions, known).map_err(|error| match error {
                error @ (LogError::Fenced(_) | LogError::Newer(_)) => error,
                other => LogError::Lost(other.to_string()),
            })?;
            for (partition, Restored { rows, next }) in restored {
                all.entry(partition).or_default().insert(0, rows);
                noted.entry(partition).or_default().insert(0, next);
            }
        }
        self.noted.extend(noted);
        Ok(all)
    }

    fn commit(&mut self, batch: Batch) -> Result<(), LogError> {
        if batch.offsets.is_empty() {
            return Err(LogError::NoOffsets);
        }
        if let Some(partition) = batch.offsets.keys().find(|partition| !self.places.owns(**partition)) {
            self.rewind()?;
            return Err(LogError::Aborted(format!("partition {partition} is no longer owned")));
        }
        let offsets = self.list(&batch.offsets)?;
        // Fetched for each transaction: it carries the generation by which a broker recognises a zombie.
        let metadata = match &self.outsider {
            None => self.consumer.group_metadata(),
            Some(outsider) => outsider.group_metadata(),
        };
        let Some(group) = metadata else {
            return Err(LogError::Lost("the group's metadata is unknown".to_owned()));
        };
        let inside = if sabotaged(Sabotage::OffsetsOutside) {
            self.consumer.commit(&offsets, CommitMode::Sync).map_err(|error| log_error(&error))?;
            None
        } else {
            Some(self.offsets(offsets, group))
        };
        match self.writer.transact(&batch.outputs, inside) {
            Ok(()) => {
                self.places.commit(&batch.offsets);
                self.note_changelogs();
                Ok(())
            }
            Err(error @ (LogError::Aborted(_) | LogError::TooLarge { .. })) => {
                self.rewind()?;
                Err(error)
            }
            Err(LogError::Fenced(reason)) => Err(self.fenced(&reason)),
            Err(error) => Err(error),
        }
    }

    fn rewind(&mut self) -> Result<(), LogError> {
        let positions = self.places.positions();
        if positions.is_empty() {
            return Ok(());
        }
        self.seek(self.list(&positions)?)?;
        self.places.rewind();
        Ok(())
    }

    fn positions(&self) -> HashMap<i32, i64> {
        self.places.positions()
    }

    fn lag(&mut self) -> Option<i64> {
        self.places.lag()
    }

    fn findings(&mut self) -> Findings {
        let stalled = self.places.stalled(self.stall_patience);
        for (partition, stable) in &stalled {
            if self.stalled.insert(*partition) {
                tracing::error!(
                    stage = self.spec.stage,
                    topic = self.spec.source,
                    partition,
                    "a transaction stays open at offset {stable} and hides what is behind it; see the runbook: \
                     kafka-transactions.sh abort --topic {} --partition {partition} --start-offset {stable}",
                    self.spec.source
                );
            }
        }
        self.stalled.retain(|partition| stalled.iter().any(|(one, _)| one == partition));
        let found = std::mem::take(&mut self.findings);
        let stalled = stalled.into_iter().map(|(partition, _)| partition).collect();
        let (held, is_disconnected) = (self.doubts.held(), self.is_disconnected);
        Findings { held, stalled, is_disconnected, commits: self.writer.take_times(), ..found }
    }
}
