//! What the network brought, made visible: items, states and health in one transaction.

use super::{
    STAGE,
    desk::{BATCH, Desk, STATES, is_awaited, state_of},
    ledger, records,
};
use crate::poll::{Applied, Polled, apply};
use std::time::Instant;
use stream::{Fault, Session, Transaction};

impl Desk {
    pub(super) fn commit(&self, session: &mut Session, transaction: Transaction) -> Result<(), Fault> {
        let began = Instant::now();
        session.commit(transaction)?;
        let stages = &self.runtime.metrics;
        stages.commit_seconds.with_label_values(&[STAGE]).observe(began.elapsed().as_secs_f64());
        stages.committed.with_label_values(&[STAGE]).inc();
        Ok(())
    }

    /// Items, states and health of the pending results in one transaction. True where something was committed.
    pub(super) fn commit_results(&mut self, session: &mut Session) -> Result<bool, Fault> {
        // A feed may have been removed or changed since.
        let watches = &self.watches;
        self.pending.retain(|polled| is_awaited(watches, polled));
        if self.pending.is_empty() {
            return Ok(false);
        }
        let positions = session.positions();
        let limit = session.max_record_bytes();
        let began = Instant::now();
        let mut transaction = Transaction::default();
        let mut applied_all: Vec<(Applied, Vec<String>)> = Vec::new();
        for polled in &self.pending {
            let Some(watch) = self.watches.get(&polled.feed_id) else { break };
            let Some(position) = positions.get(&watch.partition) else { break };
            // Its own position: a transaction without an offset would fence nobody.
            transaction.advance(watch.partition, *position);
            let state = state_of(session, &transaction, watch.partition, &polled.feed_id)?;
            let mut applied = apply(&watch.feed, state, &watch.hints, polled, self.config.poll_interval);
            let mut repaired = Vec::new();
            for publish in std::mem::take(&mut applied.publish) {
                repaired.extend(publish.item.warnings.iter().cloned());
                transaction.write(records::raw(&self.runtime, publish, limit, polled.at)?);
            }
            let change = records::state(&self.runtime, watch.partition, applied.state.clone(), limit, polled.at)?;
            transaction.put(session, STATES, change);
            transaction.write(records::health(&self.runtime, watch, &applied.state, Some(&applied), polled.at)?);
            applied_all.push((applied, repaired));
            if transaction.len() >= BATCH {
                break;
            }
        }
        if applied_all.is_empty() {
            return Ok(false);
        }
        self.runtime.metrics.work_seconds.with_label_values(&[STAGE]).observe(began.elapsed().as_secs_f64());
        self.commit(session, transaction)?;
        let done: Vec<Polled> = self.pending.drain(..applied_all.len()).collect();
        for (polled, (applied, repaired)) in done.iter().zip(applied_all) {
            ledger::count(&self.metrics, &self.runtime.metrics, polled, &applied, &repaired);
            self.settle(&polled.feed_id, applied);
        }
        Ok(true)
    }

    /// After the commit: the feed's next turn.
    fn settle(&mut self, feed_id: &str, applied: Applied) {
        let Some(watch) = self.watches.get_mut(feed_id) else { return };
        watch.awaited = None;
        watch.remember(applied.line);
        if let Some(hints) = applied.hints {
            watch.hints = hints;
        }
        let due = if watch.feed.paused { None } else { applied.next };
        self.watches.set_due(feed_id, due);
    }
}
