//! What the poller counts beside what every stage counts.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// Counters of the poller. Every entry of a document has one outcome: `seen = new + changed + unchanged + dropped`,
/// counted when the transaction has committed.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Polls, by outcome (`proto::vocab::poll`).
    pub polls: IntCounterVec,
    /// Seconds of a poll, waiting for the host's turn and reading the document included.
    pub poll_seconds: Histogram,
    /// Bytes of bodies, decompressed.
    pub bytes: IntCounter,
    /// Entries in documents.
    pub entries_seen: IntCounter,
    /// Entries by outcome: new, changed, unchanged, or the reason of a drop.
    pub entries: IntCounterVec,
    /// What was repaired in published items, by name.
    pub repaired: IntCounterVec,
    /// Feeds that are watched.
    pub feeds: IntGauge,
    /// Feeds that are due and wait for their turn.
    pub due: IntGauge,
    /// Polls under way.
    pub in_flight: IntGauge,
    /// Hosts that the spacing remembers.
    pub hosts: IntGauge,
    /// Results that came after their partition had gone, and were dropped; the next owner polls again.
    pub late: IntCounter,
}

impl Metrics {
    /// Registers them.
    ///
    /// # Errors
    /// Where the registry has metrics of these names already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str| -> prometheus::Result<IntCounter> {
            let metric = IntCounter::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let counters = |name: &str, help: &str, label: &str| -> prometheus::Result<IntCounterVec> {
            let metric = IntCounterVec::new(Opts::new(name, help), &[label])?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let gauge = |name: &str, help: &str| -> prometheus::Result<IntGauge> {
            let metric = IntGauge::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        };
        let buckets = vec![0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0];
        let poll_seconds = Histogram::with_opts(
            HistogramOpts::new("newswire_poll_seconds", "A poll, with waiting for the host's turn.").buckets(buckets),
        )?;
        registry.register(Box::new(poll_seconds.clone()))?;
        Ok(Metrics {
            polls: counters("newswire_polls_total", "Polls by outcome.", "outcome")?,
            poll_seconds,
            bytes: counter("newswire_poll_bytes_total", "Bytes of bodies, decompressed.")?,
            entries_seen: counter("newswire_entries_seen_total", "Entries in documents.")?,
            entries: counters(
                "newswire_entries_total",
                "Entries by outcome: new, changed, unchanged, or why they were dropped.",
                "outcome",
            )?,
            repaired: counters("newswire_items_repaired_total", "Repairs in published items.", "warning")?,
            feeds: gauge("newswire_feeds", "Feeds that are watched.")?,
            due: gauge("newswire_feeds_due", "Feeds that are due and wait for their turn.")?,
            in_flight: gauge("newswire_polls_in_flight", "Polls under way.")?,
            hosts: gauge("newswire_hosts", "Hosts that the spacing remembers.")?,
            late: counter("newswire_polls_late_total", "Results dropped because their partition had gone.")?,
        })
    }
}
