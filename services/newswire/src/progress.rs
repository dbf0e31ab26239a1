//! Progress of long work, on standard error if that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Time between two pictures of work whose end is not known.
const TICK: Duration = Duration::from_millis(200);
const COUNTED: &str = "{spinner} {human_pos} {msg}, {elapsed}";
const UNCOUNTED: &str = "{spinner} {msg}, {elapsed}";
const EXPECTED: &str = "{bar:24} {human_pos} of {human_len} {msg}, {eta} left";

/// The progress of one piece of work. Its line is removed when it is dropped. The default shows nothing.
pub struct Progress(ProgressBar);

impl Default for Progress {
    fn default() -> Self {
        Progress(ProgressBar::hidden())
    }
}

impl Progress {
    /// Work on `what` (`feeds`), of which it is not known yet how many there are.
    #[must_use]
    pub fn new(what: &'static str) -> Self {
        // Hidden if standard error is no terminal.
        let bar = ProgressBar::no_length().with_message(what);
        bar.set_style(style(COUNTED));
        if !bar.is_hidden() {
            bar.enable_steady_tick(TICK);
        }
        Progress(bar)
    }

    /// Work that is not counted: `what` names it.
    #[must_use]
    pub fn uncounted(what: &'static str) -> Self {
        let progress = Progress::new(what);
        progress.0.set_style(style(UNCOUNTED));
        progress
    }

    /// There are `total`; what was done before counts no more.
    pub fn expect(&self, total: usize) {
        self.0.set_style(style(EXPECTED));
        self.0.set_position(0);
        self.0.set_length(total as u64);
    }

    /// `count` more are done.
    pub fn add(&self, count: usize) {
        self.0.inc(count as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// A template, or a bar without text if it is wrong.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_valid() {
        for template in [COUNTED, UNCOUNTED, EXPECTED] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
