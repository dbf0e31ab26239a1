//! What the canary measures.

metrics::metrics! {
    /// Metrics of the canary.
    pub struct Metrics {
        /// Seconds until an article of the canary's feed reached the gateway, since it was `published`, and since the poller got it
        /// (`served`).
        pub delay_seconds: HistogramVec["since"](&[0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0])
            = "newswire_canary_delay_seconds",
        /// When an article of the canary's feed last reached the gateway, in seconds since 1970; at first when the canary started.
        pub last_arrival: IntGauge = "newswire_canary_last_arrival_timestamp_seconds",
        /// Entries of the canary's feed whose articles did not reach the gateway within the limit.
        pub missing: IntCounter = "newswire_canary_missing_total",
        /// 1 while the canary follows the gateway's stream.
        pub connected: IntGauge = "newswire_canary_connected",
    }
}
