//! What the normaliser counts beside its stage's ledger.

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

/// Counters of what was done to articles. A batch that is tried again counts again.
#[derive(Debug, Clone)]
pub struct Metrics {
    /// Lines of boilerplate that were cut off bodies.
    pub boilerplate_lines: IntCounter,
    /// Titles that a site's name was cut off.
    pub titles_stripped: IntCounter,
    /// Articles by change (NEW, UPDATED).
    pub articles: IntCounterVec,
    /// Warnings by name.
    pub warnings: IntCounterVec,
}

impl Metrics {
    /// Registers them.
    ///
    /// # Errors
    /// Where the registry has metrics of these names already.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let metrics = Metrics {
            boilerplate_lines: IntCounter::new(
                "newswire_normaliser_boilerplate_lines_total",
                "Lines of boilerplate that were cut off bodies.",
            )?,
            titles_stripped: IntCounter::new(
                "newswire_normaliser_title_site_cut_total",
                "Titles that a site's name was cut off.",
            )?,
            articles: IntCounterVec::new(
                Opts::new("newswire_normaliser_articles_total", "Articles by change."),
                &["change"],
            )?,
            warnings: IntCounterVec::new(
                Opts::new("newswire_normaliser_warnings_total", "Warnings by name."),
                &["warning"],
            )?,
        };
        registry.register(Box::new(metrics.boilerplate_lines.clone()))?;
        registry.register(Box::new(metrics.titles_stripped.clone()))?;
        registry.register(Box::new(metrics.articles.clone()))?;
        registry.register(Box::new(metrics.warnings.clone()))?;
        Ok(metrics)
    }
}
