//! What the gateway counts.

use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry, core::Collector};

/// Counters of the gateway. Every record that it reads has one outcome.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Records read, by what became of them: `shown`, `withdrawn`, `superseded`, `undecodable`.
    pub records: IntCounterVec,
    /// Articles in memory.
    pub articles: IntGauge,
    /// Bytes that they take.
    pub article_bytes: IntGauge,
    /// Clients that follow the stream.
    pub clients: IntGauge,
    /// Clients that were turned away, because there were as many as are allowed.
    pub clients_refused: IntCounter,
    /// Events sent to clients.
    pub events: IntCounter,
    /// Times that a client was told that it had missed events.
    pub lagged: IntCounter,
    /// Milliseconds from the writing of the last record that was read to its reading.
    pub delay_ms: IntGauge,
    /// Times that the log had to be opened anew.
    pub reopened: IntCounter,
}

impl Metrics {
    /// Registers them.
    ///
    /// # Errors
    /// Where the registry has metrics of these names already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        fn add<M: Collector + Clone + 'static>(
            registry: &Registry,
            made: prometheus::Result<M>,
        ) -> prometheus::Result<M> {
            let metric = made?;
            registry.register(Box::new(metric.clone()))?;
            Ok(metric)
        }
        let counter = |name: &str, help: &str| add(registry, IntCounter::new(name, help));
        let gauge = |name: &str, help: &str| add(registry, IntGauge::new(name, help));
        let records = Opts::new("newswire_gateway_records_total", "Records read, by what became of them.");
        Ok(Metrics {
            records: add(registry, IntCounterVec::new(records, &["outcome"]))?,
            articles: gauge("newswire_gateway_articles", "Articles in memory.")?,
            article_bytes: gauge("newswire_gateway_article_bytes", "Bytes that the articles in memory take.")?,
            clients: gauge("newswire_gateway_clients", "Clients that follow the stream.")?,
            clients_refused: counter("newswire_gateway_clients_refused_total", "Clients of the stream turned away.")?,
            events: counter("newswire_gateway_events_total", "Events sent to clients.")?,
            lagged: counter("newswire_gateway_lagged_total", "Times that a client had missed events.")?,
            delay_ms: gauge("newswire_gateway_delay_ms", "From the writing of the last record to its reading.")?,
            reopened: counter("newswire_gateway_reopened_total", "Times that the log had to be opened anew.")?,
        })
    }
}
