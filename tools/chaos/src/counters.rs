//! Counters of the stages: every record that a stage read is counted under exactly one outcome.

/// Counters of one stage of one process.
#[derive(Debug, Clone, PartialEq)]
pub struct StageCounters {
    /// Process and stage.
    pub stage: String,
    /// Records read.
    pub read: f64,
    /// Records counted under any outcome.
    pub outcomes: f64,
}

impl StageCounters {
    /// Whether the outcomes add up to the records read.
    #[must_use]
    pub fn balance(&self) -> bool {
        (self.read - self.outcomes).abs() < 0.5
    }
}

const OUTCOMES: [&str; 4] = [
    "newswire_stage_out_total",
    "newswire_stage_duplicate_total",
    "newswire_stage_dropped_total",
    "newswire_stage_dead_letter_total",
];

/// The counters of every stage, from the names and `/metrics` texts of processes.
#[must_use]
pub fn of_stages(scraped: &[(String, String)]) -> Vec<StageCounters> {
    let mut all = Vec::new();
    for (process, text) in scraped {
        let mut stages: Vec<&str> =
            text.lines().filter(|line| line.starts_with("newswire_stage_read_total{")).filter_map(stage).collect();
        stages.dedup();
        for name in stages {
            let of = |metric: &str| sum_where(text, metric, &format!("stage=\"{name}\""));
            all.push(StageCounters {
                stage: format!("{process}/{name}"),
                read: of("newswire_stage_read_total"),
                outcomes: OUTCOMES.iter().map(|metric| of(metric)).sum(),
            });
        }
    }
    all
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
    fn counters_balance_if_outcomes_add_up_to_records_read() {
        let of = |text: &str| of_stages(&[("p".to_owned(), text.to_owned())]);
        assert!(of(TEXT)[0].balance());
        assert!(!of(&TEXT.replace(" 6", " 5"))[0].balance());
    }
}
