//! Settings of topics: those that newswire declares, and what existing topics have instead.

use crate::{TopicProblem, TopicSpec};
use proto::topic::Retention;
use std::collections::HashMap;

/// Largest batch that a topic accepts: [`crate::record::MAX_DEAD_LETTER_BYTES`] and the batch's own header.
pub(super) const MAX_MESSAGE_BYTES: usize = 1_300_000;

/// Replicas from which on a topic survives the loss of a broker without stopping: two in sync are then required.
pub(super) const SAFE_REPLICATION: i32 = 3;

pub(super) const CLEANUP: &str = "cleanup.policy";
pub(super) const MIN_IN_SYNC: &str = "min.insync.replicas";
const UNCLEAN: &str = "unclean.leader.election.enable";
pub(super) const RETENTION: &str = "retention.ms";
pub(super) const MAX_MESSAGE: &str = "max.message.bytes";

/// Settings that a topic with so many replicas is created with.
pub(super) fn declared(topic: &TopicSpec, replication: i32) -> Vec<(&'static str, String)> {
    let mut settings = essential(topic);
    let mut set = |key, value: &dyn ToString| settings.push((key, value.to_string()));
    set("compression.type", &"zstd");
    set(MIN_IN_SYNC, &(if replication >= SAFE_REPLICATION { 2 } else { 1 }));
    // A replica that lacks records must not become the leader: what it lacks would be lost.
    set(UNCLEAN, &false);
    if topic.is_state {
        set("segment.bytes", &(32 * 1024 * 1024));
        set("max.compaction.lag.ms", &(10 * 60 * 1000));
        set("min.cleanable.dirty.ratio", &0.1);
    }
    set(MAX_MESSAGE, &MAX_MESSAGE_BYTES);
    // The time of writing, not the producer's: retention must not delete old articles at once.
    set("message.timestamp.type", &"LogAppendTime");
    settings
}

/// Those of the settings that every Kafka lets its users choose.
pub(super) fn essential(topic: &TopicSpec) -> Vec<(&'static str, String)> {
    let mut settings = vec![(CLEANUP, cleanup(topic).to_owned())];
    if let Retention::CompactDelete(ms) | Retention::Delete(ms) = topic.retention {
        settings.push((RETENTION, ms.to_string()));
    }
    settings
}

fn cleanup(topic: &TopicSpec) -> &'static str {
    match topic.retention {
        Retention::Compact => "compact",
        Retention::CompactDelete(_) => "compact,delete",
        Retention::Delete(_) => "delete",
    }
}

/// The command of Kafka that sets a setting of a topic.
pub(super) fn alter_command(bootstrap: &str, topic: &str, setting: &str, value: &str) -> String {
    let value = if value.contains(',') { format!("[{value}]") } else { value.to_owned() };
    format!(
        "kafka-configs.sh --bootstrap-server {bootstrap} --alter --entity-type topics --entity-name {topic} \
         --add-config {setting}={value}"
    )
}

/// What an existing topic has instead of the declared settings, if it may lose data. `found` has its settings; it is
/// empty if the cluster does not show them.
pub(super) fn problems(
    topic: &TopicSpec,
    replication: i32,
    found: &HashMap<&str, &str>,
    bootstrap: &str,
) -> Vec<TopicProblem> {
    let mut all = Vec::new();
    let mut add = |setting, detail: String, repair: Option<String>| {
        let loses_data = repair.is_some();
        all.push(TopicProblem { topic: topic.name.clone(), setting, detail, repair, loses_data });
    };
    let alter = |setting: &str, value: &str| Some(alter_command(bootstrap, &topic.name, setting, value));
    if replication < SAFE_REPLICATION {
        let detail =
            format!("with {replication} replicas, fewer than {SAFE_REPLICATION}, a lost broker stops or loses it");
        add("replication", detail, None);
    }
    if found.is_empty() {
        add("unknown", "the cluster does not show its settings (DescribeConfigs is denied)".to_owned(), None);
        return all;
    }
    let value = |setting: &str| found.get(setting).copied().unwrap_or_default();
    let policies: Vec<&str> = value(CLEANUP).split(',').map(str::trim).filter(|one| !one.is_empty()).collect();
    let (deletes, compacts) = (policies.contains(&"delete"), policies.contains(&"compact"));
    let loss = match topic.retention {
        Retention::Compact if deletes => Some("deletes records that it must keep forever"),
        Retention::CompactDelete(_) if !compacts => Some("deletes the last record of a key, or never shrinks"),
        Retention::Delete(_) if compacts => Some("keeps only the last record of each key"),
        _ => None,
    };
    if let Some(loss) = loss {
        add(CLEANUP, format!("{CLEANUP}={} {loss}", value(CLEANUP)), alter(CLEANUP, cleanup(topic)));
    }
    let in_sync = value(MIN_IN_SYNC).parse().unwrap_or(i32::MAX);
    if replication >= SAFE_REPLICATION && in_sync < 2 {
        let detail = format!("{MIN_IN_SYNC}={in_sync}: a record that only one broker has counts as written");
        add(MIN_IN_SYNC, detail, alter(MIN_IN_SYNC, "2"));
    }
    if replication > 1 && value(UNCLEAN) == "true" {
        let detail = format!("{UNCLEAN}=true: a broker that lacks records may become the leader");
        add(UNCLEAN, detail, alter(UNCLEAN, "false"));
    }
    if let (Retention::CompactDelete(declared), true, Ok(kept)) =
        (topic.retention, topic.is_state, value(RETENTION).parse::<i64>())
        && kept >= 0
        && kept < declared
    {
        add(RETENTION, format!("{RETENTION}={kept}, less than {declared}: state goes before what it guards"), None);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(retention: Retention, is_state: bool) -> TopicSpec {
        TopicSpec { name: "news.t".into(), partitions: 1, retention, is_state }
    }

    /// The settings of `problems` that lose data, and those that are warnings.
    fn found(topic: &TopicSpec, replication: i32, changed: &[(&str, &str)]) -> (Vec<&'static str>, Vec<&'static str>) {
        let declared = declared(topic, replication);
        let mut settings: HashMap<&str, &str> = declared.iter().map(|(key, value)| (*key, value.as_str())).collect();
        settings.extend(changed.iter().copied());
        let all = problems(topic, replication, &settings, "kafka:9092");
        let (lost, warned): (Vec<TopicProblem>, Vec<TopicProblem>) = all.into_iter().partition(|one| one.loses_data);
        let names = |all: Vec<TopicProblem>| all.into_iter().map(|one| one.setting).collect();
        (names(lost), names(warned))
    }

    #[test]
    fn a_topic_as_declared_has_no_problem() {
        for retention in [Retention::Compact, Retention::CompactDelete(1_000), Retention::Delete(1_000)] {
            assert_eq!(found(&topic(retention, true), 3, &[]), (vec![], vec![]), "{retention:?}");
        }
    }

    #[test]
    fn settings_that_lose_data_are_named() {
        let (state, stream) = (topic(Retention::Compact, true), topic(Retention::Delete(1_000), false));
        let expiring = topic(Retention::CompactDelete(1_000), true);
        for (topic, replication, changed, lost, warned) in [
            (&state, 3, (CLEANUP, "compact,delete"), vec![CLEANUP], vec![]),
            (&state, 3, (CLEANUP, "delete"), vec![CLEANUP], vec![]),
            (&expiring, 3, (CLEANUP, "delete"), vec![CLEANUP], vec![]),
            (&expiring, 3, (RETENTION, "999"), vec![], vec![RETENTION]),
            (&expiring, 3, (RETENTION, "-1"), vec![], vec![]),
            (&stream, 3, (CLEANUP, "compact"), vec![CLEANUP], vec![]),
            (&stream, 3, (RETENTION, "1"), vec![], vec![]),
            (&state, 3, (MIN_IN_SYNC, "1"), vec![MIN_IN_SYNC], vec![]),
            (&state, 2, (MIN_IN_SYNC, "1"), vec![], vec!["replication"]),
            (&state, 3, (UNCLEAN, "true"), vec![UNCLEAN], vec![]),
            (&state, 1, (UNCLEAN, "true"), vec![], vec!["replication"]),
        ] {
            assert_eq!(found(topic, replication, &[changed]), (lost, warned), "{changed:?} of {replication}");
        }
    }

    #[test]
    fn settings_that_are_not_shown_are_a_warning() {
        let all = problems(&topic(Retention::Compact, true), 3, &HashMap::new(), "kafka:9092");
        assert!(matches!(&all[..], [one] if one.setting == "unknown" && !one.loses_data), "{all:?}");
    }

    #[test]
    fn the_repair_is_a_command_of_kafka() {
        let found = HashMap::from([(CLEANUP, "delete"), (MIN_IN_SYNC, "2")]);
        let all = problems(&topic(Retention::CompactDelete(1_000), true), 3, &found, "kafka:9092");
        assert_eq!(
            all[0].repair.as_deref(),
            Some(
                "kafka-configs.sh --bootstrap-server kafka:9092 --alter --entity-type topics --entity-name news.t \
                 --add-config cleanup.policy=[compact,delete]"
            )
        );
    }
}
