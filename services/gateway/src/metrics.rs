//! What the gateway counts.

/// Upper bounds in seconds. The target for lists is 20 ms.
const REQUEST_SECONDS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0];

metrics::metrics! {
    /// Metrics of the gateway. Every record that it reads has one outcome.
    pub struct Metrics {
        /// Records read, by outcome: `shown`, `withdrawn`, `superseded`, `outside` (first seen before
        /// the window begins), `undecodable`.
        pub records: IntCounterVec["outcome"] = "newswire_gateway_records_total",
        /// Articles in memory.
        pub articles: IntGauge = "newswire_gateway_articles",
        /// Bytes that the articles in memory and their index take.
        pub article_bytes: IntGauge = "newswire_gateway_article_bytes",
        /// Seconds from a request of the API to the head of its response, by route, method and class of status (`2xx`).
        pub requests: HistogramVec["route", "method", "status"](REQUEST_SECONDS) = "newswire_gateway_request_seconds",
        /// Snapshots of trends that could not be written.
        pub snapshots_failed: IntCounter = "newswire_gateway_snapshots_failed_total",
        /// Counts of trends that were left out, since an hour had too many keys.
        pub trends_not_counted: IntGauge = "newswire_gateway_trends_not_counted",
        /// Feeds that are not kept, since there are too many.
        pub feeds_not_kept: IntGauge = "newswire_gateway_feeds_not_kept",
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
