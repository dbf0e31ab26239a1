//! Metrics of every process: its start, memory, processor time and descriptors, and which conditions of readiness are met.

use crate::admin::Readiness;
use prometheus::{
    IntGaugeVec, Opts, Registry,
    core::{Collector, Desc},
    proto::MetricFamily,
};

/// Registers them with the registry of the process.
///
/// # Errors
/// The registry has them already.
pub(crate) fn register(registry: &Registry, readiness: Readiness) -> prometheus::Result<()> {
    #[cfg(target_os = "linux")]
    registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    registry.register(Box::new(Conditions { readiness, description: gauges()? }))
}

fn gauges() -> prometheus::Result<IntGaugeVec> {
    let help = "1 if a condition of readiness is met, 0 if it is not: the conditions of /readyz.";
    IntGaugeVec::new(Opts::new("newswire_condition_met", help), &["condition"])
}

/// Asks for the conditions whenever the metrics are read.
struct Conditions {
    readiness: Readiness,
    description: IntGaugeVec,
}

impl Collector for Conditions {
    fn desc(&self) -> Vec<&Desc> {
        self.description.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        // Of their own for each reader: a condition may be gone, and readers overlap.
        let Ok(gauges) = gauges() else { return Vec::new() };
        for condition in self.readiness.conditions() {
            gauges.with_label_values(&[&condition.name]).set(condition.met.into());
        }
        gauges.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::TextEncoder;

    #[test]
    fn a_condition_is_a_metric_and_the_process_shows_its_memory() {
        let (registry, readiness) = (Registry::new(), Readiness::default());
        register(&registry, readiness.clone()).unwrap();
        let caught_up = readiness.add("gateway-caught-up");
        let line = |wanted: &str| {
            let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
            text.lines().any(|line| line.starts_with(wanted))
        };
        assert!(line(r#"newswire_condition_met{condition="gateway-caught-up"} 0"#));
        caught_up.met();
        assert!(line(r#"newswire_condition_met{condition="gateway-caught-up"} 1"#));
        if cfg!(target_os = "linux") {
            assert!(line("process_resident_memory_bytes ") && line("process_start_time_seconds "));
        }
    }
}
