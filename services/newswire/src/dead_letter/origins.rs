//! What the topics that letters came from say of them, and why a letter is not to go back.

use super::number;
use crate::answer::DEADLINE;
use proto::topic::Topic;
use std::{collections::HashMap, ops::ControlFlow};
use stream::{DeadLetter, Log, LogConfig, Record, Start, header};

/// Says which dead letter a replayed record was: `PARTITION/OFFSET`.
pub(super) const REPLAY_OF: &str = "dl-replay-of";

/// What the topics say to which dead letters go back.
#[derive(Default)]
pub(super) struct Origins {
    /// How often each letter was replayed, by its number.
    replayed: HashMap<String, usize>,
    /// Topic, partition and key of each letter from a topic in which the later record stands for the earlier, and the
    /// last offset that was written there by others than a replay.
    last: HashMap<(String, i32, Vec<u8>), i64>,
}

impl Origins {
    pub(super) fn read(log: &dyn Log, config: &LogConfig, letters: &[(Record, DeadLetter)]) -> anyhow::Result<Self> {
        // The list of feeds keeps a feed's last definition, and an article's later revision takes the place of the
        // earlier.
        let superseding = [Topic::Feeds, Topic::Articles].map(|topic| config.names.of(topic));
        let mut origins = Origins::default();
        let mut topics: Vec<&str> = letters.iter().map(|(_, letter)| letter.record.topic.as_str()).collect();
        topics.sort_unstable();
        topics.dedup();
        for (_, letter) in letters {
            if superseding.contains(&letter.record.topic) {
                origins.last.insert(slot(&letter.record), letter.record.offset);
            }
        }
        for topic in topics {
            // Also what stands behind another's open transaction.
            log.settled_ends(topic)?;
            stream::scan(log, topic, Start::Beginning, DEADLINE, |record| {
                origins.note(record);
                ControlFlow::Continue(())
            })?;
        }
        Ok(origins)
    }

    fn note(&mut self, record: Record) {
        if let Some(of) = record.header(REPLAY_OF) {
            *self.replayed.entry(of.to_owned()).or_default() += 1;
        } else if let Some(last) = self.last.get_mut(&slot(&record)) {
            *last = record.offset.max(*last);
        }
    }

    /// How often the letter of this number was replayed.
    pub(super) fn replayed(&self, number: &str) -> Option<usize> {
        self.replayed.get(number).copied()
    }

    /// Why a letter, which stands at `record`, is not to be replayed.
    pub(super) fn objection(&self, record: &Record, letter: &DeadLetter) -> Option<&'static str> {
        if self.replayed.contains_key(&number(record)) {
            return Some("was replayed before; refused again, it is a letter of its own");
        }
        if record.header(header::CUT).is_some() {
            return Some("was too large and is cut: only its producer can send it again");
        }
        let last = self.last.get(&slot(&letter.record));
        last.is_some_and(|last| *last > letter.record.offset)
            .then_some("is out of date: the same feed or article has been written anew since")
    }
}

fn slot(record: &Record) -> (String, i32, Vec<u8>) {
    (record.topic.clone(), record.partition, record.key.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use stream::Headers;

    fn record(topic: &str, offset: i64, headers: Headers) -> Record {
        let (topic, key) = (topic.to_owned(), b"k".to_vec());
        Record { topic, partition: 1, offset, timestamp_ms: 0, key, value: None, headers }
    }

    fn letter(origin: Record) -> DeadLetter {
        DeadLetter::new("enricher", "undecodable", "", origin, jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn what_was_written_anew_or_cut_or_replayed_stays() {
        let at = record("dead", 7, Vec::new());
        let old = letter(record("articles", 3, Vec::new()));
        let mut origins = Origins::default();
        origins.last.insert(slot(&old.record), 3);
        origins.note(record("articles", 3, Vec::new()));
        assert_eq!(origins.objection(&at, &old), None);
        let cut = record("dead", 7, vec![(header::CUT.to_owned(), b"2400000".to_vec())]);
        assert!(origins.objection(&cut, &old).is_some_and(|why| why.contains("is cut")));
        // Another letter's replay is no news of this article.
        origins.note(record("articles", 5, vec![(REPLAY_OF.to_owned(), b"0/2".to_vec())]));
        assert_eq!(origins.objection(&at, &old), None);
        origins.note(record("articles", 6, Vec::new()));
        assert!(origins.objection(&at, &old).is_some_and(|why| why.contains("out of date")));
        assert_eq!(origins.objection(&at, &letter(record("articles", 6, Vec::new()))), None);
        origins.note(record("articles", 8, vec![(REPLAY_OF.to_owned(), b"1/7".to_vec())]));
        assert!(origins.objection(&at, &old).is_some_and(|why| why.contains("replayed before")));
        assert_eq!(origins.replayed("1/7"), Some(1));
    }
}
