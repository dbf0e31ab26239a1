//! Settings of existing topics.

use crate::bystander::{PARTITIONS, prefix, runtime};
use proto::topic::Topic;
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier},
    client::DefaultClientContext,
};
use std::time::Duration;
use stream::{LogError, Outgoing};
use test_support::wait::eventually;

/// A client of an administrator.
pub fn client(kafka: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", kafka).create().unwrap()
}

/// Replaces the settings of a topic.
pub fn alter(kafka: &str, topic: &str, settings: &[(&str, &str)]) {
    let change = AlterConfig::new(ResourceSpecifier::Topic(topic));
    let change = settings.iter().fold(change, |change, (name, value)| change.set(name, value));
    let results = futures_executor::block_on(client(kafka).alter_configs(&[change], &AdminOptions::new())).unwrap();
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

#[test]
fn a_state_topic_that_deletes_is_refused_with_the_command_that_repairs_it() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let runtime = runtime(&kafka, &prefix("settings"), "0");
    runtime.ensure_topics().unwrap();
    let topic = runtime.names.of(Topic::Withdrawals);
    alter(&kafka, &topic, &[("cleanup.policy", "compact,delete")]);
    // A broker learns of a setting after the controller has taken it.
    eventually(Duration::from_secs(60), "the setting is seen", || runtime.ensure_topics().is_err());
    let error = runtime.ensure_topics().unwrap_err();
    let expected = format!(
        "kafka-configs.sh --bootstrap-server {kafka} --alter --entity-type topics --entity-name {topic} \
         --add-config cleanup.policy=compact"
    );
    assert!(matches!(&error, LogError::Config(text) if text.ends_with(&expected)), "{error}");
    alter(&kafka, &topic, &[("cleanup.policy", "compact")]);
    eventually(Duration::from_secs(60), "the setting is repaired", || runtime.ensure_topics().is_ok());
}

#[test]
fn few_replicas_are_a_warning_and_a_metric() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let runtime = runtime(&kafka, &prefix("replicas"), "0");
    runtime.ensure_topics().unwrap();
    let topics = runtime.topics();
    let problems = runtime.log.topic_problems(&topics).unwrap();
    assert!(problems.iter().all(|one| one.setting == "replication" && !one.loses_data), "{problems:?}");
    let counted = runtime.metrics.topic_problems.with_label_values(&["replication"]).get();
    assert_eq!(usize::try_from(counted).unwrap(), topics.len());
}

#[test]
fn settings_that_the_cluster_does_not_show_are_a_warning_and_a_metric() {
    let Some(broker) = test_support::kafka::start_with_acls() else { return };
    let prefix = prefix("denied");
    let pattern = ["--topic", &prefix, "--resource-pattern-type", "prefixed"];
    for rule in [
        ["--allow-principal", "User:*", "--operation", "All"],
        ["--deny-principal", "User:*", "--operation", "DescribeConfigs"],
    ] {
        test_support::kafka::command("acls", &broker.address, &[&["--add"], &rule[..], &pattern[..]].concat());
    }
    let runtime = runtime(&broker.address, &prefix, "0");
    eventually(Duration::from_secs(60), "the broker has the rules", || {
        match runtime.ensure_topics() {
            Err(LogError::Unavailable(_)) => {}
            ended => ended.unwrap(),
        }
        runtime.metrics.topic_problems.with_label_values(&["unknown"]).get() > 0
    });
    let topics = runtime.topics();
    let problems = runtime.log.topic_problems(&topics).unwrap();
    let unknown = problems.iter().filter(|one| one.setting == "unknown");
    assert_eq!(unknown.clone().count(), topics.len(), "{problems:?}");
    assert!(unknown.clone().all(|one| one.detail.contains("DescribeConfigs is denied")), "{problems:?}");
    // And on: the stage runs.
    let articles = runtime.names.of(Topic::Articles);
    let record = Outgoing {
        topic: articles.clone(),
        partition: 0,
        key: b"k".to_vec(),
        value: Some(b"v".to_vec()),
        headers: vec![],
    };
    runtime.log.append(vec![record]).unwrap();
    assert_eq!(runtime.log.settled_ends(&articles).unwrap().len(), usize::try_from(PARTITIONS).unwrap());
}
