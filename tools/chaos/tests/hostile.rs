//! Hostile feeds next to a feed of ordinary news, through the whole pipeline. `make chaos` does it for ten minutes.

use chaos::hostile::{Kinds, Scenario, run};
use std::time::Duration;

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn hostile_feeds_of_every_kind_do_not_harm_a_feed_of_news() {
    let scenario = Scenario {
        seed: number("NEWSWIRE_SEED", 1),
        duration: Duration::from_secs(number("NEWSWIRE_SECONDS", 60)),
        kinds: Kinds::Each,
        size: usize::try_from(number("NEWSWIRE_SIZE", 200_000)).unwrap_or_default(),
        poll_interval: Duration::from_millis(number("NEWSWIRE_POLL_MS", 1_000)),
        // On a machine that does other work, too, the delay says nothing.
        max_delay: None,
    };
    let report = run(&scenario);
    eprintln!("{}", report.text());
    assert_eq!(report.violations(), Vec::<String>::new());
}
