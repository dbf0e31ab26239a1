//! `newswire topics list`: topics, their lengths, and settings that may lose data.

use crate::output::{Align, Out, OutputArgs, Table};
use proto::topic::Topic;
use serde_json::{Value, json};
use std::io::Write;
use stream::{Log, LogConfig, LogError, TopicSpec};

const COLUMNS: &[(&str, Align)] = &[("topic", Align::Left), ("partitions", Align::Right), ("ends", Align::Right)];

/// Writes the list. `declared` are the settings that the topics are to have. As JSON: an object a line for each topic.
pub fn write(
    out: &mut Out,
    log: &dyn Log,
    config: &LogConfig,
    declared: &[TopicSpec],
    output: OutputArgs,
) -> anyhow::Result<()> {
    let problems = log.topic_problems(declared)?;
    let severity = |loses_data: bool| if loses_data { "loses data" } else { "warning" };
    let mut table = Table::new(COLUMNS);
    for topic in Topic::created() {
        let name = config.names.of(topic);
        let ends = match log.ends(&name) {
            Ok(ends) => Some((ends.len(), ends.values().sum::<i64>())),
            Err(LogError::NoTopic(_)) => None,
            Err(error) => return Err(error.into()),
        };
        let of_topic = problems.iter().filter(|problem| problem.topic == name);
        let of_topic: Vec<Value> = of_topic
            .map(|one| json!({ "severity": severity(one.loses_data), "detail": one.detail, "repair": one.repair }))
            .collect();
        let (partitions, sum) = ends.unzip();
        let value = json!({ "topic": name, "partitions": partitions, "ends": sum, "problems": of_topic });
        let shown = partitions.map_or_else(|| "missing".to_owned(), |count| count.to_string());
        let cells = [name, shown, sum.map(|sum| sum.to_string()).unwrap_or_default()];
        match of_topic.is_empty() && partitions.is_some() {
            true => table.add(cells, value),
            false => table.add_fault(cells, value),
        }
    }
    table.write(out, output)?;
    for problem in problems.iter().filter(|_| !output.json) {
        writeln!(out, "{}: {}: {}", severity(problem.loses_data), problem.topic, problem.detail)?;
        if let Some(repair) = &problem.repair {
            writeln!(out, "  {repair}")?;
        }
    }
    Ok(())
}
