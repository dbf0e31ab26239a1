//! The stage as a plain function: a raw item and the state of its article in, an article out.

mod item;

use crate::{
    html, pages,
    revision::{self, Delivery, EntryRevision, Revision},
    trace::Trace,
};
use item::Item;
use proto::{
    Warning,
    v1::{Article, ArticleState, PageRequest, RawItem, Signature},
    vocab::{body_source, change, kind},
};
use stream::ProcessError;

/// Reason for which an item with neither title nor text is refused.
pub(crate) const NO_TEXT: &str = "no-text";

/// The outcome of a raw item.
#[derive(Debug, Clone, PartialEq)]
pub enum Normalised {
    /// An article to be published.
    Article(Box<Published>),
    /// Nothing to be published. The state is to be written if there is one.
    Duplicate(Option<Box<ArticleState>>),
    /// Nothing to be published yet: the page is asked for.
    Requested(Box<Requested>),
    /// Nothing to be published or written, for a countable reason: `no-state` (a SEEN item of an article without state), or
    /// why a page changes nothing ([`pages::refusal`], [`pages::SUPERSEDED`]).
    Dropped(&'static str),
}

/// An article and what is written with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The article.
    pub article: Article,
    /// The new state of the article.
    pub state: ArticleState,
    /// The request for its page, if that is to be fetched.
    pub request: Option<PageRequest>,
    /// The signature by which near-duplicates are found; `None` if the text is too short.
    pub signature: Option<Signature>,
    /// Number of boilerplate lines that were removed from the body.
    pub boilerplate_lines: usize,
    /// True if the site's name was removed from the title.
    pub site_removed: bool,
    /// What was decided on the way.
    pub trace: Trace,
    /// Warnings of the normaliser, without those of the raw item.
    pub warnings: Vec<Warning>,
    /// Work of reading the item's texts: [`Document::steps`].
    pub steps: usize,
}

/// An entry that publishes nothing and asks for its page: it has changed and the page's text stays until then, or no feed has
/// asked before.
#[derive(Debug, Clone, PartialEq)]
pub struct Requested {
    /// The new state of the article.
    pub state: ArticleState,
    /// The request.
    pub request: PageRequest,
}

/// Normalises a raw item.
///
/// # Errors
/// [`ProcessError::Poison`], by reason: `no-article-id`; `unknown-kind`; `no-text` (neither title nor text); `no-entry` (a
/// page without the entry that asked for it).
pub fn normalise(raw: &RawItem, state: Option<&ArticleState>, delivery: Delivery) -> Result<Normalised, ProcessError> {
    match check_kind(raw)? {
        Kind::Seen => Ok(state.map_or(Normalised::Dropped("no-state"), |state| {
            Normalised::Duplicate(Some(Box::new(revision::renewed(raw, state, delivery.now))))
        })),
        Kind::Entry => entry(raw, state, delivery),
        Kind::Page => page(raw, state, delivery),
    }
}

fn entry(raw: &RawItem, state: Option<&ArticleState>, delivery: Delivery) -> Result<Normalised, ProcessError> {
    let item = Item::read(raw)?;
    let reason = pages::reason(raw, &item.texts.body.text, delivery.full_text.of(raw));
    let request = |state: &ArticleState| reason.map(|reason| pages::request(raw, reason, state.revision, delivery.now));
    let requested = |next: ArticleState| {
        let request = request(&next)?;
        let state = ArticleState { page_requested: true, ..next };
        Some(Normalised::Requested(Box::new(Requested { state, request })))
    };
    let (next, change) = match revision::decide_entry(raw, state, &item.hash, reason.is_some(), delivery) {
        EntryRevision::Decided(Revision::New(next)) => (next, change::NEW),
        EntryRevision::Decided(Revision::Updated(next)) => (next, change::UPDATED),
        EntryRevision::Decided(Revision::Duplicate(next)) => {
            // The feeds that had the text before may be some whose pages are not fetched.
            let lacking = state.filter(|state| reason.is_some() && revision::lacks_page(raw, state, &item.hash));
            let asking = lacking.and_then(|state| requested(next.as_ref().unwrap_or(state).clone()));
            return Ok(asking.unwrap_or_else(|| Normalised::Duplicate(next.map(Box::new))));
        }
        EntryRevision::Deferred(next) => return Ok(requested(next).unwrap_or(Normalised::Duplicate(None))),
    };
    let request = request(&next);
    let state = ArticleState { page_requested: request.is_some(), ..next };
    Ok(Normalised::Article(Box::new(Published {
        request,
        ..item.publish(state, change, body_source::FEED, delivery.now)
    })))
}

/// The page of an article, or why there is none.
fn page(raw: &RawItem, state: Option<&ArticleState>, delivery: Delivery) -> Result<Normalised, ProcessError> {
    let Some(entry) = raw.entry.as_deref() else {
        return Err(ProcessError::poison("no-entry", format!("the page {} comes without its entry", raw.url)));
    };
    // The record's own id decides whose state it is.
    let entry = RawItem { article_id: raw.article_id.clone(), ..entry.clone() };
    let of_feed = Item::read(&entry)?;
    if state.is_some_and(|state| !state.feed_hash.is_empty() && state.feed_hash != of_feed.hash) {
        return Ok(Normalised::Dropped(pages::SUPERSEDED));
    }
    let main = if raw.page_failure.is_empty() {
        page::extract(&raw.content, raw.fetch.as_ref().map(|fetch| fetch.final_url.as_str()))
    } else {
        page::Main::default()
    };
    let mut refusal = pages::refusal(raw, &main, of_feed.content.text());
    if refusal.is_none() && state.is_some_and(|state| pages::is_elsewhere(raw, &state.source_rank)) {
        refusal = Some("page-elsewhere");
    }
    if let Some(reason) = refusal {
        let mut next = revision::without_page(&entry, state, &of_feed.hash, delivery);
        let dated = if reason == pages::NOT_LONGER { pages::dated(raw, &entry) } else { None };
        let item = if let Some(dated) = &dated {
            let page_hash = Item::read(&pages::merge(raw, &entry, main.html))?.hash;
            next = revision::with_page_date(raw, next, state, &page_hash, &of_feed.hash, delivery);
            Item::read(dated)?
        } else {
            of_feed
        };
        return Ok(next.map_or(Normalised::Dropped(reason), |next| {
            Normalised::Article(Box::new(item.publish(next, change::UPDATED, body_source::FEED, delivery.now)))
        }));
    }
    let merged = pages::merge(raw, &entry, main.html);
    let item = Item::read(&merged)?;
    match revision::with_page(raw, &entry, state, &item.hash, &of_feed.hash, delivery) {
        Revision::New(state) | Revision::Updated(state) => {
            let mut published = item.publish(state, change::UPDATED, body_source::PAGE, delivery.now);
            if let Some(page) = &raw.page {
                let article = &mut published.article;
                article.same_as = pages::same_as(page, &article.canonical_url);
                article.section = text::line(&page.section);
                article.image = html::web_url(&page.image);
            }
            Ok(Normalised::Article(Box::new(published)))
        }
        Revision::Duplicate(state) => Ok(Normalised::Duplicate(state.map(Box::new))),
    }
}

/// What kind of item the stage processes.
enum Kind {
    Entry,
    Page,
    Seen,
}

/// Refuses items without identity or of an unknown kind.
fn check_kind(raw: &RawItem) -> Result<Kind, ProcessError> {
    let kind = match raw.kind.as_str() {
        kind::SEEN => return Ok(Kind::Seen),
        kind::PAGE => Kind::Page,
        kind::ENTRY | "" => Kind::Entry,
        other => {
            let detail = format!("{other:?} is neither ENTRY, PAGE nor SEEN");
            return Err(ProcessError::poison("unknown-kind", detail));
        }
    };
    if raw.article_id.is_empty() {
        return Err(ProcessError::poison("no-article-id", format!("an item of {} has no article id", raw.feed_url)));
    }
    Ok(kind)
}

#[cfg(test)]
mod tests;
