//! What is counted of a poll once its transaction has committed.

use super::STAGE;
use crate::{
    Metrics,
    poll::{PollResult, PollUpdate},
};

/// Counts a poll: `read = out + duplicate + dropped`, in the poller's own counters and in those of every stage.
pub(super) fn count(
    own: &Metrics,
    stages: &stream::Metrics,
    polled: &PollResult,
    applied: &PollUpdate,
    repaired: &[String],
) {
    let line = &applied.record;
    own.polls.with_label_values(&[line.outcome.as_str()]).inc();
    own.poll_seconds.observe(f64::from(line.duration_ms) / 1_000.0);
    own.bytes.inc_by(polled.bytes as u64);
    let counts = &applied.counts;
    own.entries_seen.inc_by(counts.seen as u64);
    stages.read.with_label_values(&[STAGE]).inc_by(counts.seen as u64);
    stages.out.with_label_values(&[STAGE]).inc_by((counts.new + counts.changed) as u64);
    stages.duplicate.with_label_values(&[STAGE]).inc_by(counts.unchanged as u64);
    for (outcome, count) in [("new", counts.new), ("changed", counts.changed), ("unchanged", counts.unchanged)] {
        own.entries.with_label_values(&[outcome]).inc_by(count as u64);
    }
    for (reason, count) in &counts.dropped {
        own.entries.with_label_values(&[*reason]).inc_by(*count as u64);
        stages.dropped.with_label_values(&[STAGE, *reason]).inc_by(*count as u64);
    }
    for warning in repaired {
        own.repaired.with_label_values(&[warning.as_str()]).inc();
    }
    tracing::info!(
        feed_id = polled.feed_id,
        url = %polled.url,
        outcome = line.outcome,
        http_status = line.http_status,
        duration_ms = line.duration_ms,
        new = line.new_entries,
        changed = line.changed_entries,
        error = line.error,
        "polled"
    );
}
