//! What the poller counts in addition to the metrics of every stage.

metrics::metrics! {
    /// Metrics of the poller. Every entry of a document has one outcome, so that `newswire_entries_seen_total` equals the
    /// sum of `newswire_entries_total`. Both are incremented when the transaction has committed.
    pub struct Metrics {
        /// Polls by outcome.
        pub polls: IntCounterVec["outcome"] = "newswire_polls_total",
        /// Duration of a poll, the wait for the rate limit included.
        pub poll_seconds: Histogram(&[0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0]) = "newswire_poll_seconds",
        /// Time from when a feed was due to when its poll began, the wait for its host's rate limit included.
        pub lateness_seconds: Histogram(&[0.01, 0.1, 0.3, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1_800.0]) =
            "newswire_poll_lateness_seconds",
        /// Time from the publication of a new entry, as the publisher states it, to the poll that first saw it. Entries of a
        /// feed's first document are not counted.
        pub freshness_seconds: Histogram(&[10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 3_600.0, 14_400.0, 86_400.0]) =
            "newswire_entry_freshness_seconds",
        /// Bytes of response bodies, decompressed.
        pub bytes: IntCounter = "newswire_poll_bytes_total",
        /// Entries in documents.
        pub entries_seen: IntCounter = "newswire_entries_seen_total",
        /// Entries by outcome: new, changed, unchanged, or the reason for which they were dropped.
        pub entries: IntCounterVec["outcome"] = "newswire_entries_total",
        /// Repairs of published items, by warning.
        pub repaired: IntCounterVec["warning"] = "newswire_items_repaired_total",
        /// SEEN items written, which renew the states of articles.
        pub renewed: IntCounter = "newswire_poller_renewed_total",
        /// Feeds whose entries did not belong to their state or could not be read, and that were polled as for the first time.
        pub entries_lost: IntCounter = "newswire_poller_entries_lost_total",
        /// Scheduled feeds.
        pub feeds: IntGauge = "newswire_feeds",
        /// Feeds that are due and wait for a poll.
        pub due: IntGauge = "newswire_feeds_due",
        /// Feeds by the status of their health.
        pub statuses: IntGaugeVec["status"] = "newswire_feeds_by_status",
        /// Of the at most twenty feeds with the longest problems, since when, in seconds since 1970: FAILING since the last
        /// success, SILENT since the last entry, CHURNING and GONE since the last poll. Updated each minute.
        pub problems: IntGaugeVec["feed", "status"] = "newswire_feed_problem_since_seconds",
        /// Polls in flight.
        pub in_flight: IntGauge = "newswire_polls_in_flight",
        /// Polls of which a part is not published yet, because the stages behind have enough to do.
        pub waiting: IntGauge = "newswire_polls_waiting",
        /// 1 while this machine cannot poll: no network, no name server, no file descriptors.
        pub offline: IntGauge = "newswire_poller_offline",
        /// Polls that failed because of this machine or its network. They count for no feed and are repeated.
        pub postponed: IntCounter = "newswire_polls_postponed_total",
        /// Polls that could not be committed by a fault of this version, and count as failed: panic, too-large, unencodable.
        pub faults: IntCounterVec["fault"] = "newswire_poll_faults_total",
        /// Pages of articles by outcome: fetched, postponed (it is tried again), superseded (a later request has taken its place), or
        /// why there is no page.
        pub pages: IntCounterVec["outcome"] = "newswire_pages_total",
        /// Duration of an attempt to fetch a page, the wait for the rate limit included.
        pub page_seconds: Histogram(&[0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0]) = "newswire_page_seconds",
        /// Pages that wait to be fetched.
        pub pages_waiting: IntGauge = "newswire_pages_waiting",
        /// Pages in flight.
        pub pages_in_flight: IntGauge = "newswire_pages_in_flight",
        /// Hosts that the rate limiter tracks.
        pub hosts: IntGauge = "newswire_hosts",
        /// Poll results dropped because their partition was revoked or their feed changed; the feed is polled again.
        pub late: IntCounter = "newswire_polls_late_total",
    }
}
