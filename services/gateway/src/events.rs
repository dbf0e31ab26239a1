//! The newest events, in the order of arrival. Every client reads from this one buffer at its own pace, so no client
//! needs a queue. A client that falls behind the oldest event learns how many it missed.

use crate::{position::Position, store::StoredArticle};
use std::{collections::VecDeque, sync::Arc};

/// Most events in the buffer.
const MAX_EVENTS: usize = 4_096;

/// A change of an article.
#[derive(Debug, Clone)]
pub struct ArticleEvent {
    /// Number in the order of arrival.
    pub number: u64,
    /// Partition of its record.
    pub partition: i32,
    /// Offset of its record.
    pub offset: i64,
    /// The log's position after this record: the client's `Last-Event-ID`.
    pub position: Arc<str>,
    /// The article after the change.
    pub article: Arc<StoredArticle>,
}

/// The newest events, bounded in number and in bytes.
#[derive(Default)]
pub struct EventBuffer {
    events: VecDeque<ArticleEvent>,
    bytes: usize,
    max_bytes: usize,
    next: u64,
    /// Last offset of each partition that is not in the buffer: dropped, or never added.
    dropped: Position,
}

impl EventBuffer {
    /// An empty buffer for at most `max_bytes` bytes of articles.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        EventBuffer { max_bytes, ..EventBuffer::default() }
    }

    /// Adds an event, and drops the oldest ones if the buffer is full.
    pub fn push(&mut self, partition: i32, offset: i64, position: &Position, article: Arc<StoredArticle>) {
        if self.dropped.last(partition).is_none() {
            self.dropped.set(partition, offset - 1);
        }
        self.bytes += article.bytes();
        let position = Arc::from(position.to_string());
        self.events.push_back(ArticleEvent { number: self.next, partition, offset, position, article });
        self.next += 1;
        while self.events.len() > MAX_EVENTS || (self.bytes > self.max_bytes && self.events.len() > 1) {
            let Some(first) = self.events.pop_front() else { break };
            self.bytes -= first.article.bytes();
            self.dropped.set(first.partition, first.offset);
        }
    }

    /// Number that the next event will have.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Number of the oldest event in the buffer.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.events.front().map_or(self.next, |event| event.number)
    }

    /// At most `max` events and about `max_bytes` bytes from `number` on, at least one if there is one, and the number of
    /// events that were dropped before them.
    #[must_use]
    pub fn since(&self, number: u64, max: usize, max_bytes: usize) -> (u64, Vec<ArticleEvent>) {
        let first = self.first();
        let missed = first.saturating_sub(number);
        let skip = usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let fits = |event: &&ArticleEvent| {
            let is_first = bytes == 0;
            bytes += event.article.bytes();
            is_first || bytes <= max_bytes
        };
        (missed, self.events.iter().skip(skip).take(max).take_while(fits).cloned().collect())
    }

    /// True if a client that has read up to `client` can resume without a gap. `current` is the log's position.
    #[must_use]
    pub fn reaches_back_to(&self, client: &Position, current: &Position) -> bool {
        // An offset beyond the log's own comes from another log.
        let other_log = client.partitions().any(|partition| current.last(partition) < client.last(partition));
        let gap = self.dropped.partitions().any(|partition| {
            self.dropped.last(partition).is_some_and(|offset| offset >= 0 && !client.includes(partition, offset))
        });
        !other_log && !gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::EnrichedArticle;

    fn push(buffer: &mut EventBuffer, current: &mut Position, partition: i32, offset: i64) {
        current.set(partition, offset);
        let article = EnrichedArticle { article_id: format!("{partition}-{offset}"), ..EnrichedArticle::default() };
        buffer.push(partition, offset, current, Arc::new(StoredArticle::new(&article, 0).unwrap()));
    }

    #[test]
    fn a_client_that_keeps_up_misses_nothing() {
        let (mut buffer, mut current) = (EventBuffer::new(1 << 20), Position::default());
        push(&mut buffer, &mut current, 0, 0);
        push(&mut buffer, &mut current, 1, 7);
        let (missed, events) = buffer.since(1, 10, 1 << 20);
        assert_eq!((missed, events.len(), &*events[0].position), (0, 1, "0:0,1:7"));
        assert!(buffer.since(2, 10, 1 << 20).1.is_empty());
        assert_eq!(buffer.since(0, 10, 1).1.len(), 1, "one event is read whatever its size");
    }

    #[test]
    fn a_client_that_falls_behind_learns_how_many_events_it_missed() {
        let (mut buffer, mut current) = (EventBuffer::new(1), Position::default());
        for offset in 0..5 {
            push(&mut buffer, &mut current, 0, offset);
        }
        let (missed, events) = buffer.since(1, 10, 1 << 20);
        assert_eq!((missed, events.len(), events[0].offset), (3, 1, 4));
    }

    #[test]
    fn a_client_resumes_without_a_gap_only_from_a_position_in_the_buffer() {
        let (mut buffer, mut current) = (EventBuffer::new(1 << 20), Position::default());
        for offset in 10..20 {
            push(&mut buffer, &mut current, 0, offset);
        }
        let at = |text: &str| Position::parse(text).unwrap();
        assert!(buffer.reaches_back_to(&at("0:9"), &current));
        assert!(buffer.reaches_back_to(&at("0:15"), &current));
        assert!(!buffer.reaches_back_to(&at("0:8"), &current), "offset 9 was never in the buffer");
        assert!(!buffer.reaches_back_to(&at("0:20"), &current), "a position of another log");
        push(&mut buffer, &mut current, 1, 0);
        assert!(buffer.reaches_back_to(&at("0:15"), &current), "the buffer has all of partition 1");
    }
}
