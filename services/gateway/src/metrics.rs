//! What the gateway counts.

metrics::metrics! {
    /// Metrics of the gateway. Every record that it reads has one outcome.
    pub struct Metrics {
        /// Records read, by outcome: `shown`, `withdrawn`, `superseded`, `undecodable`.
        pub records: IntCounterVec["outcome"] = "newswire_gateway_records_total",
        /// Articles in memory.
        pub articles: IntGauge = "newswire_gateway_articles",
        /// Bytes that the articles in memory take.
        pub article_bytes: IntGauge = "newswire_gateway_article_bytes",
        /// Clients that follow the stream.
        pub clients: IntGauge = "newswire_gateway_clients",
        /// Clients of the stream turned away because the limit was reached.
        pub clients_refused: IntCounter = "newswire_gateway_clients_refused_total",
        /// Connections and requests that were refused or closed, by reason: `address` (the limit of an address), `full` (the
        /// limit of all), `host` (a name that is not allowed), `slow` (a client that does not read).
        pub refused: IntCounterVec["reason"] = "newswire_gateway_refused_total",
        /// Events sent to clients.
        pub events: IntCounter = "newswire_gateway_events_total",
        /// Times that a client had missed events.
        pub lagged: IntCounter = "newswire_gateway_lagged_total",
        /// Milliseconds from the writing of the last record to its reading.
        pub delay_ms: IntGauge = "newswire_gateway_delay_ms",
        /// Times that the log was reopened after an error.
        pub reopened: IntCounter = "newswire_gateway_reopened_total",
    }
}
