//! The flags that every run has.

use std::time::Duration;

/// How long a run lasts, and what it does at random.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Duration of the load
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub minutes: u64,
    /// Seed of everything random; random by default
    #[arg(long)]
    seed: Option<u64>,
}

impl RunArgs {
    /// The duration of the load.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::from_secs(self.minutes * 60)
    }

    /// The seed, or a random one.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or_else(|| fastrand::u64(..))
    }
}
