//! What a stage refuses waits here, byte for byte, until an operator has it replayed.

use crate::{Headers, Outgoing, Record, record::MAX_DEAD_LETTER_BYTES};

/// Names of the headers that a dead letter carries beside the record's own.
pub mod header {
    /// Topic that the record was read from.
    pub const TOPIC: &str = "dl-topic";
    /// Its partition.
    pub const PARTITION: &str = "dl-partition";
    /// Its offset.
    pub const OFFSET: &str = "dl-offset";
    /// The stage that refused it.
    pub const STAGE: &str = "dl-stage";
    /// Why, as a countable name.
    pub const REASON: &str = "dl-reason";
    /// Why, as a sentence.
    pub const DETAIL: &str = "dl-detail";
    /// How many times it has been tried, from 1.
    pub const ATTEMPT: &str = "dl-attempt";
    /// Bytes that the value had, where it was too large even for a dead letter and is cut.
    pub const CUT: &str = "dl-cut";
    /// When it was refused, RFC 3339.
    pub const TIME: &str = "dl-time";
}

/// A detail is cut at this many bytes: headers count towards the size of a record.
const MAX_DETAIL: usize = 2_000;

/// A record that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The stage that refused it.
    pub stage: String,
    /// Why, as a countable name.
    pub reason: String,
    /// Why, as a sentence.
    pub detail: String,
    /// How many times it has been tried, from 1.
    pub attempt: u32,
    /// When it was refused.
    pub time: jiff::Timestamp,
    /// The record as it was read; its headers without those of an earlier refusal.
    pub record: Record,
}

impl DeadLetter {
    /// A refusal of `record`; the attempt is one more than the record says of itself.
    #[must_use]
    pub fn new(stage: &str, reason: &str, detail: &str, record: Record, now: jiff::Timestamp) -> Self {
        let attempt = record.header(header::ATTEMPT).and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
        DeadLetter {
            stage: stage.to_owned(),
            reason: reason.to_owned(),
            detail: cut(detail, MAX_DETAIL).to_owned(),
            attempt: attempt.saturating_add(1),
            time: now,
            record,
        }
    }

    /// The record for the dead-letter topic.
    #[must_use]
    pub fn to_outgoing(&self, topic: &str, partition: i32) -> Outgoing {
        let mut headers: Headers =
            self.record.headers.iter().filter(|(name, _)| !name.starts_with("dl-")).cloned().collect();
        let mut say = |name: &str, value: String| headers.push((name.to_owned(), value.into_bytes()));
        say(header::TOPIC, self.record.topic.clone());
        say(header::PARTITION, self.record.partition.to_string());
        say(header::OFFSET, self.record.offset.to_string());
        say(header::STAGE, self.stage.clone());
        say(header::REASON, self.reason.clone());
        say(header::DETAIL, self.detail.clone());
        say(header::ATTEMPT, self.attempt.to_string());
        say(header::TIME, self.time.to_string());
        let mut letter = Outgoing {
            topic: topic.to_owned(),
            partition,
            key: self.record.key.clone(),
            value: self.record.value.clone(),
            headers,
        };
        // Only a record that came from elsewhere, past the limits of every log, can be so large: better cut than a
        // partition that stands still.
        let excess = letter.size().saturating_sub(MAX_DEAD_LETTER_BYTES - 100);
        if excess > 0
            && let Some(value) = &mut letter.value
        {
            letter.headers.push((header::CUT.to_owned(), value.len().to_string().into_bytes()));
            value.truncate(value.len().saturating_sub(excess));
        }
        letter
    }

    /// Reads one back from the dead-letter topic; `None` where the headers are not those of a dead letter.
    #[must_use]
    pub fn from_record(record: &Record) -> Option<Self> {
        let original = Record {
            topic: record.header(header::TOPIC)?.to_owned(),
            partition: record.header(header::PARTITION)?.parse().ok()?,
            offset: record.header(header::OFFSET)?.parse().ok()?,
            timestamp_ms: record.timestamp_ms,
            key: record.key.clone(),
            value: record.value.clone(),
            headers: record.headers.iter().filter(|(name, _)| !name.starts_with("dl-")).cloned().collect(),
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

fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
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
    fn a_dead_letter_comes_back_as_it_went() {
        let letter = DeadLetter::new("normaliser", "undecodable", "not JSON", record(), jiff::Timestamp::UNIX_EPOCH);
        let out = letter.to_outgoing("news.dead-letter.v1", 0);
        let stored = Record { topic: out.topic, headers: out.headers, ..record() };
        assert_eq!(DeadLetter::from_record(&stored), Some(letter));
    }

    #[test]
    fn a_second_refusal_counts_two() {
        let mut again = record();
        again.headers.push((header::ATTEMPT.into(), b"1".to_vec()));
        let letter = DeadLetter::new("normaliser", "undecodable", "", again, jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(letter.attempt, 2);
        let out = letter.to_outgoing("news.dead-letter.v1", 0);
        assert_eq!(out.headers.iter().filter(|(name, _)| name == header::ATTEMPT).count(), 1);
    }

    #[test]
    fn a_record_past_every_limit_is_cut_and_says_so() {
        let mut huge = record();
        huge.value = Some(vec![b'x'; 2 * MAX_DEAD_LETTER_BYTES]);
        let letter = DeadLetter::new("s", "r", "", huge, jiff::Timestamp::UNIX_EPOCH).to_outgoing("dl", 0);
        letter.check_size().unwrap();
        assert!(letter.headers.iter().any(|(name, value)| name == header::CUT && value == b"2400000"));
    }

    #[test]
    fn a_long_detail_is_cut_between_characters() {
        let letter = DeadLetter::new("s", "r", &"é".repeat(3_000), record(), jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(letter.detail.len(), MAX_DETAIL);
    }
}
