//! A member's partitions whose position the log does not have.

use super::{ASK_TIMEOUT, KafkaMember};
use crate::{
    Event, LogError,
    kafka::{
        doubts::Step,
        positions::{self, Verdict},
    },
};
use rdkafka::{TopicPartitionList, consumer::Consumer, error::KafkaError};
use std::collections::HashMap;

impl KafkaMember {
    /// Takes an assigned partition over, unless its position is in doubt.
    pub(super) fn take(&mut self, partition: i32, verdict: &Verdict, owned: &mut Vec<i32>) {
        match verdict {
            Verdict::At(next) | Verdict::Gap { start: next, .. } => {
                self.count_gap(partition, verdict);
                self.places.insert(partition, *next);
                owned.push(partition);
            }
            Verdict::Beyond { .. } | Verdict::Missing { .. } | Verdict::Unknown(_) => self.doubt(partition, verdict),
        }
    }

    fn count_gap(&mut self, partition: i32, verdict: &Verdict) {
        let Verdict::Gap { from, start } = verdict else { return };
        self.findings.gap_records += u64::try_from(start - from).unwrap_or(0);
        tracing::error!(
            stage = self.spec.stage,
            topic = self.spec.source,
            partition,
            from,
            start,
            records = start - from,
            "records were removed before this stage had read them; going on behind them"
        );
    }

    fn doubt(&mut self, partition: i32, verdict: &Verdict) {
        let (stage, topic) = (&self.spec.stage, &self.spec.source);
        tracing::warn!(stage, topic, partition, "{verdict}; asking again");
        self.doubts.insert(partition);
    }

    /// Asks again for the positions of partitions in doubt, and goes on with those that have one.
    pub(super) fn ask_again(&mut self) -> Result<(), LogError> {
        let due = self.doubts.due();
        if due.is_empty() {
            return Ok(());
        }
        let mut partitions = TopicPartitionList::new();
        for partition in &due {
            partitions.add_partition(&self.spec.source, *partition);
        }
        let answer = positions::ask(&self.consumer, &self.spec.group, partitions, ASK_TIMEOUT);
        self.doubts.asked();
        let verdicts = match answer {
            Ok(verdicts) => verdicts,
            Err(error) => {
                tracing::debug!(%error, "positions not known yet");
                return Ok(());
            }
        };
        for (partition, verdict) in verdicts {
            let (stage, topic) = (self.spec.stage.clone(), self.spec.source.clone());
            match self.doubts.answer(partition, &verdict) {
                Step::Wait => continue,
                Step::Hold(why) => {
                    tracing::error!(
                        stage,
                        topic,
                        partition,
                        "{why}; the partition waits for `newswire positions accept {stage} --to beginning|end`"
                    );
                    continue;
                }
                Step::StartOver(start) => {
                    tracing::warn!(stage, topic, partition, start, "{verdict}; starting over");
                    self.findings.started_over += 1;
                    self.go_on(partition, start)?;
                }
                Step::Go(next) => {
                    self.count_gap(partition, &verdict);
                    tracing::info!(stage, topic, partition, next, "the position is known; going on");
                    self.go_on(partition, next)?;
                }
            }
            self.events.push_back(Event::Assigned(vec![partition]));
        }
        Ok(())
    }

    /// Reads a paused partition from `next` on. What is fetched before the seek is dropped: the partition is not owned yet.
    fn go_on(&mut self, partition: i32, next: i64) -> Result<(), LogError> {
        let lost = |error: KafkaError| LogError::Lost(format!("cannot go on with partition {partition}: {error}"));
        let target = self.list(&HashMap::from([(partition, next)]))?;
        self.consumer.resume(&target).map_err(lost)?;
        self.seek(target)?;
        self.places.insert(partition, next);
        Ok(())
    }
}
