use super::*;
use crate::{Admin, TopicSpec};
use proto::topic::Retention;
use rdkafka::{
    Offset,
    consumer::{BaseConsumer, Consumer},
    mocking::{MockCluster, MockCoordinator},
};
use test_support::{
    proxy::{Mode, Proxy},
    wait::eventually,
};

const LIMIT: Duration = Duration::from_secs(30);

/// A writer to a new topic, which has the writer's transactional id.
fn writer(config: &KafkaConfig) -> Writer {
    let topic = format!("abort{}", jiff::Timestamp::now().as_nanosecond());
    let spec = TopicSpec { name: topic.clone(), partitions: 1, retention: Retention::Delete(60_000), is_state: false };
    super::super::Kafka::new(config.clone()).unwrap().ensure_topics(&[spec]).unwrap();
    Writer::new(config, &topic).unwrap()
}

/// A record whose key is its value.
fn record(writer: &Writer, key: &str) -> Outgoing {
    Outgoing { value: Some(key.into()), ..Outgoing::tombstone(&writer.id, 0, key) }
}

#[test]
fn an_abort_gives_up_the_records_in_flight_and_the_producer_goes_on() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let config = KafkaConfig::new(&kafka);
    let mut writer = writer(&config);
    let record = record(&writer, "k");
    writer.producer.begin_transaction().unwrap();
    for _ in 0..100 {
        writer.send(&record, Instant::now() + writer.transaction).unwrap();
    }
    assert!(writer.producer.in_flight_count() > 0, "no report was taken");
    writer.abort().unwrap();
    writer.append(&[record]).unwrap();
}

#[test]
fn what_the_broker_has_of_an_aborted_transaction_does_not_hide_the_next() {
    let proxy = Proxy::start().unwrap();
    let Some(broker) = test_support::kafka::start_cluster(std::slice::from_ref(&proxy.address)) else { return };
    proxy.set_upstream(&broker.addresses[0]);
    let mut writer = writer(&KafkaConfig::new(&proxy.address));
    let topic = writer.id.clone();
    // The broker has the second record, but its answer is lost.
    let deadline = Instant::now() + writer.transaction;
    writer.producer.begin_transaction().unwrap();
    writer.send(&record(&writer, "a"), deadline).unwrap();
    writer.flush(deadline).unwrap();
    proxy.set_mode(Mode::Mute);
    writer.send(&record(&writer, "b"), deadline).unwrap();
    // Only the record was asked of the broker, and its answer has the topic's name.
    eventually(LIMIT, "the broker has the record", || proxy.dropped() > topic.len());
    // It waits to be sent again when the abort begins.
    proxy.set_mode(Mode::Cut);
    eventually(LIMIT, "the connection is lost", || {
        writer.producer.abort_transaction(ABORT_CHECK).is_err() && writer.producer.in_flight_count() > 0
    });
    proxy.set_mode(Mode::Open);
    writer.undo().unwrap();
    let again = record(&writer, "b");
    writer.append(&[again]).unwrap();
    let committed = test_support::kcat::read_all(&proxy.address, &topic);
    let keys: Vec<&str> = committed.iter().filter_map(|record| record.key.as_deref()).collect();
    assert_eq!(keys, ["b"]);
}

#[test]
fn a_call_that_waits_for_a_lost_coordinator_is_left_behind() {
    let cluster = MockCluster::new(3).unwrap();
    cluster.create_topic("t", 1, 3).unwrap();
    cluster.coordinator(MockCoordinator::Transaction("w".to_owned()), 1).unwrap();
    cluster.coordinator(MockCoordinator::Group("g".to_owned()), 2).unwrap();
    let transaction_timeout = Duration::from_secs(3);
    let config = KafkaConfig { transaction_timeout, ..KafkaConfig::new(&cluster.bootstrap_servers()) };
    let mut writer = Writer::new(&config, "w").unwrap();
    let consumer: BaseConsumer = config.reader("read_committed").set("group.id", "g").create().unwrap();
    let offsets = || {
        let mut next = TopicPartitionList::new();
        next.add_partition_offset("t", 0, Offset::Offset(1)).unwrap();
        Offsets { name: "g".to_owned(), topic: "t".to_owned(), next, group: consumer.group_metadata().unwrap() }
    };
    writer.transact(&[], Some(offsets())).unwrap();
    cluster.broker_down(2).unwrap();
    let offsets = offsets();
    let call = std::thread::spawn(move || writer.transact(&[], Some(offsets)));
    eventually(transaction_timeout * 3, "the call ends", || call.is_finished());
    assert!(matches!(call.join().unwrap(), Err(LogError::Lost(_))));
}
