//! Topics that are compared with what is declared, and changed.

use crate::{
    bystander::{PARTITIONS, prefix, runtime},
    settings::{alter, client},
};
use proto::topic::Topic;
use rdkafka::admin::{AdminOptions, ConfigSource, ResourceSpecifier};
use std::time::Duration;
use stream::{Outgoing, Runtime, TopicChange, TopicDifference};
use test_support::wait::eventually;

const LIMIT: Duration = Duration::from_secs(60);

/// The differences of a topic by setting, once there are as many: a broker learns of a change after the controller has made it.
fn differences(runtime: &Runtime, topic: &str, count: usize) -> Vec<TopicDifference> {
    let mut found = Vec::new();
    eventually(LIMIT, &format!("{count} differences of {topic}"), || {
        found = runtime.log.topic_differences(&runtime.topics()).unwrap();
        found.retain(|one| one.topic == topic);
        found.len() == count
    });
    found
}

fn apply(runtime: &Runtime) {
    let topics = runtime.topics();
    let found = runtime.log.topic_differences(&topics).unwrap();
    runtime.log.apply_topics(&topics, &found).unwrap();
}

fn is_refused(difference: &TopicDifference, because: &str) -> bool {
    matches!(&difference.change, TopicChange::Refused { reason, .. } if reason.contains(because))
}

/// A runtime whose topics are created, but for those of one that declares other numbers of partitions.
fn created(test: &str, kafka: &str) -> Runtime {
    let runtime = runtime(kafka, &prefix(test), "0");
    let missing = runtime.log.topic_differences(&runtime.topics()).unwrap();
    assert!(missing.iter().all(|one| one.change == TopicChange::Create) && missing.len() == runtime.topics().len());
    apply(&runtime);
    assert_eq!(runtime.log.topic_differences(&runtime.topics()).unwrap(), []);
    runtime
}

#[test]
fn settings_are_changed_and_others_of_the_topic_stay() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let runtime = created("altered", &kafka);
    let topic = runtime.names.of(Topic::ArticleState);
    let declared = runtime.topics().into_iter().find(|one| one.name == topic).unwrap();
    assert!(declared.is_state);
    // It resets all settings of the topic but these.
    alter(&kafka, &topic, &[("cleanup.policy", "delete"), ("flush.messages", "7777")]);
    let found = differences(&runtime, &topic, 8);
    assert!(found.iter().all(TopicDifference::is_applied), "{found:?}");
    let policy = found.iter().find(|one| one.setting == "cleanup.policy").unwrap();
    assert_eq!((policy.found.as_deref(), policy.declared.as_str()), (Some("delete"), "compact,delete"));
    apply(&runtime);
    assert_eq!(runtime.log.topic_differences(&runtime.topics()).unwrap(), []);
    assert_eq!(setting(&kafka, &topic, "flush.messages").as_deref(), Some("7777"));
}

#[test]
fn a_shorter_retention_is_refused_and_the_topic_keeps_its_own() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let runtime = created("retention", &kafka);
    let topic = runtime.names.of(Topic::Raw);
    let longer = (30_i64 * 86_400_000).to_string();
    let mut settings: Vec<(String, String)> = declared(&kafka, &topic);
    settings.iter_mut().filter(|(name, _)| name == "retention.ms").for_each(|(_, value)| value.clone_from(&longer));
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    alter(&kafka, &topic, &settings);
    let found = differences(&runtime, &topic, 1);
    assert!(is_refused(&found[0], "would be deleted"), "{found:?}");
    apply(&runtime);
    assert_eq!(setting(&kafka, &topic, "retention.ms"), Some(longer));
}

#[test]
fn partitions_are_added_until_the_first_record_and_no_topic_is_created_with_another_number() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let runtime = created("partitions", &kafka);
    let more = Runtime { partitions: PARTITIONS + 2, ..runtime.clone() };
    apply(&more);
    assert_eq!(more.log.topic_differences(&more.topics()).unwrap(), []);
    let topic = more.names.of(Topic::Raw);
    assert_eq!(more.log.partitions(&topic).unwrap(), PARTITIONS + 2);

    let record = Outgoing { topic, partition: 0, key: b"k".to_vec(), value: Some(b"v".to_vec()), headers: Vec::new() };
    more.log.append(vec![record]).unwrap();
    let most = Runtime { partitions: PARTITIONS + 4, ..more.clone() };
    let found = most.log.topic_differences(&most.topics()).unwrap();
    assert!(!found.is_empty() && found.iter().all(|one| is_refused(one, "has held records")), "{found:?}");
    delete(&kafka, &most.names.of(Topic::PageState));
    eventually(LIMIT, "the topic is missing, and is not created", || {
        let found = most.log.topic_differences(&most.topics()).unwrap();
        found.iter().any(|one| one.setting == "topic" && is_refused(one, "another number of partitions"))
    });
}

/// The value of a setting of a topic.
fn setting(kafka: &str, topic: &str, name: &str) -> Option<String> {
    described(kafka, topic).into_iter().find(|(one, ..)| one == name).map(|(_, value, _)| value)
}

/// The settings that were set for a topic.
fn declared(kafka: &str, topic: &str) -> Vec<(String, String)> {
    described(kafka, topic).into_iter().filter(|(.., is_own)| *is_own).map(|(name, value, _)| (name, value)).collect()
}

/// Names and values of a topic's settings, and whether each was set for the topic.
fn described(kafka: &str, topic: &str) -> Vec<(String, String, bool)> {
    let names = [ResourceSpecifier::Topic(topic)];
    let described = futures_executor::block_on(client(kafka).describe_configs(&names, &AdminOptions::new())).unwrap();
    let entries = described.into_iter().flat_map(|one| one.unwrap().entries);
    entries.filter_map(|entry| Some((entry.name, entry.value?, entry.source == ConfigSource::DynamicTopic))).collect()
}

fn delete(kafka: &str, topic: &str) {
    let options = AdminOptions::new();
    let deleted = futures_executor::block_on(client(kafka).delete_topics(&[topic], &options)).unwrap();
    assert!(deleted.iter().all(Result::is_ok), "{deleted:?}");
}
