//! Dead letters: records that a stage refused, byte for byte, until an operator replays them.

use crate::{Headers, Outgoing, Record, header, record::MAX_DEAD_LETTER_BYTES};

/// Longest detail in bytes: headers count towards the size of a record.
const MAX_DETAIL: usize = 2_000;

/// A refused record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The stage that refused it.
    pub stage: String,
    /// Why, as a countable name.
    pub reason: String,
    /// Why, as a sentence.
    pub detail: String,
    /// How many times the record was tried, from 1.
    pub attempt: u32,
    /// When the record was refused.
    pub time: jiff::Timestamp,
    /// The record as read. Read back from the dead-letter topic it has no headers of an earlier refusal.
    pub record: Record,
}

impl DeadLetter {
    /// A refusal of `record`. Its attempt is one more than that in the record's headers.
    #[must_use]
    pub fn new(stage: &str, reason: &str, detail: &str, record: Record, now: jiff::Timestamp) -> Self {
        let attempt = record.header(header::ATTEMPT).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
        DeadLetter {
            stage: stage.to_owned(),
            reason: reason.to_owned(),
            detail: detail[..detail.floor_char_boundary(MAX_DETAIL)].to_owned(),
            attempt: attempt.saturating_add(1),
            time: now,
            record,
        }
    }

    /// The record for the dead-letter topic.
    #[must_use]
    pub fn to_outgoing(&self, topic: &str, partition: i32) -> Outgoing {
        let mut headers: Headers =
            self.record.headers.iter().filter(|(name, _)| !name.starts_with(header::PREFIX)).cloned().collect();
        let mut add = |name: &str, value: String| headers.push((name.to_owned(), value.into_bytes()));
        add(header::TOPIC, self.record.topic.clone());
        add(header::PARTITION, self.record.partition.to_string());
        add(header::OFFSET, self.record.offset.to_string());
        add(header::STAGE, self.stage.clone());
        add(header::REASON, self.reason.clone());
        add(header::DETAIL, self.detail.clone());
        add(header::ATTEMPT, self.attempt.to_string());
        add(header::TIME, self.time.to_string());
        let mut outgoing = Outgoing {
            topic: topic.to_owned(),
            partition,
            key: self.record.key.clone(),
            value: self.record.value.clone(),
            headers,
        };
        cut(&mut outgoing);
        outgoing
    }

    /// Reads a record of the dead-letter topic; `None` if its headers are not those of a dead letter.
    #[must_use]
    pub fn from_record(record: &Record) -> Option<Self> {
        let original = Record {
            topic: record.header(header::TOPIC)?.to_owned(),
            partition: record.header(header::PARTITION)?.parse().ok()?,
            offset: record.header(header::OFFSET)?.parse().ok()?,
            timestamp_ms: record.timestamp_ms,
            key: record.key.clone(),
            value: record.value.clone(),
            headers: record.headers.iter().filter(|(name, _)| !name.starts_with(header::PREFIX)).cloned().collect(),
        };
        Some(DeadLetter {
            stage: record.header(header::STAGE)?.to_owned(),
            reason: record.header(header::REASON)?.to_owned(),
            detail: record.header(header::DETAIL).unwrap_or_default().to_owned(),
            attempt: record.header(header::ATTEMPT)?.parse().ok()?,
            time: record.header(header::TIME)?.parse().ok()?,
            record: original,
        })
    }
}

/// Cuts a dead letter to its limit. Only a foreign producer can write a record this large, and a truncated dead letter is better
/// than a blocked partition. What is left of a key that was cut does not find its partition again, so such a record is not
/// replayed.
fn cut(outgoing: &mut Outgoing) {
    let excess = |outgoing: &Outgoing| outgoing.size().saturating_sub(MAX_DEAD_LETTER_BYTES - 100);
    let mut over = excess(outgoing);
    if over == 0 {
        return;
    }
    let whole = outgoing.value.as_ref().map_or(0, Vec::len);
    outgoing.headers.push((header::CUT.to_owned(), whole.to_string().into_bytes()));
    over = excess(outgoing);
    if let Some(value) = &mut outgoing.value {
        value.truncate(value.len().saturating_sub(over));
    }
    if excess(outgoing) > 0 {
        outgoing.headers.retain(|(name, _)| name.starts_with(header::PREFIX));
    }
    over = excess(outgoing);
    outgoing.key.truncate(outgoing.key.len().saturating_sub(over));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            topic: "news.raw.v1".into(),
            partition: 3,
            offset: 41,
            timestamp_ms: 0,
            key: b"k".to_vec(),
            value: Some(b"\xff no JSON".to_vec()),
            headers: vec![("content-type".into(), b"application/json".to_vec())],
        }
    }

    #[test]
    fn a_dead_letter_is_read_as_it_was_written() {
        let dead_letter =
            DeadLetter::new("normaliser", "undecodable", "not JSON", record(), jiff::Timestamp::UNIX_EPOCH);
        let out = dead_letter.to_outgoing("news.dead-letter.v1", 0);
        let stored = Record { topic: out.topic, headers: out.headers, ..record() };
        assert_eq!(DeadLetter::from_record(&stored), Some(dead_letter));
    }

    #[test]
    fn a_second_refusal_is_attempt_two() {
        let mut again = record();
        again.headers.push((header::ATTEMPT.into(), b"1".to_vec()));
        let dead_letter = DeadLetter::new("normaliser", "undecodable", "", again, jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(dead_letter.attempt, 2);
        let out = dead_letter.to_outgoing("news.dead-letter.v1", 0);
        assert_eq!(out.headers.iter().filter(|(name, _)| name == header::ATTEMPT).count(), 1);
    }

    #[test]
    fn a_record_over_every_limit_is_truncated_with_its_size_in_a_header() {
        let mut huge = record();
        huge.value = Some(vec![b'x'; 2 * MAX_DEAD_LETTER_BYTES]);
        let dead_letter = DeadLetter::new("s", "r", "", huge, jiff::Timestamp::UNIX_EPOCH).to_outgoing("dl", 0);
        dead_letter.check_size().unwrap();
        assert!(dead_letter.headers.iter().any(|(name, value)| name == header::CUT && value == b"2400000"));
    }

    #[test]
    fn headers_or_a_key_over_every_limit_are_cut_too() {
        let huge = vec![b'x'; MAX_DEAD_LETTER_BYTES];
        let of_headers = Record { headers: vec![("note".into(), huge.clone())], ..record() };
        let of_key = Record { key: huge, ..record() };
        for record in [of_headers, of_key] {
            let dead_letter = DeadLetter::new("s", "r", "", record, jiff::Timestamp::UNIX_EPOCH).to_outgoing("dl", 0);
            dead_letter.check_size().unwrap();
            assert!(dead_letter.headers.iter().any(|(name, _)| name == header::CUT));
        }
    }

    #[test]
    fn a_long_detail_is_truncated_between_characters() {
        let dead_letter = DeadLetter::new("s", "r", &"é".repeat(3_000), record(), jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(dead_letter.detail.len(), MAX_DETAIL);
    }
}
