//! Metrics of stages.

use prometheus::{Histogram, IntCounter, IntGauge, IntGaugeVec, core::Collector};
use std::time::Duration;

/// Bounds of the histograms' buckets, in seconds.
const SECONDS: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];

metrics::metrics! {
    /// Metrics of all stages in a process, labelled by stage. Each record that a stage reads has one outcome, counted when
    /// its transaction has committed: `read = out + duplicate + dropped + dead_letter`.
    pub struct Metrics {
        /// Records whose offsets were committed.
        pub read: IntCounterVec["stage"] = "newswire_stage_read_total",
        /// Records that produced an output.
        pub out: IntCounterVec["stage"] = "newswire_stage_out_total",
        /// Records that contained nothing new.
        pub duplicate: IntCounterVec["stage"] = "newswire_stage_duplicate_total",
        /// Records that were dropped, by reason.
        pub dropped: IntCounterVec["stage", "reason"] = "newswire_stage_dropped_total",
        /// Records that went to the dead letters, by reason.
        pub dead_letter: IntCounterVec["stage", "reason"] = "newswire_stage_dead_letter_total",
        /// Transactions committed.
        pub committed: IntCounterVec["stage"] = "newswire_transactions_committed_total",
        /// Transactions aborted.
        pub aborted: IntCounterVec["stage"] = "newswire_transactions_aborted_total",
        /// Times that another member took over the stage's ids.
        pub fenced: IntCounterVec["stage"] = "newswire_member_fenced_total",
        /// Times that the stage rejoined its group after its session was lost.
        pub rejoined: IntCounterVec["stage"] = "newswire_member_rejoined_total",
        /// Partitions that this process owns.
        pub partitions: IntGaugeVec["stage"] = "newswire_stage_partitions",
        /// Records between the position and the end, over the owned partitions. Records behind an open transaction count.
        pub lag: IntGaugeVec["stage"] = "newswire_stage_lag_records",
        /// Topics with a setting that may lose data and is accepted, by setting: fewer than three replicas, a value that the
        /// cluster does not let be changed, or `unknown` where it does not show the settings. Compared at start.
        pub topic_problems: IntGaugeVec["setting"] = "newswire_topic_problems",
        /// Seconds that the record in work has taken so far; 0 below ten seconds.
        pub record_seconds: IntGaugeVec["stage"] = "newswire_stage_record_seconds",
        /// Records whose work took two seconds or more.
        pub slow_records: IntCounterVec["stage"] = "newswire_stage_slow_records_total",
        /// Records that retention removed before the stage had read them.
        pub gap_records: IntCounterVec["stage"] = "newswire_stage_gap_records_total",
        /// Partitions that were read from their start again, because the group's position was gone.
        pub started_over: IntCounterVec["stage"] = "newswire_stage_started_over_total",
        /// Partitions that wait for `newswire positions accept`.
        pub held: IntGaugeVec["stage"] = "newswire_stage_held_partitions",
        /// Partitions on which an open transaction hides newer records for longer than two transaction timeouts.
        pub stalled: IntGaugeVec["stage"] = "newswire_stage_stalled_partitions",
        /// 1 if the stage has stopped because it refused too much.
        pub halted: IntGaugeVec["stage"] = "newswire_stage_halted",
        /// Time of the stage's last poll of the log, in seconds since 1970. A poll while no broker is connected is none.
        pub polled_at: IntGaugeVec["stage"] = "newswire_stage_polled_timestamp_seconds",
        /// Seconds from begin to commit of a transaction.
        pub commit_seconds: HistogramVec["stage"](SECONDS) = "newswire_commit_seconds",
        /// Seconds of the stage by part: `poll` waits for records and reads them; of a transaction, `produce` hands records to
        /// the client, `flush` waits until they are delivered, `offsets` and `commit` end it.
        pub part_seconds: CounterVec["stage", "part"] = "newswire_stage_part_seconds_total",
        /// Seconds of a batch's own work, between reading it and beginning its transaction.
        pub work_seconds: HistogramVec["stage"](SECONDS) = "newswire_work_seconds",
    }
}

impl Metrics {
    /// The metrics of one stage.
    #[must_use]
    pub fn stage(&self, stage: &str) -> StageMetrics {
        let label = &[stage];
        StageMetrics {
            read: self.read.with_label_values(label),
            out: self.out.with_label_values(label),
            duplicate: self.duplicate.with_label_values(label),
            committed: self.committed.with_label_values(label),
            aborted: self.aborted.with_label_values(label),
            fenced: self.fenced.with_label_values(label),
            rejoined: self.rejoined.with_label_values(label),
            partitions: self.partitions.with_label_values(label),
            lag: self.lag.with_label_values(label),
            record_seconds: self.record_seconds.with_label_values(label),
            slow_records: self.slow_records.with_label_values(label),
            gap_records: self.gap_records.with_label_values(label),
            started_over: self.started_over.with_label_values(label),
            held: self.held.with_label_values(label),
            stalled: self.stalled.with_label_values(label),
            halted: self.halted.with_label_values(label),
            polled_at: self.polled_at.with_label_values(label),
            commit_seconds: self.commit_seconds.with_label_values(label),
            work_seconds: self.work_seconds.with_label_values(label),
            all: self.clone(),
            stage: stage.to_owned(),
        }
    }
}

/// Seconds without a poll after which a stage counts as stuck: longer than a batch and its commit take.
const POLL_LIMIT: i64 = 60;

impl Metrics {
    /// A function that returns the conditions of readiness of every stage of the process: the name of each, and why it is not
    /// met.
    pub fn readiness(&self) -> impl Fn() -> Vec<(String, Option<String>)> + Send + Sync + 'static {
        let metrics = self.clone();
        move || metrics.conditions(jiff::Timestamp::now().as_second())
    }

    /// As [`Metrics::readiness`], at `now` in seconds since 1970.
    fn conditions(&self, now: i64) -> Vec<(String, Option<String>)> {
        let mut conditions = Vec::new();
        for (stage, polled_at) in by_stage(&self.polled_at) {
            let mut add = |what: &str, fault: Option<String>| {
                conditions.push((format!("{stage}-{what}"), fault));
            };
            let silent = now - polled_at;
            add("polls", (silent > POLL_LIMIT).then(|| format!("no poll of the log for {silent} s")));
            let held = self.held.with_label_values(&[&stage]).get();
            add(
                "positions",
                (held > 0).then(|| format!("{held} partitions wait for `newswire positions accept {stage}`")),
            );
            let is_halted = self.halted.with_label_values(&[&stage]).get() > 0;
            add(
                "refusals",
                is_halted.then(|| {
                    "it stopped: it refused too many records, or a newer version wrote them; its log has the cause"
                        .to_owned()
                }),
            );
        }
        // A service reads its model and tables first.
        if conditions.is_empty() {
            conditions.push(("stages".to_owned(), Some("no stage has started".to_owned())));
        }
        conditions
    }
}

/// The value of a gauge for each stage that has one.
fn by_stage(gauges: &IntGaugeVec) -> Vec<(String, i64)> {
    let families = gauges.collect();
    let metrics = families.iter().flat_map(prometheus::proto::MetricFamily::get_metric);
    let stage = |metric: &prometheus::proto::Metric| metric.get_label().first().map(|label| label.value().to_owned());
    #[expect(clippy::cast_possible_truncation, reason = "a gauge of integers")]
    metrics.filter_map(|metric| Some((stage(metric)?, metric.get_gauge().get_value() as i64))).collect()
}

/// One stage's part of [`Metrics`], whose fields it has under the same names.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the fields are documented at Metrics")]
pub struct StageMetrics {
    pub read: IntCounter,
    pub out: IntCounter,
    pub duplicate: IntCounter,
    pub committed: IntCounter,
    pub aborted: IntCounter,
    pub fenced: IntCounter,
    pub rejoined: IntCounter,
    pub partitions: IntGauge,
    pub lag: IntGauge,
    pub record_seconds: IntGauge,
    pub slow_records: IntCounter,
    pub gap_records: IntCounter,
    pub started_over: IntCounter,
    pub held: IntGauge,
    pub stalled: IntGauge,
    pub halted: IntGauge,
    pub polled_at: IntGauge,
    pub commit_seconds: Histogram,
    pub work_seconds: Histogram,
    all: Metrics,
    stage: String,
}

impl StageMetrics {
    /// Records that were dropped for `reason`.
    #[must_use]
    pub fn dropped(&self, reason: &str) -> IntCounter {
        self.all.dropped.with_label_values(&[self.stage.as_str(), reason])
    }

    /// Adds time that the stage has spent on `part`.
    pub fn spent(&self, part: &str, time: Duration) {
        self.all.part_seconds.with_label_values(&[self.stage.as_str(), part]).inc_by(time.as_secs_f64());
    }

    /// Seconds that the stage has spent on `part`.
    #[must_use]
    pub fn part_seconds(&self, part: &str) -> f64 {
        self.all.part_seconds.with_label_values(&[self.stage.as_str(), part]).get()
    }

    /// Records that went to the dead letters for `reason`.
    #[must_use]
    pub fn dead_letter(&self, reason: &str) -> IntCounter {
        self.all.dead_letter.with_label_values(&[self.stage.as_str(), reason])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_that_does_not_poll_or_waits_for_an_operator_is_not_ready() {
        let metrics = Metrics::new(&prometheus::Registry::new()).unwrap();
        let faults = |now| -> Vec<_> {
            metrics.conditions(now).into_iter().filter_map(|(name, fault)| fault.map(|_| name)).collect()
        };
        assert_eq!(faults(1_000), ["stages"]);
        let stage = metrics.stage("enricher");
        stage.polled_at.set(1_000);
        assert!(faults(1_000 + POLL_LIMIT).is_empty());
        assert_eq!(faults(1_001 + POLL_LIMIT), ["enricher-polls"]);
        // A clock that was put back.
        assert!(faults(0).is_empty());
        stage.held.set(2);
        assert_eq!(faults(1_000), ["enricher-positions"]);
    }
}
