//! How an existing topic differs from what is declared, and which changes lose nothing.

use super::settings::{self, CLEANUP, MAX_MESSAGE, MIN_IN_SYNC, RETENTION};
use crate::{TopicChange, TopicDifference, TopicSpec};
use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
};

/// What exists of a topic.
pub(super) struct Existing<'a> {
    /// Brokers with a replica, by partition.
    pub replicas: Vec<Vec<i32>>,
    /// Every setting, by its name as Kafka has it.
    pub settings: HashMap<&'a str, &'a str>,
}

impl Existing<'_> {
    /// The smallest number of replicas of a partition.
    pub(super) fn replication(&self) -> i32 {
        let fewest = self.replicas.iter().map(Vec::len).min().unwrap_or(0);
        i32::try_from(fewest).unwrap_or(i32::MAX)
    }
}

/// The cluster, for decisions and commands.
pub(super) struct Cluster<'a> {
    pub bootstrap: &'a str,
    /// Ids of the brokers.
    pub brokers: Vec<i32>,
    /// Replicas that a topic is to have at least.
    pub replication: i32,
    /// A topic of the pipeline that has held records: then none gets more partitions.
    pub written: Option<String>,
}

/// The differences of one topic that exists.
pub(super) fn differences(topic: &TopicSpec, existing: &Existing<'_>, cluster: &Cluster<'_>) -> Vec<TopicDifference> {
    let mut all = Vec::new();
    let mut add = |setting: &str, found: String, declared: String, change: TopicChange| {
        let (topic, setting) = (topic.name.clone(), setting.to_owned());
        all.push(TopicDifference { topic, setting, found: Some(found), declared, change });
    };
    let count = i32::try_from(existing.replicas.len()).unwrap_or(i32::MAX);
    if count != topic.partitions {
        add("partitions", count.to_string(), topic.partitions.to_string(), partitions(topic, count, cluster));
    }
    let replication = existing.replication();
    if replication < cluster.replication {
        let change = TopicChange::Refused {
            reason: "Kafka moves replicas by a tool of its own".to_owned(),
            command: reassignment(topic, existing, cluster),
        };
        add("replication", replication.to_string(), cluster.replication.to_string(), change);
    }
    for (setting, declared) in settings::declared(topic, replication) {
        let found = existing.settings.get(setting).copied().unwrap_or_default();
        if let Some(change) = change(topic, setting, found, &declared, replication, cluster) {
            add(setting, found.to_owned(), declared, change);
        }
    }
    all
}

fn partitions(topic: &TopicSpec, count: i32, cluster: &Cluster<'_>) -> TopicChange {
    let reason = if count > topic.partitions {
        format!("Kafka removes no partitions; --partitions {count} keeps them")
    } else if let Some(written) = &cluster.written {
        format!(
            "{written} has held records: those of a key, and its state, would be on two partitions; \
             --partitions {count} keeps them, and another --topic-prefix begins with empty topics"
        )
    } else {
        return TopicChange::AddPartitions;
    };
    TopicChange::Refused { reason, command: None }
}

/// How a setting is changed; `None` if what is found is as declared, or keeps more.
fn change(
    topic: &TopicSpec,
    setting: &'static str,
    found: &str,
    declared: &str,
    replication: i32,
    cluster: &Cluster<'_>,
) -> Option<TopicChange> {
    let number = |text: &str| text.parse::<i64>().ok();
    match (setting, number(found), number(declared)) {
        (CLEANUP, ..) => (policies(found) != policies(declared)).then_some(TopicChange::Alter),
        (RETENTION, Some(found), Some(declared)) if found < 0 || found > declared => {
            // State that is kept for longer guards for longer.
            (!topic.is_state).then(|| TopicChange::Refused {
                reason: "records that are kept now would be deleted".to_owned(),
                command: Some(settings::alter_command(cluster.bootstrap, &topic.name, setting, &declared.to_string())),
            })
        }
        // More is as safe, but more than there are replicas stops every writer.
        (MIN_IN_SYNC, Some(found), Some(declared)) => {
            (found < declared || found > i64::from(replication)).then_some(TopicChange::Alter)
        }
        (MAX_MESSAGE, Some(found), Some(declared)) => (found < declared).then_some(TopicChange::Alter),
        _ => (found != declared).then_some(TopicChange::Alter),
    }
}

fn policies(text: &str) -> BTreeSet<&str> {
    text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect()
}

/// The command that gives each partition more replicas, on the brokers that follow those that it has.
fn reassignment(topic: &TopicSpec, existing: &Existing<'_>, cluster: &Cluster<'_>) -> Option<String> {
    let wanted = usize::try_from(cluster.replication).ok().filter(|wanted| *wanted <= cluster.brokers.len())?;
    let mut plan = String::new();
    for (partition, has) in existing.replicas.iter().enumerate() {
        let mut replicas = has.clone();
        let others = cluster.brokers.iter().cycle().skip(partition).filter(|broker| !has.contains(broker));
        replicas.extend(others.take(wanted.saturating_sub(has.len())));
        let separator = if partition == 0 { "" } else { "," };
        let name = &topic.name;
        let written =
            write!(plan, r#"{separator}{{"topic":"{name}","partition":{partition},"replicas":{replicas:?}}}"#);
        written.ok()?;
    }
    Some(format!(
        "kafka-reassign-partitions.sh --bootstrap-server {} --execute --reassignment-json-file \
         <(echo '{{\"version\":1,\"partitions\":[{}]}}')",
        cluster.bootstrap,
        plan.replace(", ", ",")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::topic::Retention;

    const DAY: i64 = 86_400_000;

    fn cluster() -> Cluster<'static> {
        Cluster { bootstrap: "kafka:9092", brokers: vec![1, 2, 3], replication: 3, written: None }
    }

    fn topic(retention: Retention, is_state: bool) -> TopicSpec {
        TopicSpec { name: "news.t".into(), partitions: 2, retention, is_state }
    }

    /// The differences of a topic with these replicas that is as declared but for one setting.
    fn found(
        topic: &TopicSpec,
        changed: (&str, &str),
        replicas: &[&[i32]],
        cluster: &Cluster<'_>,
    ) -> Vec<TopicDifference> {
        let replicas: Vec<Vec<i32>> = replicas.iter().map(|one| one.to_vec()).collect();
        let declared = settings::declared(topic, i32::try_from(replicas[0].len()).unwrap());
        let mut settings: HashMap<&str, &str> = declared.iter().map(|(key, value)| (*key, value.as_str())).collect();
        settings.insert(changed.0, changed.1);
        differences(topic, &Existing { replicas, settings }, cluster)
    }

    /// `None` without a difference, else whether it is applied.
    fn applied(topic: &TopicSpec, changed: (&str, &str)) -> Option<bool> {
        let all = found(topic, changed, &[&[1, 2, 3], &[2, 3, 1]], &cluster());
        assert!(all.len() <= 1, "{all:?}");
        all.first().map(TopicDifference::is_applied)
    }

    #[test]
    fn a_setting_that_keeps_less_is_refused_and_others_are_applied() {
        let state = topic(Retention::CompactDelete(30 * DAY), true);
        let stream = topic(Retention::Delete(7 * DAY), false);
        let (longer, shorter) = ((60 * DAY).to_string(), DAY.to_string());
        for (topic, changed, expected) in [
            (&state, ("other.setting", "1"), None),
            (&state, (CLEANUP, "delete, compact"), None),
            (&state, (CLEANUP, "delete"), Some(true)),
            (&state, (RETENTION, shorter.as_str()), Some(true)),
            (&state, (RETENTION, longer.as_str()), None),
            (&state, ("segment.bytes", "1073741824"), Some(true)),
            (&stream, (CLEANUP, "compact"), Some(true)),
            (&stream, (RETENTION, shorter.as_str()), Some(true)),
            (&stream, (RETENTION, longer.as_str()), Some(false)),
            (&stream, (RETENTION, "-1"), Some(false)),
            (&stream, (MIN_IN_SYNC, "1"), Some(true)),
            (&stream, (MIN_IN_SYNC, "3"), None),
            (&stream, (MIN_IN_SYNC, "4"), Some(true)),
            (&stream, (MAX_MESSAGE, "1048588"), Some(true)),
            (&stream, (MAX_MESSAGE, "10485880"), None),
            (&stream, ("unclean.leader.election.enable", "true"), Some(true)),
        ] {
            assert_eq!(applied(topic, changed), expected, "{changed:?}");
        }
    }

    #[test]
    fn partitions_are_added_only_while_no_topic_has_held_a_record() {
        let topic = topic(Retention::Delete(DAY), false);
        let one = [&[1, 2, 3][..]];
        let difference = |cluster: &Cluster<'_>, replicas: &[&[i32]]| {
            let all = found(&topic, ("", ""), replicas, cluster);
            assert!(matches!(&all[..], [only] if only.setting == "partitions"), "{all:?}");
            all[0].change.clone()
        };
        assert_eq!(difference(&cluster(), &one), TopicChange::AddPartitions);
        let written = Cluster { written: Some("news.raw.v1".into()), ..cluster() };
        let refused = |change: TopicChange, names: &str| match change {
            TopicChange::Refused { reason, .. } => reason.contains(names),
            _ => false,
        };
        assert!(refused(difference(&written, &one), "news.raw.v1 has held records"));
        assert!(refused(difference(&cluster(), &[&[1, 2, 3][..]; 3]), "--partitions 3"), "fewer");
    }

    #[test]
    fn more_replicas_are_a_command_of_kafka_and_are_not_a_difference() {
        let topic = topic(Retention::Delete(DAY), false);
        let all = found(&topic, ("", ""), &[&[1], &[2]], &cluster());
        let [only] = &all[..] else { panic!("{all:?}") };
        let TopicChange::Refused { command: Some(command), .. } = &only.change else { panic!("{only:?}") };
        assert_eq!(
            command,
            "kafka-reassign-partitions.sh --bootstrap-server kafka:9092 --execute --reassignment-json-file \
             <(echo '{\"version\":1,\"partitions\":[{\"topic\":\"news.t\",\"partition\":0,\"replicas\":[1,2,3]},\
             {\"topic\":\"news.t\",\"partition\":1,\"replicas\":[2,3,1]}]}')"
        );
        let fewer = Cluster { replication: 2, ..cluster() };
        assert_eq!(found(&topic, ("", ""), &[&[1, 2, 3], &[1, 2, 3]], &fewer), []);
    }
}
