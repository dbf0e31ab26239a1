//! What a stage counts.

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry};

/// Counters of all stages of a process. Every record that a stage reads has one outcome:
/// `read = out + duplicate + dropped + dead_letter`, each counted when its transaction has committed.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Records whose offsets were committed.
    pub read: IntCounterVec,
    /// Records that led to an output.
    pub out: IntCounterVec,
    /// Records that said nothing new.
    pub duplicate: IntCounterVec,
    /// Records that were dropped, by reason.
    pub dropped: IntCounterVec,
    /// Records that went to the dead letters, by reason.
    pub dead_letter: IntCounterVec,
    /// Transactions that were committed.
    pub committed: IntCounterVec,
    /// Transactions that were aborted.
    pub aborted: IntCounterVec,
    /// Times that a member was fenced.
    pub fenced: IntCounterVec,
    /// Times that a member was lost and joined anew.
    pub rejoined: IntCounterVec,
    /// Partitions that this process owns.
    pub partitions: IntGaugeVec,
    /// Records between the committed position and the end, over the owned partitions.
    pub lag: IntGaugeVec,
    /// Seconds from begin to commit of a transaction.
    pub commit_seconds: HistogramVec,
    /// Seconds that a batch's own work took.
    pub work_seconds: HistogramVec,
}

impl Metrics {
    /// Registers them.
    ///
    /// # Errors
    /// Where the registry has metrics of these names already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str, labels: &[&str]| -> prometheus::Result<IntCounterVec> {
            let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let gauge = |name: &str, help: &str| -> prometheus::Result<IntGaugeVec> {
            let metric = IntGaugeVec::new(Opts::new(name, help), &["stage"])?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let seconds = |name: &str, help: &str| -> prometheus::Result<HistogramVec> {
            let buckets = vec![0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];
            let metric = HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets), &["stage"])?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        Ok(Metrics {
            read: counter("newswire_stage_read_total", "Records whose offsets were committed.", &["stage"])?,
            out: counter("newswire_stage_out_total", "Records that led to an output.", &["stage"])?,
            duplicate: counter("newswire_stage_duplicate_total", "Records that said nothing new.", &["stage"])?,
            dropped: counter("newswire_stage_dropped_total", "Records that were dropped.", &["stage", "reason"])?,
            dead_letter: counter(
                "newswire_stage_dead_letter_total",
                "Records that went to the dead letters.",
                &["stage", "reason"],
            )?,
            committed: counter("newswire_transactions_committed_total", "Transactions committed.", &["stage"])?,
            aborted: counter("newswire_transactions_aborted_total", "Transactions aborted.", &["stage"])?,
            fenced: counter("newswire_member_fenced_total", "Times that a member was fenced.", &["stage"])?,
            rejoined: counter("newswire_member_rejoined_total", "Times that a member joined anew.", &["stage"])?,
            partitions: gauge("newswire_stage_partitions", "Partitions that this process owns.")?,
            lag: gauge("newswire_stage_lag_records", "Records between the committed position and the end.")?,
            commit_seconds: seconds("newswire_commit_seconds", "From begin to commit of a transaction.")?,
            work_seconds: seconds("newswire_work_seconds", "A batch's own work, between reading and the transaction.")?,
        })
    }
}
