//! What the network brought, made visible: items, states and health in one transaction.

use super::{
    STAGE,
    desk::{BATCH, Desk, HEALTH, STATES, is_awaited, state_of},
    ledger, records, sparing,
    watches::Watch,
};
use crate::poll::{PollResult, PollUpdate, apply};
use jiff::Timestamp;
use proto::v1::FeedState;
use std::time::Instant;
use stream::{LogError, Session, Transaction};

/// A result that waits for its commit.
struct Outcome {
    applied: PollUpdate,
    /// Warnings of the published items.
    repaired: Vec<String>,
    /// True where the state, or the health, that stands on the log will do.
    state_spared: bool,
    health_spared: bool,
    at: Timestamp,
}

impl Desk {
    pub(super) fn commit(&self, session: &mut Session, transaction: Transaction) -> Result<(), LogError> {
        let began = Instant::now();
        session.commit(transaction)?;
        let stages = &self.runtime.metrics;
        stages.commit_seconds.with_label_values(&[STAGE]).observe(began.elapsed().as_secs_f64());
        stages.committed.with_label_values(&[STAGE]).inc();
        Ok(())
    }

    /// Items, states and health of the pending results in one transaction. True where something was committed.
    pub(super) fn commit_results(&mut self, session: &mut Session) -> Result<bool, LogError> {
        // A feed may have been removed or changed since.
        let watches = &self.watches;
        self.pending.retain(|polled| is_awaited(watches, polled));
        if self.pending.is_empty() {
            return Ok(false);
        }
        let positions = session.positions();
        let began = Instant::now();
        let mut transaction = Transaction::default();
        let mut outcomes: Vec<Outcome> = Vec::new();
        for polled in &self.pending {
            let Some(watch) = self.watches.get(&polled.feed_id) else { break };
            let Some(position) = positions.get(&watch.partition) else { break };
            let before = transaction.len();
            outcomes.push(self.write(session, &mut transaction, watch, polled)?);
            if transaction.len() > before {
                // Its own position: a transaction without an offset would fence nobody.
                transaction.advance(watch.partition, *position);
            }
            if transaction.len() >= BATCH {
                break;
            }
        }
        if outcomes.is_empty() {
            return Ok(false);
        }
        self.runtime.metrics.work_seconds.with_label_values(&[STAGE]).observe(began.elapsed().as_secs_f64());
        let writes = !transaction.is_empty();
        if writes {
            self.commit(session, transaction)?;
        }
        let done: Vec<PollResult> = self.pending.drain(..outcomes.len()).collect();
        for (polled, outcome) in done.iter().zip(outcomes) {
            let Outcome { applied, repaired, .. } = &outcome;
            ledger::count(&self.metrics, &self.runtime.metrics, polled, applied, repaired);
            self.settle(&polled.feed_id, outcome);
        }
        Ok(writes)
    }

    /// Writes what a result leads to, but for what the log says already.
    fn write(
        &self,
        session: &Session,
        transaction: &mut Transaction,
        watch: &Watch,
        polled: &PollResult,
    ) -> Result<Outcome, LogError> {
        let limit = session.max_record_bytes();
        let row = session.row(transaction, STATES, watch.partition, watch.feed.feed_id.as_bytes());
        let bytes = row.map_or(0, |row| row.value.len());
        let stored = state_of(session, transaction, watch.partition, &watch.feed.feed_id)?;
        let written_at = stored.as_ref().and_then(|state| records::at(state.last_polled_at.as_ref()));
        let state = watch.current(stored);
        let mut applied = apply(&watch.feed, state, polled, self.config.poll_interval);
        let mut repaired = Vec::new();
        for publish in std::mem::take(&mut applied.publish) {
            repaired.extend(publish.item.warnings.iter().cloned());
            transaction.write(records::raw(&self.runtime, publish, limit, polled.at)?);
        }
        let state_spared = sparing::spares_state(applied.schedule_only, bytes, written_at, polled.at);
        if !state_spared {
            let change = records::state(&self.runtime, watch.partition, applied.state.clone(), limit, polled.at)?;
            transaction.put(session, STATES, change);
        }
        let outcome = &applied.record.outcome;
        let health_spared = sparing::spares_health(applied.schedule_only, watch.told.as_ref(), outcome, polled.at);
        if !health_spared {
            let change = records::health(&self.runtime, watch, &applied.state, Some(&applied), polled.at)?;
            transaction.put(session, HEALTH, change);
        }
        Ok(Outcome { applied, repaired, state_spared, health_spared, at: polled.at })
    }

    /// After the commit: the feed's next turn.
    fn settle(&mut self, feed_id: &str, outcome: Outcome) {
        let Outcome { applied, state_spared, health_spared, at, .. } = outcome;
        let Some(watch) = self.watches.get_mut(feed_id) else { return };
        watch.awaited = None;
        watch.unwritten = state_spared.then(|| FeedState { entries: Vec::new(), ..applied.state });
        if !health_spared {
            watch.told = Some((at, applied.record.outcome.clone()));
        }
        watch.remember(applied.record);
        let due = if watch.feed.paused { None } else { applied.next_poll_at };
        self.watches.set_due(feed_id, due);
    }
}
