//! The newest events, in the order of arrival. Every client reads from this one buffer at its own pace, so no client
//! needs a queue. A client that falls behind the oldest event learns how many it missed.

use crate::{
    position::Position,
    window::{Arrival, Features, StoredArticle, View},
};
use bytes::Bytes;
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, OnceLock},
};

/// Most events in the buffer.
const MAX_EVENTS: usize = 4_096;
/// Bytes of an event besides its messages.
const EVENT_BYTES: usize = 4_096;

/// A change of an article.
#[derive(Debug)]
pub struct ArticleEvent {
    /// Number in the order of arrival.
    pub number: u64,
    /// Partition of its record.
    pub partition: i32,
    /// Offset of its record.
    pub offset: i64,
    /// The article, or its withdrawal.
    pub article: Arc<StoredArticle>,
    /// What filters compare.
    pub features: Features,
    /// What has been read up to its record.
    position: String,
    full: OnceLock<Bytes>,
    brief: OnceLock<Bytes>,
}

impl ArticleEvent {
    /// Its message (WHATWG HTML, section 9.2.6), which all clients share. It is made for the first of them: of what is read at the
    /// start most events leave the buffer before a client asks.
    ///
    /// # Errors
    /// If what is kept of the article is damaged.
    pub fn message(&self, view: View) -> io::Result<Bytes> {
        let message = if view == View::Full { &self.full } else { &self.brief };
        if let Some(made) = message.get() {
            return Ok(made.clone());
        }
        // JSON has no line breaks, so it is one line of data.
        let json = self.article.json(view)?;
        let made = Bytes::from([b"id: ", self.position.as_bytes(), b"\ndata: ", &json, b"\n\n"].concat());
        Ok(message.get_or_init(|| made).clone())
    }

    /// Its size once a client has asked for both views.
    fn bytes(&self) -> usize {
        self.article.json_bytes() + EVENT_BYTES
    }
}

/// The newest events, bounded in number and in bytes.
#[derive(Default)]
pub struct EventBuffer {
    events: VecDeque<Arc<ArticleEvent>>,
    bytes: usize,
    max_bytes: usize,
    next: u64,
    /// What has been read of the log.
    position: Position,
    /// Last offset of each partition that is not in the buffer: dropped, or never added.
    dropped: Position,
}

impl EventBuffer {
    /// An empty buffer for at most `max_bytes` bytes of articles.
    #[must_use]
    pub fn new(max_bytes: usize) -> Self {
        EventBuffer { max_bytes, ..EventBuffer::default() }
    }

    /// What has been read of the log.
    #[must_use]
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Notes that the record at this offset has been read.
    pub fn read(&mut self, partition: i32, offset: i64) {
        self.position.set(partition, offset);
    }

    /// Forgets the position in a partition that was created again.
    pub fn forget(&mut self, partition: i32) {
        self.position.forget(partition);
    }

    /// Adds the event of a record that has just been read, and drops the oldest ones if the buffer is full.
    pub fn push(&mut self, partition: i32, offset: i64, arrival: Arrival) {
        if self.dropped.last(partition).is_none() {
            self.dropped.set(partition, offset - 1);
        }
        let event = ArticleEvent {
            number: self.next,
            partition,
            offset,
            article: arrival.article,
            features: arrival.features,
            position: self.position.to_string(),
            full: OnceLock::new(),
            brief: OnceLock::new(),
        };
        self.bytes += event.bytes();
        self.events.push_back(Arc::new(event));
        self.next += 1;
        while self.events.len() > MAX_EVENTS || (self.bytes > self.max_bytes && self.events.len() > 1) {
            let Some(first) = self.events.pop_front() else { break };
            self.bytes -= first.bytes();
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
    pub fn since(&self, number: u64, max: usize, max_bytes: usize) -> (u64, Vec<Arc<ArticleEvent>>) {
        let first = self.first();
        let missed = first.saturating_sub(number);
        let skip = usize::try_from(number.saturating_sub(first)).unwrap_or(usize::MAX);
        let mut bytes = 0;
        let fits = |event: &&Arc<ArticleEvent>| {
            let is_first = bytes == 0;
            bytes += event.bytes();
            is_first || bytes <= max_bytes
        };
        (missed, self.events.iter().skip(skip).take(max).take_while(fits).cloned().collect())
    }

    /// True if a client that has read up to `client` can resume without a gap.
    #[must_use]
    pub fn reaches_back_to(&self, client: &Position) -> bool {
        // An offset beyond the log's own comes from another log.
        let other_log = client.partitions().any(|partition| self.position.last(partition) < client.last(partition));
        let gap = self.dropped.partitions().any(|partition| {
            self.dropped.last(partition).is_some_and(|offset| offset >= 0 && !client.includes(partition, offset))
        });
        !other_log && !gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::Received;
    use proto::v1::EnrichedArticle;

    fn push(buffer: &mut EventBuffer, partition: i32, offset: i64) {
        buffer.read(partition, offset);
        let article = EnrichedArticle { article_id: format!("{partition}-{offset}"), ..EnrichedArticle::default() };
        buffer.push(partition, offset, Arrival::new(&Received::new(article, 0).unwrap()).unwrap());
    }

    fn text(event: &ArticleEvent) -> String {
        String::from_utf8(event.message(View::Brief).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn a_client_that_keeps_up_misses_nothing() {
        let mut buffer = EventBuffer::new(1 << 20);
        push(&mut buffer, 0, 0);
        push(&mut buffer, 1, 7);
        let (missed, events) = buffer.since(1, 10, 1 << 20);
        assert_eq!((missed, events.len()), (0, 1));
        assert!(text(&events[0]).starts_with("id: 0:0,1:7\ndata: {\"article_id\":\"1-7\""), "{}", text(&events[0]));
        assert!(buffer.since(2, 10, 1 << 20).1.is_empty());
        assert_eq!(buffer.since(0, 10, 1).1.len(), 1, "one event is read whatever its size");
    }

    #[test]
    fn a_message_is_made_for_the_first_client_and_shared_with_the_others() {
        let mut buffer = EventBuffer::new(1 << 20);
        push(&mut buffer, 0, 0);
        let event = Arc::clone(&buffer.since(0, 10, 1 << 20).1[0]);
        assert!(event.full.get().is_none() && event.brief.get().is_none());
        let (one, other) = (event.message(View::Brief).unwrap(), event.message(View::Brief).unwrap());
        assert_eq!(one.as_ptr(), other.as_ptr());
        assert!(event.full.get().is_none(), "no client asked for it");
    }

    #[test]
    fn a_client_that_falls_behind_learns_how_many_events_it_missed() {
        let mut buffer = EventBuffer::new(1);
        for offset in 0..5 {
            push(&mut buffer, 0, offset);
        }
        let (missed, events) = buffer.since(1, 10, 1 << 20);
        assert_eq!((missed, events.len(), events[0].offset), (3, 1, 4));
    }

    #[test]
    fn a_client_resumes_without_a_gap_only_from_a_position_in_the_buffer() {
        let mut buffer = EventBuffer::new(1 << 20);
        for offset in 10..20 {
            push(&mut buffer, 0, offset);
        }
        let at = |text: &str| Position::parse(text).unwrap();
        assert!(buffer.reaches_back_to(&at("0:9")));
        assert!(buffer.reaches_back_to(&at("0:15")));
        assert!(!buffer.reaches_back_to(&at("0:8")), "offset 9 was never in the buffer");
        assert!(!buffer.reaches_back_to(&at("0:20")), "a position of another log");
        push(&mut buffer, 1, 0);
        assert!(buffer.reaches_back_to(&at("0:15")), "the buffer has all of partition 1");
    }
}
