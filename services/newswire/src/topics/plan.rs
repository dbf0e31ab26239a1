//! `newswire topics plan` and `apply`.

use super::declared;
use crate::{
    answer::{self, Answer, Differs},
    output::{Align, Out, OutputArgs, Table},
};
use serde_json::{Value, json};
use std::io::Write;
use stream::{LogConfig, TopicChange, TopicDifference};

const COLUMNS: &[(&str, Align)] = &[
    ("topic", Align::Left),
    ("setting", Align::Left),
    ("found", Align::Left),
    ("declared", Align::Left),
    ("change", Align::Left),
];

/// The command, with its flags checked. `applies`: the differences are settled, not only shown.
pub fn command(config: LogConfig, output: OutputArgs, applies: bool) -> Answer {
    Box::new(move |out| run(out, &config, output, applies))
}

fn run(out: &mut Out, config: &LogConfig, output: OutputArgs, applies: bool) -> anyhow::Result<()> {
    let log = if applies { config.reach_or_create()? } else { answer::reach(config)? };
    let topics = declared(config, &log)?;
    let differences = log.topic_differences(&topics)?;
    if !differences.is_empty() {
        table(&differences).write(out, output)?;
    }
    // What is to be changed is on the screen before it is changed.
    out.flush()?;
    let refused = differences.iter().filter(|one| !one.is_applied()).count();
    let changes = differences.len() - refused;
    if applies && changes > 0 {
        log.apply_topics(&topics, &differences)?;
    }
    if !output.json {
        match (applies, changes, refused) {
            (_, 0, 0) => writeln!(out, "{} topics are as declared", topics.len())?,
            (true, ..) => writeln!(out, "{changes} changed, {refused} refused")?,
            (false, ..) => writeln!(out, "{changes} would be changed by `newswire topics apply`, {refused} refused")?,
        }
    }
    let left = if applies { refused } else { differences.len() };
    if left == 0 { Ok(()) } else { Err(Differs.into()) }
}

/// The name of a change, in JSON and in the table.
fn name(change: &TopicChange) -> &'static str {
    match change {
        TopicChange::Create => "create",
        TopicChange::AddPartitions => "add partitions",
        TopicChange::Alter => "alter",
        TopicChange::Refused { .. } => "refused",
    }
}

fn value(difference: &TopicDifference) -> Value {
    let mut value = json!({
        "topic": difference.topic,
        "setting": difference.setting,
        "found": difference.found,
        "declared": difference.declared,
        "change": name(&difference.change),
    });
    if let (Some(object), TopicChange::Refused { reason, command }) = (value.as_object_mut(), &difference.change) {
        object.insert("reason".to_owned(), reason.as_str().into());
        object.insert("command".to_owned(), command.as_deref().into());
    }
    value
}

fn table(differences: &[TopicDifference]) -> Table {
    let mut table = Table::new(COLUMNS);
    for one in differences {
        let found = one.found.clone().unwrap_or_else(|| "missing".to_owned());
        let change = name(&one.change).to_owned();
        let cells = [one.topic.clone(), one.setting.clone(), found, one.declared.clone(), change];
        if let TopicChange::Refused { reason, command } = &one.change {
            table.add_fault(cells, value(one));
            table.note(reason);
            command.iter().for_each(|command| table.note(command));
        } else {
            table.add(cells, value(one));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences() -> Vec<TopicDifference> {
        let difference = |topic: &str, setting: &str, found: Option<&str>, declared: &str, change| TopicDifference {
            topic: topic.into(),
            setting: setting.into(),
            found: found.map(str::to_owned),
            declared: declared.into(),
            change,
        };
        let refused = TopicChange::Refused {
            reason: "records that are kept now would be deleted".into(),
            command: Some("kafka-configs.sh --alter".into()),
        };
        vec![
            difference("news.feeds.v1", "topic", None, "24 partitions, 3 replicas", TopicChange::Create),
            difference("news.raw.v1", "retention.ms", Some("-1"), "604800000", refused),
        ]
    }

    #[test]
    fn json_has_the_reason_and_the_command() {
        let [created, refused] = &differences()[..] else { panic!() };
        assert_eq!(value(created)["found"], Value::Null);
        assert_eq!(value(refused)["change"], "refused");
        assert_eq!(value(refused)["command"], "kafka-configs.sh --alter");
    }
}
