//! Admission: is this copy of an article new, an update, or nothing new?
//!
//! Every copy of an article meets here, whatever feed it came through, and copies differ: a section's feed may be an
//! hour behind the front page's, and a cache may serve yesterday's text again. The rules, in this order:
//!
//! 1. An article without state is NEW.
//! 2. A withdrawn article that is shown again is UPDATED.
//! 3. The present text again is a duplicate.
//! 4. A text that says of itself that it is older than the present one is a duplicate.
//! 5. A text that was published as an earlier revision is an old copy, and a duplicate, unless the feed that gave the
//!    present revision says that it was written later: a publisher may take a change back.
//! 6. Another text from the feed that gave the present revision is UPDATED.
//! 7. Another text from another feed is UPDATED only where it says that it was written later than the present one;
//!    that feed then is the one of rule 6.
//!
//! So two feeds with two texts can't turn an article back and forth: each revision but those of rule 5 is a text that
//! was never published before, and those of rule 5 come from one feed with growing times.

use crate::date;
use proto::{
    time::from_wire,
    v1::{ArticleState, RawItem},
};

/// Earlier content hashes that a state remembers.
pub const REMEMBERED: usize = 16;

/// The state of an article seen again is written anew when it was last written this long ago, in hours, so that the
/// topic's retention does not forget an article that its feed still shows.
pub const REFRESH_H: i64 = 24;

/// What to do with a copy of an article.
#[derive(Debug, Clone, PartialEq)]
pub enum Admission {
    /// Publish it as the first revision.
    New(ArticleState),
    /// Publish it as the state's revision.
    Updated(ArticleState),
    /// Publish nothing. The state is to be written where it changed.
    Duplicate(Option<ArticleState>),
}

/// Decides on a copy, by its content hash; `now` stands in where the item does not say when it was fetched.
#[must_use]
pub fn admit(raw: &RawItem, state: Option<&ArticleState>, content_hash: &str, now: jiff::Timestamp) -> Admission {
    let seen = raw.fetch.as_ref().and_then(|fetch| fetch.fetched_at.as_ref()).and_then(from_wire).unwrap_or(now);
    let seen_at = proto::time::to_wire(seen);
    let written_at = date::changed(raw.updated_at, seen).or_else(|| date::changed(raw.published_at, seen));
    let Some(state) = state else {
        return Admission::New(ArticleState {
            article_id: raw.article_id.clone(),
            revision: 1,
            content_hash: content_hash.to_owned(),
            feed_ids: merged(&[], &raw.feed_id),
            first_seen_at: Some(seen_at),
            last_seen_at: Some(seen_at),
            url: raw.url.clone(),
            feed_id: raw.feed_id.clone(),
            updated_at: written_at,
            ..ArticleState::default()
        });
    };
    let feed_ids = merged(&state.feed_ids, &raw.feed_id);
    let last_seen_at = latest(state.last_seen_at, Some(seen_at));
    let later = compare(written_at, state.updated_at);
    let owner = state.feed_id.is_empty() || state.feed_id == raw.feed_id;
    let earlier = state.earlier_hashes.iter().any(|hash| hash == content_hash);
    let updates = if state.withdrawn {
        true
    } else if state.content_hash == content_hash || later == Some(std::cmp::Ordering::Less) {
        false
    } else if owner {
        !earlier || later == Some(std::cmp::Ordering::Greater)
    } else {
        !earlier && later == Some(std::cmp::Ordering::Greater)
    };
    if updates {
        let mut earlier_hashes = state.earlier_hashes.clone();
        if state.content_hash != content_hash {
            earlier_hashes.retain(|hash| *hash != state.content_hash && hash != content_hash);
            earlier_hashes.insert(0, state.content_hash.clone());
            earlier_hashes.truncate(REMEMBERED);
        }
        return Admission::Updated(ArticleState {
            article_id: state.article_id.clone(),
            revision: state.revision.saturating_add(1),
            content_hash: content_hash.to_owned(),
            feed_ids,
            first_seen_at: state.first_seen_at,
            last_seen_at,
            withdrawn: false,
            url: raw.url.clone(),
            feed_id: raw.feed_id.clone(),
            updated_at: latest(state.updated_at, written_at),
            earlier_hashes,
            ..state.clone()
        });
    }
    // The same text with a later date is not published, but a text that is older than that date is an old copy.
    let updated_at =
        if state.content_hash == content_hash { latest(state.updated_at, written_at) } else { state.updated_at };
    let refresh = match (state.last_seen_at.as_ref().and_then(from_wire), last_seen_at.as_ref().and_then(from_wire)) {
        (Some(before), Some(after)) => after.as_second() - before.as_second() >= REFRESH_H * 3_600,
        _ => true,
    };
    let changed = feed_ids != state.feed_ids || updated_at != state.updated_at || refresh;
    Admission::Duplicate(changed.then(|| ArticleState { feed_ids, last_seen_at, updated_at, ..state.clone() }))
}

/// Sorted, each once.
fn merged(feed_ids: &[String], feed_id: &str) -> Vec<String> {
    let mut all = feed_ids.to_vec();
    if !feed_id.is_empty() {
        all.push(feed_id.to_owned());
    }
    all.sort();
    all.dedup();
    all
}

fn compare(a: Option<proto::Timestamp>, b: Option<proto::Timestamp>) -> Option<std::cmp::Ordering> {
    Some(from_wire(&a?)?.cmp(&from_wire(&b?)?))
}

fn latest(a: Option<proto::Timestamp>, b: Option<proto::Timestamp>) -> Option<proto::Timestamp> {
    match compare(a, b) {
        Some(std::cmp::Ordering::Less) => b,
        Some(_) => a,
        None => a.or(b),
    }
}

#[cfg(test)]
mod tests;
