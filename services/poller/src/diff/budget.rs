//! How much one poll may publish, in relation to what it read, and how much of that one commit.

use crate::identity::Identity;

/// Bytes that a poll may publish, however little it read.
const MIN_BYTES: usize = 1 << 20;
/// Bytes that it may publish for each byte read.
const FACTOR: usize = 4;
/// Bytes that it may publish, however much it read. A transaction holds as many.
pub(crate) const MAX_PUBLISHED_BYTES: usize = 16 << 20;

/// A part of what a poll publishes: one commit has one. The parts of a poll follow each other until all is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// Bytes that this part may publish.
    pub bytes: usize,
    /// True if it may publish one item that is larger, so that there is progress.
    pub has_one: bool,
    /// True if the poll has no part after it: what is beyond is left to the next poll.
    pub is_last: bool,
    /// Bytes that the poll's parts before it published.
    pub published: usize,
    /// The identities of the document's entries, as the first part gave them; empty in the first part. What the parts before
    /// published would change them: an entry can be that of another where a page has several.
    pub identities: &'a [Identity],
}

impl Part<'static> {
    /// The only part of a poll: all that a poll may publish.
    pub const WHOLE: Self = Part { bytes: usize::MAX, has_one: true, is_last: true, published: 0, identities: &[] };
}

/// What becomes of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// It is published.
    Now,
    /// The poll's next part publishes it.
    NextPart,
    /// The next poll publishes it.
    NextPoll,
}

/// The bytes that a poll, and this part of it, may still publish.
pub(super) struct Budget<'a> {
    part: Part<'a>,
    left: usize,
    pub(super) used: usize,
}

impl<'a> Budget<'a> {
    /// The budget of a part of a poll that read `bytes`.
    pub(super) fn of(bytes: usize, part: Part<'a>) -> Self {
        let all = bytes.saturating_mul(FACTOR).saturating_add(MIN_BYTES).min(MAX_PUBLISHED_BYTES);
        Budget { part, left: all.saturating_sub(part.published), used: 0 }
    }

    /// Whether an item of `bytes` may be published; counts it. The first of a poll always may, so that each poll gets further.
    pub(super) fn take(&mut self, bytes: usize) -> Share {
        if bytes > self.left && self.used + self.part.published > 0 {
            return Share::NextPoll;
        }
        if self.used.saturating_add(bytes) > self.part.bytes && (self.used > 0 || !self.part.has_one) {
            return if self.part.is_last { Share::NextPoll } else { Share::NextPart };
        }
        self.left = self.left.saturating_sub(bytes);
        self.used += bytes;
        Share::Now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_poll_publish_as_much_as_one_poll_may() {
        let part = |bytes, has_one, published| {
            Budget::of(0, Part { bytes, has_one, is_last: false, published, ..Part::WHOLE })
        };
        let mut first = part(1_000, false, 0);
        assert_eq!([first.take(600), first.take(600), first.take(400)], [Share::Now, Share::NextPart, Share::Now]);
        assert_eq!(part(0, false, 0).take(1), Share::NextPart);
        assert_eq!(part(1_000, true, 0).take(2_000), Share::Now, "one item that is larger");
        assert_eq!(part(1_000, true, MIN_BYTES).take(1), Share::NextPoll);
        let mut whole = Budget::of(0, Part::WHOLE);
        assert_eq!([whole.take(2 * MIN_BYTES), whole.take(1)], [Share::Now, Share::NextPoll]);
    }
}
