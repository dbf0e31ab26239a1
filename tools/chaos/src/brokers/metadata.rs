//! What kcat shows of a cluster: leaders and replicas.

use super::request::Assignment;
use serde_json::Value;
use std::process::{Command, Stdio};

/// A partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// Topic.
    pub topic: String,
    /// Number.
    pub number: i32,
    /// Broker that leads it; -1 if none does.
    pub leader: i32,
    /// Brokers that have it.
    pub replicas: Vec<i32>,
    /// Those of them that are in sync.
    pub in_sync: Vec<i32>,
}

impl Partition {
    /// The same replicas, with another one in sync as the first; `None` if there is none.
    #[must_use]
    pub fn moved(&self, choice: u64) -> Option<Assignment> {
        let others: Vec<i32> = self.in_sync.iter().copied().filter(|broker| *broker != self.leader).collect();
        let first = super::select(&others, choice)?;
        let rest = self.replicas.iter().copied().filter(|broker| *broker != first);
        let replicas = std::iter::once(first).chain(rest).collect();
        Some(Assignment { topic: self.topic.clone(), partition: self.number, replicas })
    }
}

/// Every partition of the topics whose name begins with `prefix`; empty if no broker answers.
#[must_use]
pub fn partitions(kafka: &str, prefix: &str) -> Vec<Partition> {
    let output = Command::new("kcat")
        .args(["-b", kafka, "-L", "-J", "-m", "10"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).map(|value| parse(&value, prefix)).unwrap_or_default()
}

fn parse(listed: &Value, prefix: &str) -> Vec<Partition> {
    let number = |value: &Value| value.as_i64().and_then(|id| i32::try_from(id).ok()).unwrap_or(-1);
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut all = Vec::new();
    for topic in items(&listed["topics"]) {
        let Some(name) = topic["topic"].as_str().filter(|name| name.starts_with(prefix)) else { continue };
        for partition in items(&topic["partitions"]) {
            let ids = |field: &str| items(&partition[field]).iter().map(|one| number(&one["id"])).collect();
            all.push(Partition {
                topic: name.to_owned(),
                number: number(&partition["partition"]),
                leader: number(&partition["leader"]),
                replicas: ids("replicas"),
                in_sync: ids("isrs"),
            });
        }
    }
    all
}

/// The broker that coordinates a group (`topic` is `__consumer_offsets`) or a transactional id (`__transaction_state`): the
/// leader of the partition that Java's hash of the name selects.
#[must_use]
pub fn coordinator(kafka: &str, topic: &str, name: &str) -> Option<i32> {
    let all = partitions(kafka, topic);
    let hash = name.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
    let number = (hash & i32::MAX) % i32::try_from(all.len()).ok().filter(|count| *count > 0)?;
    all.iter().find(|partition| partition.number == number).map(|partition| partition.leader)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_leader_moves_to_another_replica_in_sync() {
        let listed = json!({"topics": [{"topic": "a.raw", "partitions": [{
            "partition": 3, "leader": 2, "replicas": [{"id": 2}, {"id": 1}, {"id": 3}], "isrs": [{"id": 2}, {"id": 3}],
        }]}, {"topic": "b", "partitions": []}]});
        let all = parse(&listed, "a.");
        assert_eq!(all.len(), 1);
        let expected = Assignment { topic: "a.raw".into(), partition: 3, replicas: vec![3, 2, 1] };
        assert_eq!(all[0].moved(5), Some(expected));
        assert_eq!(Partition { in_sync: vec![2], ..all[0].clone() }.moved(5), None);
    }
}
