//! Pages: when one is requested, and the item that a page and the entry that asked for it make together.
//!
//! | field | source, the first that has it |
//! | --- | --- |
//! | title, guid, url, canonical_url, media, rights, publisher, tags | the entry |
//! | title of an entry without one | the page |
//! | body, body_html | the page |
//! | summary | the entry's summary, the entry's content, the page's description |
//! | authors, categories | the entry, the page |
//! | published_at, updated_at | the entry, the page; the page's also where its text is not taken because it says little more |
//! | language | the text, with the declarations of both as hints |
//! | same_as, section, image | the page |

mod policy;

pub use policy::{FullText, reason, request};

use crate::{html, revision::rank};
use proto::{
    v1::{PageMetadata, RawItem},
    vocab::{date_source, page_failure, source_rank},
};
use unicode_segmentation::UnicodeSegmentation;

/// Reason for which a page is dropped whose entry has changed since: the page of the changed entry replaces it.
pub const SUPERSEDED: &str = "page-superseded";

/// Reason for which a page is dropped that says little more than the feed.
pub const NOT_LONGER: &str = "page-not-longer";

/// Fewer words (UAX #29) are no article.
const MIN_WORDS: usize = 25;

/// Why a page changes nothing, for a metric; `None` if it is an article. `feed_text`: the plain text that the feed gives.
#[must_use]
pub fn refusal(raw: &RawItem, main: &page::Main, feed_text: &str) -> Option<&'static str> {
    if !raw.page_failure.is_empty() {
        return Some(failure(&raw.page_failure));
    }
    let metadata = raw.page.clone().unwrap_or_default();
    if let Some(wall) = page::wall(&raw.content, &wall_metadata(&metadata), main) {
        return Some(match wall {
            page::Wall::Paywall => "page-paywall",
            page::Wall::Consent => "page-consent",
            page::Wall::Challenge => "page-challenge",
            page::Wall::Error => "page-error",
        });
    }
    let words = main.text.unicode_words().count();
    if words < MIN_WORDS {
        Some("page-empty")
    } else if words * 5 < feed_text.unicode_words().count() * 6 {
        // The same text, with a caption more or less, is no reason for a revision.
        Some(NOT_LONGER)
    } else {
        None
    }
}

/// The entry with the page's date, where it has the whole text ([`refusal`] is [`NOT_LONGER`]) and no date of its own; `None` if it
/// has one, or the page has none.
#[must_use]
pub fn dated(raw: &RawItem, entry: &RawItem) -> Option<RawItem> {
    let has_date = entry.published_at.is_some() || entry.updated_at.is_some();
    let page = raw.page.as_ref().filter(|page| !has_date && page.published_at.is_some())?;
    let mut dated = entry.clone();
    take_date(&mut dated, page);
    Some(dated)
}

fn take_date(item: &mut RawItem, page: &PageMetadata) {
    item.published_at = page.published_at;
    item.published_at_source = date_source::PAGE.to_owned();
    item.published_at_precision.clone_from(&page.published_at_precision);
    item.published_text.clone_from(&page.published_text);
}

/// True if the page of an article that the publisher's own feed gave was found on another domain.
#[must_use]
pub fn is_elsewhere(raw: &RawItem, state_rank: &str) -> bool {
    state_rank == source_rank::OWN && rank::of(raw) != source_rank::OWN
}

/// The poller's reason, as the name of a counter.
fn failure(reason: &str) -> &'static str {
    match reason {
        page_failure::ROBOTS => "page-robots",
        page_failure::OPTED_OUT => "page-opted-out",
        page_failure::ADDRESS => "page-address",
        page_failure::STATUS => "page-status",
        page_failure::NETWORK => "page-network",
        page_failure::REDIRECT => "page-redirect",
        page_failure::NOT_HTML => "page-not-html",
        page_failure::TOO_LARGE => "page-too-large",
        page_failure::EXPIRED => "page-expired",
        page_failure::TOO_MANY => "page-too-many",
        _ => "page-failed",
    }
}

fn wall_metadata(of: &PageMetadata) -> page::Metadata {
    page::Metadata {
        title: of.title.clone(),
        description: of.description.clone(),
        site_name: of.site_name.clone(),
        paywalled: of.paywalled,
        ..page::Metadata::default()
    }
}

/// The item that a page and its entry make: see the table of this module. `html`: the page's main content.
#[must_use]
pub fn merge(raw: &RawItem, entry: &RawItem, html: String) -> RawItem {
    let page = raw.page.clone().unwrap_or_default();
    let first = |texts: [&String; 3]| texts.into_iter().find(|text| !text.trim().is_empty()).cloned();
    let mut merged = RawItem {
        kind: raw.kind.clone(),
        article_id: raw.article_id.clone(),
        summary: first([&entry.summary, &entry.content, &page.description]).unwrap_or_default(),
        summary_form: if entry.summary.trim().is_empty() {
            entry.content_form.clone()
        } else {
            entry.summary_form.clone()
        },
        content: html,
        content_form: "HTML".to_owned(),
        fetch: raw.fetch.clone(),
        warnings: [entry.warnings.as_slice(), raw.warnings.as_slice()].concat(),
        page: raw.page.clone(),
        entry: None,
        ..entry.clone()
    };
    if merged.title.trim().is_empty() {
        (merged.title, merged.title_form) = (page.title.clone(), "TEXT".to_owned());
    }
    if merged.authors.is_empty() {
        merged.authors.clone_from(&page.authors);
    }
    if merged.categories.is_empty() {
        merged.categories.clone_from(&page.keywords);
    }
    if merged.published_at.is_none() && page.published_at.is_some() {
        take_date(&mut merged, &page);
    }
    if merged.updated_at.is_none() {
        merged.updated_at = page.modified_at;
        merged.updated_text.clone_from(&page.modified_text);
    }
    merged
}

/// The canonical URL that a page names, if it is another than the article's.
#[must_use]
pub fn same_as(page: &PageMetadata, canonical_url: &str) -> String {
    let url = html::web_url(&page.canonical_url);
    if url == canonical_url { String::new() } else { url }
}

#[cfg(test)]
mod tests;
