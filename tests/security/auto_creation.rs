//! On a broker that creates the topics that clients ask for.

use crate::client::Client;
use proto::topic::Topic;
use stream::{
    Admin, Log, LogError, Outgoing, Start,
    kafka::{Kafka, KafkaConfig},
};

#[test]
fn no_topic_comes_into_being_by_reading_or_writing_it() {
    let Some(client) = Client::new("created") else { return };
    let kafka = Kafka::new(KafkaConfig::new(&client.broker.admin)).unwrap();
    let topic = client.topic(Topic::Raw);
    assert!(matches!(kafka.tail(&topic, Start::Beginning), Err(LogError::NoTopic(_))));
    assert!(matches!(kafka.ends(&topic), Err(LogError::NoTopic(_))));
    assert!(matches!(kafka.committed("created", &topic), Err(LogError::NoTopic(_))));
    let record = Outgoing {
        topic: topic.clone(),
        partition: 0,
        key: b"k".to_vec(),
        value: Some(b"v".to_vec()),
        headers: vec![],
    };
    let written = kafka.append(vec![record]);
    assert!(written.is_err(), "{written:?}");
    // Asked of another client, whose first question this is.
    let there = Kafka::new(KafkaConfig::new(&client.broker.admin)).unwrap().partitions(&topic);
    assert!(matches!(there, Err(LogError::NoTopic(_))), "{there:?}");
}
