//! Metrics of stages.

use prometheus::{Histogram, IntCounter, IntGauge};

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
        /// Records between the committed position and the end, over the owned partitions.
        pub lag: IntGaugeVec["stage"] = "newswire_stage_lag_records",
        /// Seconds from begin to commit of a transaction.
        pub commit_seconds: HistogramVec["stage"](SECONDS) = "newswire_commit_seconds",
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
            commit_seconds: self.commit_seconds.with_label_values(label),
            work_seconds: self.work_seconds.with_label_values(label),
            all: self.clone(),
            stage: stage.to_owned(),
        }
    }
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

    /// Records that went to the dead letters for `reason`.
    #[must_use]
    pub fn dead_letter(&self, reason: &str) -> IntCounter {
        self.all.dead_letter.with_label_values(&[self.stage.as_str(), reason])
    }
}
