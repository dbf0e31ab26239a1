//! Committing results: items, feed states and health in one transaction.

use super::{
    counters,
    poll_loop::{HEALTH, PollLoop, STATES, state_of},
    queue::ScheduledFeed,
    records, write_policy,
};
use crate::poll::{PollResult, PollUpdate, apply};
use jiff::Timestamp;
use proto::v1::FeedState;
use std::time::Instant;
use stream::{LogError, Session, Transaction};

/// Records after which a transaction takes no more results.
const MAX_RECORDS: usize = 2_000;

/// What one result adds to a transaction.
struct Staged {
    update: PollUpdate,
    /// Warnings of the published items.
    warnings: Vec<String>,
    skips_state: bool,
    skips_health: bool,
    at: Timestamp,
}

impl PollLoop {
    /// Commits items, states and health of the pending results in one transaction; true if there was something to
    /// commit. After an error the results stay pending.
    pub(super) fn commit_results(&mut self, session: &mut Session) -> Result<bool, LogError> {
        // A feed may have been removed or changed since its poll began.
        let feeds = &self.feeds;
        self.pending.retain(|result| feeds.awaits(result));
        if self.pending.is_empty() {
            return Ok(false);
        }
        let positions = session.positions();
        let began = Instant::now();
        let mut transaction = Transaction::default();
        let mut staged: Vec<Staged> = Vec::new();
        for result in &self.pending {
            let Some(feed) = self.feeds.get(&result.feed_id) else { break };
            let Some(position) = positions.get(&feed.partition) else { break };
            let before = transaction.len();
            staged.push(self.stage(session, &mut transaction, feed, result)?);
            if transaction.len() > before {
                // The unchanged position: a transaction without an offset would not be fenced.
                transaction.advance(feed.partition, *position);
            }
            if transaction.len() >= MAX_RECORDS {
                break;
            }
        }
        if staged.is_empty() {
            return Ok(false);
        }
        self.stage_metrics.work_seconds.observe(began.elapsed().as_secs_f64());
        let has_records = !transaction.is_empty();
        if has_records {
            session.commit(transaction)?;
        }
        let done: Vec<PollResult> = self.pending.drain(..staged.len()).collect();
        for (result, staged) in done.iter().zip(staged) {
            counters::count(&self.metrics, &self.stage_metrics, result, &staged.update, &staged.warnings);
            self.reschedule(&result.feed_id, staged);
        }
        Ok(has_records)
    }

    /// Adds the records that follow from a result to the transaction.
    fn stage(
        &self,
        session: &Session,
        transaction: &mut Transaction,
        feed: &ScheduledFeed,
        result: &PollResult,
    ) -> Result<Staged, LogError> {
        let (id, at) = (feed.feed.feed_id.as_str(), result.at);
        let limit = session.max_record_bytes();
        let key = proto::topic::Topic::FeedState.key(id).map_err(|error| LogError::Corrupt(error.to_string()))?;
        let row = session.row(&STATES, transaction, feed.partition, &key)?;
        let bytes = row.map_or(0, |row| row.value.len());
        let stored = state_of(session, transaction, feed.partition, id)?;
        let written_at = stored.as_ref().and_then(|state| records::at(state.last_polled_at.as_ref()));
        let mut update = apply(&feed.feed, feed.current_state(stored), result, self.config.poll_interval);
        let mut warnings = Vec::new();
        for publish in std::mem::take(&mut update.publish) {
            warnings.extend(publish.item.warnings.iter().cloned());
            transaction.write(records::raw(&self.runtime, publish, limit, at)?);
        }
        let skips_state = write_policy::may_skip_state(update.schedule_only, bytes, written_at, at);
        if !skips_state {
            let change = records::state(&self.runtime, feed.partition, update.state.clone(), limit, at)?;
            transaction.put(session, &STATES, change)?;
        }
        let outcome = &update.record.outcome;
        let skips_health = write_policy::may_skip_health(update.schedule_only, feed.last_health.as_ref(), outcome, at);
        if !skips_health {
            let change = records::health(&self.runtime, feed, &update.state, Some(&update), at)?;
            transaction.put(session, &HEALTH, change)?;
        }
        Ok(Staged { update, warnings, skips_state, skips_health, at })
    }

    /// Schedules the feed's next poll, after the commit.
    fn reschedule(&mut self, feed_id: &str, staged: Staged) {
        let Staged { update, skips_state, skips_health, at, .. } = staged;
        let Some(feed) = self.feeds.get_mut(feed_id) else { return };
        feed.awaited = None;
        let is_churning = records::is_churning(&update.state);
        feed.unwritten_state = skips_state.then(|| FeedState { packed_entries: Vec::new(), ..update.state });
        if !skips_health {
            feed.last_health = Some((at, update.record.outcome.clone()));
        }
        feed.add_poll(update.record);
        let due = if feed.feed.paused { None } else { update.next_poll_at };
        self.feeds.set_due(feed_id, due);
        self.feeds.set_churning(feed_id, is_churning);
    }
}
