//! What the checks read from records.

use proto::{
    topic::InTopic,
    v1::FeedEntries,
    vocab::kind,
    wire::{self, Encoding::Protobuf as PROTOBUF},
};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use test_support::kcat::{Record, read_bytes};

/// The values of records that are no tombstones.
pub(super) fn values(records: &[Record]) -> impl Iterator<Item = Value> {
    records.iter().filter(|record| record.payload.is_some()).map(Record::json)
}

/// The last record of each key.
pub(super) fn last(records: &[Record]) -> BTreeMap<String, Value> {
    let live = records.iter().filter(|record| record.payload.is_some());
    live.map(|record| (record.key.clone().unwrap_or_default(), record.json())).collect()
}

/// The last state of each key, by id.
///
/// # Panics
/// If a state cannot be decoded.
pub(super) fn states<M: InTopic>(kafka: &str, prefix: &str) -> HashMap<String, M> {
    let records = read_bytes(kafka, &format!("{prefix}{}", M::TOPIC.suffix()));
    let live =
        records.iter().filter_map(|(key, value)| Some((M::TOPIC.key_text(key), M::decode(value.as_deref()?).unwrap())));
    live.collect()
}

/// Article id and revision.
pub(super) fn version(record: &Value) -> (String, i64) {
    (record["article_id"].as_str().unwrap_or_default().to_owned(), record["revision"].as_i64().unwrap_or(0))
}

/// Whether a raw item is an entry of a feed, not an operator's command.
pub(super) fn is_entry(raw: &Value) -> bool {
    raw["kind"] == kind::ENTRY
}

/// Article ids of the entries in the feeds' states: 48 bytes each, the id at 8. A record that does not decode as entries is a
/// feed's own state, and is skipped.
///
/// # Panics
/// If entries are under the key of another feed.
pub(super) fn entries(records: &[(Vec<u8>, Option<Vec<u8>>)]) -> HashSet<String> {
    let last: HashMap<&[u8], &Option<Vec<u8>>> = records.iter().map(|(key, value)| (key.as_slice(), value)).collect();
    let mut ids = HashSet::new();
    for (key, value) in last {
        let Some(value) = value else { continue };
        // A FeedState is no FeedEntries: its second field is a text.
        let Ok(entries) = wire::decode::<FeedEntries>(Some(PROTOBUF.content_type()), value) else { continue };
        assert_eq!(proto::key::of_entries(&entries.feed_id).unwrap().as_slice(), key);
        let packed = entries.packed.as_chunks::<48>().0;
        ids.extend(packed.iter().map(|entry| proto::key::to_hex(&entry[8..24])));
    }
    ids
}

/// The combined values of these fields that occur more than once.
pub(super) fn repeated(values: impl Iterator<Item = Value>, fields: &[&str]) -> Vec<String> {
    let mut known = HashSet::new();
    let together =
        values.map(|value| fields.iter().map(|field| value[*field].to_string()).collect::<Vec<_>>().join(" "));
    together.filter(|text| !known.insert(text.clone())).collect()
}

/// The field `url` of each record.
pub(super) fn urls(records: &[Record]) -> HashSet<String> {
    values(records).filter_map(|value| value["url"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::FeedState;
    use serde_json::json;

    #[test]
    fn the_last_entries_of_each_feed_are_read() {
        let id = proto::id::feed_id("https://a.example/");
        let key = proto::key::of_entries(&id).unwrap().to_vec();
        let with = |ids: &[u8]| {
            let packed = ids.iter().flat_map(|id| [[0; 8].as_slice(), &[*id; 16], &[0; 24]].concat()).collect();
            let entries = FeedEntries { feed_id: id.clone(), generation: 1, packed };
            Some(PROTOBUF.encode(&entries).unwrap())
        };
        let state = FeedState { feed_id: id.clone(), url: "https://a.example/".into(), ..FeedState::default() };
        let records = [
            (key.clone(), with(&[0xab])),
            (key.clone(), with(&[0x01, 0x02])),
            (proto::key::to_bytes(&id).unwrap().to_vec(), Some(PROTOBUF.encode(&state).unwrap())),
            (vec![0; 16], None),
        ];
        assert_eq!(entries(&records), HashSet::from(["01".repeat(16), "02".repeat(16)]));
    }

    #[test]
    fn records_are_repeated_if_all_fields_are_equal() {
        let of = |id: &str, revision: i32| json!({"article_id": id, "revision": revision});
        let records = [of("a", 1), of("a", 2), of("b", 1), of("a", 2)];
        assert_eq!(repeated(records.into_iter(), &["article_id", "revision"]), ["\"a\" 2"]);
    }
}
