//! Withdrawals: an operator removes an article from the stream, and restores it.
//!
//! A row of `news.withdrawals.v1` says that the article is withdrawn. The rules, before those of [`crate::revision`]:
//!
//! 1. WITHDRAW writes the row and publishes the article WITHDRAWN, without text, even if the article is unknown. A
//!    second WITHDRAW is a duplicate.
//! 2. While the row exists, every copy of the article is dropped (`withdrawn`). Its feed is added to the state.
//! 3. RESTORE deletes the row. Where the item has a text, it is published UPDATED. Otherwise the next copy is, whatever
//!    its text; if the article had the publisher's own text, the publisher's next copy is. RESTORE without the row is a
//!    duplicate.
//!
//! A revision is one more than that of the state. Without state it is the number of minutes since 1970, which no earlier
//! revision has reached.

use crate::{
    date,
    normalise::{Normalised, Published, normalise},
    revision::{Delivery, MAX_EARLIER_HASHES, REFRESH_H, latest, rank, unused_revision, with_feed},
};
use jiff::Timestamp;
use proto::{
    time::{from_wire, to_wire},
    v1::{Article, ArticleState, RawItem, Withdrawal},
    vocab::{change, kind},
};
use stream::ProcessError;

/// Reason for which copies of a withdrawn article are dropped.
pub const DROPPED: &str = "withdrawn";

/// Reason for which a RESTORE without text publishes nothing.
pub const WITHOUT_TEXT: &str = "restored-without-text";

/// What a raw item means for a withdrawal.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Nothing: the item is a copy of an article that is not withdrawn.
    None,
    /// The article is withdrawn now.
    Withdrawn(Box<Withdrawn>),
    /// The article stays withdrawn. The state is to be written if there is one.
    Dropped(Option<Box<ArticleState>>),
    /// The row is to be deleted, and the article published.
    Restored(Box<Published>),
    /// The row is to be deleted, and the state written. The next copy is published.
    RestoredWithoutText(Box<ArticleState>),
    /// The article already is as the operator asks.
    Duplicate,
}

/// What is written for an article that an operator withdraws.
#[derive(Debug, Clone, PartialEq)]
pub struct Withdrawn {
    /// The row.
    pub row: Withdrawal,
    /// The record that tells consumers.
    pub article: Article,
    /// The new state of the article.
    pub state: ArticleState,
}

/// Decides on an item. `is_withdrawn`: the row exists.
///
/// # Errors
/// As [`normalise`], for a RESTORE with text.
pub fn decide(
    raw: &RawItem,
    state: Option<&ArticleState>,
    is_withdrawn: bool,
    now: Timestamp,
) -> Result<Effect, ProcessError> {
    Ok(match (raw.kind.as_str(), is_withdrawn) {
        (kind::WITHDRAW, false) => Effect::Withdrawn(Box::new(withdraw(raw, state, now))),
        (kind::RESTORE, true) => restore(raw, state, now)?,
        (kind::WITHDRAW, true) | (kind::RESTORE, false) => Effect::Duplicate,
        (kind::ENTRY | kind::PAGE | "", true) => Effect::Dropped(state.and_then(|state| shown(raw, state, now))),
        _ => Effect::None,
    })
}

fn withdraw(raw: &RawItem, state: Option<&ArticleState>, now: Timestamp) -> Withdrawn {
    let before = state.cloned().unwrap_or_else(|| unknown(raw, now));
    let mut earlier_hashes = before.earlier_hashes.clone();
    if !before.content_hash.is_empty() {
        earlier_hashes.retain(|hash| *hash != before.content_hash);
        earlier_hashes.insert(0, before.content_hash.clone());
        earlier_hashes.truncate(MAX_EARLIER_HASHES);
    }
    let state = ArticleState {
        revision: before.revision.saturating_add(1),
        content_hash: String::new(),
        earlier_hashes,
        // The next copy is published, whosever text it is.
        body_source: String::new(),
        feed_hash: String::new(),
        page_hash: String::new(),
        withdrawn: true,
        url: if before.url.is_empty() { raw.url.clone() } else { before.url.clone() },
        ..before
    };
    Withdrawn {
        row: Withdrawal { article_id: raw.article_id.clone(), withdrawn_at: Some(to_wire(now)) },
        article: record(raw, &state, now),
        state,
    }
}

/// The WITHDRAWN record: ids, URLs and times, no text.
fn record(raw: &RawItem, state: &ArticleState, now: Timestamp) -> Article {
    let first_seen = state.first_seen_at.as_ref().and_then(from_wire).unwrap_or(now);
    let published = date::published(raw, now, first_seen);
    Article {
        article_id: raw.article_id.clone(),
        revision: state.revision,
        change: change::WITHDRAWN.to_owned(),
        url: state.url.clone(),
        canonical_url: raw.canonical_url.clone(),
        guid: raw.guid.clone(),
        feed_ids: state.feed_ids.clone(),
        published_at: Some(published.at),
        published_at_source: published.source,
        published_at_precision: published.precision,
        first_seen_at: state.first_seen_at,
        fetched_at: Some(fetched_at(raw, now)),
        language: "und".to_owned(),
        schema_version: proto::SCHEMA_VERSION.to_owned(),
        ..Article::default()
    }
}

fn restore(raw: &RawItem, state: Option<&ArticleState>, now: Timestamp) -> Result<Effect, ProcessError> {
    // With this mark the next copy is UPDATED: see `revision`.
    let before = ArticleState { withdrawn: true, ..state.cloned().unwrap_or_else(|| unknown(raw, now)) };
    if [&raw.title, &raw.summary, &raw.content].into_iter().all(|text| text.trim().is_empty()) {
        return Ok(Effect::RestoredWithoutText(Box::new(before)));
    }
    let feed_id = if raw.feed_id.is_empty() { before.feed_id.clone() } else { raw.feed_id.clone() };
    let item = RawItem { kind: kind::ENTRY.to_owned(), feed_id, ..raw.clone() };
    // The item is no copy of a feed: it has the rank of the text before the withdrawal, whatever its own would be.
    let equal = ArticleState { source_rank: rank::of(&item).to_owned(), ..before.clone() };
    Ok(match normalise(&item, Some(&equal), Delivery::at(now))? {
        Normalised::Article(published) => {
            let state = ArticleState { source_rank: before.source_rank, ..published.state };
            Effect::Restored(Box::new(Published { state, ..*published }))
        }
        Normalised::Duplicate(_) | Normalised::Dropped(_) | Normalised::Requested(_) => {
            Effect::RestoredWithoutText(Box::new(before))
        }
    })
}

/// The state after a copy of a withdrawn article; `None` if it need not be written.
fn shown(raw: &RawItem, state: &ArticleState, now: Timestamp) -> Option<Box<ArticleState>> {
    let feed_ids = with_feed(&state.feed_ids, &raw.feed_id);
    let last_seen_at = latest(state.last_seen_at, Some(fetched_at(raw, now)));
    let second = |at: Option<proto::Timestamp>| at.as_ref().and_then(from_wire).map(Timestamp::as_second);
    let is_due = match (second(state.last_seen_at), second(last_seen_at)) {
        (Some(before), Some(after)) => after - before >= REFRESH_H * 3_600,
        _ => true,
    };
    (feed_ids != state.feed_ids || is_due).then(|| Box::new(ArticleState { feed_ids, last_seen_at, ..state.clone() }))
}

/// The state before the first record of an article that has none.
fn unknown(raw: &RawItem, now: Timestamp) -> ArticleState {
    ArticleState {
        article_id: raw.article_id.clone(),
        revision: unused_revision(now).saturating_sub(1),
        feed_ids: with_feed(&[], &raw.feed_id),
        first_seen_at: Some(fetched_at(raw, now)),
        last_seen_at: Some(fetched_at(raw, now)),
        url: raw.url.clone(),
        feed_id: raw.feed_id.clone(),
        ..ArticleState::default()
    }
}

fn fetched_at(raw: &RawItem, now: Timestamp) -> proto::Timestamp {
    raw.fetch.as_ref().and_then(|fetch| fetch.fetched_at).unwrap_or_else(|| to_wire(now))
}

#[cfg(test)]
mod tests;
