//! For each stage of each process: read = out + duplicate + dropped + dead letter, from its counters.

/// Sums of one stage.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Process and stage.
    pub stage: String,
    /// Records read.
    pub read: f64,
    /// The sum of their outcomes.
    pub accounted: f64,
}

impl Account {
    /// Whether nothing is missing and nothing too much.
    #[must_use]
    pub fn closes(&self) -> bool {
        (self.read - self.accounted).abs() < 0.5
    }
}

const OUTCOMES: [&str; 4] = [
    "newswire_stage_out_total",
    "newswire_stage_duplicate_total",
    "newswire_stage_dropped_total",
    "newswire_stage_dead_letter_total",
];

/// An account for each stage of each process.
#[must_use]
pub fn check(scraped: &[(String, String)]) -> Vec<Account> {
    let mut accounts = Vec::new();
    for (process, text) in scraped {
        let mut stages: Vec<&str> =
            text.lines().filter(|line| line.starts_with("newswire_stage_read_total{")).filter_map(stage).collect();
        stages.dedup();
        for name in stages {
            let of = |metric: &str| sum_where(text, metric, &format!("stage=\"{name}\""));
            accounts.push(Account {
                stage: format!("{process}/{name}"),
                read: of("newswire_stage_read_total"),
                accounted: OUTCOMES.iter().map(|metric| of(metric)).sum(),
            });
        }
    }
    accounts
}

fn stage(line: &str) -> Option<&str> {
    line.split_once("stage=\"")?.1.split('"').next()
}

/// Sum of a metric over all labels.
#[must_use]
pub fn sum(text: &str, metric: &str) -> f64 {
    sum_where(text, metric, "")
}

fn sum_where(text: &str, metric: &str, label: &str) -> f64 {
    let lines = text.lines().filter(|line| line.strip_prefix(metric).is_some_and(|rest| rest.starts_with(['{', ' '])));
    lines.filter(|line| line.contains(label)).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP newswire_stage_read_total x\nnewswire_stage_read_total{stage=\"a\"} 10\n\
        newswire_stage_out_total{stage=\"a\"} 6\nnewswire_stage_duplicate_total{stage=\"a\"} 3\n\
        newswire_stage_dropped_total{reason=\"old\",stage=\"a\"} 1\n";

    #[test]
    fn an_account_that_closes_and_one_that_does_not() {
        let of = |text: &str| check(&[("p".to_owned(), text.to_owned())]);
        assert!(of(TEXT)[0].closes());
        assert!(!of(&TEXT.replace(" 6", " 5"))[0].closes());
    }
}
