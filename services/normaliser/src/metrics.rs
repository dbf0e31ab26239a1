//! The normaliser's metrics.

metrics::metrics! {
    /// What the normaliser counts, next to the counters of its stage. A batch that is retried counts again.
    pub struct Metrics {
        /// Lines of boilerplate that were removed from bodies.
        pub boilerplate_lines: IntCounter = "newswire_normaliser_boilerplate_lines_total",
        /// Titles from which the site's name was removed.
        pub titles_stripped: IntCounter = "newswire_normaliser_title_site_cut_total",
        /// Articles, by change (NEW, UPDATED, WITHDRAWN).
        pub articles: IntCounterVec["change"] = "newswire_normaliser_articles_total",
        /// Pages that were requested, by reason.
        pub page_requests: IntCounterVec["reason"] = "newswire_normaliser_page_requests_total",
        /// Pages by outcome: published, unchanged, feed-text (the entry's text was published in place of the page), or why the page
        /// changes nothing.
        pub pages: IntCounterVec["outcome"] = "newswire_normaliser_pages_total",
        /// Warnings, by name.
        pub warnings: IntCounterVec["warning"] = "newswire_normaliser_warnings_total",
    }
}
