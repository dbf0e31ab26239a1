//! Topics and records for these tests.

use proto::topic::Retention;
use std::{ops::ControlFlow, time::Duration};
use stream::{Log, MemberSpec, Outgoing, Record, Recovery, Start, TopicSpec};

pub fn topic(name: &str, retention: Retention) -> TopicSpec {
    TopicSpec { name: name.to_owned(), partitions: 2, retention, is_state: false }
}

/// A member of the group `g` that reads `news`, without tables.
pub fn spec() -> MemberSpec {
    MemberSpec {
        stage: "s".into(),
        group: "g".into(),
        replica: "0".into(),
        source: "news".into(),
        tables: vec![],
        recovery: Recovery::default(),
    }
}

/// A record on partition 0; without a value it is a tombstone.
pub fn record(topic: &str, key: &str, value: Option<&str>) -> Outgoing {
    Outgoing {
        topic: topic.to_owned(),
        partition: 0,
        key: key.as_bytes().to_vec(),
        value: value.map(|text| text.as_bytes().to_vec()),
        headers: vec![],
    }
}

pub fn all(log: &dyn Log, topic: &str) -> Vec<Record> {
    let mut records = Vec::new();
    stream::scan(log, topic, Start::Beginning, Duration::from_secs(20), |record| {
        records.push(record);
        ControlFlow::Continue(())
    })
    .unwrap();
    records
}

/// Key and value of each record of a topic; `-` for a tombstone.
pub fn rows(log: &dyn Log, topic: &str) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let row = |one: Record| format!("{} {}", text(&one.key), one.value.map_or("-".to_owned(), |value| text(&value)));
    all(log, topic).into_iter().map(row).collect()
}

/// Bytes that do not compress.
pub fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes_of = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()
    };
    let mut noise: Vec<u8> = (0..bytes.div_ceil(8)).flat_map(&mut bytes_of).collect();
    noise.truncate(bytes);
    noise
}
