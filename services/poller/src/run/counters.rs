//! What is counted of a poll, or a part of it, when its transaction has committed.

use crate::{
    Metrics,
    poll::{PollResult, PollUpdate},
};
use stream::StageMetrics;

/// Counts a poll, in the poller's own metrics and in those of every stage, so that
/// `read = out + duplicate + dropped + dead_letter` holds. `warnings` are those of the published items.
pub(super) fn count(
    metrics: &Metrics,
    stage: &StageMetrics,
    result: &PollResult,
    update: &PollUpdate,
    warnings: &[String],
) {
    if update.left == 0 {
        count_poll(metrics, result, update);
    }
    let counts = &update.counts;
    metrics.entries_seen.inc_by(counts.seen as u64);
    stage.read.inc_by(counts.seen as u64);
    stage.out.inc_by((counts.new + counts.changed) as u64);
    stage.duplicate.inc_by(counts.unchanged as u64);
    for (outcome, count) in [("new", counts.new), ("changed", counts.changed), ("unchanged", counts.unchanged)] {
        metrics.entries.with_label_values(&[outcome]).inc_by(count as u64);
    }
    for (reason, count) in &counts.dropped {
        metrics.entries.with_label_values(&[*reason]).inc_by(*count as u64);
        stage.dropped(reason).inc_by(*count as u64);
    }
    for warning in warnings {
        metrics.repaired.with_label_values(&[warning.as_str()]).inc();
    }
}

/// Counts what a poll is once, however many parts it has.
fn count_poll(metrics: &Metrics, result: &PollResult, update: &PollUpdate) {
    let poll = &update.record;
    metrics.polls.with_label_values(&[poll.outcome.as_str()]).inc();
    metrics.poll_seconds.observe(f64::from(poll.duration_ms) / 1_000.0);
    metrics.bytes.inc_by(result.bytes as u64);
    if update.entries_were_lost {
        metrics.entries_lost.inc();
        tracing::warn!(feed_id = result.feed_id, "the feed's entries were lost: it was polled as for the first time");
    }
    tracing::debug!(
        feed_id = result.feed_id,
        url = %result.url,
        outcome = poll.outcome,
        http_status = poll.http_status,
        duration_ms = poll.duration_ms,
        new = poll.new_entries,
        changed = poll.changed_entries,
        error = poll.error,
        "polled"
    );
}
