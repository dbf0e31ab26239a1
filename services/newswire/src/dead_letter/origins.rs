//! The topics that dead letters came from: what was replayed or written there since, and so which dead letters must not be
//! replayed.

use super::number::Number;
use crate::answer::DEADLINE;
use proto::topic::Topic;
use std::{collections::HashMap, ops::ControlFlow};
use stream::{DeadLetter, Log, LogConfig, Record, Start, header};

/// State of the topics that dead letters came from.
#[derive(Default)]
pub(super) struct Origins {
    /// How often each dead letter was replayed, by its number.
    replays: HashMap<String, usize>,
    /// For topics in which a later record replaces the earlier one: the last offset under the topic, partition and key of
    /// each dead letter that was not written by a replay.
    last: HashMap<(String, i32, Vec<u8>), i64>,
}

impl Origins {
    pub(super) fn read(
        log: &dyn Log,
        config: &LogConfig,
        dead_letters: &[(Record, DeadLetter)],
    ) -> anyhow::Result<Self> {
        // A feed's last definition, an article's last request for its page and its latest revision replace the earlier ones.
        let superseding = [Topic::Feeds, Topic::PageRequests, Topic::Articles].map(|topic| config.names.of(topic));
        let mut origins = Origins::default();
        let mut topics: Vec<&str> =
            dead_letters.iter().map(|(_, dead_letter)| dead_letter.record.topic.as_str()).collect();
        topics.sort_unstable();
        topics.dedup();
        for (_, dead_letter) in dead_letters {
            if superseding.contains(&dead_letter.record.topic) {
                origins.last.insert(slot(&dead_letter.record), dead_letter.record.offset);
            }
        }
        for topic in topics {
            // Waits for open transactions, whose records are invisible until they end.
            log.settled_ends(topic)?;
            stream::scan(log, topic, Start::Beginning, DEADLINE, |record| {
                origins.apply(record);
                ControlFlow::Continue(())
            })?;
        }
        Ok(origins)
    }

    fn apply(&mut self, record: Record) {
        if let Some(of) = record.header(header::REPLAY_OF) {
            *self.replays.entry(of.to_owned()).or_default() += 1;
        } else if let Some(last) = self.last.get_mut(&slot(&record)) {
            *last = record.offset.max(*last);
        }
    }

    /// How often the dead letter of this number was replayed.
    pub(super) fn replays(&self, number: Number) -> Option<usize> {
        self.replays.get(&number.to_string()).copied()
    }

    /// Why the dead letter in `record` must not be replayed; `None` if it may.
    pub(super) fn rejection(&self, record: &Record, dead_letter: &DeadLetter) -> Option<&'static str> {
        if self.replays(Number::of(record)).is_some() {
            return Some("was replayed before; if it was refused again, that is a new dead letter");
        }
        if record.header(header::CUT).is_some() {
            return Some("was too large and is cut; only its producer can send it again");
        }
        let last = self.last.get(&slot(&dead_letter.record));
        last.is_some_and(|last| *last > dead_letter.record.offset)
            .then_some("is out of date: a newer record of the same feed or article exists")
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

    fn dead_letter(origin: Record) -> DeadLetter {
        DeadLetter::new("enricher", "undecodable", "", origin, jiff::Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn records_that_were_replaced_cut_or_replayed_are_not_replayed() {
        let at = record("dead", 7, Vec::new());
        let old = dead_letter(record("articles", 3, Vec::new()));
        let mut origins = Origins::default();
        origins.last.insert(slot(&old.record), 3);
        origins.apply(record("articles", 3, Vec::new()));
        assert_eq!(origins.rejection(&at, &old), None);
        let cut = record("dead", 7, vec![(header::CUT.to_owned(), b"2400000".to_vec())]);
        assert!(origins.rejection(&cut, &old).is_some_and(|why| why.contains("is cut")));
        // The replay of another dead letter does not replace this article.
        origins.apply(record("articles", 5, vec![(header::REPLAY_OF.to_owned(), b"0/2".to_vec())]));
        assert_eq!(origins.rejection(&at, &old), None);
        origins.apply(record("articles", 6, Vec::new()));
        assert!(origins.rejection(&at, &old).is_some_and(|why| why.contains("out of date")));
        assert_eq!(origins.rejection(&at, &dead_letter(record("articles", 6, Vec::new()))), None);
        origins.apply(record("articles", 8, vec![(header::REPLAY_OF.to_owned(), b"1/7".to_vec())]));
        assert!(origins.rejection(&at, &old).is_some_and(|why| why.contains("replayed before")));
        assert_eq!(origins.replays(Number::of(&at)), Some(1));
    }
}
