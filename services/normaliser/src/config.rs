//! The normaliser's flags.

use crate::pages::FullText;
use clap::builder::RangedU64ValueParser;

/// Most raw items in one transaction, if the flag is not given.
const DEFAULT_BATCH: usize = 500;

/// The normaliser's flags.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "normaliser")]
#[command(next_help_heading = "Normaliser")]
pub struct Args {
    /// Most raw items in one transaction.
    #[arg(long, env = "NEWSWIRE_NORMALISER_BATCH", value_name = "N", default_value_t = DEFAULT_BATCH,
          value_parser = RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    normaliser_batch: usize,
    /// Whether the pages of entries are fetched, for feeds whose definition does not say: `auto` if the feed's text is
    /// short. It multiplies the requests to publishers.
    #[arg(long, env = "NEWSWIRE_FULL_TEXT", value_name = "WHEN", value_enum, default_value = "never")]
    full_text: FullText,
}

/// The normaliser's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Most raw items in one transaction.
    pub batch: usize,
    /// Whether pages are fetched for feeds whose definition does not say.
    pub full_text: FullText,
}

impl Default for Config {
    fn default() -> Self {
        Config { batch: DEFAULT_BATCH, full_text: FullText::Never }
    }
}

impl Args {
    /// The configuration that the flags give.
    #[must_use]
    pub fn config(&self) -> Config {
        Config { batch: self.normaliser_batch, full_text: self.full_text }
    }
}
