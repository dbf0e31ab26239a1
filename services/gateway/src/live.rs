//! The newest events, in the order in which they came. Every client reads at its own pace from here, so that none has a
//! queue of its own: who falls behind the oldest is told, and goes on.

use crate::store::Entry;
use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::Arc,
};

/// Most events kept.
const MOST: usize = 4_096;

/// Last offset of each partition: everything up to there has been seen. As text `0:17,3:2`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position(BTreeMap<i32, i64>);

impl Position {
    /// True where that record lies behind.
    #[must_use]
    pub fn has(&self, partition: i32, offset: i64) -> bool {
        self.0.get(&partition).is_some_and(|last| *last >= offset)
    }

    /// Moves on.
    pub fn advance(&mut self, partition: i32, offset: i64) {
        self.0.insert(partition, offset);
    }

    /// Last offset of a partition.
    #[must_use]
    pub fn last(&self, partition: i32) -> Option<i64> {
        self.0.get(&partition).copied()
    }

    /// Forgets a partition: it has begun anew.
    pub fn forget(&mut self, partition: i32) {
        self.0.remove(&partition);
    }

    /// Partitions of which something was seen.
    pub fn partitions(&self) -> impl Iterator<Item = i32> {
        self.0.keys().copied()
    }

    /// `None` where it is no position.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut position = Position::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let (partition, offset) = part.split_once(':')?;
            let (partition, offset) = (partition.parse().ok()?, offset.parse().ok()?);
            if partition < 0 || offset < 0 || position.0.len() > 10_000 {
                return None;
            }
            position.advance(partition, offset);
        }
        Some(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (partition, offset)) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            write!(f, "{comma}{partition}:{offset}")?;
        }
        Ok(())
    }
}

/// An event.
#[derive(Debug, Clone)]
pub struct Live {
    /// Number in the order of coming.
    pub number: u64,
    /// Where its record stands.
    pub partition: i32,
    /// Its record's offset.
    pub offset: i64,
    /// What has been seen once it has: the client's `Last-Event-ID`.
    pub position: Arc<str>,
    /// The article.
    pub entry: Arc<Entry>,
}

/// The newest events.
#[derive(Default)]
pub struct Recent {
    events: VecDeque<Live>,
    bytes: usize,
    most_bytes: usize,
    next: u64,
    /// What is no longer here, or never was.
    before: Position,
}

impl Recent {
    /// For at most so many bytes of articles.
    #[must_use]
    pub fn new(most_bytes: usize) -> Self {
        Recent { most_bytes, ..Recent::default() }
    }

    /// Adds an event, and drops the oldest where there are too many.
    pub fn push(&mut self, partition: i32, offset: i64, position: &Position, entry: Arc<Entry>) {
        if self.before.last(partition).is_none() {
            self.before.advance(partition, offset - 1);
        }
        self.bytes += entry.bytes();
        let position = Arc::from(position.to_string());
        self.events.push_back(Live { number: self.next, partition, offset, position, entry });
        self.next += 1;
        while self.events.len() > MOST || (self.bytes > self.most_bytes && self.events.len() > 1) {
            let Some(first) = self.events.pop_front() else { break };
            self.bytes -= first.entry.bytes();
            self.before.advance(first.partition, first.offset);
        }
    }

    /// Number that the next event will have.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Number of the oldest event that is still here.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.events.front().map_or(self.next, |event| event.number)
    }

    /// At most `max` events from `number` on, and how many were missed before them.
    #[must_use]
    pub fn since(&self, number: u64, max: usize) -> (u64, Vec<Live>) {
        let first = self.first();
        let missed = first.saturating_sub(number);
        let skip = usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        (missed, self.events.iter().skip(skip).take(max).cloned().collect())
    }

    /// Whether a client that has seen `seen` can go on without a gap.
    #[must_use]
    pub fn reaches_back_to(&self, seen: &Position, now: &Position) -> bool {
        // An offset that lies ahead of the log's own is of another log.
        let ahead = seen.partitions().any(|partition| now.last(partition) < seen.last(partition));
        let gap = self
            .before
            .partitions()
            .any(|partition| self.before.last(partition).is_some_and(|lost| lost >= 0 && !seen.has(partition, lost)));
        !ahead && !gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::EnrichedArticle;

    fn push(recent: &mut Recent, seen: &mut Position, partition: i32, offset: i64) {
        seen.advance(partition, offset);
        let article = EnrichedArticle { article_id: format!("{partition}-{offset}"), ..EnrichedArticle::default() };
        recent.push(partition, offset, seen, Arc::new(Entry::new(&article, 0).unwrap()));
    }

    #[test]
    fn who_keeps_up_misses_nothing() {
        let (mut recent, mut seen) = (Recent::new(1 << 20), Position::default());
        push(&mut recent, &mut seen, 0, 0);
        push(&mut recent, &mut seen, 1, 7);
        let (missed, events) = recent.since(1, 10);
        assert_eq!((missed, events.len(), &*events[0].position), (0, 1, "0:0,1:7"));
        assert!(recent.since(2, 10).1.is_empty());
    }

    #[test]
    fn who_falls_behind_is_told_how_many_were_missed() {
        let (mut recent, mut seen) = (Recent::new(1), Position::default());
        for offset in 0..5 {
            push(&mut recent, &mut seen, 0, offset);
        }
        let (missed, events) = recent.since(1, 10);
        assert_eq!((missed, events.len(), events[0].offset), (3, 1, 4));
    }

    #[test]
    fn a_client_comes_back_without_a_gap_only_while_its_place_is_still_here() {
        let (mut recent, mut seen) = (Recent::new(1 << 20), Position::default());
        for offset in 10..20 {
            push(&mut recent, &mut seen, 0, offset);
        }
        let at = |text: &str| Position::parse(text).unwrap();
        assert!(recent.reaches_back_to(&at("0:9"), &seen));
        assert!(recent.reaches_back_to(&at("0:15"), &seen));
        assert!(!recent.reaches_back_to(&at("0:8"), &seen), "9 was never here");
        assert!(!recent.reaches_back_to(&at("0:20"), &seen), "another log");
        push(&mut recent, &mut seen, 1, 0);
        assert!(recent.reaches_back_to(&at("0:15"), &seen), "all of partition 1 is here");
    }

    proptest::proptest! {
        #[test]
        fn a_position_reads_back(parts in proptest::collection::btree_map(0..100_i32, 0..1_000_000_i64, 0..20)) {
            let mut position = Position::default();
            for (partition, offset) in parts {
                position.advance(partition, offset);
            }
            proptest::prop_assert_eq!(Position::parse(&position.to_string()), Some(position));
        }

        #[test]
        fn any_text_is_a_position_or_not(text in "[0-9:,-]{0,20}|\\PC{0,10}") {
            let _ = Position::parse(&text);
        }
    }
}
