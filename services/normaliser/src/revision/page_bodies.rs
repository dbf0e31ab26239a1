//! Revisions of articles whose body may come from a page.
//!
//! The feed's text and the page's alternate in the same state: `feed_hash` is the feed's text as last seen, published or not, and
//! `content_hash` the text that is published, whosever it is. The rules:
//!
//! 1. While the body is the page's, an entry is compared with `feed_hash` by the rules of [`decide`]. What would be an update
//!    only asks for the page again, if pages are fetched for the feed. It is published otherwise. An entry with the text that
//!    the page gave is a duplicate, whichever feed brings it.
//! 2. A page is dropped if its entry is not the feed's text as last seen: the page of the later entry replaces it.
//! 3. A page's text is UPDATED unless it is the current text or an earlier one.
//! 4. If the page's text is not taken, its date may be: the feed's text is then published again, with that date. It is
//!    the only revision whose text is the current one.
//! 5. If there is no page, the entry that asked for it is published, unless the body is the feed's or the text was published
//!    before.
//! 6. A feed with the current text asks for the page if the feeds that had it before did not, unless the text is the publisher's
//!    own and the feed is not.

use super::{Copy, Delivery, MAX_EARLIER_HASHES, Revision, decide, fetched_at, rank, unused_revision};
use proto::{
    time::to_wire,
    v1::{ArticleState, RawItem},
    vocab::{body_source, source_rank},
};

/// What an entry is.
#[derive(Debug, Clone, PartialEq)]
pub enum EntryRevision {
    /// A revision or a duplicate.
    Decided(Revision),
    /// A change whose page is asked for. The state is written, and nothing published.
    Deferred(ArticleState),
}

/// As [`decide`], for an entry. `asks`: its page is fetched.
#[must_use]
pub fn decide_entry(
    raw: &RawItem,
    state: Option<&ArticleState>,
    content_hash: &str,
    asks: bool,
    delivery: Delivery,
) -> EntryRevision {
    let Some(state) = state.filter(|state| is_from_page(state)) else {
        return EntryRevision::Decided(of_feed(decide(raw, state, content_hash, delivery), content_hash));
    };
    let current = if content_hash == state.content_hash { &state.content_hash } else { &state.feed_hash };
    let feed_text = ArticleState { content_hash: current.clone(), ..state.clone() };
    let published = |next: ArticleState| ArticleState {
        content_hash: state.content_hash.clone(),
        earlier_hashes: state.earlier_hashes.clone(),
        revised_at: state.revised_at,
        ..next
    };
    EntryRevision::Decided(match decide(raw, Some(&feed_text), content_hash, delivery) {
        Revision::Duplicate(next) => Revision::Duplicate(next.map(published)),
        Revision::New(next) | Revision::Updated(next) if asks => {
            let feed_hash = content_hash.to_owned();
            return EntryRevision::Deferred(ArticleState { revision: state.revision, feed_hash, ..published(next) });
        }
        revision => of_feed(with_earlier(revision, &state.content_hash), content_hash),
    })
}

/// The revision that a page makes. `raw` is the page, `entry` the one that asked for it; `content_hash` that of both together.
#[must_use]
pub fn with_page(
    raw: &RawItem,
    entry: &RawItem,
    state: Option<&ArticleState>,
    content_hash: &str,
    feed_hash: &str,
    delivery: Delivery,
) -> Revision {
    // The dates are the feed's: those of the page would make a later entry look old.
    let dated = RawItem { kind: raw.kind.clone(), fetch: raw.fetch.clone(), ..entry.clone() };
    let copy = Copy::of(&dated, content_hash, delivery.now);
    let from_page = |next: ArticleState| ArticleState {
        page_hash: content_hash.to_owned(),
        feed_hash: feed_hash.to_owned(),
        body_source: body_source::PAGE.to_owned(),
        ..next
    };
    match state {
        None => {
            Revision::Updated(from_page(ArticleState { revision: unused_revision(delivery.now), ..copy.first_state() }))
        }
        Some(state) if state.content_hash == content_hash || is_earlier(state, content_hash) => {
            let seen = (state.page_hash != content_hash)
                .then(|| ArticleState { page_hash: content_hash.to_owned(), ..state.clone() });
            Revision::Duplicate(seen)
        }
        // The feed that asked may only repeat the text of the one whose changes count.
        Some(state) => {
            Revision::Updated(from_page(ArticleState { feed_id: state.feed_id.clone(), ..copy.next_state(state) }))
        }
    }
}

/// True if the current text is the feed's with this hash, no page was requested for it, and this copy of it may speak for the
/// article.
#[must_use]
pub fn lacks_page(raw: &RawItem, state: &ArticleState, content_hash: &str) -> bool {
    let is_outranked = state.source_rank == source_rank::OWN && rank::of(raw) != source_rank::OWN;
    let is_feeds = !state.withdrawn && !is_from_page(state) && state.content_hash == content_hash;
    is_feeds && !state.page_requested && !is_outranked
}

/// The state in which an entry is published whose page could not be had; `None` if nothing is published.
#[must_use]
pub fn without_page(
    entry: &RawItem,
    state: Option<&ArticleState>,
    feed_hash: &str,
    delivery: Delivery,
) -> Option<ArticleState> {
    let state = state.filter(|state| is_from_page(state))?;
    let copy = Copy::of(entry, feed_hash, delivery.now);
    if state.content_hash == feed_hash || is_earlier(state, feed_hash) || copy.is_outranked(state) {
        return None;
    }
    let feed_hash = feed_hash.to_owned();
    Some(ArticleState { feed_hash, body_source: body_source::FEED.to_owned(), ..copy.next_state(state) })
}

/// The state in which the feed's text is published with the date of its page, whose text is not taken. `next`: that of
/// [`without_page`]. `None` if the text is not current, or a page that read the same gave it its date before.
#[must_use]
pub fn with_page_date(
    raw: &RawItem,
    next: Option<ArticleState>,
    state: Option<&ArticleState>,
    page_hash: &str,
    feed_hash: &str,
    delivery: Delivery,
) -> Option<ArticleState> {
    let next = next.or_else(|| {
        let is_current = |state: &&ArticleState| state.content_hash == feed_hash && !state.withdrawn;
        let state = state.filter(is_current).filter(|state| state.page_hash != page_hash)?;
        let revised_at = Some(to_wire(fetched_at(raw, delivery.now)));
        Some(ArticleState { revision: state.revision.saturating_add(1), revised_at, ..state.clone() })
    })?;
    Some(ArticleState { page_hash: page_hash.to_owned(), ..next })
}

/// True while the published body is the page's.
fn is_from_page(state: &ArticleState) -> bool {
    state.body_source == body_source::PAGE && !state.withdrawn
}

fn is_earlier(state: &ArticleState, hash: &str) -> bool {
    state.earlier_hashes.iter().any(|earlier| earlier == hash)
}

/// Notes that the published text is the feed's, and that no page of it was seen.
fn of_feed(revision: Revision, content_hash: &str) -> Revision {
    let noted = |next: ArticleState| ArticleState {
        feed_hash: content_hash.to_owned(),
        page_hash: String::new(),
        body_source: body_source::FEED.to_owned(),
        ..next
    };
    match revision {
        Revision::New(next) => Revision::New(noted(next)),
        Revision::Updated(next) => Revision::Updated(noted(next)),
        Revision::Duplicate(next) => Revision::Duplicate(next),
    }
}

/// Remembers the page's text as an earlier one.
fn with_earlier(revision: Revision, hash: &str) -> Revision {
    let remembered = |mut next: ArticleState| {
        next.earlier_hashes.retain(|earlier| earlier != hash);
        next.earlier_hashes.insert(0, hash.to_owned());
        next.earlier_hashes.truncate(MAX_EARLIER_HASHES);
        next
    };
    match revision {
        Revision::New(next) => Revision::New(remembered(next)),
        Revision::Updated(next) => Revision::Updated(remembered(next)),
        Revision::Duplicate(next) => Revision::Duplicate(next),
    }
}
