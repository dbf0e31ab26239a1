//! Decides whether a copy of an article is new, an update or a duplicate.
//!
//! Copies of an article arrive through several feeds and differ: a section's feed may be an hour behind the front
//! page's, and a cache may serve yesterday's text again. The rules, in this order:
//!
//! 1. An article without state is NEW, revision 1. If the poller knew the entry, its state has expired or is lost: the
//!    article is UPDATED, and its revision is the time in minutes since 1970, which no earlier revision has reached.
//! 2. The publisher's own copy ([`rank`]) counts against a text of another source, whatever the dates: another text is
//!    UPDATED, the same text only raises the rank of the state. What the state remembers of other sources is forgotten.
//! 3. A copy that was replayed from the dead letters and was fetched before the current revision is a duplicate.
//! 4. A copy of another source is a duplicate if the current text is the publisher's own, or was when the article was withdrawn.
//! 5. A withdrawn article that is shown again is UPDATED.
//! 6. The current text again is a duplicate.
//! 7. A text whose own date is older than that of the current text is a duplicate.
//! 8. A text that was published as an earlier revision is a duplicate, unless the feed that gave the current revision
//!    dates it later: a publisher may revert a change.
//! 9. Another text from the feed that gave the current revision is UPDATED.
//! 10. Another text from another feed is UPDATED only if its own date is later than that of the current text. That
//!     feed is then the one of rule 9.
//!
//! So two feeds with two texts cannot switch an article back and forth: each revision but those of rules 2 and 8 is a text
//! that was never published before. Rule 2 applies once. Those of rule 8 come from one feed with increasing dates.
//!
//! Rule 2 comes before rule 3: a refused copy of the publisher's own counts when it is replayed, although another source
//! was admitted meanwhile. A state without rank is treated as one of another source, so that the publisher's next copy
//! counts.
//!
//! While the body is the page's, [`decide_entry`] compares an entry with the feed's text as last seen, and an update only asks
//! for the page again.

mod page_bodies;
pub mod rank;

pub use page_bodies::{EntryRevision, decide_entry, lacks_page, with_page, with_page_date, without_page};

use crate::{date, pages::FullText};
use jiff::Timestamp;
use proto::{
    time::{from_wire, to_wire},
    v1::{ArticleState, RawItem},
    vocab::source_rank,
};
use std::cmp::Ordering;
use stream::faults::{Sabotage, sabotaged};

/// Most content hashes of earlier revisions in a state.
pub const MAX_EARLIER_HASHES: usize = 16;

/// The state of an article that its feed still shows is written again this long after the last time, in hours, so that
/// the topic's retention does not delete it.
pub const REFRESH_H: i64 = 24;

/// What a copy of an article is.
#[derive(Debug, Clone, PartialEq)]
pub enum Revision {
    /// The first revision, with the article's state.
    New(ArticleState),
    /// The next revision, with the article's new state.
    Updated(ArticleState),
    /// No revision. The state is written if there is one.
    Duplicate(Option<ArticleState>),
}

/// How a raw item reached the normaliser.
#[derive(Debug, Clone, Copy)]
pub struct Delivery {
    /// The present time. It is used if the item does not say when it was fetched.
    pub now: Timestamp,
    /// True if an operator replayed the item from the dead letters.
    pub replayed: bool,
    /// Whether pages are fetched for feeds whose definition does not say.
    pub full_text: FullText,
}

impl Delivery {
    /// An item that comes for the first time, and whose page is fetched only if its feed says so.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Delivery { now, replayed: false, full_text: FullText::Never }
    }
}

/// Decides on a copy by its content hash.
#[must_use]
pub fn decide(raw: &RawItem, state: Option<&ArticleState>, content_hash: &str, delivery: Delivery) -> Revision {
    let copy = Copy::of(raw, content_hash, delivery.now);
    match state {
        None if raw.known => {
            Revision::Updated(ArticleState { revision: unused_revision(delivery.now), ..copy.first_state() })
        }
        None => Revision::New(copy.first_state()),
        Some(state) if copy.takes_over(state) => {
            let next = copy.next_state(state);
            if state.content_hash == content_hash && !state.withdrawn {
                Revision::Duplicate(Some(ArticleState { revision: state.revision, ..next }))
            } else {
                Revision::Updated(next)
            }
        }
        Some(state) if delivery.replayed && copy.is_older_than(state) => Revision::Duplicate(copy.refreshed(state)),
        Some(state) if copy.updates(state) => Revision::Updated(copy.next_state(state)),
        Some(state) => Revision::Duplicate(copy.refreshed(state)),
    }
}

/// The state of an article that its feed still shows (kind SEEN). It is always written, so that the topic's retention does
/// not delete it.
#[must_use]
pub fn renewed(raw: &RawItem, state: &ArticleState, now: Timestamp) -> ArticleState {
    ArticleState {
        feed_ids: with_feed(&state.feed_ids, &raw.feed_id),
        last_seen_at: latest(state.last_seen_at, Some(to_wire(fetched_at(raw, now)))),
        ..state.clone()
    }
}

/// A revision for an article that was published before and whose state is gone: the minutes since 1970. Revisions grow by
/// less than one a minute, so the article cannot have reached it.
pub(crate) fn unused_revision(now: Timestamp) -> i32 {
    i32::try_from(now.as_second() / 60).unwrap_or(i32::MAX)
}

/// When the item was fetched; `now` if it does not say so.
fn fetched_at(raw: &RawItem, now: Timestamp) -> Timestamp {
    raw.fetch.as_ref().and_then(|fetch| fetch.fetched_at.as_ref()).and_then(from_wire).unwrap_or(now)
}

/// What a decision depends on.
struct Copy<'a> {
    raw: &'a RawItem,
    content_hash: &'a str,
    seen_at: proto::Timestamp,
    /// When the text was last changed, or published, as the publisher says, whatever the time. It is compared with the state's:
    /// the clock of the poller that fetched this copy may be behind that of the one before.
    claimed_at: Option<proto::Timestamp>,
    /// The same, at most the time of the fetch. It goes into the state: a date in the future would make every later change look
    /// old.
    written_at: Option<proto::Timestamp>,
    rank: &'static str,
}

impl<'a> Copy<'a> {
    fn of(raw: &'a RawItem, content_hash: &'a str, now: Timestamp) -> Self {
        let seen = fetched_at(raw, now);
        let claimed_at = date::claimed(raw.updated_at).or_else(|| date::claimed(raw.published_at));
        let written_at = date::updated(claimed_at, seen);
        Copy { raw, content_hash, seen_at: to_wire(seen), claimed_at, written_at, rank: rank::of(raw) }
    }

    /// Rule 2: the publisher's own text has come and that of another source was published.
    fn takes_over(&self, state: &ArticleState) -> bool {
        self.rank == source_rank::OWN && state.source_rank != source_rank::OWN
    }

    /// True if the publisher's own text is current and this copy is not the publisher's.
    fn is_outranked(&self, state: &ArticleState) -> bool {
        self.rank != source_rank::OWN && state.source_rank == source_rank::OWN
    }

    /// True if it was fetched before the current revision.
    fn is_older_than(&self, state: &ArticleState) -> bool {
        compare(Some(self.seen_at), state.revised_at) == Some(Ordering::Less)
    }

    /// Rules 4 to 10.
    fn updates(&self, state: &ArticleState) -> bool {
        let dated = compare(self.claimed_at, state.updated_at);
        let same_feed = state.feed_id.is_empty() || state.feed_id == self.raw.feed_id;
        let is_earlier = state.earlier_hashes.iter().any(|hash| hash == self.content_hash);
        if self.is_outranked(state) {
            false
        } else if state.withdrawn {
            true
        } else if state.content_hash == self.content_hash || dated == Some(Ordering::Less) {
            false
        } else if same_feed {
            !is_earlier || dated == Some(Ordering::Greater)
        } else {
            !is_earlier && dated == Some(Ordering::Greater)
        }
    }

    fn first_state(&self) -> ArticleState {
        ArticleState {
            article_id: self.raw.article_id.clone(),
            revision: 1,
            content_hash: self.content_hash.to_owned(),
            feed_ids: with_feed(&[], &self.raw.feed_id),
            first_seen_at: Some(self.seen_at),
            last_seen_at: Some(self.seen_at),
            url: self.raw.url.clone(),
            feed_id: self.raw.feed_id.clone(),
            updated_at: self.written_at,
            source_rank: self.rank.to_owned(),
            revised_at: Some(self.seen_at),
            ..ArticleState::default()
        }
    }

    fn next_state(&self, state: &ArticleState) -> ArticleState {
        // The dates and earlier texts of other sources say nothing about the publisher's own.
        let (mut earlier_hashes, updated_at) = if self.takes_over(state) {
            (Vec::new(), self.written_at)
        } else {
            (state.earlier_hashes.clone(), latest(state.updated_at, self.written_at))
        };
        if state.content_hash != self.content_hash && !self.takes_over(state) {
            earlier_hashes.retain(|hash| *hash != state.content_hash && hash != self.content_hash);
            // A withdrawn article has no current text.
            if !state.content_hash.is_empty() {
                earlier_hashes.insert(0, state.content_hash.clone());
            }
            earlier_hashes.truncate(MAX_EARLIER_HASHES);
        }
        ArticleState {
            revision: state.revision.saturating_add(1),
            content_hash: self.content_hash.to_owned(),
            feed_ids: with_feed(&state.feed_ids, &self.raw.feed_id),
            last_seen_at: latest(state.last_seen_at, Some(self.seen_at)),
            withdrawn: false,
            url: self.raw.url.clone(),
            feed_id: self.raw.feed_id.clone(),
            updated_at,
            earlier_hashes,
            source_rank: self.rank.to_owned(),
            revised_at: Some(self.seen_at),
            ..state.clone()
        }
    }

    /// The state after a duplicate; `None` if it need not be written.
    fn refreshed(&self, state: &ArticleState) -> Option<ArticleState> {
        let feed_ids = with_feed(&state.feed_ids, &self.raw.feed_id);
        let last_seen_at = latest(state.last_seen_at, Some(self.seen_at));
        // The same text with a later date is not published. From then on, a text that is older than that date is a
        // duplicate by rule 7. The date of another source says nothing about the publisher's own text.
        let is_dated = state.content_hash == self.content_hash && !self.is_outranked(state);
        let updated_at = if is_dated { latest(state.updated_at, self.written_at) } else { state.updated_at };
        let time = |at: Option<proto::Timestamp>| at.as_ref().and_then(from_wire);
        let is_due = match (time(state.last_seen_at), time(last_seen_at)) {
            (Some(before), Some(after)) => after.as_second() - before.as_second() >= REFRESH_H * 3_600,
            _ => true,
        };
        let is_changed = feed_ids != state.feed_ids || updated_at != state.updated_at || is_due;
        is_changed.then(|| ArticleState { feed_ids, last_seen_at, updated_at, ..state.clone() })
    }
}

/// `feed_ids` with `feed_id`, sorted, each once.
pub(crate) fn with_feed(feed_ids: &[String], feed_id: &str) -> Vec<String> {
    let mut all = feed_ids.to_vec();
    let is_forgotten = !all.is_empty() && sabotaged(Sabotage::ForgetFeeds);
    if !feed_id.is_empty() && !is_forgotten {
        all.push(feed_id.to_owned());
    }
    all.sort();
    all.dedup();
    all
}

fn compare(a: Option<proto::Timestamp>, b: Option<proto::Timestamp>) -> Option<Ordering> {
    Some(from_wire(&a?)?.cmp(&from_wire(&b?)?))
}

pub(crate) fn latest(a: Option<proto::Timestamp>, b: Option<proto::Timestamp>) -> Option<proto::Timestamp> {
    match compare(a, b) {
        Some(Ordering::Less) => b,
        Some(_) => a,
        None => a.or(b),
    }
}

#[cfg(test)]
mod tests;
