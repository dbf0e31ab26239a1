//! Records behind an open transaction.

use crate::bystander::{PARTITIONS, prefix, runtime};
use proto::topic::Topic;
use rdkafka::{
    ClientConfig,
    producer::{BaseProducer, BaseRecord, Producer},
};
use std::{ops::ControlFlow, time::Duration};
use stream::{Outgoing, Start};

/// A scan after `settled_ends` reads everything; without it the scan stops before the open transaction.
#[test]
fn records_behind_an_open_transaction_are_read_once_the_ends_are_settled() {
    let Some(kafka) = test_support::kafka::shared() else { return };
    let prefix = prefix("settled");
    let runtime = runtime(&kafka, &prefix, "0");
    runtime.ensure_topics().unwrap();
    let topic = runtime.names.of(Topic::Articles);
    // Left open, until the broker aborts it.
    let open: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &kafka)
        .set("transactional.id", format!("{prefix}open"))
        .set("transaction.timeout.ms", "3000")
        .create()
        .unwrap();
    open.init_transactions(Duration::from_secs(20)).unwrap();
    open.begin_transaction().unwrap();
    open.send(BaseRecord::<[u8], [u8]>::to(&topic).partition(0).key(b"open").payload(b"{}")).unwrap();
    open.flush(Duration::from_secs(20)).unwrap();
    let (key, value) = (b"behind".to_vec(), Some(b"{}".to_vec()));
    runtime.log.append(vec![Outgoing { topic: topic.clone(), partition: 0, key, value, headers: Vec::new() }]).unwrap();

    assert_eq!(runtime.log.ends(&topic).unwrap()[&0], 0, "the open transaction hides the records behind it");
    let ends = runtime.log.settled_ends(&topic).unwrap();
    assert!(ends[&0] >= 2 && i32::try_from(ends.len()) == Ok(PARTITIONS), "{ends:?}");
    let mut keys = Vec::new();
    stream::scan(&*runtime.log, &topic, Start::Beginning, Duration::from_secs(20), |record| {
        keys.push(record.key);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(keys, [b"behind".to_vec()]);
}
