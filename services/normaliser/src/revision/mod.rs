//! Decides whether a copy of an article is new, an update or a duplicate.
//!
//! Copies of an article arrive through several feeds and differ: a section's feed may be an hour behind the front
//! page's, and a cache may serve yesterday's text again. The rules, in this order:
//!
//! 1. An article without state is NEW.
//! 2. A withdrawn article that is shown again is UPDATED.
//! 3. The current text again is a duplicate.
//! 4. A text whose own date is older than that of the current text is a duplicate.
//! 5. A text that was published as an earlier revision is a duplicate, unless the feed that gave the current revision
//!    dates it later: a publisher may revert a change.
//! 6. Another text from the feed that gave the current revision is UPDATED.
//! 7. Another text from another feed is UPDATED only where its own date is later than that of the current text. That
//!    feed is then the one of rule 6.
//!
//! So two feeds with two texts cannot switch an article back and forth: each revision but those of rule 5 is a text
//! that was never published before, and those of rule 5 come from one feed with increasing dates.

use crate::date;
use jiff::Timestamp;
use proto::{
    time::{from_wire, to_wire},
    v1::{ArticleState, RawItem},
};
use std::cmp::Ordering;

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
    /// No revision. The state is to be written where there is one.
    Duplicate(Option<ArticleState>),
}

/// Decides on a copy by its content hash. `now` is used where the item does not say when it was fetched.
#[must_use]
pub fn decide(raw: &RawItem, state: Option<&ArticleState>, content_hash: &str, now: Timestamp) -> Revision {
    let copy = Copy::of(raw, content_hash, now);
    match state {
        None => Revision::New(copy.first_state()),
        Some(state) if copy.updates(state) => Revision::Updated(copy.next_state(state)),
        Some(state) => Revision::Duplicate(copy.refreshed(state)),
    }
}

/// What a decision depends on.
struct Copy<'a> {
    raw: &'a RawItem,
    content_hash: &'a str,
    seen_at: proto::Timestamp,
    /// When the text was last changed, or published, as the publisher says.
    written_at: Option<proto::Timestamp>,
}

impl<'a> Copy<'a> {
    fn of(raw: &'a RawItem, content_hash: &'a str, now: Timestamp) -> Self {
        let seen = raw.fetch.as_ref().and_then(|fetch| fetch.fetched_at.as_ref()).and_then(from_wire).unwrap_or(now);
        let written_at = date::updated(raw.updated_at, seen).or_else(|| date::updated(raw.published_at, seen));
        Copy { raw, content_hash, seen_at: to_wire(seen), written_at }
    }

    /// Rules 2 to 7.
    fn updates(&self, state: &ArticleState) -> bool {
        let dated = compare(self.written_at, state.updated_at);
        let same_feed = state.feed_id.is_empty() || state.feed_id == self.raw.feed_id;
        let is_earlier = state.earlier_hashes.iter().any(|hash| hash == self.content_hash);
        if state.withdrawn {
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
            ..ArticleState::default()
        }
    }

    fn next_state(&self, state: &ArticleState) -> ArticleState {
        let mut earlier_hashes = state.earlier_hashes.clone();
        if state.content_hash != self.content_hash {
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
            updated_at: latest(state.updated_at, self.written_at),
            earlier_hashes,
            ..state.clone()
        }
    }

    /// The state after a duplicate; `None` where it need not be written.
    fn refreshed(&self, state: &ArticleState) -> Option<ArticleState> {
        let feed_ids = with_feed(&state.feed_ids, &self.raw.feed_id);
        let last_seen_at = latest(state.last_seen_at, Some(self.seen_at));
        // The same text with a later date is not published. From then on, a text that is older than that date is a
        // duplicate by rule 4.
        let same_text = state.content_hash == self.content_hash;
        let updated_at = if same_text { latest(state.updated_at, self.written_at) } else { state.updated_at };
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
    if !feed_id.is_empty() {
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
