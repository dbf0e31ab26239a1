//! What a declaration registers, as `/metrics` shows it.

use metrics::{Registry, prometheus::TextEncoder};

const SECONDS: [f64; 2] = [0.1, 1.0];

metrics::metrics! {
    /// One metric of each type.
    pub struct Metrics {
        /// Polls.
        pub polls: IntCounter = "polls_total",
        /// Polls by outcome,
        /// counted on commit.
        pub outcomes: IntCounterVec["outcome", "kind"] = "outcomes_total",
        /// Feeds.
        pub feeds: IntGauge = "feeds",
        /// Lag by stage.
        lag: IntGaugeVec["stage"] = "lag_records",
        /// Seconds of a poll.
        poll_seconds: Histogram(&[0.5, 2.0]) = "poll_seconds",
        /// Seconds of a commit.
        commit_seconds: HistogramVec["stage"](SECONDS) = "commit_seconds",
    }
}

#[test]
fn doc_comments_are_the_help_texts() {
    let registry = Registry::new();
    let metrics = Metrics::new(&registry).unwrap();
    metrics.polls.inc();
    metrics.outcomes.with_label_values(&["new", "feed"]).inc();
    metrics.feeds.set(2);
    metrics.lag.with_label_values(&["poller"]).set(3);
    metrics.poll_seconds.observe(1.0);
    metrics.commit_seconds.with_label_values(&["poller"]).observe(0.2);

    let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
    for line in [
        "# HELP polls_total Polls.",
        "# TYPE polls_total counter",
        "# HELP outcomes_total Polls by outcome, counted on commit.",
        r#"outcomes_total{kind="feed",outcome="new"} 1"#,
        "feeds 2",
        r#"lag_records{stage="poller"} 3"#,
        r#"poll_seconds_bucket{le="0.5"} 0"#,
        r#"poll_seconds_bucket{le="2"} 1"#,
        r#"commit_seconds_bucket{stage="poller",le="1"} 1"#,
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line} is missing:\n{text}");
    }
}

#[test]
fn a_name_that_is_registered_already_is_an_error() {
    let registry = Registry::new();
    Metrics::new(&registry).unwrap();
    assert!(Metrics::new(&registry).is_err());
}
